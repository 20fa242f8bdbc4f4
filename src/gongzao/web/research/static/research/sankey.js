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
    aria: { enabled: true, label: { description: `${data.title} ${data.links.map((l) => `${l.source} → ${l.target}: ${money(l.value)}`).join("; ")}` } },
    color: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#596273"],
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    title: { text: data.title, subtext: data.mark, left: 0, itemGap: 4, subtextStyle: { color: "#6b4a00", fontWeight: 600 }, textStyle: { fontSize: 14, lineHeight: 19, fontWeight: 600, color: "#2b3648", width: element.clientWidth - 50, overflow: "break" } },
    toolbox: { right: 0, feature: { saveAsImage: { title: "PNG", pixelRatio: 2, name: data.title } } },
    tooltip: { renderMode: "richText", formatter: (p) => p.dataType === "edge" ? `${p.data.source} → ${p.data.target}\n${money(p.data.value)}` : `${p.name}\n${money(p.value)}` },
    series: [{
      type: "sankey", data: data.nodes, links: data.links, top: narrow ? 76 : 60, bottom: 12, left: 4, right: narrow ? 88 : 210,
      nodeWidth: narrow ? 10 : 20, nodeGap: 14, draggable: false,
      label: { color: "#1d2736", width: narrow ? 76 : 200, overflow: "truncate", fontSize: narrow ? 10 : 12 },
      lineStyle: { color: "gradient", opacity: 0.35 },
    }],
  });
  new ResizeObserver(() => drawn.resize()).observe(element);
});
