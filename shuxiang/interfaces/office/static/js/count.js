/**
 * Counting at the shelf with a phone: scans are kept in the browser until the library has them.
 *
 * Nothing is lost when the network is: what is not sent stays in localStorage and is sent again; the
 * library counts a code once however often it comes.
 */

const box = document.querySelector("#count");
const KEY = `shuxiang-count-${box.dataset.inventory}`;
const AT_ONCE = 500;
const SAME_MS = 3000;

const code = box.querySelector("#count-code");
const last = box.querySelector("#count-last");
const state = box.querySelector("#count-state");
const order = box.querySelector("#count-order");
const list = box.querySelector("#count-list");
const camera = box.querySelector("#count-camera");
const video = box.querySelector("#count-video");

let kept = read();
let sending = false;
let seen = { code: "", at: 0 };

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

function show(said = "") {
  localStorage.setItem(KEY, JSON.stringify(kept));
  list.replaceChildren(
    ...kept.slice(-30).reverse().map((each) => {
      const line = document.createElement("li");
      line.textContent = each;
      return line;
    }),
  );
  state.textContent = said || (kept.length ? box.dataset.kept + kept.length : box.dataset.sent);
}

/** @param {string} text as scanned or typed */
function note(text) {
  const scan = text.normalize("NFKC").replace(/\p{C}/gu, "").trim();
  if (!scan) return;
  const again = kept.includes(scan);
  if (!again) kept.push(scan);
  last.hidden = false;
  last.className = again ? "message tone-notice" : "message tone-ok";
  last.textContent = again ? box.dataset.again + scan : scan;
  navigator.vibrate?.(again ? [60, 60, 60] : 60);
  show();
}

async function send() {
  if (sending || !kept.length) return;
  sending = true;
  const piece = kept.slice(0, AT_ONCE);
  try {
    const answer = await fetch(box.dataset.send, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": box.querySelector("[name=csrfmiddlewaretoken]").value,
      },
      body: JSON.stringify({ codes: piece, in_order: order.checked }),
    });
    const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (answer.ok && !answer.redirected) kept = kept.slice(piece.length);
    show(body.said ?? (answer.ok && !answer.redirected ? "" : box.dataset.offline));
  } catch {
    show(box.dataset.offline);
  } finally {
    sending = false;
  }
  if (navigator.onLine && kept.length >= AT_ONCE) await send();
}

box.querySelector("#count-form").addEventListener("submit", (event) => {
  event.preventDefault();
  note(code.value);
  code.value = "";
  code.focus();
});
box.querySelector("#count-send").addEventListener("click", send);
box.querySelector("#count-drop").addEventListener("click", () => {
  kept.pop();
  show();
});
addEventListener("online", send);

async function watch(detector) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const look = async () => {
    if (video.hidden) return;
    const found = await detector.detect(video).catch(() => []);
    for (const each of found) {
      const fresh = each.rawValue !== seen.code || Date.now() - seen.at > SAME_MS;
      seen = { code: each.rawValue, at: Date.now() };
      if (fresh) note(each.rawValue);
    }
    setTimeout(look, 200);
  };
  look();
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  camera.hidden = false;
  camera.addEventListener("click", async () => {
    try {
      await watch(new window.BarcodeDetector());
      camera.hidden = true;
    } catch {
      state.textContent = box.dataset.nocamera;
    }
  });
  show();
} else {
  show(kept.length ? "" : box.dataset.nocamera);
}
