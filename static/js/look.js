// The colour of a business: a picker beside the field, and a preview that wears what is chosen. The server says how a
// colour looks: the preview takes its style sheet, which for an unreadable colour is that of the nearest.

const field = document.querySelector("[data-colour]");
const picker = document.querySelector("[data-colour-picker]");
const style = document.getElementById("brand-style");
const HEX = /^#?([0-9a-f]{6})$/i;
let timer;

function show(digits) {
  clearTimeout(timer);
  timer = setTimeout(() => (style.href = style.dataset.styles.replace("000000", digits.toLowerCase())), 120);
}

function typed() {
  const digits = HEX.exec(field.value.trim())?.[1];
  if (!digits) return;
  picker.value = `#${digits.toLowerCase()}`;
  show(digits);
}

picker.hidden = false;
picker.value = "#2447d8";
picker.addEventListener("input", () => {
  field.value = picker.value;
  show(picker.value.slice(1));
});
field.addEventListener("input", typed);
typed();
