// The counter's hands: a complete number finds its customer by itself, an amount shows its points before it is
// sent, Esc leaves. The server decides everything; without this file the same forms work by their buttons.

// Nothing glides from its old place to its new one, so the next field takes the focus at once, not 20 ms later.
htmx.config.defaultSettleDelay = 0;

const digits = (text) => text.replace(/\D/g, "");
const form = () => document.getElementById("counter-form");

addEventListener("input", ({ target }) => {
  const pad = target.closest?.("#counter-form");
  if (!pad || !target.matches(".pad-line input")) return;
  if (pad.dataset.pattern) phone(pad, target);
  else if (pad.dataset.preview) preview(pad, target.value);
});

// The points that pay a part of the bill stand beside the pad, in its form.
addEventListener("input", ({ target }) => {
  if (target.id === "part-payment") preview(form(), form().elements.amount.value);
});

// Coupons are priced by the server; with one ticked or typed, the button names no points.
const coupons = () => {
  const { elements } = form() ?? {};
  if (!elements) return false;
  const ticked = document.querySelector('[name="coupons"]:checked');
  return Boolean(ticked || elements.coupon_code?.value.trim());
};
let pricing = null;
let priced = false;

addEventListener("input", ({ target }) => {
  const output = document.getElementById("coupons-price");
  if (!output || target.form?.id !== "counter-form") return;
  if (!coupons() && !priced) return;
  priced = coupons();
  preview(form(), form().elements.amount.value);
  clearTimeout(pricing);
  pricing = setTimeout(() => htmx.trigger(output, "price"), 250);
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    const cancel = form()?.querySelector(".pad-action a");
    if (cancel) cancel.click();
    else clear();
  }
});

// Keys that follow a complete number without a pause are a digit too many, and nobody's amount.
const PAUSE = 300;
let burst = null; // when the last of such keys fell

addEventListener("beforeinput", (event) => {
  if (burst === null || !event.target.closest?.("#counter-form")) return;
  const now = performance.now();
  if (event.inputType.startsWith("insert") && now - burst < PAUSE) {
    event.preventDefault();
    burst = now;
  } else burst = null;
});

// Who goes on typing after a pause, while their customer is still looked up, types the amount already.
let asked = null; // the number that was sent
let ahead = "";

addEventListener("htmx:beforeRequest", ({ target }) => {
  const input = target.id === "counter-form" && target.elements.phone;
  asked = input ? input.value : null;
});

addEventListener("htmx:beforeSwap", () => {
  const typed = form()?.elements.phone?.value ?? "";
  ahead = asked && typed.startsWith(asked) ? typed.slice(asked.length).replace(/[^\d.,]/g, "") : "";
});

addEventListener("htmx:afterRequest", ({ detail }) => {
  const input = form()?.elements.phone;
  // No answer: the number is sent again, without what was typed behind it.
  if (!detail.successful && asked && input?.value.startsWith(asked)) input.value = asked;
  asked = null;
  ahead = "";
});

// What was typed ahead, and the first preview of an amount that came back with an error.
addEventListener("htmx:load", ({ target }) => {
  const pad = target.querySelector?.("#counter-form[data-preview]");
  const input = pad?.querySelector(".pad-line input");
  if (input?.name !== "amount") burst = null; // no bill is open that a digit too many could go to
  if (!pad) return;
  if (input.name === "amount" && ahead && !input.value) input.value = ahead;
  preview(pad, input.value);
});

function clear() {
  const input = form()?.querySelector(".pad-line input");
  if (input) input.value = "";
}

// A number of this country: grouped as it is written here, sent when it is complete. Anything else, such as a
// foreign number after a plus, waits for the button.
function phone(pad, input) {
  if (asked !== null) return;
  if (/^\s*(\+|00)/.test(input.value)) return;
  const { pattern, trunk } = pad.dataset;
  const length = digits(pattern).length;
  const typed = digits(input.value);
  const national = withoutPrefix(typed, length, pad.dataset);
  const grown = typed.length > (input.dataset.had ?? 0);
  input.dataset.had = national.length;
  if (national.length > length || input.selectionStart < input.value.length) return;
  input.value = grouped(national, pattern);
  // After the 0 (in Russia 8) that is dialled first at home, another digit will come.
  const begun = trunk && national.startsWith(trunk);
  if (!grown || national.length !== length || begun) return;
  burst = performance.now();
  pad.requestSubmit();
}

function withoutPrefix(typed, length, { countryCode, trunk }) {
  for (const prefix of [countryCode, trunk]) {
    if (prefix && typed.length > length && typed.startsWith(prefix)) typed = typed.slice(prefix.length);
  }
  return typed;
}

function grouped(typed, pattern) {
  let at = 0;
  let written = "";
  for (const sign of pattern) {
    if (at === typed.length) break;
    written += /\d/.test(sign) ? typed[at++] : sign;
  }
  return written;
}

// What the server will count, in whole numbers: points = round(amount × (rate + extras) × factors + bonuses), capped.
function preview(pad, text) {
  const button = pad.querySelector(".pad-action button span");
  pad.dataset.plain ??= button.textContent;
  const points = coupons() ? null : earned(pad.dataset, plain(text), plain(pad.elements.points?.value ?? ""));
  if (points === null) {
    button.textContent = pad.dataset.plain;
    return;
  }
  const [before, after] = pad.dataset.preview.split("{points}");
  const figure = document.createElement("b");
  // Not toLocaleString: few browsers know how all our languages group digits.
  figure.textContent = String(points).replace(/\B(?=(\d{3})+$)/g, pad.dataset.group);
  button.replaceChildren(before, figure, after);
}

const plain = (text) => text.trim().replace(",", ".").replace(/\s/g, "");

function earned({ rate, factor, rounding, minimum, cap, rules, worth, decimals }, amount, spent) {
  if (!/^\d{1,12}(\.\d{0,3})?$/.test(amount) || !/^\d{0,12}$/.test(spent)) return null;
  let sale = read(amount);
  if (less(sale, read(minimum))) return 0n;
  if (worth && spent) {
    // What was paid with points earns none: as much as they are worth, in the coins of the currency.
    const exact = times(read(spent), read(worth));
    const paid = { value: roundedTo(exact, Number(decimals)), places: Number(decimals) };
    if (less(sale, paid)) return null;
    sale = plus(sale, { value: -paid.value, places: paid.places });
  }
  const counting = JSON.parse(rules || "[]").filter((rule) => !less(sale, read(rule.minimum)));
  if (counting.some(({ kind }) => kind === "exclude")) return 0n;
  const alone = counting.find((rule) => rule.alone); // the first is the one of the highest priority
  const heard = alone ? [alone] : counting;
  let points = times(sale, read(rate));
  const give = (kind, more) => {
    for (const rule of heard.filter((each) => each.kind === kind)) {
      const given = more(read(rule.value));
      points = plus(points, rule.room !== null && less(read(rule.room), given) ? read(rule.room) : given);
    }
  };
  give("extra", (value) => times(sale, value));
  if (!alone) points = times(points, read(factor));
  give("multiply", (value) => times(points, value)); // the factor less one
  give("bonus", (value) => value);
  const whole = rounded(points, rounding);
  return cap !== "" && whole > BigInt(cap) ? BigInt(cap) : whole;
}

// Half up, as a whole number of the last of so many decimals.
function roundedTo({ value, places }, decimals) {
  const unit = 10n ** BigInt(Math.max(0, places - decimals));
  const grown = value * 10n ** BigInt(Math.max(0, decimals - places));
  return (grown * 2n + unit) / (unit * 2n);
}

function rounded({ value, places }, rounding) {
  const unit = 10n ** BigInt(places);
  const rest = value % unit;
  const up = (rounding === "half_up" && rest * 2n >= unit) || (rounding === "ceiling" && rest > 0n);
  return value / unit + (up ? 1n : 0n);
}

// Decimals as a whole number and the places behind its point.
function read(text) {
  const [whole, fraction = ""] = text.split(".");
  return { value: BigInt(whole + fraction), places: fraction.length };
}

const times = (one, other) => ({ value: one.value * other.value, places: one.places + other.places });

function plus(one, other) {
  const [a, b, places] = alike(one, other);
  return { value: a + b, places };
}

function less(one, other) {
  const [a, b] = alike(one, other);
  return a < b;
}

function alike(one, other) {
  const places = Math.max(one.places, other.places);
  return [...[one, other].map((each) => each.value * 10n ** BigInt(places - each.places)), places];
}
