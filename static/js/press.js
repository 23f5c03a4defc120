// A pressed button turns and takes no second press until the answer is here.

const pressed = new WeakMap();

const busy = (button, on) => {
  if (!button?.matches?.("button")) return;
  if (on) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  button.disabled = on;
};

addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  pressed.set(form, button);
  if (event.defaultPrevented || form.method === "dialog") return;
  // After this turn: a disabled button would not be sent with its form.
  setTimeout(() => busy(button, true));
});

addEventListener("htmx:beforeRequest", ({ target }) => busy(pressed.get(target) ?? target, true));
addEventListener("htmx:afterRequest", ({ target }) => busy(pressed.get(target) ?? target, false));

// Back from the browser's memory: everything may be pressed again.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) document.querySelectorAll("button[aria-busy]").forEach((button) => busy(button, false));
});
