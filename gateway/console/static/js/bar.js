// Analogue bar of a tile: range, zones between limits, value; above it where the forecast ends.

import { text } from "./dom.js";
import { quantity } from "./format.js";
import { hasRange, isLikely, scaleOf } from "./model.js";

const BAND = 1.28;  // standard deviations from the middle to the 10 % and 90 % points

export function show(f, one, doubtful, priority, ahead) {
  f.bar.hidden = !hasRange(one);
  if (f.bar.hidden) return;
  const place = (value) => share(value, one.low, one.high);
  marks(f.track, one, place);
  const known = one.value !== null;
  f.fill.className = priority && !doubtful ? `fill p${priority}` : "fill";
  f.fill.style.width = `${known ? place(one.value) : 0}%`;
  f.pointer.hidden = !known;
  f.pointer.style.left = `${known ? place(one.value) : 0}%`;
  showAhead(f.ahead, ahead, one, place);
  text(f.low, quantity(one.low, scaleOf(one)));
  text(f.high, quantity(one.high, scaleOf(one)));
}

// Where the value will be at the horizon, 10 to 90 %.
export function atHorizon(ahead, one) {
  const middle = ahead.level + ahead.slope * one.horizon_s;
  return [middle - BAND * ahead.sd, middle, middle + BAND * ahead.sd];
}

function showAhead(strip, ahead, one, place) {
  strip.hidden = !ahead;
  if (!ahead) return;
  const [low, middle, high] = atHorizon(ahead, one).map(place);
  const now = place(one.value);
  const way = strip.lastElementChild;
  way.style.left = `${Math.min(now, middle)}%`;
  way.style.width = `${Math.abs(middle - now)}%`;
  strip.classList.toggle("likely", isLikely(ahead));
  strip.style.setProperty("--from", `${low}%`);
  strip.style.setProperty("--size", `${Math.max(1, high - low)}%`);
  strip.firstElementChild.style.left = `${middle}%`;
}

// Lines of the limits and the shading beyond them; made anew only when the limits change.
function marks(track, one, place) {
  const wanted = JSON.stringify([one.limits, one.low, one.high]);
  if (track.dataset.shown === wanted) return;
  track.dataset.shown = wanted;
  track.querySelectorAll(".zone, .limit").forEach((node) => node.remove());
  for (const limit of one.limits) {
    if (!Number.isFinite(limit.value)) continue;
    track.prepend(zone(limit, place(limit.value)));
    track.append(line(limit, one, place(limit.value)));
  }
}

function zone(limit, at) {
  const node = document.createElement("i");
  node.className = limit.at.length > 1 ? "zone far" : "zone";
  const low = limit.at.startsWith("L");
  node.style.left = low ? "0" : `${at}%`;
  node.style.right = low ? `${100 - at}%` : "0";
  return node;
}

function line(limit, one, at) {
  const node = document.createElement("b");
  node.className = "limit";
  node.textContent = limit.at;
  node.title = quantity(limit.value, scaleOf(one));
  node.style.left = `${at}%`;
  return node;
}

function share(value, low, high) {
  return Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));
}
