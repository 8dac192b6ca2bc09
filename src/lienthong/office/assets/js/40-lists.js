// Selection in lists: the box in the head takes all rows of the page, Shift takes a range, the bar of bulk actions
// shows how many are chosen. Works on what htmx swaps in, for everything is listened to at the document.
{
  let last = null;
  const boxes = (list) => [...list.querySelectorAll("tbody input[name=selected]")];

  function tell(form) {
    const list = form.querySelector("table.list");
    if (!list) return;
    const all = boxes(list);
    const chosen = all.filter((box) => box.checked).length;
    const head = list.querySelector("[data-select-all]");
    if (head) {
      head.checked = chosen > 0 && chosen === all.length;
      head.indeterminate = chosen > 0 && chosen < all.length;
    }
    const bar = form.querySelector(".bulk");
    if (!bar) return;
    bar.hidden = chosen === 0;
    const count = bar.querySelector("[data-count]");
    if (count) count.textContent = String(chosen);
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.name !== "selected" || !box.form) return;
    const all = boxes(box.form);
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
    tell(box.form);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-select-all]")) return;
    boxes(event.target.form).forEach((box) => { box.checked = event.target.checked; });
    tell(event.target.form);
  });
  const tellAll = () => document.querySelectorAll("form:has(table.list)").forEach(tell);
  document.addEventListener("DOMContentLoaded", tellAll);
  document.addEventListener("htmx:after:swap", tellAll);

  // A choice that takes effect at once, such as a saved view or the number of rows, where a button would only follow it.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // Opening a filter's choices asks, once per page, how many rows there are at each.
  document.addEventListener("focusin", async (event) => {
    const choices = event.target;
    if (!choices.matches?.("select[data-counted]")) return;
    choices.removeAttribute("data-counted");
    const answer = await fetch(`${choices.form.dataset.counts}&facets=${encodeURIComponent(choices.name)}`);
    if (!answer.ok) return;
    const counts = await answer.json();
    for (const option of choices.options) {
      if (option.value) option.textContent += ` (${counts[option.value] ?? 0})`;
    }
  });
}
