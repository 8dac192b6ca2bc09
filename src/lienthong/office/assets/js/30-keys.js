// Keys: / to search, g then a letter to a room ([data-key] in the navigation), j and k along a list, x to select,
// Enter to open, ? for this list. They can be switched off (WCAG 2.1.4) in the dialog that ? opens.
{
  const STORED = "keys";
  const off = () => localStorage.getItem(STORED) === "off";
  const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let going = 0;

  const rows = () => [...document.querySelectorAll("table.list tbody tr")];
  function step(by) {
    const all = rows();
    const next = all[Math.min(Math.max(all.findIndex((row) => row.contains(document.activeElement)) + by, 0), all.length - 1)];
    next?.querySelector("th a, td a, input")?.focus();
  }
  const current = () => document.activeElement?.closest("table.list tbody tr");

  const KEYS = {
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
    j: () => step(1),
    k: () => step(-1),
    x: () => current()?.querySelector("input[type=checkbox]")?.click(),
    g: () => { going = Date.now(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (off() && event.key !== "?") return;
    if (document.querySelector("dialog[open]")) return;
    // <button data-press="s"> is pressed by its key, where a page says so beside it.
    const button = !going && document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); return; }
    const room = Date.now() - going < 1500 && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    going = 0;
    if (room) room.click();
    else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
    else return;
    event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") localStorage.setItem(STORED, event.target.checked ? "on" : "off");
  });
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("keys-on");
    if (box) box.checked = !off();
  });
}
