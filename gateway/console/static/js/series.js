// Pure data of the trend: stored buckets, then live values, with holes where there is nothing.

const FAILURE = 1;
const HOLE_PERIODS = 3;
const HOLE_MS = 3500;  // live values come once a second at most

// Columns [seconds, low, high, live] for uPlot, and the spans whose quality is not good.
export function columns(stored, recent, period_ms) {
  const points = [...fromStored(stored), ...fromRecent(recent, stored.t_ms.at(-1) ?? 0)];
  const hole_ms = Math.max(HOLE_MS, HOLE_PERIODS * period_ms, HOLE_PERIODS * spacing(stored.t_ms));
  const x = [], low = [], high = [], live = [];
  const add = (ms, a, b, c) => { x.push(ms / 1000); low.push(a); high.push(b); live.push(c); };
  points.forEach((one, i) => {
    const last = points[i - 1];
    if (last && one.ms - last.ms > hole_ms) add((one.ms + last.ms) / 2, null, null, null);
    // The first live point is stored's last as well, so that the line does not break there.
    const joint = one.stored && points[i + 1] && !points[i + 1].stored;
    add(one.ms, one.stored ? one.low : null, one.stored ? one.high : null,
      one.stored && !joint ? null : one.high);
  });
  return { data: [x, low, high, live], marks: marks(points, hole_ms) };
}

function fromStored(stored) {
  return stored.t_ms.map((ms, i) => ({
    ms, low: stored.min[i], high: stored.max[i], quality: stored.quality[i], stored: true,
  }));
}

function fromRecent(recent, after_ms) {
  return recent.filter(([ms]) => ms > after_ms).map(([ms, value, quality]) => ({
    ms, low: value, high: value, quality, stored: false,
  }));
}

// Usual distance of stored points: the median, which holes do not disturb.
function spacing(times) {
  const steps = times.slice(1).map((ms, i) => ms - times[i]).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

// Spans [from seconds, to seconds, NE 107 category] that are not good; holes count as failure.
function marks(points, hole_ms) {
  const found = [];
  points.forEach((one, i) => {
    const last = points[i - 1];
    if (!last) return;
    const category = one.ms - last.ms > hole_ms ? FAILURE : one.quality >> 4;
    const span = found.at(-1);
    if (category === 0) return;
    if (span && span[1] === last.ms / 1000 && span[2] === category) span[1] = one.ms / 1000;
    else found.push([last.ms / 1000, one.ms / 1000, category]);
  });
  return found;
}

// Lowest and highest number that the picture must hold: data and all others, never an empty range.
export function reach(data, others) {
  const known = [...data[1], ...data[2], ...data[3], ...others].filter(Number.isFinite);
  if (!known.length) return [0, 1];
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low < 0 || low - room > 0 ? low - room : 0, high + room];
}
