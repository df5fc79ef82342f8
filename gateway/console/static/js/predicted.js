// Lane of predicted crossings: one time axis for all, each with its band from 10 to 90 %.

import { arrange, clone, fields, put, text } from "./dom.js";
import { span } from "./format.js";
import * as icons from "./icons.js";
import { isReal } from "./model.js";
import * as sentences from "./sentences.js";
import { t, word } from "./words.js";

const parts = new WeakMap();
const get = (id) => document.getElementById(id);

export function show(model, select) {
  const alarms = new Map(model.predicted().map((one) => [one.key, one]));
  const list = get("predicted");
  arrange(list, [...alarms.keys()], (key) => make(alarms.get(key).instrument, select));
  get("predicted-empty").hidden = alarms.size > 0;
  list.parentElement.classList.toggle("some", alarms.size > 0);
  const shown = [...alarms.values()].map((one) => model.instruments.get(one.instrument));
  const horizon_s = Math.max(1, ...shown.map((one) => one?.horizon_s ?? 0));
  showAxis(alarms.size > 0, horizon_s);
  for (const row of list.children) {
    const alarm = alarms.get(row.dataset.key);
    fill(row, parts.get(row), alarm, model, horizon_s);
  }
}

function make(instrument, select) {
  const row = clone("predicted-row");
  const f = fields(row);
  parts.set(row, f);
  f.sentence.addEventListener("click", () => select(instrument));
  return row;
}

function fill(row, f, alarm, model, horizon_s) {
  const one = model.instruments.get(alarm.instrument);
  const { at } = alarm;
  const ahead = one ? model.ahead(one) : null;
  const ended = alarm.state === "RTN_UNACK";
  put(f.icon, alarm.state, () => icons.predicted(alarm.state, at));
  text(f.sentence, `${sentences.named(alarm)} ${said(ahead, alarm, one, at)}`);
  text(f.tag, ended ? t("predicted.ended") : alarm.state === "UNACK" ? t("tag.UNACK") : "");
  f.tag.hidden = f.tag.textContent === "";
  text(f.mode, isReal(alarm) ? "" : word("mode", alarm.mode));
  text(f.where, alarm.instrument);
  row.classList.toggle("ended", ended);
  showBand(f, ended || ahead?.at !== at ? null : ahead, horizon_s);
}

function said(ahead, alarm, one, at) {
  const known = ahead?.at === at ? ahead : { at, p: alarm.p ?? 0, tte_s: alarm.tte_s };
  return one ? sentences.forecast(known, one) : at;
}

function showBand(f, ahead, horizon_s) {
  const known = ahead && ahead.tte_s !== null;
  f.band.hidden = f.median.hidden = !known;
  if (!known) return;
  const place = (s) => Math.min(100, (Math.max(0, s) / horizon_s) * 100);
  const early = place(ahead.tte10_s ?? ahead.tte_s);
  const late = place(ahead.tte90_s ?? ahead.tte_s);
  f.band.style.left = `${early}%`;
  f.band.style.width = `${Math.max(1, late - early)}%`;
  f.median.style.left = `${place(ahead.tte_s)}%`;
}

function showAxis(wanted, horizon_s) {
  const axis = get("axis");
  axis.hidden = !wanted;
  const words = [t("predicted.now"), span(horizon_s / 2), span(horizon_s)];
  words.forEach((label, i) => text(axis.children[i], label));
}
