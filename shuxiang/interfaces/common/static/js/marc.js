/**
 * The MARC editor: the lines of the form's text area as rows of fields, worked by keyboard alone.
 * Without this script the text area itself is the editor. Nothing is decided here: what is wrong
 * is said by the server.
 */

const MARK = "ǂ";
const form = document.getElementById("marc");
const area = form.elements.lines;
const config = JSON.parse(document.getElementById("marc-config").textContent);
const words = config.words;
const fields = config.tables.fields;
const positions = config.tables.positions;
const box = document.getElementById("marc-lines");
const help = document.getElementById("marc-help");
const said = document.getElementById("marc-said");
const goto = document.getElementById("marc-goto");
const dialog = document.getElementById("marc-codes");
const DRAFT = `marc-draft:${config.draft}`;

/* --- lines and rows ---------------------------------------------------------------------- */

const isLeader = (tag) => tag === "LDR";
const isControl = (tag) => isLeader(tag) || tag < "010";
const isLink = (tag) => config.format === "cnmarc" && (tag[0] === "4" || tag === "604");
const two = (ind) => (ind.replaceAll(" ", "#") + "##").slice(0, 2);

/** @param {string} text a field's subfields; its embedded fields, or null where it has none */
function embeddedOf(text) {
  if (!text.startsWith(MARK + "1")) return null;
  const pieces = text.split(MARK + "1").slice(1);
  const found = [];
  for (const piece of pieces) {
    const tag = piece.slice(0, 3);
    if (!/^\d{3}$/.test(tag)) return null;
    if (tag < "010") found.push({ tag, ind: "", text: piece.slice(3) });
    else if (piece.length >= 5) found.push({ tag, ind: piece.slice(3, 5), text: piece.slice(5) });
    else return null;
  }
  return found;
}

/** A row remembers its line as it came: left alone, it is given back to the letter. */
function rowOf(line) {
  const tag = line.slice(0, 3);
  const rest = line[3] === " " ? line.slice(4) : line.slice(3);
  const row = { tag, ind: "", text: rest, embedded: null, raw: line };
  if (isControl(tag)) return row;
  row.ind = rest.slice(0, 2);
  row.text = rest.slice(2);
  if (isLink(tag)) row.embedded = embeddedOf(row.text);
  return row;
}

function lineOf(row) {
  if (row.raw !== undefined) return row.raw;
  if (isControl(row.tag)) return `${row.tag} ${row.text}`;
  const text = row.embedded
    ? row.embedded.map((e) => MARK + "1" + e.tag + (e.tag < "010" ? "" : two(e.ind)) + e.text).join("")
    : row.text;
  return `${row.tag} ${two(row.ind)}${text}`;
}

const linesOf = (rows) => rows.map(lineOf).join("\n") + "\n";
const rowsOf = (text) => text.split(/\r?\n/).filter((line) => line.trim()).map(rowOf);

let rows = rowsOf(area.value);
const first = linesOf(rows);
/** @type {{lines: string, at: [number, number, string]}[]} */
let past = [];
let future = [];
let burst = "";

/* --- drawing ------------------------------------------------------------------------------ */

function input(kind, value, label, size) {
  const made = document.createElement(kind === "text" ? "textarea" : "input");
  made.className = `marc-${kind}`;
  made.value = value;
  made.setAttribute("aria-label", label);
  made.autocomplete = "off";
  made.spellcheck = false;
  made.dataset.kind = kind;
  if (kind === "text") made.rows = 1;
  else { made.maxLength = size; made.size = size; }
  return made;
}

function fit(element) {
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight + 2}px`;
}

function group(part, depth) {
  const line = document.createElement("div");
  line.className = depth ? "marc-row marc-inner" : "marc-row";
  line.setAttribute("role", "group");
  const name = isLeader(part.tag) ? words.leader : fields[part.tag]?.name || "";
  line.setAttribute("aria-label", `${depth ? words.embedded + " " : ""}${part.tag} ${name}`.trim());
  const tag = input("tag", part.tag, words.tag, 3);
  if (isLeader(part.tag)) tag.readOnly = true;
  line.append(tag);
  if (isControl(part.tag)) {
    const none = document.createElement("span");
    none.className = "marc-ind";
    line.append(none);
  } else line.append(input("ind", part.ind, `${part.tag} ${words.indicators}`, 2));
  if (!part.embedded) line.append(input("text", part.text, `${part.tag} ${name} ${words.content}`, 0));
  else {
    const shown = document.createElement("span");
    shown.className = "marc-name";
    shown.textContent = name;
    line.append(shown);
  }
  return line;
}

function draw() {
  box.replaceChildren();
  rows.forEach((row, n) => {
    const holder = document.createElement("div");
    holder.className = "marc-field";
    holder.dataset.row = n;
    const line = group(row, 0);
    line.dataset.inner = -1;
    holder.append(line);
    (row.embedded || []).forEach((each, m) => {
      const inner = group(each, 1);
      inner.dataset.inner = m;
      holder.append(inner);
    });
    box.append(holder);
  });
  for (const element of box.querySelectorAll("textarea")) fit(element);
  mark();
}

function sync() {
  area.value = linesOf(rows);
}

function where(element) {
  const line = element?.closest?.(".marc-row");
  if (!line || !box.contains(line)) return null;
  return { n: Number(line.parentElement.dataset.row), m: Number(line.dataset.inner), kind: element.dataset.kind };
}

function focus(n, m = -1, kind = "text", end = true) {
  const holder = box.children[Math.max(0, Math.min(n, rows.length - 1))];
  if (!holder) return;
  const line = holder.querySelector(`[data-inner="${m}"]`) || holder.firstElementChild;
  const element = line.querySelector(`[data-kind="${kind}"]`) || line.querySelector('[data-kind="text"]')
    || holder.querySelector('[data-kind="text"]') || line.querySelector("input");
  element.focus();
  if (end && element.setSelectionRange) element.setSelectionRange(element.value.length, element.value.length);
  element.scrollIntoView({ block: "nearest" });
}

const say = (text) => { said.textContent = text; };

/* --- changing, undo, draft ---------------------------------------------------------------- */

function spot() {
  const at = where(document.activeElement);
  return at ? [at.n, at.m, at.kind] : [0, -1, "text"];
}

/** Keep what is there now, to come back to; typing in one place is one step. */
function keep(name = "") {
  if (name && name === burst) return;
  burst = name;
  past.push({ lines: linesOf(rows), at: spot() });
  if (past.length > 500) past.shift();
  future = [];
}

function changed() {
  sync();
  form.dispatchEvent(new Event("changed"));
  saveDraft();
}

function goBack(from, to, text) {
  const state = from.pop();
  if (!state) { say(words.nothing); return; }
  to.push({ lines: linesOf(rows), at: spot() });
  burst = "";
  rows = rowsOf(state.lines);
  draw();
  focus(...state.at);
  changed();
  say(text);
}

let timer = 0;
function saveDraft() {
  clearTimeout(timer);
  timer = setTimeout(writeDraft, 300);
}
function writeDraft() {
  clearTimeout(timer);
  timer = 0;
  try {
    if (area.value === first && !config.dirty) localStorage.removeItem(DRAFT);
    else {
      localStorage.setItem(DRAFT, JSON.stringify({
        lines: area.value, seen: form.elements.seen.value, at: new Date().toISOString(),
        name: config.name, address: config.address,
      }));
    }
  } catch { /* A full or forbidden store: the page itself still holds everything. */ }
}
addEventListener("pagehide", () => { if (timer) writeDraft(); });

function offerDraft() {
  if (config.saved) localStorage.removeItem(`marc-draft:${config.saved}`);
  // A form that came back refused is the draft.
  if (!config.fresh) { config.dirty = true; return; }
  const draft = JSON.parse(localStorage.getItem(DRAFT) || "null");
  if (!draft || draft.lines === area.value) return;
  const banner = document.getElementById("marc-draft");
  const at = new Date(draft.at).toLocaleString("zh-CN");
  banner.querySelector("p").textContent = words.draftAt.replace("%(at)s", at)
    + (draft.seen === form.elements.seen.value ? "" : " " + words.draftOther);
  banner.hidden = false;
  banner.querySelector('[data-draft="take"]').addEventListener("click", () => {
    keep();
    // Saved from what it was begun from: if that is not what is stored, the server shows both.
    form.elements.seen.value = draft.seen;
    rows = rowsOf(draft.lines);
    draw();
    banner.hidden = true;
    focus(0);
    changed();
  });
  banner.querySelector('[data-draft="drop"]').addEventListener("click", () => {
    localStorage.removeItem(DRAFT);
    banner.hidden = true;
    focus(0);
  });
}

/* --- acts on fields ------------------------------------------------------------------------ */

function edited(row) { delete row.raw; }

function blank(tag = "") {
  return { tag, ind: "##", text: "", embedded: null };
}

function add() {
  const at = where(document.activeElement);
  keep();
  if (at && at.m >= 0) {
    const row = rows[at.n];
    edited(row);
    row.embedded.splice(at.m + 1, 0, blank());
    draw();
    focus(at.n, at.m + 1, "tag");
  } else {
    const n = at ? at.n + 1 : rows.length;
    rows.splice(n, 0, blank());
    draw();
    focus(n, -1, "tag");
  }
  changed();
}

function remove() {
  const at = where(document.activeElement) || lastSpot;
  if (!at || (at.m < 0 && isLeader(rows[at.n]?.tag))) return;
  keep();
  const row = rows[at.n];
  if (at.m >= 0 && row.embedded.length > 1) {
    edited(row);
    row.embedded.splice(at.m, 1);
    draw();
    focus(at.n, Math.max(0, at.m - 1), at.kind);
  } else {
    rows.splice(at.n, 1);
    draw();
    focus(Math.min(at.n, rows.length - 1), -1, at.kind);
  }
  changed();
}

function move(by) {
  const at = where(document.activeElement) || lastSpot;
  if (!at || isLeader(rows[at.n]?.tag)) return;
  const list = at.m >= 0 ? rows[at.n].embedded : rows;
  const from = at.m >= 0 ? at.m : at.n;
  const to = from + by;
  if (to < 0 || to >= list.length || (list === rows && isLeader(rows[to].tag))) return;
  keep();
  if (at.m >= 0) edited(rows[at.n]);
  list.splice(to, 0, list.splice(from, 1)[0]);
  draw();
  if (at.m >= 0) focus(at.n, to, at.kind);
  else focus(to, -1, at.kind);
  changed();
}

/** A tag was written: its usual indicators, a first subfield, an embedded field where it links. */
function begin(row, part) {
  const known = fields[part.tag];
  if (isControl(part.tag)) { part.ind = ""; return; }
  const usual = known?.indicators.map((codes) => (codes[0] && codes[0][0] !== "*" ? codes[0][0] : "#"));
  if (usual && part.ind === "##") part.ind = usual.join("");
  if (part.text) return;
  const rest = positions[part.tag];
  if (isLink(part.tag) && part === row) {
    row.embedded = [{ tag: "200", ind: "1#", text: MARK + "a" }];
    row.text = "";
  } else part.text = MARK + "a" + (rest ? " ".repeat(rest.length) : "");
}

function goTo(tag) {
  const n = rows.findIndex((row) => row.tag === tag);
  if (n < 0) { say(words.noTag.replace("%(tag)s", tag)); return; }
  say("");
  focus(n);
}

/* --- codes ---------------------------------------------------------------------------------- */

function codedOf(row) {
  const table = positions[row.tag];
  if (!table || row.embedded) return null;
  if (isControl(row.tag)) return { table, text: row.text.replaceAll("#", " "), put: (v) => { row.text = isLeader(row.tag) ? v.replaceAll(" ", "#") : v; } };
  const start = row.text.indexOf(MARK + "a");
  if (start < 0) return { table, text: "", put: (v) => { row.text = MARK + "a" + v + row.text; } };
  const end = row.text.indexOf(MARK, start + 1);
  const stop = end < 0 ? row.text.length : end;
  return {
    table,
    text: row.text.slice(start + 2, stop),
    put: (v) => { row.text = row.text.slice(0, start + 2) + v + row.text.slice(stop); },
  };
}

function openCodes() {
  const at = where(document.activeElement) || lastSpot;
  const row = at && rows[at.n];
  const coded = row && codedOf(row);
  if (!coded) { say(words.noCodes); return; }
  document.getElementById("marc-codes-head").textContent = `${row.tag} ${fields[row.tag]?.name || words.leader}`;
  const grid = dialog.querySelector(".form-grid");
  grid.replaceChildren();
  const text = coded.text.padEnd(coded.table.length, " ");
  coded.table.rows.forEach(([start, length, name, codes], n) => {
    const value = text.slice(start, start + length).replaceAll(" ", "#");
    const field = document.createElement("div");
    field.className = "field";
    const label = document.createElement("label");
    label.htmlFor = `code-${n}`;
    const to = start + length - 1;
    label.textContent = `${start}${to > start ? "–" + to : ""} ${name}`;
    let control;
    if (codes.length) {
      control = document.createElement("select");
      const known = codes.some(([code]) => code === value);
      for (const [code, word] of known ? codes : [[value, words.notInTable], ...codes]) {
        control.append(new Option(`${code} ${word}`, code, false, code === value));
      }
    } else {
      control = document.createElement("input");
      control.value = value;
      control.maxLength = length;
    }
    control.id = `code-${n}`;
    field.append(label, control);
    grid.append(field);
  });
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "ok") {
      keep();
      edited(row);
      let made = text;
      coded.table.rows.forEach(([start, length], n) => {
        const value = document.getElementById(`code-${n}`).value.replaceAll("#", " ");
        made = made.slice(0, start) + value.padEnd(length, " ").slice(0, length) + made.slice(start + length);
      });
      coded.put(made);
      draw();
      changed();
    }
    focus(at.n);
  };
  dialog.showModal();
  grid.querySelector("select, input").focus();
}

/* --- pinyin --------------------------------------------------------------------------------- */

function subfield(text, code) {
  const start = text.indexOf(MARK + code);
  if (start < 0) return null;
  const end = text.indexOf(MARK, start + 1);
  const stop = end < 0 ? text.length : end;
  return { start, stop, value: text.slice(start + 2, stop) };
}

async function pinyin() {
  const at = where(document.activeElement) || lastSpot;
  const row = at && rows[at.n];
  const part = row && (at.m >= 0 ? row.embedded[at.m] : row);
  const title = part && (part.tag === "200" || part.tag[0] === "5");
  const name = part && /^7[0-2]\d$/.test(part.tag);
  const own = part?.text && subfield(part.text, "a");
  if (config.format !== "cnmarc" || !(title || name) || !own?.value.trim()) { say(words.noPinyin); return; }
  const body = new FormData();
  body.set("text", own.value);
  // A body (71X) is read as words, a person by the surname.
  if (/^70\d$/.test(part.tag)) body.set("name", "1");
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  let answer;
  try {
    const response = await fetch(config.pinyin, { method: "POST", body });
    if (!response.ok) throw new Error(String(response.status));
    answer = await response.json();
  } catch { say(words.failed); return; }
  keep();
  edited(row);
  // Older records have it in A: it stays there.
  const code = subfield(part.text, "A") ? "A" : "9";
  const there = subfield(part.text, code);
  const made = MARK + code + answer.pinyin;
  if (there) part.text = part.text.slice(0, there.start) + made + part.text.slice(there.stop);
  else part.text = part.text.slice(0, own.stop) + made + part.text.slice(own.stop);
  draw();
  focus(at.n, at.m);
  changed();
  say(words.pinyinMade.replace("%(sub)s", code)
    + (answer.doubtful.length ? ` ${words.pinyinDoubt} ${answer.doubtful.join("；")}` : ""));
}

/* --- help ----------------------------------------------------------------------------------- */

function definition(list, term, text) {
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  dt.textContent = term;
  dd.textContent = text;
  list.append(dt, dd);
}

function showHelp(part) {
  help.replaceChildren();
  const known = fields[part.tag];
  const head = document.createElement("p");
  head.className = "marc-help-head";
  if (isLeader(part.tag)) head.textContent = words.leader;
  else if (!known) head.textContent = `${part.tag} ${words.unknown}`;
  else head.textContent = `${part.tag} ${known.name}（${known.repeatable ? words.repeatable : words.once}）`;
  help.append(head);
  if (positions[part.tag] && !part.embedded) {
    const list = document.createElement("dl");
    list.className = "facts";
    for (const [start, length, name] of positions[part.tag].rows) {
      definition(list, length > 1 ? `${start}–${start + length - 1}` : String(start), name);
    }
    help.append(list);
  }
  if (!known) return;
  if (known.note) {
    const note = document.createElement("p");
    note.textContent = known.note;
    help.append(note);
  }
  const list = document.createElement("dl");
  list.className = "facts";
  known.indicators.forEach((codes, n) => {
    if (!codes.length) return;
    const text = codes.map(([code, name]) => (code === "*" ? words.any : code === "#" ? `# ${name || words.blank}` : `${code} ${name}`)).join("、");
    definition(list, `${words.indicators} ${n + 1}`, text);
  });
  for (const [code, name] of known.subfields) definition(list, MARK + code, name || "");
  help.append(list);
}

let lastSpot = null;
box.addEventListener("focusin", (event) => {
  const at = where(event.target);
  if (!at) return;
  lastSpot = at;
  burst = "";
  const row = rows[at.n];
  showHelp(at.m >= 0 ? row.embedded[at.m] : row);
});

/* --- typing --------------------------------------------------------------------------------- */

box.addEventListener("input", (event) => {
  const element = event.target;
  const at = where(element);
  if (!at) return;
  const row = rows[at.n];
  const part = at.m >= 0 ? row.embedded[at.m] : row;
  keep(`${at.n}.${at.m}.${at.kind}`);
  edited(row);
  if (at.kind === "text") {
    // A Chinese input method makes ￥ of the key, and keeps it from the keyboard.
    const typed = element.value.replace(/[￥＄](?=[a-z])/g, MARK);
    if (typed !== element.value) {
      const caret = element.selectionStart;
      element.value = typed;
      element.setSelectionRange(caret, caret);
    }
    part.text = element.value.replace(/[\r\n]+/g, " ");
    if (at.m < 0 && isLink(row.tag) && embeddedOf(part.text)) {
      row.embedded = embeddedOf(part.text);
      draw();
      focus(at.n, row.embedded.length - 1);
    } else fit(element);
  } else if (at.kind === "ind") {
    part.ind = element.value;
    if (part.ind.length === 2 && element.selectionStart === 2) focus(at.n, at.m, "text");
  } else {
    part.tag = element.value.toUpperCase();
    if (part.tag.length === 3) {
      begin(row, part);
      draw();
      if (at.m < 0 && row.embedded) focus(at.n, 0);
      else focus(at.n, at.m);
    }
  }
  changed();
});

box.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain");
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (lines.length < 2 || !lines.every((line) => /^\s*(LDR|[0-9A-Z]{3})/.test(line))) return;
  const at = where(event.target);
  event.preventDefault();
  keep();
  // Whatever mark another program uses, the rows show ours.
  const made = lines.filter((line) => !line.startsWith("LDR")).map((line) => rowOf(line.replace(/[▼‡|@$](?=[0-9a-zA-Z])/g, MARK)));
  const n = at ? at.n + 1 : rows.length;
  rows.splice(n, 0, ...made);
  draw();
  focus(n + made.length - 1);
  changed();
});

function typeMark(element, at) {
  const { selectionStart: start, selectionEnd: end, value } = element;
  const twice = start === end && value[start - 1] === MARK;
  element.setRangeText(twice ? "$" : MARK, twice ? start - 1 : start, end, "end");
  element.dispatchEvent(new Event("input", { bubbles: true }));
  return at;
}

box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const at = where(event.target);
  if (!at) return;
  const element = event.target;
  if (event.key === "$" && at.kind === "text" && !isControl(rows[at.n].tag)) {
    event.preventDefault();
    typeMark(element, at);
  } else if (event.key === "Enter" && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    add();
  } else if (event.key === "Delete" && event.ctrlKey) {
    event.preventDefault();
    remove();
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.altKey) {
    event.preventDefault();
    move(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const up = event.key === "ArrowUp";
    const tall = element.tagName === "TEXTAREA" && element.scrollHeight > 60;
    if (tall && (up ? element.selectionStart > 0 : element.selectionEnd < element.value.length)) return;
    event.preventDefault();
    const all = [...box.querySelectorAll(".marc-row")];
    const next = all[all.indexOf(element.closest(".marc-row")) + (up ? -1 : 1)];
    if (next) focus(Number(next.parentElement.dataset.row), Number(next.dataset.inner), at.kind);
  }
});

/* --- keys of the whole page ------------------------------------------------------------------ */

const acts = {
  add: () => { if (lastSpot && !where(document.activeElement)) focus(lastSpot.n, lastSpot.m, lastSpot.kind); add(); },
  delete: remove,
  up: () => move(-1),
  down: () => move(1),
  codes: openCodes,
  pinyin,
  undo: () => goBack(past, future, words.undone),
  redo: () => goBack(future, past, words.redone),
};

function submit(act) {
  sync();
  writeDraft();
  form.querySelector(`button[data-act="${act}"]`).click();
}

document.addEventListener("keydown", (event) => {
  if (dialog.open || event.isComposing) return;
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  const run = {
    s: () => submit("save"), z: () => (event.shiftKey ? acts.redo() : acts.undo()), y: acts.redo,
    g: () => goto.select(),
  };
  if (control && !event.altKey && run[key]) {
    event.preventDefault();
    run[key]();
  } else if (event.key === "F2" || event.key === "F4" || event.key === "F8") {
    event.preventDefault();
    if (event.key === "F2") openCodes();
    else if (event.key === "F4") pinyin();
    else { sync(); form.dispatchEvent(new Event("look")); }
  }
});

for (const button of form.querySelectorAll("button[data-act]")) {
  const act = acts[button.dataset.act];
  if (act) {
    // The field keeps the focus, so that the act knows which one is meant.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", act);
  }
}
form.addEventListener("submit", () => { sync(); writeDraft(); });

goto.addEventListener("keydown", (event) => {
  if (event.key === "Enter") { event.preventDefault(); goTo(goto.value.toUpperCase()); }
  else if (event.key === "Escape" && lastSpot) { event.preventDefault(); focus(lastSpot.n, lastSpot.m, lastSpot.kind); }
});
goto.addEventListener("input", () => { if (goto.value.length === 3) { const tag = goto.value.toUpperCase(); goto.value = ""; goTo(tag); } });

/* --- faults ----------------------------------------------------------------------------------- */

const told = document.getElementById("marc-told");

function mark() {
  for (const holder of box.children) holder.classList.remove("has-fault", "has-hint");
  for (const link of told.querySelectorAll("a[data-line]")) {
    const holder = box.children[Number(link.dataset.line) - 1];
    holder?.classList.add(link.closest("li").classList.contains("bad") ? "has-fault" : "has-hint");
  }
}
told.addEventListener("click", (event) => {
  const link = event.target.closest("a[href='#marc-lines']");
  if (!link) return;
  event.preventDefault();
  focus(Number(link.dataset.line || 1) - 1);
});
told.addEventListener("htmx:afterSwap", mark);
told.addEventListener("htmx:sendError", () => say(words.failed));
told.addEventListener("htmx:responseError", () => say(words.failed));

/* --- begin ------------------------------------------------------------------------------------- */

for (const part of form.querySelectorAll(".marc-script")) part.hidden = false;
document.getElementById("marc-plain").hidden = true;
sync();
draw();
offerDraft();
const alert = document.querySelector("#marc .message[role='alert'] input, #marc-draft:not([hidden]) button");
if (alert) alert.focus();
else {
  const bad = told.querySelector("li.bad a[data-line]");
  const title = rows.findIndex((row) => row.tag === (config.format === "cnmarc" ? "200" : "245"));
  focus(!config.fresh && bad ? Number(bad.dataset.line) - 1 : Math.max(0, title));
}
