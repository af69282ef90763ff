/**
 * Scans in order, each acting once. No DOM here: everything can be driven by a test.
 *
 * A scan gets its request key when it is read. Its body is frozen at the first attempt, so a retry
 * after a lost answer is the same request to the server and returns the stored outcome.
 */

/** What a physical key means, whatever input method is on (US layout, as scanners send it). */
const SHIFTED = { Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^",
  Digit7: "&", Digit8: "*", Digit9: "(", Digit0: ")", Minus: "_", Equal: "+", Semicolon: ":",
  Slash: "?", Period: ">", Comma: "<", Quote: '"', Backslash: "|" };
const PLAIN = { Minus: "-", Equal: "=", Semicolon: ";", Slash: "/", Period: ".", Comma: ",",
  Quote: "'", Backslash: "\\", Space: " ", NumpadDecimal: ".", NumpadSubtract: "-",
  NumpadAdd: "+", NumpadMultiply: "*", NumpadDivide: "/" };

/**
 * @param {{code: string, shift?: boolean, caps?: boolean}} key
 * @returns {string} the character, or "" for a key that writes none
 */
export function charOf({ code, shift = false, caps = false }) {
  if (/^Key[A-Z]$/.test(code)) return shift !== caps ? code[3] : code[3].toLowerCase();
  if (shift && SHIFTED[code]) return SHIFTED[code];
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.at(-1);
  return PLAIN[code] ?? "";
}

/**
 * Full-width to half-width, without control characters and the workstation's prefix and suffix.
 * @param {string} text
 * @param {{prefix?: string, suffix?: string}} [strip]
 */
export function normaliseScan(text, { prefix = "", suffix = "" } = {}) {
  let scan = text.normalize("NFKC").replace(/\p{C}/gu, "").trim();
  if (prefix && scan.startsWith(prefix)) scan = scan.slice(prefix.length);
  if (suffix && scan.endsWith(suffix)) scan = scan.slice(0, -suffix.length);
  return scan.trim();
}

/** Tells a scanner from a person: keys less than `burstMs` apart, at least `least` of them. */
export class BurstReader {
  #text = "";
  #last = -Infinity;

  constructor({ burstMs = 30, least = 3 } = {}) {
    this.burstMs = burstMs;
    this.least = least;
  }

  /** Is a run of fast keys going on at `time`? */
  active(time) {
    return this.#text.length >= 2 && time - this.#last < this.burstMs * 3;
  }

  /**
   * @param {{code: string, shift?: boolean, caps?: boolean, time: number}} key
   * @returns {{end: boolean, burst: boolean, text: string}} `burst` on an end key: these were a
   *   scanner's keys, `text` is what it read, decoded from the physical keys
   */
  feed(key) {
    const gap = key.time - this.#last;
    if (key.code === "Enter" || key.code === "NumpadEnter" || key.code === "Tab") {
      // Scanners pause a little before their terminator, hence the wider gap.
      const burst = this.#text.length >= this.least && gap < this.burstMs * 3;
      const text = this.#text;
      this.reset();
      return { end: true, burst, text: burst ? text : "" };
    }
    if (/^(Shift|Caps|Control|Alt|Meta)/.test(key.code)) {
      return { end: false, burst: false, text: this.#text };
    }
    const established = this.#text.length >= this.least;
    if (gap >= this.burstMs * (established ? 3 : 1)) this.#text = "";
    this.#text += charOf(key);
    this.#last = key.time;
    return { end: false, burst: this.#text.length >= this.least, text: this.#text };
  }

  reset() {
    this.#text = "";
    this.#last = -Infinity;
  }
}

/** The server did not answer, or something between us and it failed: ask again, same key. */
export class NetworkLost extends Error {}

/** The server answered with something that needs a person: a fault, or a session that ended. */
export class Stuck extends Error {
  /** @param {"fault"|"login"|"locked"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @typedef {Object} Entry
 * @property {string} key     request key, the same at every attempt
 * @property {string} mode
 * @property {string} scan
 * @property {string} [command]  next | undo | slip instead of a scan
 * @property {string} [undoes]   request key of the act an undo reverses
 * @property {string} [ask]      token of the question answered
 * @property {Object<string,string>} [answer]  the fields of the answered question
 * @property {string} [state]    reader state token, frozen at the first attempt
 */

export class ScanQueue {
  /** @type {Entry[]} */
  #entries = [];
  #running = false;
  #timer = null;
  #tries = 0;
  #recent = new Map();

  /**
   * @param {{send: (entry: Entry) => Promise<any>, onAnswer?: Function, onStatus?: Function,
   *   store?: {load: () => any, save: (kept: any) => void}, state?: string, debounceMs?: number,
   *   retryMs?: number[], now?: () => number, makeKey?: () => string}} options
   */
  constructor({ send, onAnswer = () => {}, onStatus = () => {}, store = null, state = "",
    debounceMs = 300, retryMs = [1000, 2000, 4000, 8000], now = () => performance.now(),
    makeKey = makeRequestKey }) {
    Object.assign(this, { send, onAnswer, onStatus, store, debounceMs, retryMs, now, makeKey });
    /** Reader state token of the last answer, sent back with the next scan. */
    this.state = state;
    /** The open question {ask, key} that holds the queue, or null. */
    this.question = null;
    this.offline = false;
    /** Why a person is needed before the head can be sent: fault, login, locked or null. */
    this.stuck = null;
    /** True while nothing may be sent: the desk is locked, or being handed over. */
    this.paused = false;
    const kept = store?.load();
    if (kept?.entries?.length) {
      this.#entries = kept.entries;
      this.state = kept.state;
    }
  }

  get size() {
    return this.#entries.length;
  }

  get entries() {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /**
   * @param {{mode: string, scan?: string, command?: string, undoes?: string}} wanted
   * @returns {Entry|null} null when the same scan came within the debounce time
   */
  add(wanted) {
    const scan = wanted.scan ?? "";
    const at = this.now();
    const same = `${wanted.mode} ${wanted.command ?? ""} ${scan}`;
    const before = this.#recent.get(same) ?? -Infinity;
    this.#recent.clear();
    this.#recent.set(same, at);
    if (at - before < this.debounceMs) return null;
    const entry = { ...wanted, scan, key: this.makeKey() };
    this.#entries.push(entry);
    this.#changed();
    this.run();
    return entry;
  }

  /** Answer the open question: sent before everything that waits, under a key of its own. */
  answer(fields) {
    if (!this.question) return null;
    const { ask, entry } = this.question;
    this.question = null;
    const reply = { ...entry, key: this.makeKey(), ask, answer: fields, state: this.state };
    this.#entries.unshift(reply);
    this.#changed();
    this.run();
    return reply;
  }

  /** Close the question without an answer; the scans that waited go on. */
  dismiss() {
    this.question = null;
    this.#changed();
    this.run();
  }

  /** Try the head again now (network back, fault mended, signed in again). */
  retry() {
    this.stuck = null;
    this.#tries = 0;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.run();
  }

  /** A person decides to leave out the entry that cannot be sent. Returns it. */
  skip() {
    if (!this.stuck) return null;
    this.stuck = null;
    const left = this.#entries.shift() ?? null;
    this.#changed();
    this.run();
    return left;
  }

  /** Send nothing more; resolves when the attempt under way has been answered. */
  async pause() {
    this.paused = true;
    while (this.#running) await new Promise((done) => { setTimeout(done, 20); });
  }

  resume() {
    this.paused = false;
    this.run();
  }

  /** Was the head sent without its outcome being known? Its key is the clerk's who sent it. */
  get unsure() {
    return this.offline || this.stuck === "fault";
  }

  /** Keep what waits under another name, from now on. */
  moveTo(store) {
    this.store?.save({ entries: [], state: this.state });
    this.store = store;
    this.#changed();
  }

  async run() {
    if (this.#running || this.paused || this.question || this.stuck || this.#timer) return;
    this.#running = true;
    try {
      while (this.#entries.length && !this.question && !this.paused) {
        const entry = this.#entries[0];
        if (entry.state === undefined) entry.state = this.state;
        this.#changed();
        const answer = await this.send(entry);
        this.#tries = 0;
        this.offline = false;
        this.#entries.shift();
        if (answer.state !== undefined && answer.state !== null) this.state = answer.state;
        if (answer.kind === "ask") this.question = { ask: answer.ask ?? "", entry };
        this.#changed();
        this.onAnswer(entry, answer);
      }
    } catch (error) {
      if (error instanceof NetworkLost) this.#wait();
      else if (error instanceof Stuck) this.stuck = error.reason;
      else throw error;
      this.#changed();
    } finally {
      this.#running = false;
    }
  }

  #wait() {
    this.offline = true;
    const delay = this.retryMs[Math.min(this.#tries, this.retryMs.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.run();
    }, delay);
  }

  #changed() {
    this.store?.save({ entries: this.#entries, state: this.state });
    this.onStatus({ size: this.size, offline: this.offline, stuck: this.stuck,
      question: this.question !== null, entries: this.entries });
  }
}

/** crypto.randomUUID needs a secure context; a desk in the house network may not be one. */
export function makeRequestKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
