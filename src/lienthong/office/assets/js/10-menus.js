// Menus are <details class="menu">: one at a time, closed by Escape, a click elsewhere or leaving with Tab.
{
  const open = () => document.querySelectorAll("details.menu[open]");
  const closeOthers = (kept) => open().forEach((menu) => menu.contains(kept) || (menu.open = false));

  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (location.hash === "#rooms") location.hash = "#content";
  });

  // <button data-opens="ID"> opens the <dialog> of that id; a dialog's [data-closes] closes it.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    event.target.closest("[data-closes]")?.closest("dialog")?.close();
  });
}
