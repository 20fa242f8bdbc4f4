// Forms marked data-once cannot be sent twice by a double click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// A choice marked data-submit sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Whoever steps through forms by keyboard or ear is led to what the step has to say, not to the top of the page.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("[data-said], .field-error, .is-invalid")?.focus();
});

// Texts in another language than the page say so, for those who listen: Chinese names on English pages.
(() => {
  if (!document.documentElement.lang.startsWith("en")) return;
  const HAN = /\p{Script=Han}/u;
  function mark(root) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode())
      if (HAN.test(texts.currentNode.data) && !texts.currentNode.parentElement.closest("script, style, [lang^=zh]"))
        found.push(texts.currentNode);
    for (const text of found) {
      const parent = text.parentElement;
      if (parent.childNodes.length === 1 || parent.closest("option, text, title")) { parent.lang = "zh-Hans"; continue; }
      const span = document.createElement("span");
      span.lang = "zh-Hans";
      text.replaceWith(span);
      span.append(text);
    }
  }
  document.addEventListener("DOMContentLoaded", () => mark(document.body));
  document.addEventListener("htmx:afterSwap", (event) => mark(event.detail.target));
})();
