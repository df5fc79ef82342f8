// Where the reader is: the instrument in the address, the rest in this tab's memory, so that a
// change of language or a reload comes back to the same place.

const KEPT = "place";
const SPAN_S = 120;

const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

export function selected() {
  return decodeURIComponent(location.hash.slice(1)) || null;
}

export function span_s() {
  return kept.span_s ?? SPAN_S;
}

export function remember(key) {
  history.replaceState(null, "", `#${encodeURIComponent(key)}`);
}

// Once the page is as high as it was: to where it was scrolled.
export function restore() {
  if (kept.y) scrollTo(0, kept.y);
  kept.y = 0;
}

export function keep(span_s) {
  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", () => (link.hash = location.hash));
  }
  addEventListener("pagehide", () => {
    sessionStorage.setItem(KEPT, JSON.stringify({ span_s: span_s(), y: scrollY }));
  });
}
