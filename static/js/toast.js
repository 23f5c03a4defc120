// Toasts leave by themselves after 6 seconds; warnings and errors wait to be read and closed.

const STAY = 6000;
const place = document.getElementById("toasts");

const settle = (toast) => {
  if (!toast.matches(".warning, .error")) setTimeout(() => toast.remove(), STAY);
};

export const show = (name) => {
  const toast = document.getElementById(`toast-${name}`).content.cloneNode(true);
  place.replaceChildren(toast);
};

place.querySelectorAll("[data-toast]").forEach(settle);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.matches?.("[data-toast]")) settle(node);
  }
}).observe(place, { childList: true });

addEventListener("click", ({ target }) => target.closest?.("[data-close-toast]")?.closest("[data-toast]").remove());
addEventListener("htmx:responseError", () => show("failed"));
addEventListener("htmx:sendError", () => show("unreachable"));
