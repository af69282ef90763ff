/** The sheet of paper: Enter, which every scanner sends, goes on to the next cell or row. */

const form = document.querySelector("[data-paper]");
if (form) {
  const cells = (row) => [...row.querySelectorAll("input, select")];
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    const row = event.target.closest("tr");
    if (!row) return;
    const inRow = cells(row);
    const at = inRow.indexOf(event.target);
    const next = row.nextElementSibling;
    if (at < inRow.length - 1) inRow[at + 1].focus();
    else if (next) {
      // The next line is mostly of the same kind.
      const [time, act, , barcode] = cells(next);
      if (!barcode.value) act.value = inRow[1].value;
      time.focus();
    } else form.querySelector("[name=enter]").focus();
  });
  form.querySelector(".is-wrong input, [name=time]").focus();
}
