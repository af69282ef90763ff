/**
 * The self-service machine: one page for the whole day. Forms and links of a screen are fetched and the
 * new screen put in place of the old, so that the browser has no history to go back to.
 *
 * Scans are taken in order and never lost while an answer is under way; stillness clears the screen;
 * devices are asked through the bridge (kioskbridge.js) and their answers posted like any form.
 * Without this file the same forms and links work as ordinary ones.
 */
import { ask } from "./kioskbridge.js";
import { charOf, normaliseScan } from "./scanqueue.js";
import { Sounds } from "./sounds.js";

const root = document.querySelector("[data-kiosk]");
const over = (name) => document.querySelector(`[data-${name}]`);
const WARN_MS = 30000, LEFT_S = 10, DEBOUNCE_MS = 300, RETRY_MS = 4000, STAY_MS = 15000, ANSWER_MS = 20000, HOLD_MS = 3000;

/** Nothing is written to the disk of the machine. */
const memory = () => {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
};

/** Where screens come from: the library, or the machine itself while there is no network (kioskalone.js). */
const library = {
  /** @returns {Promise<{text: string, url: string, status: number}>} rejects when nothing answers */
  async get({ url, method, body }) {
    const response = await fetch(url, { method, body, credentials: "same-origin", cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS) });
    if ([502, 503, 504].includes(response.status)) throw new Error("the library is away");
    return { text: await response.text(), url: response.url, status: response.status };
  },
  post(url) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    return fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams({ csrfmiddlewaretoken: token }) });
  },
};

export class Kiosk {
  #queue = [];
  #busy = false;
  #typed = "";
  #last = { scan: "", at: -Infinity };
  #still = null;
  #counting = null;
  #stayed = performance.now();
  #watch = 0;
  #held = null;

  constructor(far = library) {
    this.far = far;
    /** Whether the machine can go on by itself (kioskkeep.js says so). */
    this.canGoOn = false;
    document.documentElement.classList.add("kiosk-scripted");
    this.sounds = new Sounds({ storage: memory() });
    this.sounds.wake().catch(() => {});
    addEventListener("keydown", (event) => this.#key(event), true);
    document.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.target.dataset.when === "submit") this.#device(event.target);
      else if ("scan" in event.target.dataset) this.#taken(event.target);
      else this.send(event.target, event.submitter);
    });
    document.addEventListener("click", (event) => this.#click(event));
    for (const name of ["pointerdown", "keydown", "input"]) addEventListener(name, () => this.#touched());
    addEventListener("pageshow", (event) => { if (event.persisted) location.replace(root.dataset.home); });
    document.addEventListener("pointerdown", (event) => this.#pressed(event));
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => clearTimeout(this.#held));
    document.addEventListener("contextmenu", (event) => event.preventDefault());
    over("go-alone")?.addEventListener("click", () => this.#goOn());
    over("stay").addEventListener("click", () => this.#stay());
    this.arrive();
  }

  get screen() {
    return document.getElementById("screen");
  }

  /** Send a form of the screen; what waits before it goes first. */
  send(form, submitter = null) {
    const body = new FormData(form, submitter);
    this.#queue.push(() => ({ url: form.action, method: form.method, body }));
    return this.#run();
  }

  open(url) {
    this.#queue.push(() => ({ url, method: "get" }));
    return this.#run();
  }

  /** A whole code, read or typed: it goes into the scan form of whatever screen is there by then. */
  scan(text) {
    const scan = normaliseScan(text);
    const at = performance.now();
    if (!scan || (scan === this.#last.scan && at - this.#last.at < DEBOUNCE_MS)) return;
    this.#last = { scan, at };
    this.#queue.push(() => {
      const form = this.screen.querySelector("form[data-scan]");
      if (!form) {
        this.sounds.play("blocked");
        return null;
      }
      const body = new FormData(form);
      body.set("scan", scan);
      return { url: form.action, method: form.method, body };
    });
    this.#run();
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#queue.length) {
        const asked = this.#queue.shift()();
        if (asked) await this.#fetch(asked);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #fetch({ url, method, body }) {
    const watch = this.#watch;
    this.screen.setAttribute("aria-busy", "true");
    let text, response;
    for (;;) {
      try {
        response = await this.far.get({ url, method, body });
        ({ text } = response);
        break;
      } catch {
        if (this.canGoOn && this.screen.dataset.rest === "home") return this.#goOn();
        over("go-alone").hidden = !this.canGoOn;
        // A form is sent again as it was: its request key makes that harmless.
        over("lost").hidden = false;
        this.say(over("lost").textContent);
        await new Promise((done) => { setTimeout(done, RETRY_MS); });
        // Nobody waits for it any more: nothing is done behind their back.
        if (watch !== this.#watch) return;
      }
    }
    over("lost").hidden = true;
    if (response.status === 204) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const screen = page.getElementById("screen");
    if (!screen || watch !== this.#watch) {
      location.replace(root.dataset.home);
      return;
    }
    this.screen.replaceWith(screen);
    document.title = page.title;
    if (new URL(response.url).pathname === root.dataset.home) this.#forget();
    this.arrive();
  }

  /** The page for times without a network takes this one's place. */
  #goOn() {
    location.replace(root.dataset.alone);
  }

  /** A new screen is there: sound, words, focus, keys, devices. */
  arrive() {
    const screen = this.screen;
    this.sounds.play(screen.dataset.sound);
    for (const key of screen.querySelectorAll("[data-toggle]")) {
      key.hidden = false;
      key.setAttribute("aria-pressed", String(this.#on(key.dataset.toggle)));
    }
    for (const keys of screen.querySelectorAll("[data-keys]")) this.#keyboard(keys);
    (screen.querySelector("[autofocus], form[data-scan] input:not([type=hidden])") ?? screen.querySelector("main"))
      ?.focus({ preventScroll: true });
    this.say([...screen.querySelectorAll("h1, .k-said, [data-say]")].map((part) => part.textContent.trim()).join("。"));
    if (this.#typed) this.#type(this.#typed);
    this.#rest();
    for (const form of screen.querySelectorAll("form[data-device]:not([data-when])")) this.#device(form);
  }

  /** What is said stands in the page for a screen reader, and is spoken where the reader wants it. */
  say(text) {
    over("live").textContent = text;
    if (this.#on("spoken") && globalThis.speechSynthesis) {
      speechSynthesis.cancel();
      const words = new SpeechSynthesisUtterance(text);
      words.lang = "zh-CN";
      speechSynthesis.speak(words);
    }
  }

  #on(name) {
    return document.documentElement.classList.contains(`kiosk-${name}`);
  }

  #forget() {
    document.documentElement.classList.remove("kiosk-large", "kiosk-spoken", "kiosk-low");
    globalThis.speechSynthesis?.cancel();
    this.#typed = "";
  }

  /** The staff's way in: the library's name, held for three seconds. */
  #pressed(event) {
    if (event.target.closest?.(".k-brand")) this.#held = setTimeout(() => this.open(root.dataset.duty), HOLD_MS);
  }

  #click(event) {
    this.sounds.wake().catch(() => {});
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) {
      document.documentElement.classList.toggle(`kiosk-${toggle.dataset.toggle}`);
      this.arrive();
      return;
    }
    const link = event.target.closest("a[href]");
    if (link && link.closest("#screen") && link.origin === location.origin) {
      event.preventDefault();
      this.open(link.href);
    }
  }

  /**
   * A scanner types like a keyboard, also while one screen takes the place of another: what it typed is
   * kept here, and shown in the scan field of whatever screen is there. Physical keys are read, whatever
   * an input method makes of them.
   */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || /^F\d/.test(event.key)) {
      event.preventDefault();
      return;
    }
    const field = event.target.closest?.("input");
    if (field && !field.closest("form[data-scan]")) return;
    if (event.code === "Enter" || event.code === "NumpadEnter") {
      if (event.target.closest?.("button, a") && !this.#typed) return;
      event.preventDefault();
      const typed = this.#typed;
      this.#type("");
      this.scan(typed);
    } else if (event.key === "Backspace") {
      event.preventDefault();
      this.#type(this.#typed.slice(0, -1));
    } else {
      const sign = charOf({ code: event.code, shift: event.shiftKey, caps: event.getModifierState?.("CapsLock") })
        || (event.key.length === 1 && event.key !== " " ? event.key : "");
      if (!sign) return;
      event.preventDefault();
      this.#type(this.#typed + sign);
    }
  }

  /** What was typed in by hand. */
  #taken(form) {
    const { value } = form.elements.scan;
    this.#type("");
    this.scan(value);
  }

  #type(text) {
    this.#typed = text;
    const field = this.screen.querySelector("form[data-scan] input:not([type=hidden])");
    if (field) field.value = text;
  }

  /** Keys on the screen for the field of their form: ⌫ takes one sign back, ✕ all of them. */
  #keyboard(place) {
    const rows = { digits: ["123", "456", "789", "⌫0✕"], identity: ["123", "456", "789", "X0⌫"] }[place.dataset.keys]
      ?? ["1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM⌫✕"];
    const field = document.getElementById(place.dataset.for)
      ?? place.closest("form").querySelector("input:not([type=hidden])");
    const words = { "⌫": root.dataset.erase, "✕": root.dataset.clear };
    place.replaceChildren(...rows.map((row) => {
      const line = document.createElement("div");
      line.append(...[...row].map((sign) => {
        const key = document.createElement("button");
        key.type = "button";
        key.className = "k-letter";
        key.textContent = sign;
        if (words[sign]) key.setAttribute("aria-label", words[sign]);
        key.addEventListener("click", () => {
          setTimeout(() => { if (field.closest("form[data-scan]")) this.#typed = field.value; });
          if (sign === "⌫") field.value = field.value.slice(0, -1);
          else if (sign === "✕") field.value = "";
          else if (field.value.length < field.maxLength) field.value += sign;
        });
        return key;
      }));
      return line;
    }));
  }

  // --- stillness ------------------------------------------------------------------------------

  #rest() {
    clearTimeout(this.#still);
    clearInterval(this.#counting);
    over("still").hidden = true;
    if (!["home", "busy"].includes(this.screen.dataset.rest)) this.#still = setTimeout(() => this.warnNow(), WARN_MS);
  }

  #touched() {
    if (!over("still").hidden) return;
    this.#rest();
    if (performance.now() - this.#stayed > STAY_MS && this.screen.dataset.rest !== "home") this.#tellStay();
  }

  #stay() {
    this.#tellStay();
    this.#rest();
    this.screen.querySelector("main")?.focus({ preventScroll: true });
  }

  #tellStay() {
    this.#stayed = performance.now();
    this.far.post(root.dataset.stayUrl).catch(() => {});
  }

  /** Nobody touched the screen: are they still there? */
  warnNow() {
    let left = LEFT_S;
    over("left").textContent = left;
    over("still").hidden = false;
    over("stay").focus();
    this.say(over("still").querySelector("h2").textContent);
    this.#counting = setInterval(() => {
      left -= 1;
      over("left").textContent = left;
      if (left <= 0) this.wipe();
    }, 1000);
  }

  /** Whoever was here is gone: nothing of them stays, with or without a connection. */
  async wipe() {
    clearInterval(this.#counting);
    clearTimeout(this.#still);
    this.#queue.length = 0;
    this.#typed = "";
    this.#watch += 1;
    const post = this.far.post(root.dataset.end);
    this.screen.querySelector("main").replaceChildren();
    this.screen.querySelector(".k-who")?.remove();
    try {
      await post;
      location.replace(root.dataset.home);
    } catch {
      over("still").hidden = true;
      if (this.canGoOn) return this.#goOn();
      this.#queue.push(() => ({ url: root.dataset.home, method: "get" }));
      this.#run();
    }
  }

  // --- devices --------------------------------------------------------------------------------

  /** Do what a form asks of the devices and post the answers with it. */
  async #device(form) {
    const answers = await ask(root.dataset.bridge, form, () => form.isConnected);
    if (!answers || !form.isConnected) return;
    form.elements.answer.value = JSON.stringify(answers);
    this.send(form);
  }
}

if (root && !("onItsOwn" in root.dataset)) globalThis.kiosk = new Kiosk();
