/**
 * The machine without a network: lends and takes back by the data it keeps, and writes down what it does
 * in the journal of the offline desk. The screens are those of the library's own pages, made here; what
 * can't be decided without asking anybody is refused, and a book that is brought back is always taken.
 */
import { cardReasons, dayOf, mayLend } from "../offline/decide.js";
import { Lookup } from "../offline/lookup.js";
import { clockTime, escaped, fill } from "../offline/words.js";
import { Kiosk } from "./kiosk.js";
import { Keeper, LOCK } from "./kioskkeep.js";

const root = document.querySelector("[data-kiosk]");
const config = JSON.parse(document.getElementById("alone-config").textContent);
const t = config.words;
const SHOWN = 3, EVERY_MS = 10_000;

const icon = (name) => `<svg class="icon" aria-hidden="true" focusable="false"><use href="${config.sprite}#${name}"></use></svg>`;
const address = (what) => `${root.dataset.alone}?do=${what}`;
const hidden = (values) => Object.entries(values).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`).join("");
const key = (what, name, word, values = {}, main = false) => `<form method="post" action="${address(what)}">${hidden(values)}<button class="k-tile${main ? " k-main-key" : ""}">${icon(name)}<span>${escaped(word)}</span></button></form>`;
const tile = (what, name, word, note = "") => `<li><a class="k-tile" href="${address(what)}">${icon(name)}<span>${escaped(word)}</span>${note ? `<small>${escaped(note)}</small>` : ""}</a></li>`;
const device = (what, calls, { until = "", known = [] } = {}) => `<form method="post" action="${address(what)}" data-device="${escaped(JSON.stringify(calls))}"${until ? ` data-until="${until}"` : ""} data-known="${escaped(JSON.stringify(known))}" hidden><input type="hidden" name="answer"></form>`;
const call = (path, body = null) => ({ path, body });

class Alone {
  constructor(keeper, manifest, frame) {
    this.keeper = keeper;
    this.lookup = new Lookup(keeper.store, manifest, keeper.sync.device.cardsKey);
    this.frame = frame;
    this.forget();
  }

  forget() {
    this.visit = { act: "", reader: null, lines: [], known: [], latest: 0, pad: null };
  }

  get busy() {
    return this.visit.act !== "";
  }

  // --- the screens, asked for as if the library answered -------------------------------------------

  async get({ url, body }) {
    const { pathname, searchParams } = new URL(url, location.href);
    const what = pathname === root.dataset.alone ? searchParams.get("do") ?? "home" : "home";
    const given = Object.fromEntries(body ?? []);
    const home = what === "home";
    const screens = { borrow: () => this.#begin("check_out"), return: () => this.#begin("check_in"),
      rest: () => this.#notice(t.rest_head, t.rest_said), call: () => this.#called(),
      card: () => this.#card(given.scan), scan: () => this.#scanned(given), pad: () => this.#padSeen(given),
      padAgain: () => this.#padAgain(), padYes: () => this.#padYes(given), secured: () => this.#secured(given),
      slip: () => this.#slip(), printed: () => this.#printed(given) };
    const text = home ? await this.home() : await screens[what]();
    return { text, url: new URL(home ? root.dataset.home : root.dataset.alone, location.href).href, status: 200 };
  }

  /** Nobody is told: there is nobody to tell. */
  post() {
    return Promise.reject(new Error("no network"));
  }

  /** @param {{title: string, ask: string, hint?: string, said?: string, sound?: string, rest?: string, body: string}} of */
  #screen({ ask, hint = "", said = "", sound = "", rest = "yes", body }) {
    const screen = this.frame.cloneNode(true);
    Object.assign(screen.dataset, { sound, rest });
    screen.querySelector("h1").textContent = ask;
    screen.querySelector(".k-hint").textContent = hint;
    if (said) screen.querySelector(".k-ask").insertAdjacentHTML("beforeend", `<p class="k-said tone-refused" role="alert">${icon("circle-x")}<span>${escaped(said)}</span></p>`);
    const who = screen.querySelector(".k-who");
    who.hidden = !this.visit.reader;
    if (this.visit.reader) who.innerHTML = `${icon("user")}${escaped(this.visit.reader.name)}`;
    screen.querySelector(".k-leave").hidden = rest === "home";
    screen.querySelector(".k-body").innerHTML = body;
    return `<title>${escaped(ask)}</title>${screen.outerHTML}`;
  }

  async home() {
    this.forget();
    const unsent = await this.keeper.unsent();
    const tiles = [];
    if (config.acts.includes("check_out")) tiles.push(tile("borrow", "book-upload", t.borrow));
    if (config.acts.includes("check_in")) tiles.push(tile("return", "book-download", t.return, t.no_card_needed));
    if (config.rest.length) tiles.push(tile("rest", "wifi-off", t.rest));
    const hint = [t.home_hint, unsent ? fill(t.unsent, { n: unsent }) : ""].filter(Boolean).join(" ");
    return this.#screen({ ask: t.home, hint, rest: "home",
      body: `<ul class="k-tiles" data-count="${tiles.length}">${tiles.join("")}</ul>` });
  }

  #notice(ask, said) {
    return this.#screen({ ask, hint: said, sound: "refused",
      body: `<p class="k-picture">${icon("wifi-off")}</p>${key("home", "arrow-back-up", t.back, {}, true)}` });
  }

  #called() {
    const { act } = this.visit;
    const ready = act && (act === "check_in" || this.visit.reader);
    return this.#screen({ ask: t.nobody_head, hint: t.nobody_said, sound: "refused",
      body: `<p class="k-picture">${icon("bell")}</p>${ready ? key("scan", "arrow-back-up", t.back, {}, true) : key("home", "arrow-back-up", t.back, {}, true)}` });
  }

  // --- reader and books ----------------------------------------------------------------------------

  #begin(act) {
    this.forget();
    if (!config.acts.includes(act)) return this.home();
    this.visit.act = act;
    return act === "check_out" ? this.#askCard() : this.#scanning();
  }

  #askCard(said = "") {
    return this.#screen({ ask: t.card, hint: t.card_hint, said, sound: said ? "refused" : "",
      body: `<form method="post" action="${address("card")}" class="k-form" data-scan><label class="k-label" for="k-scan">${escaped(t.card_label)}</label><input id="k-scan" aria-label="${escaped(t.card_label)}" name="scan" autocomplete="off" inputmode="none" maxlength="64" required><div class="k-keys" data-keys="letters"></div><button class="k-tile k-main-key">${icon("check")}<span>${escaped(t.go_on)}</span></button></form>` });
  }

  async #card(scan = "") {
    const code = scan.toUpperCase();
    const readers = await this.lookup.readers(code);
    if (readers.length > 1) return this.#askCard(t.card_several);
    if (!readers.length) return this.#askCard((await this.lookup.items(code)).length ? t.card_is_book : t.card_unknown);
    const against = cardReasons(readers[0], this.today);
    if (against.length) return this.#askCard(this.#says(against));
    [this.visit.reader] = readers;
    return this.#scanning();
  }

  async #scanned({ scan = "", typing = "", page = "" }) {
    if (!scan) return this.#scanning({ typing: typing === "1", page: Number(page) || 1 });
    this.#take([await this.#one(scan.replaceAll(/\s/g, "").toUpperCase())]);
    return this.#scanning();
  }

  #take(lines) {
    this.visit.lines.unshift(...lines);
    this.visit.latest = lines.length;
  }

  /** Do it with one book; the line that says what became of it. */
  async #one(code) {
    const lending = this.visit.act === "check_out";
    const line = (kind, said, title = "", due = "") => ({ kind, title, barcode: code, said, due,
      word: kind === "refused" ? lending ? t.not_lent : t.not_returned : lending ? t.lent : t.returned });
    const found = await this.lookup.items(code);
    const since = await this.#since();
    const here = since.get(code);
    const item = found.length === 1 ? { ...found[0] } : null;
    if (item && here !== undefined) Object.assign(item, here ? { due: here.due || this.today, lentHere: true } : { due: "" });
    if (!found.length && (await this.lookup.readers(code)).length) return { ...line("refused", t.book_is_card), barcode: "" };
    const length = this.lookup.manifest.barcode_length ?? 0;
    if (!found.length && length > 0 && code.length !== length) return line("refused", config.reasons["barcode-foreign"]);
    try {
      return lending ? await this.#lend(line, code, item, found, since) : await this.#back(line, code, item, found);
    } catch (error) {
      console.error(error);
      return line("refused", t.not_kept, item?.title);
    }
  }

  async #lend(line, code, item, found, since) {
    if (!item) return line("refused", found.length ? t.book_several : t.book_unknown);
    const { reader } = this.visit;
    const more = [...since.values()].filter((loan) => loan && loan.card === reader.number);
    const decision = mayLend({ manifest: this.lookup.manifest, item, day: this.today,
      reader: { ...reader, loans: [...reader.loans, ...more.map((loan) => [loan.kind, loan.due])] } });
    // Nobody stands beside it to say that it has to go all the same.
    if (decision.reasons.length) return line("refused", this.#says(decision.reasons), item.title);
    if (!decision.due) return line("refused", t.book_unknown, item.title);
    await this.#write("check_out", code, item, { card: reader.number, due: decision.due });
    return line("ok", "", item.title, decision.due);
  }

  async #back(line, code, item, found) {
    const notes = [];
    if (found.length > 1 || !item) notes.push(t.checked_later);
    else if (!item.due) notes.push(config.reasons["not-on-loan"]);
    if (item && item.owner !== this.lookup.manifest.place) notes.push(t.belongs);
    await this.#write("check_in", code, item, { unsure: !item });
    return line(notes.length ? "notice" : "ok", notes.join(" "), item?.title);
  }

  #write(act, barcode, item, { card = "", due = "", unsure = false }) {
    const { offset, synced } = this.keeper.sync.clock;
    return this.keeper.journal.append({ act, barcode, card, due, unsure }, { synced, offset,
      shown: { act, barcode, card, due, kind: item?.kind ?? "", title: "" } });
  }

  /** What was lent and taken back here and is not in the data yet: barcode → loan, or false. */
  async #since() {
    const out = new Map();
    for (const { shown } of await this.keeper.store.all("lines")) {
      if (shown?.act === "check_out") out.set(shown.barcode, shown);
      else if (shown?.act === "check_in") out.set(shown.barcode, false);
    }
    return out;
  }

  get today() {
    return dayOf(Date.now() + this.keeper.sync.clock.offset);
  }

  #says(reasons) {
    return reasons.map(({ code, data }) => code === "blocked" ? t.card_closed
      : fill(config.reasons[code] ?? code, data)).join(" ");
  }

  #scanning({ typing = false, page = 1 } = {}) {
    const { act, lines, latest } = this.visit;
    const refused = lines.filter((line) => line.kind === "refused").length;
    const done = fill(t.done, { n: lines.length - refused }) + (refused ? ` · ${fill(t.not_done, { n: refused })}` : "");
    const last = Math.max(Math.ceil(lines.length / SHOWN), 1);
    const at = Math.min(Math.max(page, 1), last);
    const shown = lines.slice((at - 1) * SHOWN, at * SHOWN);
    const kinds = new Set(lines.slice(0, latest).map((line) => line.kind));
    this.visit.latest = 0;
    const list = shown.map((line) => `<li class="k-line tone-${line.kind}">${icon(config.icons[line.kind])}<div><div class="k-first"><b>${escaped(line.word)}</b><span class="k-title">${escaped(line.title || line.barcode)}</span>${line.due ? `<span class="k-due">${escaped(fill(t.due, { day: line.due }))}</span>` : ""}</div>${line.said ? `<p>${escaped(line.said)}</p>` : ""}</div></li>`).join("");
    const field = `<form method="post" action="${address("scan")}" class="k-form${typing ? "" : " k-wedge"}" data-scan><label class="k-label" for="k-scan">${escaped(t.label)}</label><input id="k-scan" aria-label="${escaped(t.label)}" name="scan" autocomplete="off" inputmode="none" maxlength="64"><button class="k-tile k-main-key">${icon("check")}<span>${escaped(t.enter)}</span></button>${typing ? `<div class="k-keys" data-keys="letters"></div>` : ""}</form>`;
    const pager = last > 1 ? `${at > 1 ? key("scan", "chevron-left", "", { page: at - 1 }) : ""}<span class="k-at">${at} / ${last}</span>${at < last ? key("scan", "chevron-right", "", { page: at + 1 }) : ""}` : "";
    const keys = typing ? "" : `<div class="k-row k-choices">${pager}${key("scan", "keyboard", t.type, { typing: 1 })}${lines.length ? `${config.printer ? key("slip", "receipt", t.slip) : ""}${key("home", "check", t.all_done, {}, true)}` : ""}</div>${config.pad ? device("pad", [call("rfid/tags")], { until: "tags", known: this.visit.known }) : ""}`;
    return this.#screen({ ask: lines.length ? done : act === "check_out" ? t.which_lent : t.which_back,
      hint: lines.length ? t.home_hint : config.pad ? t.pad_hint : t.scan_hint,
      sound: ["refused", "notice", "ok"].find((kind) => kinds.has(kind)) ?? "",
      body: `${typing ? "" : lines.length ? `<ol class="k-lines">${list}</ol>` : `<p class="k-picture">${icon("barcode")}</p>`}${field}${keys}` });
  }

  // --- the pad: how many lie there is confirmed, then their labels are changed -----------------------

  #laid(answer) {
    const [{ status, body }] = JSON.parse(answer || "[{}]");
    if (status !== 200 || !Array.isArray(body.books)) return null;
    const known = new Set(this.visit.known);
    const owners = config.owners.map((owner) => owner.toLowerCase());
    const books = body.books.filter(({ uids }) => uids.some((uid) => !known.has(uid)));
    const ours = ({ owner }) => !owner || !owners.length || owners.includes(owner.toLowerCase());
    return { books, fault: body.unread > 0 || books.some((book) => book.fault || !ours(book)),
      uids: books.flatMap(({ uids }) => uids).sort().join() };
  }

  async #padSeen({ answer }) {
    const laid = this.#laid(answer);
    // A pad that does not answer, or a bridge that does not read labels itself: the scanner is there.
    if (!laid) return this.#noPad();
    if (!laid.books.length && !laid.fault) return this.#scanning();
    this.visit.pad = laid;
    if (laid.fault) return this.#screen({ ask: t.pad_fault, sound: "refused", body: `<div class="k-row k-choices">${key("padAgain", "refresh", t.pad_again)}</div>` });
    const names = await Promise.all(laid.books.map(async ({ barcode }) => (await this.lookup.items(barcode))[0]?.title ?? barcode));
    const list = names.slice(0, SHOWN).map((name) => `<li class="k-line card">${icon("book")}<div><span class="k-title">${escaped(name)}</span></div></li>`).join("");
    const more = names.length > SHOWN ? `<p class="k-sum">${escaped(fill(t.pad_more, { n: names.length - SHOWN }))}</p>` : "";
    return this.#screen({ ask: fill(t.pad_count, { n: names.length }), sound: "notice",
      body: `<ol class="k-lines">${list}</ol>${more}<div class="k-row k-choices">${key("padAgain", "refresh", t.pad_again)}<form method="post" action="${address("padYes")}" data-device="${escaped(JSON.stringify([call("rfid/tags")]))}" data-when="submit"><input type="hidden" name="answer"><button class="k-tile k-main-key">${icon("check")}<span>${escaped(fill(t.pad_yes, { n: names.length }))}</span></button></form></div>` });
  }

  #noPad() {
    config.pad = false;
    return this.#scanning();
  }

  #padAgain() {
    this.visit.known = [];
    return this.#scanning();
  }

  async #padYes({ answer }) {
    const laid = this.#laid(answer);
    if (!laid || laid.uids !== this.visit.pad?.uids) return this.#padSeen({ answer });
    const made = [];
    for (const { barcode } of laid.books) made.push(await this.#one(barcode.toUpperCase()));
    this.#take(made);
    this.visit.known.push(...laid.books.flatMap(({ uids }) => uids));
    const done = laid.books.filter((_, n) => made[n].kind !== "refused");
    if (!done.length) return this.#scanning();
    this.visit.securing = done.flatMap(({ barcode, uids }) => uids.map((uid) => ({ barcode: barcode.toUpperCase(), uid })));
    const secured = this.visit.act === "check_in";
    const calls = this.visit.securing.map(({ uid }) => call("rfid/security", { uid, secured }));
    return this.#screen({ ask: t.securing, rest: "busy", body: `<p class="k-picture">${icon("hourglass")}</p>${device("secured", calls)}` });
  }

  #secured({ answer }) {
    const answers = JSON.parse(answer || "[]");
    const failed = new Set(this.visit.securing.filter((_, n) => answers[n]?.status !== 200).map(({ barcode }) => barcode));
    for (const line of this.visit.lines) {
      if (failed.has(line.barcode) && line.kind !== "refused") Object.assign(line, { kind: "notice", said: `${line.said} ${this.visit.act === "check_out" ? t.secured : t.unsecured}`.trim() });
    }
    return this.#scanning();
  }

  // --- the slip: books and days, no name, no card ----------------------------------------------------

  #slip() {
    const done = this.visit.lines.filter((line) => line.kind !== "refused");
    const now = Date.now() + this.keeper.sync.clock.offset;
    const lines = [config.place, this.visit.act === "check_out" ? t.slip_lent : t.slip_back,
      `${dayOf(now)} ${clockTime(now)}`, "",
      ...done.flatMap(({ title, barcode, due }) => [title || barcode, `  ${barcode} ${due}`.trimEnd()]), "",
      fill(t.slip_all, { n: done.length }), t.slip_note, config.name];
    return this.#screen({ ask: t.securing, rest: "busy", body: `<p class="k-picture">${icon("receipt")}</p>${device("printed", [call("print", { lines, qr: "" })])}` });
  }

  #printed({ answer }) {
    const [found] = JSON.parse(answer || "[]");
    const well = found?.status === 200;
    return this.#screen({ ask: well ? t.slip_taken : t.slip_none, sound: well ? "ok" : "notice",
      body: `<p class="k-picture">${icon("receipt")}</p><div class="k-row">${key("scan", "arrow-back-up", t.back)}${key("home", "check", t.all_done, {}, true)}</div>` });
  }
}

async function begin() {
  // The page before lets go of the journal as it leaves.
  await navigator.locks.request(LOCK, async () => {
    const keeper = await Keeper.open();
    const manifest = await keeper.load() ? await keeper.manifest() : null;
    if (!manifest) return;
    const screen = document.getElementById("screen");
    const alone = new Alone(keeper, manifest, screen.cloneNode(true));
    globalThis.kiosk = new Kiosk(alone);
    await globalThis.kiosk.open(root.dataset.home);
    for (;;) {
      const reached = await keeper.run().then(() => true, () => false);
      // Whoever stands here finishes first.
      if (reached && !alone.busy) return location.replace(root.dataset.home);
      await new Promise((done) => { setTimeout(done, EVERY_MS); });
    }
  });
}

begin();
