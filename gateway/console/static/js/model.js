// What the gateway last said, keyed, so that a message that comes twice changes nothing.

import { scale } from "./format.js";

// Worst first: unanswered before answered, active before gone.
const SHOWN = ["UNACK", "LATCH_UNACK", "RTN_UNACK", "ACKED", "LATCH_ACKED"];
const OWED = ["UNACK", "RTN_UNACK", "LATCH_UNACK"];
const ACTIVE = ["UNACK", "ACKED"];
const LIKELY = 0.5;  // from here on a forecast has its colour; below it is as grey as the normal
const KEPT_MS = 150_000;  // live values kept per instrument: the trend's two minutes and some
const LATE_PERIODS = 5;
const LATE_MS = 30_000;

export const isShown = (alarm) => SHOWN.includes(alarm.state);
export const isOwed = (alarm) => OWED.includes(alarm.state);
export const isActive = (alarm) => ACTIVE.includes(alarm.state);
export const isLikely = (forecast) => forecast !== null && forecast.p >= LIKELY;
export const hasRange = (instrument) => instrument.low !== null && instrument.high > instrument.low;
export const isReal = (thing) => thing.mode === "normal";

// Real ones before drills; then by priority, by state, newest first.
export function worstFirst(a, b) {
  return isReal(b) - isReal(a) || a.priority - b.priority
    || SHOWN.indexOf(a.state) - SHOWN.indexOf(b.state)
    || b.since_ms - a.since_ms || (a.key < b.key ? -1 : 1);
}

// Below 0: `a` needs to be looked at before `b`; 0: they are equally bad.
function urgency(a, b) {
  return isReal(b) - isReal(a) || stage(a) - stage(b) || a.priority - b.priority;
}

const mostUrgentFirst = (a, b) => urgency(a, b) || worstFirst(a, b);

// Nobody has answered, somebody has, it is still to come, it is over.
function stage(alarm) {
  if (!isActive(alarm)) return 3;
  return alarm.predicted ? 2 : ACTIVE.indexOf(alarm.state);
}

export class Model {
  instruments = new Map();
  recent = new Map();  // key -> [[t_ms, value or null, quality]], oldest first
  alarms = [];
  counters = {};
  lost = false;
  #ahead_ms = 0;  // the gateway's clock minus this machine's

  now() {
    return Date.now() + this.#ahead_ms;
  }

  load(state) {
    this.#ahead_ms = state.now_ms - Date.now();
    this.instruments = new Map(state.instruments.map((one) => [one.key, one]));
    this.alarms = state.alarms;
    this.counters = state.counters;
    state.instruments.forEach((one) => this.#remember(one));
  }

  change(message) {
    if (message.now_ms) this.#ahead_ms = message.now_ms - Date.now();
    if (message.instrument) {
      this.instruments.set(message.instrument.key, message.instrument);
      this.#remember(message.instrument);
    }
    if (message.alarms) this.alarms = message.alarms;
    if (message.counters) this.counters = message.counters;
  }

  // Measured alarms that are active or owe an answer.
  measured() {
    return this.alarms.filter((one) => !one.predicted && isShown(one)).sort(worstFirst);
  }

  predicted() {
    return this.alarms.filter((one) => one.predicted && isShown(one)).sort(worstFirst);
  }

  // Instrument to look at while nobody chose one: `current` as long as none is in worse trouble.
  worst(current) {
    const troubles = [...this.measured(), ...this.predicted()]
      .filter((one) => this.instruments.has(one.instrument)).sort(mostUrgentFirst);
    const worst = troubles.filter((one) => urgency(one, troubles[0]) === 0);
    if (worst.length && !worst.some((one) => one.instrument === current)) return worst[0].instrument;
    return this.instruments.has(current) ? current : this.instruments.keys().next().value ?? null;
  }

  scale(alarm) {
    const instrument = this.instruments.get(alarm.instrument);
    return instrument ? scaleOf(instrument) : scale(alarm.unit, alarm.limit ?? 0);
  }

  age_ms(instrument) {
    return Math.max(0, this.now() - instrument.t_ms);
  }

  // The forecast, unless it is too old or too empty to be drawn.
  ahead(instrument) {
    const ahead = this.isDoubtful(instrument) ? null : instrument.forecast;
    return ahead && [ahead.level, ahead.slope, ahead.sd].every(Number.isFinite) ? ahead : null;
  }

  // A value that must not be read as the present one.
  isDoubtful(instrument) {
    const late_ms = Math.max(LATE_MS, LATE_PERIODS * (instrument.period_ms ?? 0));
    return this.lost || instrument.silent || instrument.value === null
      || instrument.quality >> 4 === 1 || this.age_ms(instrument) > late_ms;
  }

  #remember(instrument) {
    const points = this.recent.get(instrument.key) ?? [];
    this.recent.set(instrument.key, points);
    const last = points.at(-1);
    if (!instrument.t_ms || (last && last[0] >= instrument.t_ms)) return;
    const valid = instrument.quality >> 4 !== 1;
    points.push([instrument.t_ms, valid ? instrument.value : null, instrument.quality]);
    while (points[0][0] < instrument.t_ms - KEPT_MS) points.shift();
  }
}

// By the range; a sender that states none has to do with its value.
export function scaleOf(instrument) {
  const { low, high, value } = instrument;
  return scale(instrument.unit, Math.max(...(hasRange(instrument) ? [low, high] : [value]).map(Math.abs)));
}
