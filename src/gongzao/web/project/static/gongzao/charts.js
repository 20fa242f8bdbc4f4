// Draws every element with data-chart from the page's JSON: one place per period; what is required, and what was published.
(() => {
  const INK = "#2b3648", PATH = "#0072b2", SEEN = "#d55e00";
  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  const narrow = (element) => element.clientWidth < 420;

  function option(data, element) {
    const label = { show: true, position: "top", formatter: (point) => data.labels[point.dataIndex], color: INK };
    const required = data.bars
      ? { type: "scatter", symbol: "rect", symbolSize: [narrow(element) ? 26 : 40, 3] }
      : { type: "line", symbol: "circle", symbolSize: 4, lineStyle: { type: "dashed", width: 2 } };
    const observed = data.bars
      ? { type: "bar", barMaxWidth: 36 }
      : { type: "scatter", symbol: "diamond", symbolSize: 12 };
    return {
      textStyle: font,
      aria: { enabled: true, label: { description: element.getAttribute("aria-label") } },
      animation: false,
      title: { text: data.title, left: 0, textStyle: { fontSize: 14, lineHeight: 20, fontWeight: 600, color: INK, width: element.clientWidth - 40, overflow: "break" } },
      legend: { bottom: 0, left: 0, itemWidth: 16, itemHeight: 8, textStyle: { color: INK }, data: [data.words.observed, data.words.required] },
      grid: { left: 8, right: 16, top: narrow(element) ? 90 : 74, bottom: 34, containLabel: true },
      toolbox: "download" in element.dataset ? { right: 0, feature: { saveAsImage: { title: "PNG", pixelRatio: 2, name: data.title } } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
      xAxis: { type: "category", data: data.periods, axisTick: { alignWithLabel: true }, axisLabel: { color: INK, interval: 0, hideOverlap: true, width: narrow(element) ? 60 : 88, overflow: "break" } },
      yAxis: { type: "value", name: data.unit, nameTextStyle: { align: "left", color: INK }, scale: !data.bars, boundaryGap: ["10%", "15%"], splitNumber: 3, axisLabel: { color: INK } },
      series: [
        { name: data.words.observed, data: data.observed, color: SEEN, label, labelLayout: { hideOverlap: true }, z: 3, ...observed },
        { name: data.words.required, data: data.required, color: PATH, connectNulls: true, z: 4, ...required },
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
