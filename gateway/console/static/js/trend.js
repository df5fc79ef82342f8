// Trend of the selected instrument: stored history, the last two minutes live, the forecast's cone.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { atHorizon } from "./bar.js";
import * as draw from "./draw.js";
import { text } from "./dom.js";
import { clock, number, quantity, span } from "./format.js";
import { scaleOf } from "./model.js";
import { columns, reach } from "./series.js";
import { t, word } from "./words.js";

const POINTS = 900;
const NOTHING = { t_ms: [], min: [], max: [], quality: [] };
const NO_DATA = [[], [], [], []];
const AGAIN_MS = 5000;
const INK = "#1A1A1A";
const STORED = { stroke: INK, width: 1.5, points: { show: false } };
const LIVE = { stroke: INK, width: 1.5, dash: [3, 3], points: { show: false } };
const get = (id) => document.getElementById(id);

export class Trend {
  #model;
  #key = null;
  #span_s;
  #stored = NOTHING;
  #marks = [];
  #plot = null;
  #asked_ms = 0;

  constructor(model, span_s) {
    this.#model = model;
    this.#span_s = span_s;
    new ResizeObserver(() => this.#resize()).observe(get("plot"));
    for (const button of get("spans").children) {
      text(button, span(Number(button.value)));
      button.addEventListener("click", () => this.widen(Number(button.value)));
    }
  }

  get span_s() {
    return this.#span_s;
  }

  select(key) {
    if (key !== this.#key) this.#stored = NOTHING;
    this.#key = key;
    this.#remake();
    this.refresh();
  }

  widen(span_s) {
    this.#span_s = span_s;
    this.refresh();
    this.show();
  }

  // Asks for the stored history again.
  async refresh() {
    const key = this.#key;
    this.#asked_ms = this.#model.now();
    if (!key) return;
    const to_ms = Math.ceil(this.#model.now());
    const query = new URLSearchParams({
      key, from_ms: to_ms - this.#span_s * 1000, to_ms, points: POINTS,
    });
    try {
      const answer = await fetch(`/api/trend?${query}`);
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.detail);
      if (key === this.#key) this.#stored = found;
      get("trend-note").hidden = true;
    } catch (error) {
      get("trend-note").hidden = this.#model.lost;
      text(get("trend-note"), t("trend.failed", { reason: error.message }));
    }
    this.show();
  }

  // Draws what is known now; asks for history when the last answer is old.
  show() {
    const one = this.#model.instruments.get(this.#key);
    text(get("trend-name"), one ? `${word("quantity", one.quantity)} · ${one.key}` : t("trend.none"));
    for (const button of get("spans").children) {
      button.setAttribute("aria-pressed", String(Number(button.value) === this.#span_s));
    }
    if (!one) return;
    if (!this.#plot) this.#remake();
    if (this.#model.now() - this.#asked_ms > AGAIN_MS && !this.#model.lost) this.refresh();
    const { data, marks } = columns(this.#stored, this.#model.recent.get(one.key) ?? [], one.period_ms ?? 0);
    this.#marks = marks;
    this.#plot.setData(data);
  }

  #remake() {
    this.#plot?.destroy();
    this.#plot = null;
    const one = this.#model.instruments.get(this.#key);
    if (one) this.#plot = new uPlot(this.#options(one), NO_DATA, get("plot"));
  }

  #options(one) {
    const box = get("plot");
    const scale = scaleOf(one);
    const current = () => this.#model.instruments.get(this.#key);
    return {
      width: box.clientWidth, height: box.clientHeight, legend: { show: false },
      padding: [8, 30, 0, 0],
      series: [{}, { ...STORED }, { ...STORED }, { ...LIVE }],
      bands: [{ series: [2, 1], fill: "rgba(26, 26, 26, 0.25)" }],
      scales: {
        x: { time: false, range: () => this.#window(current()) },
        y: { range: () => this.#reach(current()) },
      },
      axes: [
        axis({ space: 80, values: (_, at) => at.map((s) => clock(s * 1000)) }),
        axis({ size: 74, values: (_, at) => at.map((v) => number(v, scale)) }),
      ],
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      hooks: {
        drawClear: [(plot) => draw.under(plot, current())],
        draw: [(plot) => draw.over(plot, current(), this.#model.now() / 1000, this.#marks, this.#ahead())],
        setCursor: [(plot) => this.#read(plot, scale)],
      },
    };
  }

  #ahead() {
    const one = this.#model.instruments.get(this.#key);
    return this.#model.ahead(one);
  }

  #window(one) {
    const now_s = this.#model.now() / 1000;
    return [now_s - this.#span_s, now_s + Math.min(one.horizon_s ?? 0, this.#span_s / 2)];
  }

  // The data, every limit, and where the forecast goes as far as the instrument can follow.
  #reach(one) {
    const ahead = this.#ahead();
    const ends = ahead ? atHorizon(ahead, one) : [];
    const inside = ends.map((value) => Math.min(one.high, Math.max(one.low, value)));
    return reach(this.#plot?.data ?? NO_DATA, [...one.limits.map((limit) => limit.value), ...inside]);
  }

  #read(plot, scale) {
    const i = plot.cursor.idx;
    const [x, low, high, live] = plot.data;
    const top = high[i] ?? live[i];
    if (i === null || i === undefined || top === null || top === undefined) {
      return text(get("trend-reading"), "");
    }
    const time = clock(x[i] * 1000);
    const bottom = low[i] ?? top;
    text(get("trend-reading"), number(bottom, scale) === number(top, scale)
      ? t("trend.reading", { time, value: quantity(top, scale) })
      : t("trend.reading_range", { time, low: quantity(bottom, scale), high: quantity(top, scale) }));
  }

  #resize() {
    const box = get("plot");
    this.#plot?.setSize({ width: box.clientWidth, height: box.clientHeight });
  }
}

function axis(options) {
  const grid = { stroke: "#D4D4D4", width: 1 };
  return {
    stroke: "#595959", font: `12px ${draw.FAMILY}`, grid, ticks: grid, ...options,
  };
}
