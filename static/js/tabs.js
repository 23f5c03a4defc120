// Where tabs run off the edge, that of the present page comes into sight.

for (const tabs of document.querySelectorAll(".tabs")) {
  const current = tabs.querySelector("[aria-current]");
  if (current) tabs.scrollLeft += current.getBoundingClientRect().right - tabs.getBoundingClientRect().right;
}
