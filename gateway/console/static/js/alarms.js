// Alarm list: active or unacknowledged, worst first, then newest. While a row has the focus nothing
// moves: what is new waits behind a button that says how many wait.

import { arrange, attribute, clone, fields, put, text } from "./dom.js";
import { clock, span, stamp } from "./format.js";
import * as icons from "./icons.js";
import { isOwed, isReal } from "./model.js";
import * as sentences from "./sentences.js";
import * as tags from "./tags.js";
import { t, word } from "./words.js";

const CRITICAL = 1;
const CHANGED = {
  UNACK: "since.again", ACKED: "since.acknowledged", RTN_UNACK: "since.returned",
  LATCH_UNACK: "since.returned", LATCH_ACKED: "since.latched",
};
const parts = new WeakMap();
const get = (id) => document.getElementById(id);
let announced = null;

export function show(model, select) {
  const alarms = new Map(model.measured().map((one) => [one.key, one]));
  const body = get("alarms");
  arrange(body, order(body, [...alarms.keys()]), (key) => make(alarms.get(key).instrument, select));
  get("alarms-table").hidden = body.children.length === 0;
  get("alarms-empty").hidden = alarms.size > 0;
  for (const row of body.children) {
    const alarm = alarms.get(row.dataset.key);
    if (alarm) fill(row, parts.get(row), alarm, model);
  }
  announce(alarms, model);
}

// Rows to show: while one has the focus, those that stand there, where they stand.
function order(body, keys) {
  const standing = [...body.children].map((row) => row.dataset.key);
  const held = body.contains(document.activeElement)
    && keys.includes(document.activeElement.closest("tr").dataset.key);
  const waiting = held ? keys.filter((key) => !standing.includes(key)).length : 0;
  get("more").hidden = waiting === 0;
  if (waiting) text(get("more"), t("alarms.more", { count: waiting }));
  return held ? standing.filter((key) => keys.includes(key)) : keys;
}

function make(instrument, select) {
  const row = clone("alarm-row");
  const f = fields(row);
  parts.set(row, f);
  f.sentence.addEventListener("click", () => select(instrument));
  return row;
}

function fill(row, f, alarm, model) {
  const one = model.instruments.get(alarm.instrument);
  put(f.icon, `${alarm.priority} ${alarm.state}`, () => icons.alarm(alarm.priority, alarm.state));
  text(f.priority, word("priority", alarm.priority));
  text(f.sentence, sentence(alarm, one, model));
  text(f.mode, isReal(alarm) ? "" : word("mode", alarm.mode));
  text(f.where, alarm.instrument);
  text(f.quality, alarm.at === "fault" || (one && one.quality >> 4 === 0) ? "" : sentences.quality(one));
  tags.show(f.tag, alarm.state);
  showTimes(f, alarm, model);
  row.classList.toggle("owed", isOwed(alarm));
}

// When it began and how long ago; below, when it came to its present state, if that was later.
function showTimes(f, alarm, model) {
  const { started_ms, since_ms } = alarm;
  const changed = since_ms > started_ms;
  const began = { time: clock(started_ms) };
  text(f.started, changed ? t("since.started", began) : began.time);
  attribute(f.started, "title", stamp(started_ms));
  text(f.age, span((model.now() - started_ms) / 1000));
  text(f.since, changed ? t(CHANGED[alarm.state], { time: clock(since_ms) }) : "");
  attribute(f.since, "title", changed ? stamp(since_ms) : null);
}

function sentence(alarm, one, model) {
  const doubtful = !one || model.isDoubtful(one);
  return sentences.alarm(alarm, one, model.scale(alarm), doubtful);
}

// To a screen reader: critical ones at once, the others politely and together; none at the start.
function announce(alarms, model) {
  const owed = new Map([...alarms].filter(([, one]) => one.state === "UNACK"));
  const fresh = [...owed.values()].filter((one) => announced && !announced.has(one.key));
  announced = new Set(owed.keys());
  for (const [id, wanted] of [["shout", true], ["say", false]]) {
    const said = fresh.filter((one) => (one.priority === CRITICAL) === wanted);
    if (said.length) {
      text(get(id), said.map((one) => sentence(one, model.instruments.get(one.instrument), model)).join("; "));
    }
  }
}
