// The connection: one stream of changes, the snapshot fetched once per stream, reconnect by itself.
//
// A change that arrives while a snapshot is on its way waits and is applied on top of it. Changes
// carry whole states, so applying one twice does no harm and nothing can be doubled.

const SILENT_MS = 4000;  // the gateway beats every 2 s: two beats missed are a lost connection
const CHECK_MS = 500;
const RETRY_MS = 1000;
const FETCH_MS = 4000;

// Calls `on.snapshot(state)`, `on.change(message)`, `on.live()` and `on.lost()`.
export function connect(on) {
  let source = null;
  let heard = 0;
  let waiting = null;  // changes held back while the snapshot is fetched

  function open() {
    source = new EventSource("/api/events");
    heard = performance.now();
    let first = true;
    source.onmessage = (event) => {
      const message = JSON.parse(event.data);
      heard = performance.now();
      if (first || message.type === "resync") refetch(source);
      first = false;
      take(message);
    };
    source.onerror = fail;
  }

  function take(message) {
    if (message.type === "resync") return;
    if (waiting && message.type !== "beat") waiting.push(message);
    else on.change(message);
  }

  async function refetch(mine) {
    const held = waiting = [];
    try {
      const answer = await fetch("/api/snapshot", { signal: AbortSignal.timeout(FETCH_MS) });
      if (!answer.ok) throw new Error(answer.statusText);
      const state = await answer.json();
      if (mine !== source || held !== waiting) return;  // overtaken by a newer fetch or stream
      waiting = null;
      on.snapshot(state);
      held.forEach(on.change);
      on.live();
    } catch (error) {
      if (mine === source && held === waiting) fail();
    }
  }

  function fail() {
    if (!source) return;
    source.close();
    source = waiting = null;
    on.lost();
    setTimeout(open, RETRY_MS);
  }

  setInterval(() => {
    if (source && performance.now() - heard > SILENT_MS) fail();
  }, CHECK_MS);
  open();
}
