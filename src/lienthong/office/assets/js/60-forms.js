// Forms: what was written is not lost without a question, nothing is sent twice, and the summary of errors gets the focus.
{
  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guarded]")) changed.add(form);
  });
  document.addEventListener("submit", (event) => {
    changed.delete(event.target);
    if (event.defaultPrevented || event.target.method === "get") return;
    // After this turn, so that the pressed button's own value is still sent.
    setTimeout(() => event.target.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = true; }));
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
  // The page comes back from the browser's memory: its buttons must work again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button[type=submit][disabled]").forEach((button) => { button.disabled = false; });
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelector("[data-error-summary]")?.focus());

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copies]");
    if (copier) navigator.clipboard?.writeText(document.getElementById(copier.dataset.copies).textContent.trim());
    if (event.target.closest("[data-prints]")) window.print();
  });
}
