/** Unsaved MARC records that this browser keeps for whoever is signed in. */

const config = JSON.parse(document.getElementById("drafts-config").textContent);
const card = document.getElementById("drafts");
const start = `marc-draft:${config.account}:`;
const found = Object.keys(localStorage)
  .filter((key) => key.startsWith(start))
  .map((key) => JSON.parse(localStorage.getItem(key)))
  .sort((a, b) => (a.at < b.at ? 1 : -1));
for (const draft of found) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  // Only an address of our own is ever written there; anything else is not followed.
  link.href = draft.address.startsWith("/") && !draft.address.startsWith("//") ? draft.address : "#";
  link.textContent = draft.name;
  item.append(link, ` ${new Date(draft.at).toLocaleString("zh-CN")}`);
  card.querySelector("ul").append(item);
}
card.hidden = !found.length;
