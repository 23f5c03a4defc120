// The pill in the top bar: what the browser says, corrected by what our own requests meet.

const pill = document.querySelector("[data-network]");
const EVERY = 5000;
let timer;

const tell = (offline) => {
  pill.toggleAttribute("data-offline", offline);
  clearTimeout(timer);
  if (offline) timer = setTimeout(ask, EVERY);
};

// A shop's Wi-Fi often stays up while its line is down, so we ask our own server.
const ask = () =>
  fetch(pill.dataset.ping, { cache: "no-store" }).then(
    () => tell(false),
    () => tell(true),
  );

if (pill) {
  if (!navigator.onLine) tell(true);
  addEventListener("offline", () => tell(true));
  addEventListener("online", ask);
  addEventListener("htmx:sendError", () => tell(true));
  addEventListener("htmx:afterOnLoad", () => tell(false));
}
