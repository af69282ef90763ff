/**
 * What the browser keeps: IndexedDB, written through to the disk before anything is answered.
 *
 * `meta` holds the device, its keys (which no script can read out) and the head of the journal; `parts`
 * the parts of the library's data by the hash of their content; `lines` the journal by number.
 */
const NAME = "shuxiang-offline";
const STORES = { meta: undefined, parts: undefined, lines: "counter" };

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    transaction.onerror = () => reject(transaction.error);
  });
}

export class Store {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  static async open(name = NAME) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        request.result.createObjectStore(name, keyPath ? { keyPath } : undefined);
      }
    };
    const db = await wait(request);
    await navigator.storage?.persist?.();
    return new Store(db);
  }

  /** Everything at once, on the disk when it resolves: `acts` puts and deletes. */
  async write(names, acts) {
    const transaction = this.db.transaction(names, "readwrite", { durability: "strict" });
    acts(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
    await done(transaction);
  }

  get(name, key) {
    return wait(this.db.transaction(name).objectStore(name).get(key));
  }

  all(name) {
    return wait(this.db.transaction(name).objectStore(name).getAll());
  }

  keys(name) {
    return wait(this.db.transaction(name).objectStore(name).getAllKeys());
  }

  put(name, key, value) {
    return this.write([name], (stores) => { stores[name].put(value, key); });
  }

  /** Forget everything there is. */
  async wipe() {
    await this.write(Object.keys(STORES), (stores) => {
      for (const store of Object.values(stores)) store.clear();
    });
  }
}
