/**
 * The devices of the machine, asked over loopback (docs/device-bridge.md). The server says what to ask:
 * a form carries `data-device`, a list of calls, and gets their answers posted. Nothing is decided here.
 */
const TIMEOUT_MS = 20000, PAUSE_MS = 500;

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** One call; a bridge that can't be reached answers {status: 0}. */
export async function call(bridge, { path, body = null }) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(`${bridge}/v1/${path}`, { method: body === null ? "GET" : "POST",
      body: body === null ? undefined : JSON.stringify(body), signal: stop.signal, cache: "no-store",
      credentials: "omit", headers: body === null ? {} : { "Content-Type": "application/json" } });
    return { path, status: response.status, body: await response.json() };
  } catch {
    return { path, status: 0, body: {} };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The answers to a form's calls. `data-until="tags"` asks again until the same tags lie on the pad twice
 * running (those in `data-known` were handled before), `data-until="read"` until something was read; null once `wanted()` says nobody waits any more.
 */
export async function ask(bridge, form, wanted) {
  const calls = JSON.parse(form.dataset.device);
  const known = new Set(JSON.parse(form.dataset.known ?? "[]"));
  let before = "";
  while (wanted()) {
    const answers = [];
    for (const each of calls) answers.push(await call(bridge, each));
    const { until } = form.dataset;
    if (!until) return answers;
    const [{ status, body }] = answers;
    if (until === "read" && status === 200 && body.state === "read") return answers;
    if (until === "tags" && status === 200) {
      const now = JSON.stringify((body.tags ?? []).map((tag) => tag.uid).filter((uid) => !known.has(uid)).sort());
      if (now !== "[]" && now === before) return answers;
      before = now;
    }
    await pause(PAUSE_MS);
  }
  return null;
}
