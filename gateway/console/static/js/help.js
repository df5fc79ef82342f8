// Legend in the help: drawn with the same icons as the page.

import * as icons from "./icons.js";
import { t, word } from "./words.js";

const STATES = [
  "UNACK", "ACKED", "RTN_UNACK", "LATCH_UNACK", "LATCH_ACKED",
  "SHELVED", "SUPPRESSED_BY_DESIGN", "OUT_OF_SERVICE",
];

export function fill() {
  const priorities = document.getElementById("help-priorities");
  for (const priority of [1, 2, 3, 4]) {
    entry(priorities, icons.shape(priority, false), word("priority", priority));
  }
  entry(priorities, icons.predicted(null, "HH"), t("help.predicted"));
  const states = document.getElementById("help-states");
  for (const state of STATES) entry(states, icons.alarm(2, state), word("state", state));
}

function entry(list, icon, words) {
  const term = document.createElement("dt");
  const meaning = document.createElement("dd");
  term.append(icon);
  meaning.textContent = words;
  list.append(term, meaning);
}
