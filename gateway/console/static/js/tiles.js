// One tile per instrument, in the order the gateway gives them: a place once learnt stays.

import * as bar from "./bar.js";
import { arrange, attribute, clone, fields, put, text } from "./dom.js";
import { number, span, stamp, uncertainty } from "./format.js";
import * as icons from "./icons.js";
import { isActive, isLikely, isReal, isShown, scaleOf, worstFirst } from "./model.js";
import * as sentences from "./sentences.js";
import * as tags from "./tags.js";
import { t, word } from "./words.js";

const parts = new WeakMap();

export function show(model, selected, select) {
  const box = document.getElementById("tiles");
  arrange(box, [...model.instruments.keys()], (key) => make(key, select));
  document.getElementById("tiles-empty").hidden = box.children.length > 0;
  for (const tile of box.children) {
    fill(tile, parts.get(tile), model, model.instruments.get(tile.dataset.key));
    const chosen = tile.dataset.key === selected;
    tile.classList.toggle("selected", chosen);
    attribute(parts.get(tile).pick, "aria-pressed", String(chosen));
  }
}

function make(key, select) {
  const tile = clone("tile");
  const f = fields(tile);
  parts.set(tile, f);
  f.pick.addEventListener("click", () => select(key));
  return tile;
}

function fill(tile, f, model, one) {
  const doubtful = model.isDoubtful(one);
  const alarms = one.alarms.filter((alarm) => !alarm.predicted && isShown(alarm));
  const worst = alarms.sort((a, b) => worstFirst({ ...a, mode: one.mode }, { ...b, mode: one.mode }))[0];
  tile.classList.toggle("doubtful", doubtful);
  text(f.pick, word("quantity", one.quantity));
  text(f.where, one.key);
  attribute(f.where, "title", one.urn);
  text(f.mode, isReal(one) ? "" : word("mode", one.mode));
  showState(f, worst, one, model);
  showValue(f, one, doubtful);
  bar.show(f, one, doubtful, worst && isActive(worst) ? worst.priority : null, model.ahead(one));
  showForecast(f, one, model);
  showFoot(f, one, model);
}

function showState(f, worst, one, model) {
  const silent = one.silent || model.lost;
  put(f.icon, worst ? `${worst.priority} ${worst.state}` : "", () =>
    worst ? icons.alarm(worst.priority, worst.state) : null);
  text(f.word, worst ? `${sentences.condition(worst.at)} · ${word("priority", worst.priority)}`
    : silent ? t("link.silent") : one.limits.length ? word("state", "NORM") : t("tile.unjudged"));
  f.word.classList.toggle("abnormal", worst !== undefined || silent);
  tags.show(f.tag, worst?.state);
}

function showValue(f, one, doubtful) {
  const scale = scaleOf(one);
  f.doubt.hidden = !doubtful;
  text(f.number, one.value === null ? "" : number(one.value, scale));
  text(f.unit, scale.unit);
  text(f.uncertainty, one.value === null || !one.uncertainty
    ? "" : t("uncertainty", { value: uncertainty(one.uncertainty, scale) }));
}

function showForecast(f, one, model) {
  const ahead = model.ahead(one);
  const unheard = one.silent || model.lost;
  text(f.forecast, unheard ? t("silent", { span: span((model.now() - one.heard_ms) / 1000) })
    : sentences.forecast(ahead, one));
  f.forecast.classList.toggle("unheard", unheard);
  f.forecast.classList.toggle("likely", isLikely(ahead));
}

function showFoot(f, one, model) {
  const letter = sentences.letter(one);
  const unheard = one.silent || model.lost;
  text(f.quality, unheard ? t("link.silent") : sentences.quality(one));
  attribute(f.quality, "data-letter", letter || null);
  const seal = one.sealed ? (one.provisional ? "provisional" : "sealed") : "unsealed";
  text(f.seal, word("seal", seal));
  f.seal.hidden = one.value === null;
  attribute(f.seal, "class", `seal ${seal}`);
  text(f.age, one.t_ms ? t("age", { span: span(model.age_ms(one) / 1000) }) : "");
  attribute(f.age, "title", one.t_ms ? stamp(one.t_ms) : null);
}
