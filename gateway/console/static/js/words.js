// Texts of the page's language, from the data block the server wrote into it.

const data = JSON.parse(document.getElementById("data").textContent);

export const language = data.language;
export const categories = data.categories;  // NE 107, in the order of their numbers

// Text of `key` with its {parameters} filled in.
export function t(key, parameters = {}) {
  const text = data.texts[key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => parameters[name]);
}

// Text of a stable word from the gateway; a word newer than this page is shown as it is.
export function word(family, stable) {
  return data.texts[`${family}.${stable}`] ?? t("unknown", { word: stable });
}
