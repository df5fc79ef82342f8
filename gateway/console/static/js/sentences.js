// Plain sentences for alarms, forecasts and qualities.

import { percent, quantity, span } from "./format.js";
import { isActive, scaleOf } from "./model.js";
import { categories, t, word } from "./words.js";

const LETTERS = { 1: "F", 2: "C", 3: "S", 4: "M" };  // NE 107's own

export function named(thing) {
  return word("quantity", thing.quantity);
}

// "is above", "has not fallen clear", "is back": by the value of now, where there is a valid one.
export function alarm(one, instrument, scale, doubtful) {
  if (one.at === "fault") return t("alarm.fault", { what: named(one), quality: quality(instrument) });
  if (one.at === "journal") return t("alarm.journal", { node: one.node });
  const value = doubtful ? one.value : instrument.value;
  const given = { what: named(one), at: one.at, limit: quantity(one.limit, scale), value: "" };
  if (value !== null) given.value = quantity(value, scale);
  return t(saying(one, value, doubtful), given);
}

function saying(one, value, doubtful) {
  if (!isActive(one)) return doubtful ? "alarm.returned_blind" : "alarm.returned";
  if (doubtful) return "alarm.blind";
  if (one.at.startsWith("L")) return value <= one.limit ? "alarm.below" : "alarm.held_below";
  return value >= one.limit ? "alarm.above" : "alarm.held_above";
}

// "93 %: HH 1.000 MPa in 4 s (3 s–6 s)"
export function forecast(ahead, instrument) {
  const limit = instrument.limits.find((one) => one.at === ahead?.at);
  if (!ahead || !limit) return t("forecast.none");
  const given = {
    p: percent(ahead.p), at: ahead.at, limit: quantity(limit.value, scaleOf(instrument)),
    horizon: span(instrument.horizon_s), median: seconds(ahead.tte_s),
    early: seconds(ahead.tte10_s), late: seconds(ahead.tte90_s),
  };
  if (given.median === null) return t("forecast.chance", given);
  return t(given.early && given.late ? "forecast.crossing" : "forecast.soon", given);
}

function seconds(s) {
  return s === null || s === undefined ? null : span(s);
}

// "failure: open loop", or "good"
export function quality(instrument) {
  if (!instrument) return t("link.silent");
  const category = instrument.quality >> 4;
  if (category === 0) return t("category.good");
  return `${word("category", categories[category])}: ${word("quality", instrument.quality_word)}`;
}

export function letter(instrument) {
  return LETTERS[instrument.quality >> 4] ?? "";
}
