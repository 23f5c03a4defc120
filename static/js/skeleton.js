// A region with data-skeleton="ID of a <template>" shows it when its answer takes longer than 150 ms.

const PATIENCE = 150;
const waiting = new WeakMap();

const done = (region) => {
  clearTimeout(waiting.get(region));
  if (!("waiting" in region.dataset)) return;
  delete region.dataset.waiting;
  region.querySelectorAll(":scope > .skeleton").forEach((skeleton) => skeleton.remove());
};

addEventListener("htmx:beforeRequest", ({ detail: { target: region } }) => {
  const template = document.getElementById(region?.dataset.skeleton);
  if (!template) return;
  const show = () => {
    region.dataset.waiting = "";
    region.append(template.content.cloneNode(true));
  };
  waiting.set(region, setTimeout(show, PATIENCE));
});

addEventListener("htmx:beforeSwap", ({ detail: { target: region } }) => region && done(region));
addEventListener("htmx:afterRequest", ({ detail: { target: region } }) => region && done(region));
