// State of an alarm in a word: a still tag where somebody owes an answer, plain text elsewhere.

import { attribute, text } from "./dom.js";
import { word } from "./words.js";

const TAGGED = ["UNACK", "RTN_UNACK"];

export function show(node, state) {
  const tagged = TAGGED.includes(state);
  text(node, state ? word(tagged ? "tag" : "state", state) : "");
  attribute(node, "class", tagged ? `tag ${state}` : "");
  attribute(node, "title", state ? word("state", state) : null);
}
