// <details data-menu>: closes on Esc, on a press outside and when the focus leaves; arrows walk through it.

const open = () => document.querySelector("details[data-menu][open]");

addEventListener("click", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target)) menu.open = false;
});

addEventListener("focusin", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target)) menu.open = false;
});

addEventListener("keydown", (event) => {
  const menu = open();
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [...menu.querySelectorAll("summary, a, button:not([hidden])")];
  stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
});
