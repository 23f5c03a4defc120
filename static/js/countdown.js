// A page that lasts for a while: [data-left] counts its seconds down, and at the end [data-fresh] is fetched anew.

const RETRY = 5_000; // without a network

let timer;

function start() {
  clearInterval(timer);
  const clock = document.querySelector("[data-left]");
  if (!clock) return;
  const ends = performance.now() + clock.dataset.left * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) refresh();
  };
  tick();
  timer = setInterval(tick, 1000);
}

async function refresh() {
  clearInterval(timer);
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.redirected || !answer.ok) return location.reload(); // signed out meanwhile
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("[data-fresh]").replaceWith(page.querySelector("[data-fresh]"));
    start();
  } catch {
    timer = setTimeout(refresh, RETRY);
  }
}

// A phone that slept shows an old code.
addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
start();
