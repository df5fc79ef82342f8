// Top of the page: counts, connection, clock, and the banner over data that is not real.

import { arrange, attribute, put, text } from "./dom.js";
import { clock, day, span, stamp, zone } from "./format.js";
import * as icons from "./icons.js";
import { isActive, isOwed, isReal } from "./model.js";
import { t, word } from "./words.js";

const LATE_MS = 10_000;
const get = (id) => document.getElementById(id);

export function show(model) {
  showCounts(model);
  showBanner(model);
  showLink(model);
  const now = model.now();
  text(get("clock"), `${day(now)} ${clock(now)} ${zone(now)}`);
  text(get("zone"), `(${zone(now)})`);
  text(get("counters"), "blocks" in model.counters ? t("counters", model.counters) : "");
}

export function connection(model, state, since_ms) {
  document.body.className = state;
  get("lost").hidden = state !== "lost";
  if (state === "lost") {
    text(get("lost").firstElementChild, t("link.lost_title", { time: clock(since_ms) }));
  }
  showLink(model);
}

function showLink(model) {
  const state = document.body.className;
  const newest = Math.max(0, ...[...model.instruments.values()].map((one) => one.t_ms));
  const age_ms = Math.max(0, model.now() - newest);
  const parts = [word("link", state)];
  if (newest) parts.push(t("link.data", { span: span(age_ms / 1000) }));
  text(get("link"), parts.join(" · "));
  attribute(get("link"), "title", newest ? stamp(newest) : null);
  get("link").classList.toggle("late", state !== "live" || age_ms > LATE_MS);
}

function showCounts(model) {
  const measured = model.measured();
  const all = model.alarms.filter((one) => !one.predicted);
  const inState = (...states) => all.filter((one) => states.includes(one.state)).length;
  const silent = [...model.instruments.values()].filter((one) => model.isDoubtful(one)).length;
  chips("priorities", [1, 2, 3, 4].map((priority) => {
    const own = measured.filter((one) => one.priority === priority);
    const gone = own.length > 0 && !own.some(isActive);
    return [`p${priority}`, own.length, word("priority", priority), gone,
      () => icons.shape(priority, gone)];
  }));
  chips("states", [
    ...["UNACK", "ACKED", "RTN_UNACK"].map((state) => [state, inState(state), word("state", state)]),
    ["latched", inState("LATCH_UNACK", "LATCH_ACKED"), t("count.latched")],
    ["aside", inState("SHELVED", "SUPPRESSED_BY_DESIGN", "OUT_OF_SERVICE"), t("count.aside")],
    ["predicted", model.predicted().length, t("count.predicted"), false, () => icons.predicted(null, "HH")],
    ["silent", silent, t("count.silent")],
  ]);
  const owed = measured.filter(isOwed).length;
  const site = document.querySelector("h1").textContent;
  const title = owed ? `(${owed}) ${word("priority", measured[0].priority)} · ${site}` : site;
  if (document.title !== title) document.title = title;
}

// Each chip: [key, count, word, is its icon open, icon or nothing].
function chips(id, shown) {
  const byKey = new Map(shown.map((one) => [one[0], one]));
  arrange(get(id), [...byKey.keys()], () => chip());
  for (const node of get(id).children) {
    const [key, count, name, open, icon] = byKey.get(node.dataset.key);
    const [picture, number, label] = node.children;
    put(picture, `${key} ${open}`, () => icon?.());
    text(number, String(count));
    text(label, name);
    node.classList.toggle("zero", count === 0);
  }
}

function chip() {
  const node = document.createElement("li");
  node.append(...["span", "b", "span"].map((name) => document.createElement(name)));
  return node;
}

function showBanner(model) {
  const instruments = [...model.instruments.values()];
  const unreal = instruments.filter((one) => !isReal(one));
  const banner = get("banner");
  banner.hidden = unreal.length === 0;
  if (banner.hidden) return;
  const modes = [...new Set(unreal.map((one) => one.mode))];
  const whole = unreal.length === instruments.length && !model.alarms.some(isReal);
  const said = modes.map((mode) => word("banner", mode));
  said.push(whole ? t("banner.all", { count: unreal.length }) : unreal.map((one) => one.key).join(", "));
  if (!whole) said.push(...amount("banner.alarms", model.measured()),
    ...amount("banner.predicted", model.predicted()));
  text(banner, said.join("  ·  "));
}

// How many of those listed are not real, if any.
function amount(key, listed) {
  const count = listed.filter((one) => !isReal(one)).length;
  return count ? [t(key, { count, total: listed.length })] : [];
}
