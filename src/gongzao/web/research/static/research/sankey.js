// Draws the flow of a project's money from the page's JSON.
document.addEventListener("DOMContentLoaded", () => {
  const element = document.querySelector("[data-sankey]");
  if (!element) return;
  const data = JSON.parse(document.getElementById("sankey-data").textContent);
  const narrow = element.clientWidth < 600;
  const money = (value) => `${value.toLocaleString("zh-CN", { minimumFractionDigits: 2 })} ${data.unit}`;
  const drawn = echarts.init(element, null, { renderer: "svg" });
  drawn.setOption({
    animation: false,
    aria: { enabled: true },
    color: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#596273"],
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    title: { text: data.title, textStyle: { fontSize: 14, fontWeight: 600, color: "#2b3648", width: element.clientWidth - 50, overflow: "break" } },
    toolbox: { right: 0, feature: { saveAsImage: { title: "PNG", pixelRatio: 2, name: data.title } } },
    tooltip: { renderMode: "richText", formatter: (p) => p.dataType === "edge" ? `${p.data.source} → ${p.data.target}\n${money(p.data.value)}` : `${p.name}\n${money(p.value)}` },
    series: [{
      type: "sankey", data: data.nodes, links: data.links, top: 56, bottom: 12, left: 4, right: narrow ? 4 : 150,
      orient: narrow ? "vertical" : "horizontal", nodeGap: 12, draggable: false,
      label: { color: "#1d2736", width: narrow ? 64 : 140, overflow: "truncate", fontSize: narrow ? 10 : 12 },
      lineStyle: { color: "gradient", opacity: 0.35 },
    }],
  });
  new ResizeObserver(() => drawn.resize()).observe(element);
});
