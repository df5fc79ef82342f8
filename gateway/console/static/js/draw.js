// What the trend shows besides its lines: limits, forecast cone, time band of the crossing, now, gaps.

import { quantity } from "./format.js";
import { isLikely, scaleOf } from "./model.js";
import { t, word } from "./words.js";

export const FAMILY = getComputedStyle(document.body).fontFamily;

const BAND = 1.28;
const INK = "#1A1A1A";
const SOFT = "#595959";
const LIKELY = { line: "#5B2A86", fill: "rgba(91, 42, 134, 0.18)" };
const UNLIKELY = { line: "#767676", fill: "rgba(0, 0, 0, 0.08)" };
const STRIP_PX = 6;
const LABEL_PX = 14;

// Draws over `plot`; all numbers in wire units and seconds.
export function over(plot, one, now_s, marks, ahead) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.textBaseline = "alphabetic";
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const ratio = devicePixelRatio || 1;
  const at = {
    x: (s) => plot.valToPos(s, "x", true), y: (v) => plot.valToPos(v, "y", true), ratio, bbox,
  };
  drawMarks(ctx, at, marks);
  if (ahead) drawCone(ctx, at, one, ahead);
  const limits = one.limits.filter((limit) => Number.isFinite(limit.value));
  limits.forEach((limit) => drawLimit(ctx, at, limit, one));
  if (ahead) drawCrossing(ctx, at, one, ahead);
  drawNow(ctx, at, now_s);
  ctx.restore();
}

// Behind the lines: what is not real says so across the whole picture.
export function under(plot, one) {
  if (one.mode === "normal") return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = "rgba(0, 0, 0, 0.10)";
  ctx.font = `bold ${Math.round(bbox.height / 4)}px ${FAMILY}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(word("mode", one.mode), bbox.left + bbox.width / 2, bbox.top + bbox.height / 2);
  ctx.restore();
}

function drawLimit(ctx, at, limit, one) {
  const y = Math.round(at.y(limit.value)) + 0.5;
  line(ctx, at, [[at.bbox.left, y], [at.bbox.left + at.bbox.width, y]], INK, [7, 4], 1.5);
  const label = t("limit", { at: limit.at, limit: quantity(limit.value, scaleOf(one)) });
  const fits = y - LABEL_PX * at.ratio > at.bbox.top;
  const up = fits ? -4 : LABEL_PX;
  write(ctx, at, label, at.bbox.left + 6 * at.ratio, y + up * at.ratio, INK, "left");
}

function drawCone(ctx, at, one, ahead) {
  const from_s = ahead.t_ms / 1000;
  const to_s = from_s + one.horizon_s;
  const end = ahead.level + ahead.slope * one.horizon_s;
  const half = BAND * ahead.sd;
  const look = isLikely(ahead) ? LIKELY : UNLIKELY;
  const tip = [at.x(from_s), at.y(ahead.level)];
  ctx.beginPath();
  ctx.moveTo(...tip);
  ctx.lineTo(at.x(to_s), at.y(end + half));
  ctx.lineTo(at.x(to_s), at.y(end - half));
  ctx.closePath();
  ctx.fillStyle = look.fill;
  ctx.fill();
  ctx.strokeStyle = look.line;
  ctx.lineWidth = at.ratio;
  ctx.stroke();
  line(ctx, at, [tip, [at.x(to_s), at.y(end)]], look.line, [4, 4], 2);
}

// On the limit itself: when it will be reached, 10 to 90 %, with the median as a cross line.
function drawCrossing(ctx, at, one, ahead) {
  const limit = one.limits.find((known) => known.at === ahead.at);
  if (!Number.isFinite(limit?.value) || !(ahead.tte_s > 0) || !isLikely(ahead)) return;
  const x = (s) => at.x(ahead.t_ms / 1000 + s);
  const y = at.y(limit.value);
  const reach = 7 * at.ratio;
  const early = x(ahead.tte10_s ?? ahead.tte_s), late = x(ahead.tte90_s ?? ahead.tte_s);
  line(ctx, at, [[early, y], [late, y]], LIKELY.line, [], 5);
  for (const s of [early, x(ahead.tte_s), late]) {
    line(ctx, at, [[s, y - reach], [s, y + reach]], LIKELY.line, [], 2);
  }
}

function drawNow(ctx, at, now_s) {
  const x = Math.round(at.x(now_s)) + 0.5;
  line(ctx, at, [[x, at.bbox.top], [x, at.bbox.top + at.bbox.height]], SOFT, [2, 3], 1);
  write(ctx, at, t("trend.now"), x - 4 * at.ratio, at.bbox.top + 12 * at.ratio, SOFT, "right");
}

// A strip along the bottom wherever the data is missing or not good.
function drawMarks(ctx, at, marks) {
  const bottom = at.bbox.top + at.bbox.height;
  for (const [from_s, to_s, category] of marks) {
    const left = at.x(from_s), width = Math.max(2, at.x(to_s) - left);
    ctx.fillStyle = category === 1 ? "rgba(0, 0, 0, 0.10)" : "rgba(0, 0, 0, 0.05)";
    ctx.fillRect(left, at.bbox.top, width, at.bbox.height);
    ctx.fillStyle = SOFT;
    ctx.fillRect(left, bottom - STRIP_PX * at.ratio, width, STRIP_PX * at.ratio);
    if (width > 14) write(ctx, at, "?", left + width / 2, bottom - 10 * at.ratio, INK, "center");
  }
}

function line(ctx, at, points, colour, dash, width) {
  ctx.beginPath();
  ctx.moveTo(...points[0]);
  points.slice(1).forEach((point) => ctx.lineTo(...point));
  ctx.setLineDash(dash.map((px) => px * at.ratio));
  ctx.strokeStyle = colour;
  ctx.lineWidth = width * at.ratio;
  ctx.stroke();
  ctx.setLineDash([]);
}

function write(ctx, at, words, x, y, colour, align) {
  ctx.font = `${12 * at.ratio}px ${FAMILY}`;
  ctx.textAlign = align;
  ctx.lineWidth = 3 * at.ratio;
  ctx.strokeStyle = "#F2F2F2";
  ctx.strokeText(words, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
}
