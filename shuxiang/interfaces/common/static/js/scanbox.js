/**
 * The scan box of the desk: keys and scanner in, one request a scan, answers onto the page.
 *
 * Everything about order, retries and bursts is in scanqueue.js; this file ties it to the markup of
 * common/scanbox.html. Without it the same form posts as an ordinary form.
 */
import { BurstReader, NetworkLost, ScanQueue, Stuck, charOf, normaliseScan } from "./scanqueue.js";
import { Sounds } from "./sounds.js";

const DEFAULT_SOUND = { ok: "ok", reader: "ok", notice: "notice", ask: "notice", refused: "refused",
  error: "refused" };

/** One attempt at one entry. Throws NetworkLost (same key again) or Stuck (a person decides). */
export async function post(entry, config) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: config.csrf, mode: entry.mode,
    scan: entry.scan, state: entry.state ?? "", request_key: entry.key });
  for (const name of ["command", "undoes", "ask"]) if (entry[name]) body.set(name, entry[name]);
  for (const [name, value] of Object.entries(entry.answer ?? {})) body.set(name, value);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), config.timeout_ms);
  let response;
  let text;
  try {
    response = await fetch(config.url, { method: "POST", body, signal: stop.signal,
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-Requested-With": "scanbox" } });
    text = await response.text();
  } catch {
    throw new NetworkLost();
  } finally {
    clearTimeout(timer);
  }
  if ([429, 502, 503, 504].includes(response.status)) throw new NetworkLost();
  if (response.status === 423) throw new Stuck("locked");
  if (response.status === 401 || response.status === 403) throw new Stuck("login");
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) {
    throw new Stuck(response.redirected ? "login" : "fault");
  }
  // 507, the disk is full: the answer says so, and that nothing was saved.
  if (response.status >= 500 && response.status !== 507) throw new Stuck("fault");
  return JSON.parse(text);
}

/** Put `count` into a message of the page's words: "{n} scans waiting". */
function say(text, count) {
  return text.replace("{n}", String(count));
}

function isTextField(element) {
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement
    && !["radio", "checkbox", "range", "button", "submit"].includes(element.type));
}

function kept(name) {
  return {
    load: () => JSON.parse(sessionStorage.getItem(name) ?? "null"),
    save: (value) => {
      if (value.entries.length) sessionStorage.setItem(name, JSON.stringify(value));
      else sessionStorage.removeItem(name);
    },
  };
}

export class ScanBox {
  #burst;
  #composed = false;
  #clearUntil = 0;
  #letter = null;
  #field = null;
  #undo = null;
  #hintTimer = null;

  /**
   * @param {HTMLElement} root  element with data-scanbox
   * @param {object} config     built by shuxiang.interfaces.common.scanbox.scanbox_config
   * @param {{send?: (entry: object) => Promise<object>}} [options]  `send` answers instead of the server
   */
  constructor(root, config, { send = (entry) => post(entry, config) } = {}) {
    this.root = root;
    this.config = config;
    this.words = config.words;
    const part = (name) => document.querySelector(`[data-${name}]`);
    this.form = part("scan-form");
    this.input = part("scan-input");
    this.parts = Object.fromEntries(["result", "log", "reader", "prompt", "queue", "hint",
      "banner", "undo", "slip", "wake", "volume", "silent", "counts"].map((name) => [name, part(name)]));
    this.sounds = new Sounds({ flash: part("flash") });
    this.#burst = new BurstReader({ burstMs: config.burst_ms });
    this.queue = new ScanQueue({
      send,
      onAnswer: (entry, answer) => this.show(entry, answer),
      onStatus: (status) => this.status(status),
      store: kept(config.store),
      state: config.state,
      debounceMs: config.debounce_ms,
      retryMs: config.retry_ms,
    });
    this.#listen();
    this.input.focus();
    this.queue.run();
  }

  get mode() {
    return this.form.elements.mode.value;
  }

  set mode(value) {
    this.form.elements.mode.value = value;
  }

  /** A whole code, read or typed. */
  take(text) {
    const scan = normaliseScan(text, this.config);
    if (!scan) return;
    const command = this.config.commands[scan.toUpperCase()];
    if (command?.mode) {
      this.mode = command.mode;
      this.sounds.play("ok");
    } else if (command?.do) {
      this.act(command);
    } else if (command) {
      this.command(command.command);
    } else {
      this.#add({ mode: this.mode, scan });
    }
    if (this.queue.question || this.covered) {
      this.sounds.play("blocked");
      this.#hint(this.words.blocked);
    }
  }

  /** Is a dialog over the page? Then keys are its own, and only a scanner's are taken. */
  get covered() {
    return document.querySelector("dialog[open]") !== null;
  }

  /** Another clerk has taken the desk: what waits, and the reader, stay. */
  handOver({ csrf, store, changed }) {
    this.config.csrf = csrf;
    if (!changed) return;
    this.#forgetUndo();
    this.queue.moveTo(kept(store));
  }

  command(name) {
    if (name === "undo") {
      if (!this.#undo) return this.#hint(this.words.undo_none);
      const undoes = this.#undo.key;
      this.#forgetUndo();
      this.#add({ mode: this.mode, command: "undo", undoes });
    } else {
      this.#add({ mode: this.mode, command: name });
    }
  }

  /** An answer of the server onto the page; text first, so that eyes are never behind ears. */
  show(entry, answer) {
    this.#result(answer.kind, answer.word ?? this.words.kinds[answer.kind] ?? "", answer.say ?? "");
    if (answer.log_html) this.#log(answer.log_html);
    if (answer.counts_html && this.parts.counts) this.#swap(this.parts.counts, answer.counts_html);
    if (typeof answer.reader_html === "string") this.#swap(this.parts.reader, answer.reader_html);
    if (typeof answer.slip_html === "string") {
      this.#swap(this.parts.slip, answer.slip_html);
      if (answer.print) setTimeout(() => print());
    }
    if (answer.mode) this.mode = answer.mode;
    if (answer.undo) this.#offerUndo(entry.key);
    else if (entry.command === "undo" || entry.command === "next") this.#forgetUndo();
    this.#swap(this.parts.prompt, answer.kind === "ask" ? answer.prompt_html ?? "" : "");
    this.parts.prompt.hidden = answer.kind !== "ask";
    this.sounds.play(answer.sound ?? DEFAULT_SOUND[answer.kind]);
    if (answer.kind === "ask") this.#focusPrompt();
    else this.refocus();
  }

  refocus() {
    const active = document.activeElement;
    if (this.covered || this.queue.question || (isTextField(active) && active !== this.input)) return;
    this.input.focus();
  }

  status({ size, offline, stuck, question, entries }) {
    const { queue, banner } = this.parts;
    const waiting = entries.slice(0, 6).map((entry) => entry.scan || entry.command).join(" · ");
    queue.textContent = size ? `${say(this.words.queued, size)}  ${waiting}` : "";
    this.form.dataset.waiting = String(size);
    this.root.toggleAttribute("data-question", question);
    if (stuck === "locked") this.#tell("lock");
    banner.hidden = !offline && (!stuck || stuck === "locked");
    if (banner.hidden) return;
    const text = stuck === "login" ? this.words.login : stuck ? this.words.fault : this.words.offline;
    banner.querySelector("[data-banner-text]").textContent = say(text, size);
    banner.querySelector("[data-skip]").hidden = stuck !== "fault";
    banner.querySelector("[data-login]").hidden = stuck !== "login";
  }

  /** F9: what is open and waits for a yes. */
  confirm() {
    if (this.queue.stuck || this.queue.offline) return this.queue.retry();
    const yes = this.parts.prompt.querySelector("[data-default]");
    if (this.queue.question && yes) yes.click();
  }

  /** Esc: an open question is closed without an answer, otherwise the box is emptied. */
  clear() {
    if (this.queue.question) {
      this.parts.prompt.hidden = true;
      this.#swap(this.parts.prompt, "");
      this.queue.dismiss();
      this.#result("idle", this.words.kinds.idle, this.words.dismissed);
    }
    this.#empty();
    this.input.focus();
  }

  act(action) {
    if (action.mode) {
      this.mode = action.mode;
      this.refocus();
    } else if (action.command) this.command(action.command);
    else if (action.do === "confirm") this.confirm();
    else if (action.do === "clear") this.clear();
    else if (action.do) this.#tell(action.do);
  }

  /** What the desk around the box does: change of clerk, lock (desklock.js). */
  #tell(name) {
    this.root.dispatchEvent(new CustomEvent(`desk:${name}`, { bubbles: true }));
  }

  #add(wanted) {
    if (!this.queue.add(wanted)) this.#hint(this.words.duplicate);
  }

  #listen() {
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value;
      this.#empty();
      this.take(text);
      this.refocus();
    });
    // What the input method still writes after a scan has been taken belongs to that scan.
    for (const name of ["compositionend", "input"]) {
      this.input.addEventListener(name, () => {
        if (performance.now() < this.#clearUntil) this.input.value = "";
      });
    }
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("change", (event) => {
      if (event.target.name === "mode") this.refocus();
    });
    this.parts.prompt.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = Object.fromEntries(new FormData(event.target));
      const by = event.submitter;
      if (by?.name) fields[by.name] = by.value;
      this.parts.prompt.hidden = true;
      this.queue.answer(fields);
      this.refocus();
    });
    addEventListener("online", () => this.queue.retry());
    addEventListener("beforeunload", (event) => {
      if (this.queue.size) event.preventDefault();
    });
    document.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-scan-guard]") || !this.queue.size) return;
      event.preventDefault();
      this.sounds.play("blocked");
      this.#hint(say(this.words.guard, this.queue.size));
    }, { capture: true });
    this.#listenSound();
  }

  #listenSound() {
    const { wake, volume, silent } = this.parts;
    const awake = async () => { wake.hidden = await this.sounds.wake(); };
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, awake, { once: true });
    wake.addEventListener("click", async () => {
      await awake();
      this.sounds.play("ok");
      this.refocus();
    });
    volume.value = String(this.sounds.volume * 100);
    silent.checked = this.sounds.silent;
    volume.addEventListener("change", () => {
      this.sounds.set({ volume: volume.value / 100 });
      this.sounds.play("ok");
      this.refocus();
    });
    silent.addEventListener("change", () => {
      this.sounds.set({ silent: silent.checked });
      this.sounds.play("notice");
      this.refocus();
    });
  }

  #click(event) {
    const target = event.target.closest("[data-enqueue], [data-act], [data-dismiss], [data-retry], [data-skip]");
    if (!target) return;
    const data = target.dataset;
    event.preventDefault();
    if (data.enqueue !== undefined) this.#add({ mode: data.mode ?? this.mode, scan: data.scan ?? "" });
    else if (data.act !== undefined) this.act(this.config.keys[data.act] ?? { command: data.act });
    else if (data.dismiss !== undefined) this.clear();
    else if (data.retry !== undefined) this.queue.retry();
    else {
      const left = this.queue.skip();
      if (left) this.#result("error", this.words.kinds.error, `${this.words.skipped} ${left.scan}`);
    }
    this.refocus();
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const action = this.config.keys[event.key];
    if (action && this.covered) {
      if (action.do !== "clear") event.preventDefault();
      return;
    }
    if (action && !event.repeat) {
      event.preventDefault();
      this.act(action);
      return;
    }
    if (event.repeat) return;
    const composing = event.isComposing || event.key === "Process" || event.keyCode === 229;
    if (composing) this.#composed = true;
    const key = { code: event.code, shift: event.shiftKey,
      caps: event.getModifierState?.("CapsLock") ?? false, time: this.#time(event) };
    const read = this.#burst.feed(key);
    clearTimeout(this.#letter);
    if (read.end) this.#ended(event, read);
    else this.#typed(event, key, read);
  }

  /** Hardware time where the browser gives it: a busy page must not make a scanner look slow. */
  #time(event) {
    return event.isTrusted ? event.timeStamp : performance.now();
  }

  #ended(event, read) {
    if (!read.burst) return;
    event.preventDefault();
    event.stopPropagation();
    let text = read.text;
    if (event.target === this.input) {
      const shown = this.input.value.normalize("NFKC");
      const partly = read.text.length > shown.length && read.text.endsWith(shown);
      if (!this.#composed && !partly) text = shown;
    } else if (this.#field) {
      this.#field.target.value = this.#field.value;
    }
    this.#field = null;
    this.#empty();
    this.take(text);
  }

  #typed(event, key, read) {
    const letter = charOf(key);
    if (!letter) return;
    const target = event.target;
    if (this.queue.question || this.covered) {
      if (read.text.length === 1) {
        this.#field = isTextField(target) ? { target, value: target.value } : null;
      }
      if (!this.covered && !isTextField(target) && letter !== " ") {
        // Only a letter that stays alone is a person's choice.
        this.#letter = setTimeout(() => {
          const wanted = letter.toUpperCase();
          const choices = [...this.parts.prompt.querySelectorAll("[data-letter]")];
          choices.find((choice) => choice.dataset.letter === wanted)?.click();
        }, this.config.burst_ms + 15);
      }
      return;
    }
    this.#field = null;
    // Focus had wandered to a button or the page: what is typed still belongs to the scan box.
    if (!isTextField(target) && target.tagName !== "SELECT" && letter !== " ") this.input.focus();
  }

  #empty() {
    this.input.value = "";
    if (this.#composed) {
      this.#clearUntil = performance.now() + 200;
      this.input.blur();
      this.input.focus();
    }
    this.#composed = false;
  }

  #result(kind, word, text) {
    const box = this.parts.result;
    box.className = `result tone-${kind}`;
    const { icons, sprite } = this.config;
    box.querySelector("use").setAttribute("href", `${sprite}#${icons[kind] ?? icons.idle}`);
    box.querySelector("[data-result-word]").textContent = word;
    box.querySelector("[data-result-say]").textContent = text;
  }

  /** A line beside the queue, long enough to be read, gone before it is stale. */
  #hint(text) {
    clearTimeout(this.#hintTimer);
    this.parts.hint.textContent = text;
    this.#hintTimer = setTimeout(() => { this.parts.hint.textContent = ""; }, 6000);
  }

  #log(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    this.parts.log.prepend(template.content);
    while (this.parts.log.children.length > this.config.log_length) {
      this.parts.log.lastElementChild.remove();
    }
    window.htmx?.process(this.parts.log);
  }

  #swap(element, html) {
    element.innerHTML = html;
    window.htmx?.process(element);
  }

  #focusPrompt() {
    const { prompt } = this.parts;
    (prompt.querySelector("[data-focus]") ?? prompt).focus();
  }

  #offerUndo(key) {
    this.#forgetUndo();
    const until = performance.now() + this.config.undo_seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - performance.now()) / 1000);
      if (left <= 0) return this.#forgetUndo();
      this.parts.undo.hidden = false;
      this.parts.undo.querySelector("[data-undo-left]").textContent = say(this.words.seconds, left);
    };
    this.#undo = { key, timer: setInterval(tick, 1000) };
    tick();
  }

  #forgetUndo() {
    clearInterval(this.#undo?.timer);
    this.#undo = null;
    this.parts.undo.hidden = true;
  }
}

const root = document.querySelector("[data-scanbox]");
if (root) {
  const config = JSON.parse(document.getElementById(root.dataset.scanbox).textContent);
  root.scanbox = new ScanBox(root, config);
}
