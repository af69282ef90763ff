/** On every page: the network banner, the folded side menu, no double submit. */

const banner = document.getElementById("offline");
if (banner) {
  const show = () => { banner.hidden = navigator.onLine; };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

const narrow = matchMedia("(max-width: 860px)");
for (const details of document.querySelectorAll("details[data-fold-narrow]")) {
  // Also when a tablet is turned: wide, there is no button to open it with.
  const fold = () => { details.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
}

// The menu is longer than the window: the page's own entry is brought into view.
const here = document.querySelector(".side [aria-current='page']");
if (here && !narrow.matches) {
  const side = here.closest(".side");
  side.scrollTop = here.offsetTop - side.clientHeight / 2;
}

// A second press while the first is on its way sends nothing: request keys guard the server,
// this spares the reader the wait. `pageshow` frees the form when the page comes back from cache.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 10000);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Only where a script can print is there a button for it; the desk has its own.
for (const button of document.querySelectorAll(".office [data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
