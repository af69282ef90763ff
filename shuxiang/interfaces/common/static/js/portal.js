/** The elder view switches at once; the form then keeps it in the cookie, as without script. */

for (const form of document.querySelectorAll("form[data-view-switch]")) {
  form.addEventListener("submit", () => {
    document.documentElement.dataset.view = form.elements.view.value;
  });
}
