// Passes a link on: by the phone's own sheet where there is one, else by copying it. Without either the field above holds it.

const button = document.querySelector("[data-share]");
const words = button.querySelector("span");

async function share() {
  const url = button.dataset.share;
  if (navigator.share) {
    await navigator.share({ url }).catch(() => {}); // whoever closes the sheet has changed their mind
    return;
  }
  await navigator.clipboard.writeText(url);
  words.textContent = button.dataset.copied;
}

if (navigator.share || navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", share);
}
