// Lists the files chosen, before they are sent, and says which of them are too large to be taken.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-files]");
  if (!form || event.target.type !== "file") return;
  const most = Number(form.dataset.most);
  form.querySelector("[data-chosen]").replaceChildren(
    ...[...event.target.files].map((file) => {
      const line = document.createElement("li");
      const large = file.size > most;
      line.textContent = `${file.name} · ${(file.size / 1024 / 1024).toFixed(1)} MB${large ? ` · ${form.dataset.large}` : ""}`;
      line.classList.toggle("too-large", large);
      return line;
    }),
  );
});
