/**
 * Change of clerk and the idle lock, over every page of the desk.
 *
 * The page stays as it is underneath: the reader, the waiting scans, a half-filled form. While it is
 * locked nothing of it is shown, and the server opens no other page of the staff either.
 */

const SEEN = "shuxiang.desk.seen";
const LOCKED = "shuxiang.desk.locked";
const dialog = document.querySelector("[data-clerk-dialog]");

class DeskLock {
  #title = document.title;

  constructor(element) {
    this.dialog = element;
    this.form = element.querySelector("form");
    this.secret = this.form.elements.secret;
    this.said = element.querySelector("[data-clerk-say]");
    this.account = element.dataset.account;
    this.idleMs = Number(element.dataset.idleMs);
    this.seen = Date.now();
    // A page that the server has just drawn is not locked, whatever an earlier one left behind.
    localStorage.removeItem(LOCKED);
    this.#note();
    this.#listen();
  }

  get box() {
    return document.querySelector("[data-scanbox]")?.scanbox;
  }

  get locked() {
    return "locked" in document.body.dataset;
  }

  /** Ask who takes the desk. */
  ask() {
    if (this.dialog.open) return;
    this.#tell("");
    this.form.elements.account.value = this.account;
    this.secret.value = "";
    this.dialog.showModal();
    this.form.elements.account.focus();
  }

  /** Cover the page and tell the server, unless it was the server that said so. */
  lock({ told = false } = {}) {
    if (this.locked) return;
    document.body.dataset.locked = "";
    document.title = this.dialog.dataset.lockedTitle;
    this.box?.queue.pause();
    if (this.dialog.open) this.dialog.close();
    this.#tell("");
    this.form.elements.account.value = this.account;
    this.secret.value = "";
    this.dialog.showModal();
    this.secret.focus();
    localStorage.setItem(LOCKED, this.account);
    if (!told) this.#post(this.dialog.dataset.lockUrl, {}).catch(() => {});
  }

  #open() {
    delete document.body.dataset.locked;
    document.title = this.#title;
    this.secret.value = "";
    this.dialog.close();
    this.#note();
    const { box } = this;
    if (!box) return;
    if (box.queue.stuck === "locked") box.queue.stuck = null;
    box.queue.resume();
    if (box.queue.question) box.parts.prompt.focus();
    else box.refocus();
  }

  async #submit() {
    const { box } = this;
    const account = this.form.elements.account.value;
    const other = account !== this.account;
    await box?.queue.pause();
    if (other && box?.queue.unsure) {
      this.#tell(this.dialog.dataset.unsure);
      if (!this.locked) box.queue.resume();
      return;
    }
    let answer;
    try {
      answer = await this.#post(this.form.action, { account, secret: this.secret.value });
    } catch {
      this.#tell(this.dialog.dataset.offline);
      if (!this.locked) box?.queue.resume();
      return;
    }
    if (!answer) {
      location.assign(this.dialog.dataset.loginUrl);
      return;
    }
    if (answer.kind !== "ok") {
      this.#tell(answer.say);
      this.secret.value = "";
      this.secret.focus();
      if (!this.locked) box?.queue.resume();
      return;
    }
    this.#take(answer, other);
    localStorage.removeItem(LOCKED);
    this.#open();
  }

  /** The page goes on under the session of `answer.account`. */
  #take({ account, name, csrf, store }, changed) {
    this.account = account;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": csrf }));
    for (const shown of document.querySelectorAll("[data-clerk-name]")) shown.textContent = name;
    this.box?.handOver({ csrf, store, changed });
  }

  /** JSON of the server; null when it sent a page instead: the session has ended. */
  async #post(url, fields) {
    const csrf = this.form.elements.csrfmiddlewaretoken.value;
    const response = await fetch(url, { method: "POST", credentials: "same-origin",
      body: new URLSearchParams({ csrfmiddlewaretoken: csrf, ...fields }),
      headers: { Accept: "application/json", "X-Requested-With": "scanbox" } });
    const json = (response.headers.get("Content-Type") ?? "").includes("json");
    return response.ok && json ? response.json() : null;
  }

  #tell(text) {
    this.said.textContent = text;
    this.said.hidden = !text;
  }

  #note() {
    this.seen = Date.now();
    // Not at every key: other tabs of the desk need to know to the second at most.
    if (this.seen - Number(localStorage.getItem(SEEN) ?? 0) > 1000) {
      localStorage.setItem(SEEN, String(this.seen));
    }
  }

  #tick() {
    const last = Math.max(this.seen, Number(localStorage.getItem(SEEN) ?? 0));
    if (!this.locked && Date.now() - last > this.idleMs) this.lock();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.dialog.addEventListener("cancel", (event) => {
      if (this.locked) event.preventDefault();
    });
    // Chromium closes a dialog at the second Escape whatever is prevented.
    this.dialog.addEventListener("close", () => {
      if (this.locked) this.dialog.showModal();
      else this.box?.refocus();
    });
    this.dialog.querySelector("[data-clerk-cancel]").addEventListener("click", () => {
      if (!this.locked) this.dialog.close();
    });
    document.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-clerk-open], [data-lock-now]");
      if (!pressed) return;
      event.preventDefault();
      if (pressed.matches("[data-lock-now]")) this.lock();
      else this.ask();
    });
    document.addEventListener("desk:clerk", () => this.ask());
    document.addEventListener("desk:lock", () => this.lock());
    for (const name of ["keydown", "pointerdown"]) {
      addEventListener(name, () => { if (!this.locked) this.#note(); }, { capture: true });
    }
    addEventListener("storage", (event) => {
      if (event.key !== LOCKED) return;
      if (event.newValue) this.lock({ told: true });
      else if (this.locked) location.reload();
    });
    // A page out of the browser's store must not show what the lock has covered.
    addEventListener("pageshow", (event) => {
      if (event.persisted && localStorage.getItem(LOCKED)) this.lock({ told: true });
    });
    if (this.idleMs) setInterval(() => this.#tick(), 1000);
  }
}

if (dialog) dialog.desklock = new DeskLock(dialog);

// F7 of the scan box: the lists of reservations, by the desk's own navigation.
document.addEventListener("desk:holds", () => {
  document.querySelector('.desk-head a[href$="/desk/holds/"]')?.click();
});
