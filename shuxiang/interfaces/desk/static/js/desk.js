/** Pages of the desk beside the scan screen: printing, and the form for a new card. */

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

// A reader's page that came back with a refusal shows it at once.
document.querySelector("[data-first]")?.focus();

const form = document.querySelector("[data-register]");
if (form) {
  const needs = JSON.parse(document.getElementById("category-needs").textContent);
  const { document: number, born_on: bornOn, category, sex } = form.elements;
  const guardian = form.querySelector("[data-guardian]");

  /** Completed years of a yyyy-mm-dd birth date, or null. */
  const age = () => {
    const [year, month, day] = bornOn.value.split("-").map(Number);
    if (!day) return null;
    const now = new Date();
    const before = now.getMonth() + 1 < month || (now.getMonth() + 1 === month && now.getDate() < day);
    return now.getFullYear() - year - (before ? 1 : 0);
  };
  const offer = () => {
    const years = age();
    const need = needs[category.value];
    const minor = years === null ? need === "guardian" : years < 14 || (years < 18 && need === "guardian");
    if (need === "group" || minor) guardian.open = true;
    for (const part of form.querySelectorAll("[data-child]")) part.hidden = years !== null && years >= 14;
  };
  for (const field of [bornOn, category]) field.addEventListener("change", offer);
  offer();

  // An ID reader ends with Enter: on to the name, not off with half a form.
  number.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.elements.name.focus();
  });
  document.addEventListener("htmx:afterSwap", () => {
    const told = form.querySelector("[data-born-on]");
    if (!told) return;
    bornOn.value = told.dataset.bornOn;
    sex.value = told.dataset.sex;
    offer();
  });
}
