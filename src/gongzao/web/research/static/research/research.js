// Shows an amount typed in 元 in 万元 and the other way round.
document.addEventListener("input", (event) => {
  const field = event.target.closest(".money-field");
  if (!field) return;
  const [input, unit] = field.querySelectorAll("input, select");
  const value = Number(input.value.replaceAll(",", ""));
  const echo = document.getElementById(field.dataset.echo);
  if (!Number.isFinite(value) || input.value.trim() === "") { echo.textContent = ""; return; }
  const other = unit.value === "wan" ? [value * 10000, "元"] : [value / 10000, "万元"];
  echo.textContent = `= ${other[0].toLocaleString("zh-CN", { maximumFractionDigits: 6 })} ${other[1]}`;
});

// Adds an empty row to a form set.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  const prefix = button.dataset.addRow;
  const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
  const template = document.getElementById(`${prefix}-empty`);
  const row = template.content.cloneNode(true);
  for (const element of row.querySelectorAll("[name], [id], [for], [data-echo]"))
    for (const key of ["name", "id", "for", "data-echo"])
      if (element.hasAttribute(key)) element.setAttribute(key, element.getAttribute(key).replaceAll("__prefix__", total.value));
  document.getElementById(`${prefix}-rows`).append(row);
  total.value = Number(total.value) + 1;
});
