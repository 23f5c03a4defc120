// Each visit with a network brings the copy of the card up to date, for visits without one.

const { copy, worker } = document.querySelector("script[data-copy]").dataset;

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(worker).then(
    () => navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ copy })),
    () => {}, // a browser that allows no worker has the page all the same
  );
}
