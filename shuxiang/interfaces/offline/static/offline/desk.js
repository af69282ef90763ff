/** The offline desk: the desk's scan box over what this computer keeps. */
import { ScanBox } from "../js/scanbox.js";
import { normaliseScan } from "../js/scanqueue.js";
import { cardReasons, dayOf, itemReasons, mayLend, termsOn, yuan } from "./decide.js";
import { Journal } from "./journal.js";
import { Lookup } from "./lookup.js";
import { Store } from "./store.js";
import { NoNetwork, Refused, Sync } from "./sync.js";
import { clockTime, escaped, fill } from "./words.js";

const config = JSON.parse(document.getElementById("offline-config").textContent);
const t = config.words;
const part = (name) => document.querySelector(`[data-${name}]`);
const SYNC_EVERY_MS = 30_000;
const AFTER_ACT_MS = 2_000;
const STALE_DAYS = 3;
const CLOCK_MINUTES = 5;
const LOCK_MS = 2_000;

function icon(name) {
  return `<svg class="icon" aria-hidden="true" focusable="false"><use href="${config.box.sprite}#${name}"></use></svg>`;
}

function badge(kind, text) {
  return `<span class="badge badge-${kind}">${icon(config.badges[kind])}${escaped(text)}</span>`;
}

async function forgetFiles() {
  for (const name of await caches.keys()) await caches.delete(name);
}

async function forgetWorkers() {
  for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
}

class Desk {
  constructor(store) {
    this.store = store;
    this.sync = new Sync(store, config.urls, (told) => {
      part("progress").textContent = fill(t.fetching, told);
    });
    this.journal = null;
    this.lookup = null;
    this.reader = null;
    this.box = null;
    this.online = null;
    this.timer = null;
    this.clerk = "";
    this.notes = new Map();
    this.ended = false;
  }

  async start() {
    await this.sync.load();
    this.#listen();
    if (this.sync.device) await this.#open();
    else this.#offerEnrolment();
  }

  // --- enrolment -------------------------------------------------------------------------------

  #offerEnrolment() {
    part("enrol").hidden = false;
    for (const name of ["work", "foot", "tools", "strip"]) part(name).hidden = true;
    document.getElementById("login").focus();
  }

  async #enrol(form) {
    const errors = part("enrol-errors");
    errors.textContent = "";
    try {
      const device = await this.sync.enrol(form.login.value.trim(), form.secret.value.trim());
      form.reset();
      this.#note("gone", "");
      await this.#open();
      this.#note("enrolled", fill(t.enrolled, device), "ok");
    } catch (error) {
      const unsent = error instanceof Refused && error.status === 409;
      const text = error instanceof NoNetwork ? t.offline
        : unsent ? fill(t.unenrol_unsent, { n: await this.#unsent() }) : error.message;
      errors.innerHTML = `<li>${icon("alert-circle")}<span>${escaped(text)}</span></li>`;
      form.secret.focus();
    }
  }

  async #unenrol() {
    const exported = (await this.store.get("meta", "exported")) ?? 0;
    const left = (await this.store.all("lines")).filter((line) => !line.sent && line.counter > exported);
    if (left.length) return this.#note("unenrol", fill(t.unenrol_unsent, { n: left.length }));
    const dialog = part("sure");
    part("sure-head").textContent = part("unenrol").textContent.trim();
    part("sure-text").textContent = t.unenrol_sure;
    dialog.returnValue = "no";
    dialog.showModal();
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "yes") return this.box.refocus();
      // A sync under way would write again what is being wiped.
      this.ended = true;
      clearTimeout(this.timer);
      await this.sync.end();
      await this.store.wipe();
      sessionStorage.clear();
      // The page's own files, nobody's data: not worth waiting long for.
      const files = Promise.all([forgetFiles(), forgetWorkers()]).catch(() => {});
      await Promise.race([files, new Promise((done) => { setTimeout(done, LOCK_MS); })]);
      location.reload();
    }, { once: true });
  }

  async #open() {
    const { device, journalKey, name, placeName } = this.sync.device;
    const head = await this.store.get("meta", "head");
    this.journal = new Journal(this.store, { device, key: journalKey, head });
    part("place").textContent = placeName;
    part("device").textContent = name;
    part("enrol").hidden = true;
    for (const name of ["work", "foot", "tools", "strip"]) part(name).hidden = false;
    await this.#useData();
    await this.#showClerks();
    await this.#showReader();
    this.box ??= new ScanBox(part("box"), config.box, { send: (entry) => this.send(entry) });
    this.box.refocus();
    await this.#showLog();
    await this.#showState();
    await this.syncNow();
  }

  /** Who works, of those who may; asked anew every day. It is told with every line and proves nothing. */
  async #showClerks() {
    const clerks = this.lookup?.manifest.clerks ?? [];
    const kept = await this.store.get("meta", "clerk");
    this.clerk = kept?.day === this.today && clerks.some(([id]) => id === kept.id) ? kept.id : "";
    const select = part("clerk");
    part("clerks").hidden = !clerks.length;
    select.replaceChildren(new Option(t.clerk_none, ""), ...clerks.map(([id, name]) => new Option(name, id)));
    select.value = this.clerk;
    this.#note("clerk", clerks.length && !this.clerk ? t.clerk_ask : "");
  }

  async #useData() {
    const manifest = await this.store.get("meta", "manifest");
    this.lookup = manifest
      ? new Lookup(this.store, manifest.said, this.sync.device.cardsKey) : null;
  }

  // --- the network -----------------------------------------------------------------------------

  async syncNow() {
    clearTimeout(this.timer);
    if (!this.journal || this.ended) return;
    this.#net(null);
    try {
      const told = await this.sync.run(this.journal);
      this.#net(true);
      this.#note("sync", "");
      this.#note("gone", "");
      this.#note("waiting", told.waiting ? fill(t.waiting, { n: told.waiting }) : "");
      this.#note("aside", told.aside ? fill(t.aside, { n: told.aside }) : "");
      if (told.open !== undefined) this.#note("open", told.open ? fill(t.open, { n: told.open }) : "");
      const wrong = Math.round(Math.abs(this.sync.clock.offset) / 60_000);
      this.#note("clock", wrong >= CLOCK_MINUTES ? fill(t.clock, { n: wrong }) : "");
      await this.#useData();
      await this.#showClerks();
    } catch (error) {
      this.#net(false);
      if (error instanceof Refused && error.status === 401) {
        this.#net(true);
        this.#note("gone", error.message);
        this.#offerEnrolment();
      } else if (error instanceof Refused) {
        this.#note("sync", error.message === "seal" ? t.bad_seal : fill(t.sync_failed, { why: error.message }));
      } else if (!(error instanceof NoNetwork)) {
        this.#note("sync", fill(t.sync_failed, { why: String(error) }));
      }
    }
    if (this.ended) return;
    part("progress").textContent = "";
    await this.#showLog();
    await this.#showState();
    this.timer = setTimeout(() => this.syncNow(), SYNC_EVERY_MS);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.syncNow(), AFTER_ACT_MS);
  }

  #net(online) {
    if (online !== null) this.online = online;
    const [kind, text] = this.online === null ? ["muted", t.syncing]
      : this.online ? ["ok", t.online] : ["notice", t.offline];
    part("net").className = `badge badge-${kind}`;
    part("net").innerHTML = `${icon(this.online === false ? "wifi-off" : config.badges[kind])}${escaped(text)}`;
  }

  async #unsent() {
    return (await this.store.all("lines")).filter((line) => !line.sent).length;
  }

  async #showState() {
    const unsent = await this.#unsent();
    part("unsent").textContent = unsent ? fill(t.unsent, { n: unsent }) : t.all_sent;
    const said = this.lookup?.manifest;
    if (!said) {
      part("age").textContent = t.no_data;
      return;
    }
    const built = Date.parse(said.built_at);
    const minutes = Math.max(0, Math.round((this.now() - built) / 60_000));
    const ago = minutes < 90 ? fill(t.minutes, { n: minutes })
      : minutes < 48 * 60 ? fill(t.hours, { n: Math.round(minutes / 60) })
        : fill(t.days, { n: Math.round(minutes / 1440) });
    const time = `${dayOf(built)} ${clockTime(built)}`;
    part("age").textContent = `${fill(t.data_of, { time })} (${ago})`;
    const days = Math.floor(minutes / 1440);
    this.#note("stale", days >= STALE_DAYS ? fill(t.stale, { days }) : "");
  }

  #note(name, text, kind = "notice") {
    if (text) this.notes.set(name, { text, kind });
    else this.notes.delete(name);
    part("notes").innerHTML = [...this.notes.values()].map((note) =>
      `<p class="message tone-${note.kind}">${icon(note.kind === "ok" ? "circle-check" : "alert-circle")}<span>${escaped(note.text)}</span></p>`).join("");
  }

  // --- the day and what was done here ------------------------------------------------------------

  /** The library's time, as far as this computer can tell. */
  now() {
    return Date.now() + this.sync.clock.offset;
  }

  get today() {
    return dayOf(this.now());
  }

  /** What was lent and given back here and is not in the data yet: barcode → loan, or false. */
  async #since() {
    const out = new Map();
    for (const { shown } of Journal.standing(await this.store.all("lines"))) {
      if (shown?.act === "check_out") out.set(shown.barcode, shown);
      else if (shown?.act === "check_in") out.set(shown.barcode, false);
    }
    return out;
  }

  async #item(code) {
    const found = this.lookup ? await this.lookup.items(code) : [];
    const here = (await this.#since()).get(code);
    const items = found.map((item) => {
      if (here === undefined) return item;
      return here ? { ...item, due: here.due || this.today, lentHere: true } : { ...item, due: "" };
    });
    return { items, here };
  }

  async #withLoans(reader) {
    const here = [...(await this.#since()).values()].filter((loan) => loan && loan.card === reader.number);
    return { ...reader, here: here.length,
      loans: [...reader.loans, ...here.map((loan) => [loan.kind, loan.due])] };
  }

  // --- acts --------------------------------------------------------------------------------------

  /** One entry of the scan box, answered as the desk's server would. */
  async send(entry) {
    const lines = await this.store.all("lines");
    const done = lines.findLast((line) => line.shown?.key === entry.key);
    if (done) return done.shown.answer;
    try {
      return await this.#act(entry);
    } catch (error) {
      console.error(error);
      return { kind: "error", say: t.not_kept, state: "" };
    }
  }

  async #act(entry) {
    if (entry.command === "next") {
      this.reader = null;
      await this.#showReader();
      return { kind: "ok", word: config.box.words.kinds.idle, say: t.next, state: "" };
    }
    if (entry.command === "slip") return this.#slip();
    if (entry.command) return this.#undo(entry);
    const code = normaliseScan(entry.scan).replaceAll(/\s/g, "").toUpperCase();
    if (entry.mode === "checkout") return this.#checkOut(entry, code);
    if (entry.mode === "checkin") return this.#checkIn(entry, code);
    if (entry.mode === "renew") return this.#renew(entry, code);
    return this.#inHouse(entry, code);
  }

  async #checkOut(entry, code) {
    const readers = this.lookup ? await this.lookup.readers(code) : [];
    const { items } = await this.#item(code);
    const as = entry.answer?.as;
    if (as === "card" || (!as && readers.length && !(items.length && this.reader))) {
      return this.#takeReader(code, readers);
    }
    if (as === "item" || items.length || entry.answer?.go) return this.#lend(entry, code, items);
    return this.#ask(`<h2>${escaped(fill(t.unknown_what, { code }))}</h2><div class="row">
      <button class="btn" name="as" value="item" data-letter="B" data-focus>${escaped(t.as_item)} <kbd>B</kbd></button>
      <button class="btn" name="as" value="card" data-letter="K">${escaped(t.as_card)} <kbd>K</kbd></button>
      ${this.#leave()}</div>`, fill(t.unknown_what, { code }));
  }

  #leave() {
    return `<button class="btn" type="button" data-dismiss>${escaped(t.leave)} <kbd>Esc</kbd></button>`;
  }

  #ask(html, say) {
    return { kind: "ask", say, state: "", ask: "offline", prompt_html: `<form>${html}</form>` };
  }

  async #takeReader(code, readers) {
    if (readers.length === 1) {
      [this.reader] = readers;
      const against = cardReasons(this.reader, this.today);
      await this.#showReader();
      if (against.some((one) => one.severity === "stop")) {
        return { kind: "refused", say: this.#says(against), state: "" };
      }
      return { kind: against.length ? "notice" : "reader",
        say: `${this.reader.name} ${this.#says(against)}`, state: "" };
    }
    this.reader = { number: code, name: "", unknown: true, loans: [] };
    await this.#showReader();
    return { kind: "notice", word: t.check, say: readers.length ? t.several_cards : t.unknown_card,
      state: "" };
  }

  async #lend(entry, code, items) {
    if (!this.reader) return { kind: "refused", say: t.no_reader, state: "" };
    const known = this.reader.unknown ? null : await this.#withLoans(this.reader);
    const item = items.length === 1 ? items[0] : null;
    if (!item && !items.length && this.#foreign(code)) {
      return { kind: "refused", say: fill(config.reasons["barcode-foreign"], { barcode: code }), state: "" };
    }
    const decision = this.lookup
      ? mayLend({ manifest: this.lookup.manifest, reader: known, item, day: this.today })
      : { reasons: [], due: "", unsure: true };
    const { reasons } = decision;
    if (reasons.some((one) => one.severity === "stop")) {
      return { kind: "refused", say: this.#says(reasons), state: "" };
    }
    if (reasons.length && !entry.answer?.go) {
      const list = reasons.map((one) => `<li>${icon("alert-circle")}<span>${escaped(this.#say(one))}</span></li>`);
      return this.#ask(`<h2>${escaped(t.ask_head)}</h2><ul class="reasons">${list.join("")}</ul>
        <input type="hidden" name="as" value="item"><p>${escaped(t.ask_note)}</p><div class="row">
        <button class="btn btn-main" name="go" value="yes" data-default data-focus>${escaped(t.ask_yes)} <kbd>F9</kbd></button>
        ${this.#leave()}</div>`, this.#says(reasons));
    }
    if (item?.due) await this.#write({ ...entry, key: `${entry.key}-back` }, "check_in", code, item, {});
    const unsure = decision.unsure || !item || !known;
    const due = decision.due ? fill(t.due, { day: decision.due }) : t.due_unknown;
    const notes = items.length > 1 ? t.several_items : item ? "" : t.unknown_item;
    const answer = { kind: unsure ? "notice" : "ok", word: unsure ? t.check : t.lent,
      say: `${item?.title ?? code} · ${due} ${notes}`.trim(), state: "" };
    await this.#write(entry, "check_out", code, item, { answer, due: decision.due, unsure });
    await this.#showReader();
    return answer;
  }

  #foreign(code) {
    const length = this.lookup?.manifest.barcode_length ?? 0;
    return length > 0 && code.length !== length;
  }

  async #checkIn(entry, code) {
    const { items, here } = await this.#item(code);
    const readers = items.length || !this.lookup ? [] : await this.lookup.readers(code);
    if (readers.length) return { kind: "refused", say: t.here_is_reader, state: "" };
    if (!items.length && this.#foreign(code)) {
      return { kind: "refused", say: fill(config.reasons["barcode-foreign"], { barcode: code }), state: "" };
    }
    const item = items.length === 1 ? items[0] : null;
    const notes = [];
    if (items.length > 1) notes.push(t.several_items);
    else if (!item) notes.push(t.unknown_item);
    else if (!item.due) notes.push(t.not_on_loan);
    const elsewhere = item && item.owner !== this.lookup.manifest.place
      ? fill(t.belongs, { place: this.lookup.manifest.places[item.owner] ?? "" }) : "";
    const unsure = !item;
    const answer = { kind: notes.length || elsewhere ? "notice" : "ok",
      word: unsure ? t.check : t.returned, state: "",
      say: [item?.title ?? code, ...notes, elsewhere].filter(Boolean).join(" · ") };
    if (elsewhere) answer.sound = "transit";
    await this.#write(entry, "check_in", code, item, { answer, unsure });
    if (here) await this.#showReader();
    return answer;
  }

  async #renew(entry, code) {
    const { items, here } = await this.#item(code);
    if (here === false || (items.length === 1 && !items[0].due)) {
      return { kind: "refused", say: t.not_on_loan, state: "" };
    }
    const item = items.length === 1 ? items[0] : null;
    const answer = { kind: "notice", word: t.check, say: `${item?.title ?? code} · ${t.renew_check}`, state: "" };
    await this.#write(entry, "renew", code, item, { answer, unsure: true });
    return answer;
  }

  async #inHouse(entry, code) {
    const { items } = await this.#item(code);
    const item = items.length === 1 ? items[0] : null;
    if (item?.due) {
      return { kind: "refused", say: fill(config.reasons["in-house-on-loan"], {}), state: "" };
    }
    const against = item ? itemReasons(item, true).filter((one) => one.severity === "stop") : [];
    if (against.length) return { kind: "refused", say: this.#says(against), state: "" };
    const answer = { kind: item ? "ok" : "notice", word: item ? t.counted : t.check, state: "",
      say: item ? item.title : `${code} · ${items.length ? t.several_items : t.unknown_item}` };
    await this.#write(entry, "in_house", code, item, { answer, unsure: !item });
    return answer;
  }

  /** What the reader at the desk took along today, to be printed here: no name, no card. */
  async #slip() {
    if (!this.reader) return { kind: "refused", say: t.no_reader, state: "" };
    const out = await this.#since();
    const lent = Journal.standing(await this.store.all("lines")).filter(({ shown, at }) =>
      shown?.act === "check_out" && shown.card === this.reader.number && out.get(shown.barcode)?.key === shown.key
      && dayOf(at + this.sync.clock.offset) === this.today);
    if (!lent.length) return { kind: "refused", say: t.slip_empty, state: "" };
    const rows = lent.map(({ shown }) => `<li>${escaped(shown.title || shown.barcode)}<br><span class="code">${escaped(shown.barcode)}</span> ${escaped(shown.due ? fill(t.due, { day: shown.due }) : t.due_unknown)}</li>`);
    const html = `<article><h2>${escaped(this.sync.device.placeName)}</h2><p>${dayOf(this.now())} ${clockTime(this.now())}</p><ol>${rows.join("")}</ol><p>${escaped(fill(t.slip_count, { n: lent.length }))}</p><p>${escaped(t.slip_note)}</p></article>`;
    return { kind: "ok", word: t.slip, say: fill(t.slip_count, { n: lent.length }), state: "",
      slip_html: html, print: true };
  }

  /** Take back the act shown last, within a minute: a line of its own. */
  async #undo(entry) {
    const lines = await this.store.all("lines");
    const line = Journal.standing(lines).findLast(({ shown }) => shown?.key === entry.undoes);
    const nothing = { kind: "refused", say: t.undo_nothing, state: "" };
    if (!line || lines.at(-1) !== line) return nothing;
    if (Date.now() - line.at > config.box.undo_seconds * 1000 || Date.now() < line.at) return nothing;
    const { act, barcode, title } = line.shown;
    const answer = { kind: "notice", word: t.undone, say: `${t.acts[act]} · ${title || barcode}`, state: "" };
    await this.#write(entry, "undo", barcode, { title }, { answer, undoes: line.mac });
    await this.#showReader();
    return answer;
  }

  async #write(entry, act, barcode, item, { answer = null, due = "", unsure = false, undoes = "" }) {
    const card = act === "check_out" ? this.reader.number : "";
    const shown = { key: entry.key, act, barcode, card, due, kind: item?.kind ?? "",
      title: item?.title ?? "", unsure, answer, undoes };
    if (answer && act !== "undo") answer.undo = true;
    const { offset, synced } = this.sync.clock;
    this.#note("enrolled", "");
    await this.journal.append({ act, barcode, card, due, unsure, undoes, clerk: this.clerk }, { synced, offset, shown });
    await this.#showLog();
    await this.#showState();
    this.#soon();
  }

  // --- words and panels --------------------------------------------------------------------------

  #say({ code, data }) {
    if (code === "blocked") return t.blocked;
    return fill(config.reasons[code] ?? code, data);
  }

  #says(reasons) {
    return reasons.map((one) => this.#say(one)).join(" ");
  }

  async #showReader() {
    const panel = part("reader");
    if (!this.reader) {
      panel.innerHTML = `<div class="panel-body"><div class="state">${icon("id")}<p><b>${escaped(t.nobody)}</b></p><p>${escaped(t.nobody_why)}</p></div></div>`;
      return;
    }
    const reader = await this.#withLoans(this.reader);
    const told = reader.unknown ? "" : cardReasons(reader, this.today).map((one) => `<p class="message tone-refused">${icon("alert-circle")}<span>${escaped(this.#say(one))}</span></p>`).join("");
    if (reader.unknown) {
      panel.innerHTML = `<div class="panel-body"><p class="reader-name code">${escaped(reader.number)}</p><p class="message tone-notice">${icon("alert-circle")}<span>${escaped(t.not_in_data)}</span></p></div>`;
      return;
    }
    const kinds = Object.keys(this.lookup.manifest.kinds);
    const limits = kinds.map((kind) => termsOn(this.lookup.manifest, reader.category, kind, this.today)?.limit ?? 0);
    const overdue = reader.loans.filter(([, due]) => due && due < this.today).length;
    panel.innerHTML = `<div class="panel-body"><p class="reader-name">${escaped(reader.name)}</p>
      <dl class="facts"><dt>${escaped(t.category)}</dt><dd>${escaped(this.lookup.manifest.readers[reader.category] ?? "")}</dd>
      <dt>${escaped(t.valid)}</dt><dd>${escaped(reader.expires)}</dd>${reader.owed ? `<dt>${escaped(t.owed)}</dt><dd><b>${escaped(yuan(reader.owed))}</b></dd>` : ""}</dl>${told}
      <div class="counts"><div class="count"><b>${reader.loans.length}</b>${escaped(t.out)}</div>
      <div class="count"><b>${Math.max(0, ...limits)}</b>${escaped(t.limit)}</div>
      <div class="count"><b>${overdue}</b>${escaped(t.overdue)}</div></div>
      <p class="muted">${escaped(fill(t.here, { n: reader.here }))}</p></div>`;
  }

  async #showLog() {
    const lines = (await this.store.all("lines")).filter((line) => line.shown).slice(-20).reverse();
    const { acts } = t;
    const undone = new Set((await this.store.all("lines")).map((line) => line.shown?.undoes).filter(Boolean));
    const states = { done: ["ok", t.merged], known: ["muted", t.known], conflict: ["refused", t.conflict],
      settled: ["muted", t.merged], undone: ["muted", t.undone] };
    part("log").innerHTML = lines.map((line) => {
      const { shown } = line;
      const [kind, word] = undone.has(line.mac) ? states.undone : states[line.state]
        ?? (line.sent ? ["muted", t.uploaded] : ["notice", shown.unsure ? t.check : t.kept]);
      const due = line.due || shown.due;
      const says = (line.says ?? []).join(" ");
      const what = [acts[shown.act], line.title || shown.title, due ? fill(t.due, { day: due }) : "", says]
        .filter(Boolean).join(" · ");
      return `<li><time>${clockTime(line.at + this.sync.clock.offset)}</time><span class="code">${escaped(shown.barcode)}</span><span class="what" title="${escaped(what)}">${escaped(what)}</span>${badge(kind, word)}</li>`;
    }).join("");
  }

  async #export() {
    const lines = (await this.store.all("lines")).filter((line) => line.body);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.journal.document(lines)], { type: "application/x-ndjson" }));
    link.download = `shuxiang-journal-${this.sync.device.login}-${this.journal.head.counter}.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    await this.store.put("meta", "exported", this.journal.head.counter);
    this.box.refocus();
  }

  #listen() {
    part("enrol-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enrol(event.target);
    });
    part("clerk").addEventListener("change", async ({ target }) => {
      this.clerk = target.value;
      this.#note("clerk", this.clerk ? "" : t.clerk_ask);
      await this.store.put("meta", "clerk", { id: this.clerk, day: this.today });
      this.box.refocus();
    });
    part("sync").addEventListener("click", () => { this.syncNow(); this.box.refocus(); });
    part("export").addEventListener("click", () => this.#export());
    part("unenrol").addEventListener("click", () => this.#unenrol());
    addEventListener("online", () => this.syncNow());
    addEventListener("offline", () => { if (this.journal) this.#net(false); });
  }
}

async function begin() {
  const say = (text) => {
    part("notes").innerHTML = `<p class="message tone-refused">${icon("alert-circle")}<span>${escaped(text)}</span></p>`;
  };
  if (!isSecureContext || !crypto.subtle) return say(t.insecure);
  navigator.serviceWorker?.register(config.urls.worker, { scope: config.urls.desk }).catch(() => {});
  // Two tabs would write two journals: the second says so. A page being reloaded lets go in a moment.
  const patience = { signal: AbortSignal.timeout(LOCK_MS) };
  await navigator.locks.request("shuxiang-offline", patience, async () => {
    const desk = new Desk(await Store.open());
    document.querySelector("[data-box]").desk = desk;
    await desk.start();
    return new Promise(() => {});
  }).catch((error) => {
    if (!["AbortError", "TimeoutError"].includes(error.name)) throw error;
    say(t.other_tab);
  });
}

begin();
