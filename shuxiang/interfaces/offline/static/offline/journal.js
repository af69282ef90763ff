/**
 * The journal: every act a line, sealed over the line before it, on the disk before it is answered.
 * The library knows a line by device, number and seal for ever (shuxiang/formats/journal.py).
 */
export const GENESIS = "0".repeat(64);
const RUN = hex(crypto.getRandomValues(new Uint8Array(8)));

export function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function seal(key, text) {
  const made = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return hex(new Uint8Array(made));
}

export async function sha256(text) {
  const made = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(made));
}

export class Journal {
  #last = Promise.resolve();

  /**
   * @param {import("./store.js").Store} store
   * @param {{device: string, key: CryptoKey, head: {counter: number, mac: string}}} given
   */
  constructor(store, { device, key, head }) {
    Object.assign(this, { store, device, key, head });
  }

  /**
   * Write an act down; resolves when it is on the disk. One after the other, in the order asked.
   * @param {{act: string, barcode: string, card?: string, due?: string, unsure?: boolean, undoes?: string, clerk?: string}} said
   * @param {{synced: string, offset: number, shown: object}} beside  `shown` stays on this computer
   */
  append(said, beside) {
    const turn = this.#last.catch(() => {}).then(() => this.#append(said, beside));
    this.#last = turn;
    return turn;
  }

  async #append({ act, barcode, card = "", due = "", unsure = false, undoes = "", clerk = "" }, { synced, offset, shown }) {
    const at = Date.now();
    const counter = this.head.counter + 1;
    const body = JSON.stringify({ device: this.device, counter, prev: this.head.mac, act,
      at: new Date(at).toISOString(), mono: Math.floor(performance.now()), run: RUN, synced,
      offset, barcode, card, due, unsure, undoes, clerk });
    const mac = await seal(this.key, body);
    const line = { counter, body, mac, sent: false, at, shown };
    const head = { counter, mac };
    await this.store.write(["lines", "meta"], ({ lines, meta }) => {
      lines.put(line);
      meta.put(head, "head");
    });
    this.head = head;
    return line;
  }

  /** The lines that stand: neither taken back here nor taking back. */
  static standing(lines) {
    const undone = new Set(lines.map((line) => line.shown?.undoes).filter(Boolean));
    return lines.filter((line) => !undone.has(line.mac) && line.shown?.act !== "undo" && line.state !== "undone");
  }

  /** The document of some lines, as sent or as carried. */
  document(lines) {
    const head = { format: "shuxiang-journal", version: 1, device: this.device,
      now: new Date().toISOString(), mono: Math.floor(performance.now()), run: RUN,
      lines: lines.length };
    return [head, ...lines.map(({ body, mac }) => ({ body, mac }))]
      .map((row) => `${JSON.stringify(row)}\n`).join("");
  }

  /** The library stands elsewhere, and everything written here is there: go on from where it is. */
  async adopt({ counter, mac }) {
    this.head = { counter, mac };
    await this.store.put("meta", "head", this.head);
  }
}
