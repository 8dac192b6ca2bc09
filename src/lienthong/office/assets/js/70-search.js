// Suggestions under the search box: arrow keys move along them, Escape and leaving close them.
{
  const box = () => document.getElementById("search");
  const links = () => [...document.querySelectorAll("#suggestions a")];

  document.addEventListener("keydown", (event) => {
    const place = document.getElementById("suggestions");
    if (!place?.childElementCount || !event.target.closest(".house-search")) return;
    const all = links();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown") (all[at + 1] ?? all[0])?.focus();
    else if (event.key === "ArrowUp") (all[at - 1] ?? box()).focus();
    else if (event.key === "Escape") {
      place.replaceChildren();
      box().focus();
    } else return;
    event.preventDefault();
  });

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest(".house-search")) document.getElementById("suggestions")?.replaceChildren();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".house-search")) document.getElementById("suggestions")?.replaceChildren();
  });
}
