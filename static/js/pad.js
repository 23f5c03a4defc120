// The keypad types into its input as a keyboard would: `beforeinput` and `input` come with every key.

for (const pad of document.querySelectorAll("[data-pad]")) attach(pad);
addEventListener("htmx:load", ({ target }) => {
  for (const pad of target.querySelectorAll?.("[data-pad]") ?? []) attach(pad);
  if (target.matches?.("[data-pad]")) attach(target);
});

function attach(pad) {
  if (pad.dataset.pad) return;
  pad.dataset.pad = "ready";
  const line = pad.querySelector(".pad-line input");
  // Where there is a second field, the keys type into the one that was touched last.
  let input = pad.querySelector("input[autofocus]") ?? line;
  pad.addEventListener("focusin", ({ target }) => {
    if (target.matches("input")) input = target;
  });
  // Our keys are the keyboard where fingers type.
  if (matchMedia("(pointer: coarse)").matches) {
    for (const each of pad.querySelectorAll("input[inputmode]")) each.inputMode = "none";
  }
  // What was refused is corrected from its end.
  if (line.value) line.setSelectionRange(line.value.length, line.value.length);
  pad.addEventListener("click", ({ target }) => {
    const key = target.closest("[data-key]")?.dataset.key;
    if (key) press(input, key);
  });
}

function press(input, key) {
  input.focus();
  const { selectionStart: from, selectionEnd: to, maxLength, value } = input;
  const full = maxLength > 0 && value.length - (to - from) >= maxLength;
  if (key !== "erase" && (full || (input.type === "password" && /\D/.test(key)))) return;
  const before = { bubbles: true, cancelable: true, data: key, inputType: "insertText" };
  if (key !== "erase" && !input.dispatchEvent(new InputEvent("beforeinput", before))) return;
  if (key !== "erase") input.setRangeText(key, from, to, "end");
  else input.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
