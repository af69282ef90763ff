/**
 * What the machine needs to go on without a network: the library's data fetched, the journal sent. It
 * runs beside every screen (docs/guide/kiosk.md); the screens themselves are kioskalone.js's.
 */
import { Journal } from "../offline/journal.js";
import { Store } from "../offline/store.js";
import { NoNetwork, Refused, Sync } from "../offline/sync.js";

const root = document.querySelector("[data-kiosk]");
const STORE = "shuxiang-kiosk";
const EVERY_MS = 60_000;
/** One page at a time writes the journal. */
export const LOCK = "shuxiang-kiosk";

export class Keeper {
  constructor(store) {
    this.store = store;
    const { keys, snapshot, part, journal, outcomes } = root.dataset;
    this.sync = new Sync(store, { keys, snapshot, part, journal, outcomes }, () => {});
    this.journal = null;
  }

  static async open() {
    return new Keeper(await Store.open(STORE));
  }

  /** What was kept before, if it is this machine's. */
  async load() {
    const device = await this.sync.load();
    this.journal = null;
    if (!device) return false;
    const head = await this.store.get("meta", "head");
    this.journal = new Journal(this.store, { device: device.device, key: device.journalKey, head });
    return device.device === root.dataset.device;
  }

  async unsent() {
    return (await this.store.all("lines")).filter((line) => !line.sent).length;
  }

  async manifest() {
    return (await this.store.get("meta", "manifest"))?.said ?? null;
  }

  /** What the library gave this browser when it was made the machine. */
  async #token() {
    const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const response = await fetch(root.dataset.aloneToken, { method: "POST",
      body: new URLSearchParams({ csrfmiddlewaretoken }), credentials: "same-origin" });
    if (!response.ok) throw new Refused(response.status, "");
    return (await response.json()).token;
  }

  /** Send and fetch; rejects when the library can't be reached. */
  async run() {
    // What another machine wrote in this browser is sent as its own before it becomes this one.
    if (await this.load() || await this.unsent()) {
      try {
        await this.sync.upload(this.journal);
      } catch (error) {
        if (error.status !== 401 || this.sync.device.device !== root.dataset.device) throw error;
        // It has a new password: the token of before opens nothing.
        this.sync.device = { ...this.sync.device, token: await this.#token() };
        await this.store.put("meta", "device", this.sync.device);
        await this.sync.upload(this.journal);
      }
    }
    if (!root.dataset.alone) return this.#forget();
    if (!(await this.load())) {
      await this.sync.take(await this.#token());
      await this.load();
    }
    await this.sync.reach();
    await this.sync.run(this.journal);
  }

  /** It may go on alone no longer, and all it wrote is sent: nothing of the data stays here. */
  async #forget() {
    await this.store.wipe();
    for (const one of await navigator.serviceWorker.getRegistrations()) {
      if (one.scope.endsWith("/kiosk/")) await one.unregister();
    }
  }
}

/** Ready: the data is there and the page for it is kept by the browser. */
async function ready(keeper) {
  return Boolean(await keeper.manifest()) && navigator.serviceWorker.controller !== null;
}

async function keep() {
  if (!root?.dataset.device || !isSecureContext || !crypto.subtle) return;
  const { dataset } = root;
  if (!dataset.alone && !(await indexedDB.databases()).some(({ name }) => name === STORE)) return;
  if (dataset.alone) navigator.serviceWorker?.register(dataset.worker, { scope: dataset.home }).catch(() => {});
  const keeper = await Keeper.open();
  const tell = async () => {
    if (globalThis.kiosk) globalThis.kiosk.canGoOn = Boolean(dataset.alone) && await ready(keeper);
  };
  navigator.serviceWorker?.addEventListener("controllerchange", tell);
  for (;;) {
    await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && keeper.run())
      .catch((error) => { if (!(error instanceof NoNetwork)) console.warn(String(error)); });
    await tell();
    await new Promise((done) => { setTimeout(done, EVERY_MS); });
  }
}

if (root && !("onItsOwn" in root.dataset)) keep();
