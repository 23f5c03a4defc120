// The camera of <dialog class="scanner">: on while the dialog is open, it reads one QR card and sends that with
// <form data-scanned-card>. Where the browser cannot read QR codes, ZXing does.

const CAMERA = { audio: false, video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } } };
const CAUSES = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing" };
const SIDE = 720; // of the square that ZXing looks at, at most
const PAUSE = 40; // between two looks, so that a slow tablet still answers fingers
const PATIENCE = 12_000;
const APPLAUSE = 120; // how long the green frame stays

const dialog = document.querySelector("dialog.scanner");
const view = dialog.querySelector("[data-scanner-view]");
const video = dialog.querySelector("[data-scanner-video]");
const message = dialog.querySelector("[data-scanner-message]");
const advice = dialog.querySelector("[data-scanner-advice]");
const firstAdvice = advice.textContent;

class Trouble extends Error {} // its message names the data attribute of the dialog that says it to people

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let scanning = new AbortController();

new MutationObserver(follow).observe(dialog, { attributeFilter: ["open"] });
addEventListener("visibilitychange", follow);
dialog.addEventListener("close", () => document.querySelector(".pad-line input")?.focus());
addEventListener("keydown", (event) => {
  if (event.key !== "F2" || dialog.open) return;
  event.preventDefault();
  dialog.showModal();
});
// Ready before the first customer; if it fails, opening the dialog tries again and says so.
addEventListener("load", () => (globalThis.requestIdleCallback ?? setTimeout)(() => reader().catch(() => {})));

/** Nobody is filmed while the dialog is closed or the page out of sight. */
function follow() {
  scanning.abort();
  video.srcObject = null;
  if (!dialog.open || document.hidden) return;
  scanning = new AbortController();
  scan(scanning);
}

async function scan(controller) {
  const { signal } = controller;
  delete view.dataset.found;
  message.hidden = true;
  advice.textContent = firstAdvice;
  try {
    const [read] = await Promise.all([reader(), film(signal)]);
    const card = await look(read, signal);
    if (card) await found(card, signal);
  } catch (error) {
    if (!signal.aborted) explain(error);
    controller.abort();
  }
}

async function film(signal) {
  const stream = await openCamera();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop(); // closed while the browser still asked
  signal.addEventListener("abort", stop);
  video.srcObject = stream;
}

async function openCamera() {
  if (!navigator.mediaDevices) throw new Trouble("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch (error) {
    throw new Trouble(CAUSES[error.name] ?? "busy");
  }
}

async function look(read, signal) {
  const hint = setTimeout(() => (advice.textContent = dialog.dataset.nothing), PATIENCE);
  signal.addEventListener("abort", () => clearTimeout(hint));
  while (!signal.aborted) {
    const text = video.readyState >= video.HAVE_CURRENT_DATA && (await read());
    if (text) return text;
    await pause(PAUSE);
  }
}

async function found(card, signal) {
  video.pause();
  view.dataset.found = "";
  navigator.vibrate?.(60);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) await pause(APPLAUSE);
  if (signal.aborted) return; // Cancel was faster
  dialog.close(); // first, so that the answer may take the focus
  const form = document.querySelector("form[data-scanned-card]");
  form.elements.card.value = card;
  form.requestSubmit();
}

function explain(error) {
  message.textContent = dialog.dataset[error.message] ?? dialog.dataset.unloaded;
  message.hidden = false;
  if (!(error instanceof Trouble)) throw error; // loud in the console
}

let chosen;

/** A function that answers with the text of the QR code in the picture, if there is one. */
function reader() {
  chosen ??= chooseReader().catch(() => {
    chosen = undefined;
    throw new Trouble("unloaded");
  });
  return chosen;
}

async function chooseReader() {
  return (await browserReader()) ?? zxingReader();
}

/** Nothing where the browser has no detector, one without QR codes, or one whose service is missing. */
async function browserReader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats()) ?? [];
  if (!formats.includes("qr_code")) return;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  try {
    await detector.detect(new ImageData(1, 1)); // which also wakes the service
  } catch {
    return;
  }
  return async () => (await detector.detect(video))[0]?.rawValue;
}

async function zxingReader() {
  await loadScript(dialog.dataset.decoder);
  const locateFile = () => dialog.dataset.wasm; // its default is a server of strangers
  await ZXingWASM.prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const options = { formats: ["QRCode"], maxNumberOfSymbols: 1, textMode: "Plain" };
  return async () => (await ZXingWASM.readBarcodes(photograph(context), options))[0]?.text;
}

function loadScript(address) {
  return new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed });
    document.head.append(script);
  });
}

/** The middle of the picture, where the window to hold a card in is. */
function photograph(context) {
  const { videoWidth: width, videoHeight: height } = video;
  const whole = Math.min(width, height);
  const side = Math.min(whole, SIDE);
  Object.assign(context.canvas, { width: side, height: side });
  context.drawImage(video, (width - whole) / 2, (height - whole) / 2, whole, whole, 0, 0, side, side);
  return context.getImageData(0, 0, side, side);
}
