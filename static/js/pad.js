// The keypad types into its input as a keyboard would: an `input` event follows every key.

for (const pad of document.querySelectorAll("[data-pad]")) attach(pad);
addEventListener("htmx:load", ({ target }) => {
  for (const pad of target.querySelectorAll?.("[data-pad]") ?? []) attach(pad);
  if (target.matches?.("[data-pad]")) attach(target);
});

function attach(pad) {
  if (pad.dataset.pad) return;
  pad.dataset.pad = "ready";
  const input = pad.querySelector(".pad-line input");
  // Our keys are the keyboard where fingers type.
  if (matchMedia("(pointer: coarse)").matches) input.inputMode = "none";
  // What was refused is corrected from its end.
  if (input.value) input.setSelectionRange(input.value.length, input.value.length);
  pad.addEventListener("click", ({ target }) => {
    const key = target.closest("[data-key]")?.dataset.key;
    if (key) press(input, key);
  });
}

function press(input, key) {
  input.focus();
  const { selectionStart: from, selectionEnd: to } = input;
  if (key !== "erase") input.setRangeText(key, from, to, "end");
  else input.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
