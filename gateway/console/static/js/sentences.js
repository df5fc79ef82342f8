// Plain sentences for alarms, forecasts and qualities.

import { between, number, percent, quantity, span } from "./format.js";
import { isActive, isLikely, scaleOf } from "./model.js";
import { categories, t, word } from "./words.js";

const LETTERS = { 1: "F", 2: "C", 3: "S", 4: "M" };  // NE 107's own

const known = (number) => number !== null && number !== undefined;

export function named(thing) {
  return word("quantity", thing.quantity);
}

// "is above", "is at", "has not fallen clear", "is back": by the value of now, where there is a valid one.
export function alarm(one, instrument, scale, doubtful) {
  if (one.at === "chain") return t("alarm.chain", { node: one.node, count: one.value });
  if (one.at === "tamper") return t("alarm.tamper", { node: one.node });
  if (one.tag === "node.fault") return t("alarm.config", { node: one.node });
  if (one.at === "fault") return t("alarm.fault", { what: named(one), quality: reason(instrument) });
  if (one.at === "journal") return t("alarm.journal", { node: one.node });
  if (!known(one.limit)) return `${named(one)} ${condition(one.at)}`;
  const made = { rate: "alarm.rate", dev: "alarm.dev", diff: "alarm.diff" }[one.at];
  if (made) {
    return t(made, { what: named(one), limit: quantity(one.limit, scale) });
  }
  const value = doubtful ? one.value : instrument.value;
  const given = { what: named(one), at: one.at, limit: quantity(one.limit, scale), value: "" };
  if (known(value)) given.value = quantity(value, scale);
  return t(saying(one, value, doubtful, scale), given);
}

function saying(one, value, doubtful, scale) {
  if (!isActive(one)) return doubtful ? "alarm.returned_blind" : "alarm.returned";
  if (doubtful) return known(value) ? "alarm.blind" : "alarm.unread";
  const beyond = isBeyond(value, { at: one.at, value: one.limit });
  if (beyond && number(value, scale) === number(one.limit, scale)) return "alarm.at";
  if (one.at.startsWith("L")) return beyond ? "alarm.below" : "alarm.held_below";
  return beyond ? "alarm.above" : "alarm.held_above";
}

function isBeyond(value, limit) {
  return limit.at.startsWith("L") ? value <= limit.value : value >= limit.value;
}

// "93 %: HH 1.000 MPa in 4 s (3–6 s)"
export function forecast(ahead, instrument) {
  const limit = instrument.limits.find((one) => one.at === ahead?.at && known(one.value));
  if (!limit || !known(ahead.p)) return t("forecast.none");
  const given = {
    p: percent(ahead.p), at: ahead.at, limit: quantity(limit.value, scaleOf(instrument)),
    horizon: span(instrument.horizon_s ?? 0), median: "", band: "",
  };
  const { tte_s, tte10_s, tte90_s } = ahead;
  if (tte_s === 0 || isBeyond(instrument.value, limit)) return t("forecast.reached", given);
  if (!known(tte_s) || !isLikely(ahead)) return t("forecast.chance", given);
  if (tte_s < 1) return t("forecast.chance", { ...given, horizon: span(1) });
  given.median = span(tte_s);
  if (known(tte10_s) && known(tte90_s)) given.band = between(tte10_s, tte90_s);
  return t(given.band ? "forecast.crossing" : "forecast.soon", given);
}

// "failure: open loop", or "good"
export function quality(instrument) {
  if (!instrument) return t("link.silent");
  const category = instrument.quality >> 4;
  if (category === 0) return t("category.good");
  const named = word("category", categories[category]);
  return t("quality.full", { category: named, reason: reason(instrument) });
}

function reason(instrument) {
  return instrument ? word("quality", instrument.quality_word) : t("link.silent");
}

// "HH" stays what it is in every language; other conditions have words.
export function condition(at) {
  return /^[LH]+$/.test(at) ? at : word("condition", at);
}

export function letter(instrument) {
  return LETTERS[instrument.quality >> 4] ?? "";
}
