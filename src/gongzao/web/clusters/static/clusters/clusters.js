// A list's address names only what was chosen.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches(".filters")) return;
  const chosen = event.detail.formData;
  for (const [name, value] of [...chosen]) if (value === "") chosen.delete(name);
});

// Escape closes the source of a figure until another one is pointed at.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll(".sourced:hover, .sourced:focus-within").forEach((shown) => shown.classList.add("closed"));
});
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    document.querySelectorAll(".sourced.closed").forEach((closed) => {
      if (kind === "focusin" || !closed.contains(event.target)) closed.classList.remove("closed");
    });
  });
}
