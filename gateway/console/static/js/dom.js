// The page's few moves on the DOM: write only what changed, keep rows by key.

// Elements of `root` that carry data-f, by that name.
export function fields(root) {
  const found = {};
  for (const node of root.querySelectorAll("[data-f]")) found[node.dataset.f] = node;
  return found;
}

export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

export function attribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// Puts `made` (an icon) into `holder` unless the same one stands there already.
export function put(holder, name, make) {
  if (holder.dataset.shown === name) return;
  holder.dataset.shown = name;
  const made = make();
  holder.replaceChildren(...(made ? [made] : []));
}

// Children of `parent` made to follow `keys` in order; `make(key)` gives a missing one.
export function arrange(parent, keys, make) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  keys.forEach((key, place) => {
    let node = old.get(key);
    old.delete(key);
    if (!node) {
      node = make(key);
      node.dataset.key = key;
    }
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  old.forEach((node) => node.remove());
}

export function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
