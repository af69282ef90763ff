/**
 * The decisions an offline desk makes by itself, from the library's data and what it did since. Pure:
 * facts in, reasons out. `stop` refuses; `ask` refuses until the clerk says that it has to go all the
 * same. Whatever is decided here is decided again by the library when the journal arrives.
 */

/** The library's day of a moment, whatever zone this computer is set to. */
export function dayOf(milliseconds) {
  return new Date(milliseconds + 8 * 3600_000).toISOString().slice(0, 10);
}

function daysBetween(first, day) {
  return Math.round((Date.parse(day) - Date.parse(first)) / 86_400_000);
}

/** The terms in force that day, or null when they are not worked out so far ahead. */
export function termsOn(manifest, reader, kind, day) {
  const number = daysBetween(manifest.first, day);
  if (number < 0 || number >= manifest.days) return null;
  const spans = manifest.terms[`${reader}|${kind}`];
  if (!spans) return null;
  const found = spans.findLast(([since]) => since <= number);
  const [, loanDays, limit, lendable, overdueBlocks, ofCategory] = found;
  const due = loanDays === null ? "" : manifest.due[String(loanDays)][number];
  return { loanDays, limit, lendable, overdueBlocks, ofCategory, due };
}

/** Money as the library writes it, from 分. */
export function yuan(fen) {
  return (fen / 100).toFixed(2);
}

const reason = (code, severity, data = {}) => ({ code, severity, data });

/** What is against the card itself that day. */
export function cardReasons(reader, day) {
  if (reader.status === "replaced" || reader.status === "closed") {
    return [reason(`card-${reader.status}`, "stop")];
  }
  const found = [];
  if (reader.status === "lost") found.push(reason("card-lost", "stop"));
  if (reader.status === "blocked") found.push(reason("blocked", "stop"));
  if (reader.expires < day) found.push(reason("card-expired", "ask", { day: reader.expires }));
  if (reader.suspended && day <= reader.suspended) {
    found.push(reason("patron-suspended", "stop", { until: reader.suspended, why: "" }));
  }
  return found;
}

/** What is against the item itself. */
export function itemReasons(item, lendable) {
  if (item.status === "withdrawn") return [reason("item-withdrawn", "stop")];
  const found = [];
  if (item.status === "lost" || item.status === "missing") {
    found.push(reason("item-found-again", "ask"));
  } else if (item.status !== "available") {
    found.push(reason(`item-${item.status.replaceAll("_", "-")}`, "ask"));
  }
  if (!lendable) found.push(reason("item-not-lendable", "stop"));
  return found;
}

/**
 * @param {{manifest: object, reader: object|null, item: object|null, day: string}} facts
 *   `reader.loans` and `item.due` already with what was done here since. A reader or item that is null
 *   is not in the data.
 * @returns {{reasons: object[], due: string, unsure: boolean}}
 */
export function mayLend({ manifest, reader, item, day }) {
  const reasons = [];
  if (reader) reasons.push(...cardReasons(reader, day));
  if (item) reasons.push(...itemReasons(item, manifest.kinds[item.kind]?.[1] ?? true));
  if (item?.due) {
    reasons.push(reason("item-on-loan", item.lentHere ? "stop" : "ask", { due: item.due }));
  }
  if (reader && item && item.leastAge && reader.age >= 0) {
    const least = Math.min(item.leastAge, manifest.adult_age);
    if (reader.age < least) reasons.push(reason("age-marked", "stop", { least }));
  }
  const limit = reader ? manifest.owed?.[reader.category] : undefined;
  if (limit !== undefined && reader.owed > limit) {
    reasons.push(reason("fees-owed", "ask", { owed: yuan(reader.owed), limit: yuan(limit) }));
  }
  const terms = reader && item ? termsOn(manifest, reader.category, item.kind, day) : null;
  if (!terms) return { reasons, due: "", unsure: true };
  if (terms.loanDays === null) {
    reasons.push(reason("no-rule", "stop"));
    return { reasons, due: "", unsure: false };
  }
  if (!terms.lendable) reasons.push(reason("rule-not-lendable", "stop"));
  const counted = terms.ofCategory ? reader.loans.filter(([kind]) => kind === item.kind) : reader.loans;
  if (counted.length >= terms.limit) {
    reasons.push(reason("loan-limit", "ask", { limit: terms.limit, open: counted.length }));
  }
  const overdue = reader.loans.filter(([, due]) => due && due < day).length;
  if (overdue && terms.overdueBlocks) reasons.push(reason("overdue-loans", "ask", { count: overdue }));
  return { reasons, due: terms.due, unsure: reasons.length > 0 };
}
