/** Words and times as the pages that work without a network show them. */

export function escaped(text) {
  const box = document.createElement("span");
  box.textContent = text;
  return box.innerHTML.replaceAll('"', "&quot;");
}

/** A text with its places filled: `{name}`, or `%(name)s` as the library's own texts have them. */
export function fill(text, values) {
  return text.replaceAll(/%\((\w+)\)[sd]|\{(\w+)\}/g, (_, one, two) => String(values[one ?? two] ?? ""));
}

/** The library's time of day, whatever zone this computer is set to. */
export function clockTime(milliseconds) {
  return new Date(milliseconds + 8 * 3600_000).toISOString().slice(11, 16);
}
