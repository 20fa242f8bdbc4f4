// Values a pledge by the project's rates while it is typed; hours have no 万元.
for (const form of document.querySelectorAll("[data-pledge]")) {
  const rates = JSON.parse(document.getElementById("rates").textContent);
  const [unit, amount, scale] = ["unit", "amount", "scale"].map((name) => form.elements[name]);
  const value = form.querySelector(".pledge-value");
  const show = () => {
    const hours = unit.value in rates;
    scale.parentElement.hidden = hours;
    form.querySelector(".money-echo").hidden = hours;
    const number = Number(amount.value.replace(/[,，\s]/g, ""));
    const known = amount.value.trim() !== "" && Number.isFinite(number) && number > 0;
    const fen = hours ? Math.floor(number * rates[unit.value] + 1e-6) : number * (scale.value === "wan" ? 1e6 : 100);
    value.textContent = known && unit.value !== "CNY"
      ? value.dataset.text.replace("{}", (fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 }))
      : "";
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}
