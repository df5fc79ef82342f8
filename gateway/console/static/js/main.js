// Starts the page: the connection feeds the model, every part shows the model, a clock ages it.

import * as alarms from "./alarms.js";
import * as help from "./help.js";
import * as keys from "./keys.js";
import { connect } from "./link.js";
import { Model } from "./model.js";
import * as place from "./place.js";
import * as predicted from "./predicted.js";
import * as tiles from "./tiles.js";
import * as top from "./top.js";
import { Trend } from "./trend.js";

const TICK_MS = 500;
const TOGETHER_MS = 40;  // changes this close are drawn at once
const model = new Model();
const trend = new Trend(model, place.span_s());
let chosen = place.selected();  // by the reader; until then the trend goes to where the trouble is
let selected = null;
let due = 0;

function select(key) {
  chosen = key;
  place.remember(key);
  show();
}

function follow() {
  const wanted = model.instruments.has(chosen) ? chosen : model.worst(selected);
  if (wanted === selected) return;
  selected = wanted;
  trend.select(selected);
}

function show() {
  due = 0;
  follow();
  top.show(model);
  alarms.show(model, select);
  predicted.show(model, select);
  tiles.show(model, selected, select);
  trend.show();
}

function showSoon() {
  due ||= setTimeout(show, TOGETHER_MS);
}

connect({
  snapshot(state) {
    model.load(state);
    trend.select(selected);  // its history may have a hole that can be filled now
  },
  change(message) {
    model.change(message);
    showSoon();
  },
  live() {
    model.lost = false;
    top.connection(model, "live");
    show();
    place.restore();
  },
  lost() {
    if (!model.lost) top.connection(model, "lost", model.now());
    model.lost = true;
    showSoon();
  },
});
setInterval(showSoon, TICK_MS);
document.getElementById("more").addEventListener("click", () => {
  document.activeElement.blur();
  show();
});
place.keep(() => trend.span_s);
help.fill();
keys.listen();
