/**
 * What the computer and the library exchange when there is a network: enrolment, the journal up, what
 * became of it and the data down. Everything may be cut off at any point and is simply done again.
 */
import { GENESIS, seal, sha256 } from "./journal.js";

const LINES_AT_ONCE = 200;
const PARTS_AT_ONCE = 4;
const FRESH_MS = 15 * 60_000;

/** The library could not be reached. */
export class NoNetwork extends Error {}

/** The library answered with a refusal in words. */
export class Refused extends Error {
  constructor(status, say) {
    super(say);
    this.status = status;
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function key(text, use) {
  // Not extractable: a script can use it and never read it.
  return crypto.subtle.importKey("raw", bytes(text), { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

export class Sync {
  /**
   * @param {import("./store.js").Store} store
   * @param {object} urls
   * @param {(told: object) => void} tell  how far it has come
   */
  constructor(store, urls, tell) {
    Object.assign(this, { store, urls, tell });
    this.device = null;
    this.clock = { offset: 0, synced: "" };
    this.running = null;
    this.ended = new AbortController();
  }

  /** Nothing more is asked or written: the enrolment ends. Resolves when what was under way is over. */
  async end() {
    this.ended.abort();
    await this.running?.catch(() => {});
  }

  /** One request. Learns the library's clock from every answer. */
  async #ask(url, { method = "GET", body, headers = {}, open = false } = {}) {
    const began = Date.now();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 30_000);
    let response;
    try {
      const signal = AbortSignal.any([stop.signal, this.ended.signal]);
      response = await fetch(url, { method, body, signal, cache: "no-store",
        credentials: "omit", headers: { Accept: "application/json", ...headers,
          ...(open ? {} : { Authorization: `Device ${this.device.token}` }) } });
    } catch {
      throw new NoNetwork();
    } finally {
      clearTimeout(timer);
    }
    const told = Number(response.headers.get("X-Library-Time"));
    if (told) {
      const now = Date.now();
      this.clock = { offset: Math.round(told - (began + now) / 2),
        synced: new Date(told).toISOString() };
    }
    if (response.ok || response.status === 304) return response;
    if ([502, 503, 504, 429].includes(response.status) && !open) throw new NoNetwork();
    let say = String(response.status);
    if ((response.headers.get("Content-Type") ?? "").includes("json")) {
      say = (await response.json()).say ?? say;
    }
    throw new Refused(response.status, say);
  }

  /** Nothing but whether the library answers. Raises Refused or NoNetwork. */
  async reach() {
    await this.#ask(`${this.urls.outcomes}?since=${Number.MAX_SAFE_INTEGER}`);
  }

  async load() {
    this.device = (await this.store.get("meta", "device")) ?? null;
    this.clock = (await this.store.get("meta", "clock")) ?? this.clock;
    return this.device;
  }

  /** Make this browser the device. Raises Refused or NoNetwork. */
  async enrol(login, secret) {
    const response = await this.#ask(this.urls.enrol, { method: "POST", open: true,
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ login, secret }) });
    return this.#keep(await response.json());
  }

  /** Become the device whose token another door gave. Raises Refused or NoNetwork. */
  async take(token) {
    this.device = { token };
    const response = await this.#ask(this.urls.keys, { method: "POST" });
    return this.#keep(await response.json());
  }

  async #keep(got) {
    const before = await this.store.get("meta", "device");
    const unsent = (await this.store.all("lines")).filter((line) => !line.sent);
    if (before && before.device !== got.device && unsent.length) throw new Refused(409, "");
    const device = {
      token: got.token, device: got.device, login: got.login, name: got.name, place: got.place,
      placeName: got.place_name, journalKey: await key(got.keys.journal, "sign"),
      snapshotKey: await key(got.keys.snapshot, "sign"), cardsKey: await key(got.keys.cards, "sign"),
    };
    await this.store.write(["meta", "lines"], ({ meta, lines }) => {
      meta.put(device, "device");
      meta.put(this.clock, "clock");
      // What it wrote and has not sent yet goes on after its own last line.
      if (before?.device !== got.device || !unsent.length) {
        lines.clear();
        meta.put({ counter: got.counter, mac: got.mac || GENESIS }, "head");
      }
    });
    this.device = device;
    return device;
  }

  /** Journal up, outcomes and data down. Calls that come meanwhile get the same run. */
  run(journal) {
    this.running ??= this.#run(journal).finally(() => { this.running = null; });
    return this.running;
  }

  async #run(journal) {
    const told = await this.upload(journal);
    const outcomes = await this.outcomes();
    await this.fetchData();
    await this.store.put("meta", "clock", this.clock);
    return { ...told, ...outcomes };
  }

  async upload(journal) {
    let told = { waiting: 0, aside: 0 };
    for (;;) {
      const unsent = (await this.store.all("lines")).filter((line) => !line.sent)
        .slice(0, LINES_AT_ONCE);
      if (!unsent.length) break;
      const response = await this.#ask(this.urls.journal, { method: "POST",
        headers: { "Content-Type": "application/x-ndjson" }, body: journal.document(unsent) });
      told = await response.json();
      await this.store.write(["lines"], ({ lines }) => {
        for (const line of unsent) lines.put({ ...line, sent: true });
      });
      const left = (await this.store.all("lines")).some((line) => !line.sent);
      if (!left && told.mac !== journal.head.mac) await journal.adopt(told);
    }
    return told;
  }

  /** What became of the lines that were sent; those settled for good lose their content here. */
  async outcomes() {
    const open = (await this.store.all("lines")).filter((line) => line.sent && line.shown
      && ["", "pending"].includes(line.state ?? ""));
    if (!open.length) return { changed: [] };
    const since = open[0].counter;
    const response = await this.#ask(`${this.urls.outcomes}?since=${since}`);
    const got = await response.json();
    const by = new Map(got.lines.map((line) => [line.number, line]));
    const changed = open.filter((line) => by.has(line.counter) && by.get(line.counter).state !== "pending")
      .map((line) => ({ ...line, ...by.get(line.counter), counter: line.counter }));
    await this.store.write(["lines"], ({ lines }) => {
      for (const line of changed) lines.put({ ...line, body: "" });
    });
    return { changed, open: got.open };
  }

  /** The manifest and the parts that are not here yet; the data in force changes only when all are. */
  async fetchData() {
    const before = await this.store.get("meta", "manifest");
    const age = Date.now() + this.clock.offset - Date.parse(before?.said.built_at ?? 0);
    if (before && age < FRESH_MS) return before.said;
    const response = await this.#ask(this.urls.snapshot,
      { headers: before ? { "If-None-Match": before.tag } : {} });
    if (response.status === 304) return before.said;
    const got = await response.json();
    if (await seal(this.device.snapshotKey, got.body) !== got.mac) throw new Refused(0, "seal");
    const said = JSON.parse(got.body);
    const wanted = new Set(Object.values(said.parts).flat());
    const here = new Set(await this.store.keys("parts"));
    const missing = [...wanted].filter((name) => !here.has(name));
    let count = wanted.size - missing.length;
    while (missing.length) {
      const names = missing.splice(0, PARTS_AT_ONCE);
      await Promise.all(names.map((name) => this.#part(name)));
      count += names.length;
      this.tell({ done: count, all: wanted.size });
    }
    const device = { ...this.device, name: said.name, place: said.place, placeName: said.place_name };
    await this.store.write(["meta", "parts"], ({ meta, parts }) => {
      meta.put({ said, tag: response.headers.get("ETag") }, "manifest");
      meta.put(device, "device");
      for (const name of here) if (!wanted.has(name)) parts.delete(name);
    });
    this.device = device;
    // What the data knows by now need not be kept as lines.
    const built = Date.parse(said.built_at) - this.clock.offset;
    await this.store.write(["lines"], ({ lines }) => {
      lines.openCursor().onsuccess = (event) => {
        const cursor = event.target.result;
        if (!cursor) return;
        const { state, at } = cursor.value;
        if (state && state !== "pending" && at < built) cursor.delete();
        cursor.continue();
      };
    });
    return said;
  }

  async #part(name) {
    const response = await this.#ask(this.urls.part.replace("NAME", name));
    const text = await response.text();
    if (await sha256(text) !== name) throw new Refused(0, "seal");
    await this.store.put("parts", name, text);
  }
}
