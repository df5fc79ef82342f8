// Numbers, units, spans and times for people. The wire has Pa and ug/m3; kPa, MPa and mg/m³ exist
// only here. The scale follows the range of the instrument, never the value, so digits stand still.

import { language, t } from "./words.js";

const SCALES = {
  "Pa": [
    { from: 1e6, unit: "MPa", by: 1e-6, decimals: 3 },
    { from: 1e3, unit: "kPa", by: 1e-3, decimals: 1 },
    { from: 0, unit: "Pa", by: 1, decimals: 0 },
  ],
  "ug/m3": [
    { from: 1e4, unit: "mg/m³", by: 1e-3, decimals: 2 },
    { from: 0, unit: "µg/m³", by: 1, decimals: 0 },
  ],
  "km/h": [{ from: 0, unit: "km/h", by: 1, decimals: 1 }],
  "Cel": [{ from: 0, unit: "°C", by: 1, decimals: 1 }],
  "V": [{ from: 0, unit: "V", by: 1, decimals: 2 }],
  "mA": [{ from: 0, unit: "mA", by: 1, decimals: 2 }],
};
const THIN = "\u00a0";  // a number and its unit never part

// Scale for values of `unit` on an instrument that reads up to `most`.
export function scale(unit, most) {
  const known = SCALES[unit] ?? [{ from: 0, unit, by: 1, decimals: 2 }];
  return known.find((one) => Math.abs(most) >= one.from);
}

// "1.003"
export function number(value, scale, decimals = scale.decimals) {
  return (formats[decimals] ??= format(decimals)).format(value * scale.by);
}

const formats = [];  // by decimals: making one takes longer than using it

function format(decimals) {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay: "negative",
  });
}

// "1.003 MPa"
export function quantity(value, scale) {
  return number(value, scale) + THIN + scale.unit;
}

// An uncertainty never reads as zero: it gets the decimals that its first digit needs.
export function uncertainty(value, scale) {
  const needed = value > 0 ? Math.ceil(-Math.log10(value * scale.by)) : 0;
  return number(value, scale, Math.max(scale.decimals, needed)) + THIN + scale.unit;
}

// "4 s", "3 min", "2 h"
export function span(seconds) {
  const [key, size] = step(seconds);
  return t(key, { count: Math.round(Math.max(0, seconds) / size) });
}

// "3–6 s": both ends in the unit of the later one; nothing when they read the same.
export function between(early_s, late_s) {
  const [key, size] = step(late_s);
  const [early, late] = [early_s, late_s].map((s) => Math.round(Math.max(0, s) / size));
  return early === late ? "" : t(key, { count: `${early}–${late}` });
}

function step(seconds) {
  if (seconds < 119.5) return ["span.second", 1];
  return seconds < 7170 && seconds !== 3600 ? ["span.minute", 60] : ["span.hour", 3600];
}

export function percent(p) {
  if (p > 0 && p < 0.005) return "<1";
  return String(Math.min(99, Math.round(p * 100)));  // no forecast is certain
}

// "14:07:09", local
export function clock(ms) {
  const d = new Date(ms);
  return [d.getHours(), d.getMinutes(), d.getSeconds()].map(two).join(":");
}

// "2026-03-05", local
export function day(ms) {
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

// "+08:00"
export function zone(ms) {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

// "2026-03-05 14:07:09.123 +08:00"
export function stamp(ms) {
  const fraction = String(Math.floor(ms) % 1000).padStart(3, "0");
  return `${day(ms)} ${clock(ms)}.${fraction} ${zone(ms)}`;
}

function two(n) {
  return String(n).padStart(2, "0");
}
