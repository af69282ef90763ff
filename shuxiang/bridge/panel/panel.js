/** The panel of the simulated devices: what lies there, and which faults they have. */
const part = (id) => document.getElementById(id);
const WORDS = { "pad-offline": "垫板断开", security: "防盗位写不进", "id-offline": "身份证阅读器断开",
  "id-unreadable": "身份证读不出", jam: "卡住", "wrong-number": "写错号", "card-unreadable": "成卡读不出",
  "not-taken": "没人取卡", "paper-out": "打印机缺纸", "printer-offline": "打印机断开" };

async function set(body) {
  const answer = await fetch("/simulate", { method: "POST", body: JSON.stringify(body) });
  show(await answer.json());
}

function show(now) {
  if (!part("list").children.length) {
    part("list").append(...now.known_faults.map((name) => {
      const label = document.createElement("label"), box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value: name, checked: now.faults.includes(name) });
      label.append(box, WORDS[name] ?? name);
      return label;
    }));
    part("blanks").value = now.blanks;
  }
  part("now").textContent = [`电源：${now.power ? "有" : "断"}`, `垫板：${now.tags.join("，") || "空"}（07 防盗，C2 已解除）`,
    `空白卡：${now.blanks} 张；出卡口：${now.card}；取走：${now.taken.join("，") || "无"}`, "最近凭条：", ...now.slips].join("\n");
}

part("books").addEventListener("submit", (event) => {
  event.preventDefault();
  set({ books: part("barcodes").value.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [barcode, more = ""] = line.split(/\s+/);
    return { barcode, part: /^\d+$/.test(more) ? more : "", readable: more !== "?" };
  }) });
});
part("id").addEventListener("submit", (event) => {
  event.preventDefault();
  set({ id_card: { name: part("name").value, number: part("number").value } });
});
part("faults").addEventListener("submit", (event) => {
  event.preventDefault();
  set({ faults: [...part("list").querySelectorAll(":checked")].map((box) => box.value),
    blanks: Number(part("blanks").value), cut: part("cut").value });
});
document.querySelector("#books [data-clear]").addEventListener("click", () => set({ books: [] }));
document.querySelector("#id [data-clear]").addEventListener("click", () => set({ id_card: {} }));
document.querySelector("[data-power]").addEventListener("click", () => set({ power: true }));
set({});
setInterval(() => set({}), 2000);
