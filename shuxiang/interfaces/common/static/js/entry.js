/**
 * Entering books by the batch: Enter goes to the next empty field that is needed and saves from the
 * last one. Without this script Enter saves at once and the server names what is missing.
 */

const form = document.querySelector("form[data-entry]");
if (form) {
  const stub = form.querySelector("[data-stub]");
  const title = form.elements.title;
  const picked = () => form.querySelector('input[name="pick"]:checked, input[name="pick"][type="hidden"]')?.value;
  const follow = () => {
    if (!stub) return;
    stub.hidden = picked() !== "stub";
    title.toggleAttribute("data-needed", !stub.hidden);
  };
  const next = () => [...form.querySelectorAll("[data-needed]")].find((field) => !field.value.trim());
  for (const radio of form.querySelectorAll('input[name="pick"]')) radio.addEventListener("change", follow);
  follow();
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON" || event.target.tagName === "A") return;
    event.preventDefault();
    const empty = next();
    if (empty) empty.focus();
    else form.requestSubmit();
  });
  // A question first; else what is still needed; else a book that can be saved by one more Enter.
  const question = form.querySelector('input[name="lift"]');
  (question || next() || document.getElementById("entry-save")).focus();
}
