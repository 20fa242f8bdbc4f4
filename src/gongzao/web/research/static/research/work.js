// Lists the files chosen, before they are sent.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-files]");
  if (!form || event.target.type !== "file") return;
  form.querySelector("[data-chosen]").replaceChildren(
    ...[...event.target.files].map((file) => {
      const line = document.createElement("li");
      line.textContent = `${file.name} · ${(file.size / 1024 / 1024).toFixed(1)} MB`;
      return line;
    }),
  );
});
