/** The library's data on this computer: sealed, in parts, each named by the hash of its content. */
import { seal } from "./journal.js";

/** Which part holds a code: FNV-1a over its UTF-8 bytes, as the library spreads them. */
export function bucket(code, parts) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(code)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value % parts;
}

const KEEP = 40;

export class Lookup {
  #read = new Map();

  /**
   * @param {import("./store.js").Store} store
   * @param {object} manifest  checked and unpacked
   * @param {CryptoKey} cards  what card numbers are hashed with
   */
  constructor(store, manifest, cards) {
    Object.assign(this, { store, manifest, cards });
  }

  async #rows(kind, code) {
    const names = this.manifest.parts[kind];
    const name = names[bucket(code, names.length)];
    let rows = this.#read.get(name);
    if (!rows) {
      rows = JSON.parse((await this.store.get("parts", name)) ?? "[]");
      this.#read.set(name, rows);
      // The oldest goes: a desk asks for the same few parts again and again.
      if (this.#read.size > KEEP) this.#read.delete(this.#read.keys().next().value);
    }
    return rows.filter((row) => row[0] === code);
  }

  /** Of several libraries' rows the own one's, if there is one. */
  #own(rows) {
    const own = rows.filter((row) => row[1] === this.manifest.library);
    return rows.length > 1 && own.length === 1 ? own : rows;
  }

  /** @returns {Promise<object[]>} the items of that barcode; more than one: nobody guesses */
  async items(code) {
    const out = await this.#rows("loans", code);
    return this.#own(await this.#rows("items", code)).map(
      ([barcode, library, title, kind, status, owner, leastAge]) => ({ barcode, library, title, kind,
        status, owner, leastAge, due: out.find((row) => row[1] === library)?.[2] ?? "" }));
  }

  async readers(code) {
    const name = (await seal(this.cards, code)).slice(0, 24);
    return this.#own(await this.#rows("cards", name)).map(
      ([, library, masked, category, status, expires, suspended, age, loans, owed]) => ({ number: code,
        library, name: masked, category, status, expires, suspended, age, loans, owed: owed ?? 0 }));
  }
}
