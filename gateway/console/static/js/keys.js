// Keyboard: j and k walk through everything that can be chosen, ? opens the help.

export function listen() {
  const help = document.getElementById("help");
  document.getElementById("help-open").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.key === "?") help.showModal();
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else return;
    event.preventDefault();
  });
}

function step(by) {
  const stops = [...document.querySelectorAll(".stop")].filter((one) => one.offsetParent);
  const here = stops.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : stops.length - 1) : here + by;
  stops[Math.min(stops.length - 1, Math.max(0, next))]?.focus();
}
