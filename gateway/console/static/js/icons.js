// Icons: the shape is the priority, the mark beside it is the state, the digit says both again.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  1: "M3 3H21V21H3Z",
  2: "M12 2L23 21.500H1Z",
  3: "M12 1L23 12L12 23L1 12Z",
  4: "M12 2A10 10 0 1 1 12 22A10 10 0 1 1 12 2Z",
};
const DIGIT_Y = { 1: 17, 2: 18.5, 3: 17, 4: 17 };
const TICK = "M26 12L30 17L37 6";
const LOCK = "M26 11H37V20H26ZM28.500 11V8A3 3 0 0 1 34.500 8V11";
const CLOCK = "M31 6A6 6 0 1 1 31 18A6 6 0 1 1 31 6ZM31 9V12L33.500 13.500";
const SLASH = "M26 19L37 5";
const SPANNER = "M27 19L33 12M33 5A4 4 0 1 0 37 10";
const MARKS = {
  ACKED: [TICK],
  LATCH_UNACK: [LOCK],
  LATCH_ACKED: [LOCK, "M28.500 15L31 18L35 13"],
  SHELVED: [CLOCK],
  SUPPRESSED_BY_DESIGN: [SLASH],
  OUT_OF_SERVICE: [SPANNER],
};
const FILLED = ["ACTIVE", "UNACK", "ACKED", "LATCH_UNACK", "LATCH_ACKED"];
const BLINK_MS = 1000;  // as in marks.css
const BLINKING = ["UNACK", "RTN_UNACK", "LATCH_UNACK"];

// The bare shape of a priority; open where all that it counts is gone.
export function shape(priority, open) {
  return alarm(priority, open ? "GONE" : "ACTIVE");
}

// Icon of an alarm.
export function alarm(priority, state) {
  const marks = MARKS[state] ?? [];
  const svg = make("svg", { viewBox: marks.length ? "0 0 38 24" : "0 0 24 24", class: "alarm" });
  const filled = FILLED.includes(state);
  svg.classList.add(filled ? `p${priority}` : "open");
  if (BLINKING.includes(state)) svg.classList.add("blink");
  svg.append(make("path", { d: SHAPES[priority], class: "shape" }));
  const digit = make("text", { x: 12, y: DIGIT_Y[priority] });
  digit.textContent = priority;
  svg.append(digit, ...marks.map((d) => make("path", { d, class: "mark" })));
  return inPhase(svg);
}

// A value on its way to the line of a limit; the way is broken because it has not happened.
export function predicted(state, at) {
  const svg = make("svg", { viewBox: "0 0 26 24", class: "forecast-icon" });
  if (state === "UNACK") svg.classList.add("blink");
  const low = at.startsWith("L");
  const picture = make("g", low ? { transform: "matrix(1 0 0 -1 0 24)" } : {});
  picture.append(make("path", { d: "M2 3.500H24", class: "goal" }));
  picture.append(make("path", { d: "M2 22L6 19M9.500 16.400L14 13", class: "way" }));
  picture.append(make("path", { d: "M12.500 9.500L22 7L17 15.500Z", class: "head" }));
  svg.append(picture);
  return inPhase(svg);
}

// All blinking icons beat together, whenever they came.
function inPhase(svg) {
  svg.style.setProperty("--phase", `${-(performance.now() % BLINK_MS)}ms`);
  return svg;
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
