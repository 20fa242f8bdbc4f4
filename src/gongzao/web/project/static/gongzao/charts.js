// Draws every element with data-chart from the page's JSON: required path as a dashed line, published figures as points.
(() => {
  const INK = "#2b3648", PATH = "#0072b2", SEEN = "#d55e00";
  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  const label = (params) => params.data[2] ?? String(params.data[1]);

  function option(data, element) {
    return {
      textStyle: font,
      aria: { enabled: true },
      animation: false,
      title: { text: data.title, subtext: data.unit, left: 0, itemGap: 6, textStyle: { fontSize: 14, lineHeight: 20, fontWeight: 600, color: INK, width: element.clientWidth - 40, overflow: "break" }, subtextStyle: { color: INK } },
      grid: { left: 8, right: 64, top: 78, bottom: 8, containLabel: true },
      toolbox: "download" in element.dataset ? { right: 0, feature: { saveAsImage: { title: "PNG", pixelRatio: 2, name: data.title } } } : undefined,
      tooltip: { trigger: "item", renderMode: "richText" },
      xAxis: { type: "time", min: (span) => span.min - (span.max - span.min) * 0.07, axisLabel: { formatter: "{yyyy}", hideOverlap: true, color: INK }, minInterval: 365 * 864e5, splitLine: { show: false } },
      yAxis: { type: "value", scale: true, boundaryGap: ["10%", "15%"], splitNumber: 3, axisLabel: { color: INK } },
      series: [
        {
          name: data.words.required, type: "line", data: data.required, symbol: "none", color: PATH,
          lineStyle: { type: "dashed", width: 2 },
          endLabel: { show: true, formatter: data.words.required, color: PATH },
          markLine: { silent: true, symbol: "none", lineStyle: { color: "#7a8699", type: "dotted" }, label: { formatter: data.words.asOf, color: "#4a5568" }, data: [{ xAxis: data.asOf }] },
        },
        {
          name: data.words.observed, type: "line", data: data.observed, symbol: "diamond", symbolSize: 11, color: SEEN,
          lineStyle: { width: 0 }, encode: { x: 0, y: 1 },
          tooltip: { formatter: label },
          label: { show: true, position: "top", formatter: (params) => params.data[2].split(" ").slice(1).join(" "), color: INK },
          labelLayout: { hideOverlap: true },
        },
      ],
    };
  }

  document.addEventListener("DOMContentLoaded", () => {
    const charts = JSON.parse(document.getElementById("charts").textContent);
    for (const element of document.querySelectorAll("[data-chart]")) {
      const drawn = echarts.init(element, null, { renderer: "svg" });
      drawn.setOption(option(charts[element.dataset.chart], element));
      new ResizeObserver(() => drawn.resize()).observe(element);
    }
  });
})();
