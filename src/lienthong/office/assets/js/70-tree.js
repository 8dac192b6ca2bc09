// The tree of units: nested lists of links that work as they are. Here they become a tree as WAI-ARIA describes it
// (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/): one stop for Tab, arrows to walk, open and close; what stands
// below comes when it is asked for.
{
  const items = (tree) => [...tree.querySelectorAll(".tree-name")].filter((name) => !name.closest("ul[hidden]"));
  const group = (li) => li.querySelector(":scope > ul");
  const name = (li) => li.querySelector(":scope > .tree-name");

  // Roles are given here, for only here are the keys that they promise.
  function dress(root, open) {
    for (const li of root.querySelectorAll("li")) {
      const link = name(li), twist = li.querySelector(":scope > .twist"), below = group(li);
      li.setAttribute("role", "none");
      link.setAttribute("role", "treeitem");
      link.tabIndex = -1;
      if (twist) { twist.setAttribute("aria-hidden", "true"); twist.tabIndex = -1; }
      if (!below) continue;
      below.setAttribute("role", "group");
      link.setAttribute("aria-owns", below.id);
      if (!link.hasAttribute("aria-expanded")) show(li, open && li.hasAttribute("data-open"));
    }
  }

  function show(li, open) {
    name(li).setAttribute("aria-expanded", String(open));
    group(li).hidden = !open;
    li.toggleAttribute("data-open", open);
  }

  async function turn(li, open) {
    const below = group(li);
    if (open && !below.children.length) {
      const tree = li.closest("[data-tree]"), number = li.id.slice(1);
      name(li).setAttribute("aria-busy", "true");
      await htmx.ajax("GET", `${tree.dataset.tree}${number}/${location.search}`, { target: below, swap: "innerHTML" });
      name(li).removeAttribute("aria-busy");
      dress(below, true);
    }
    show(li, open);
  }

  function focus(link) {
    if (!link) return;
    for (const other of link.closest("[data-tree]").querySelectorAll(".tree-name[tabindex='0']")) other.tabIndex = -1;
    link.tabIndex = 0;
    link.focus();
  }

  document.addEventListener("click", (event) => {
    const twist = event.target.closest("[data-tree] a.twist");
    if (!twist || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const li = twist.parentElement;
    turn(li, !li.hasAttribute("data-open"));
  });

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-tree] .tree-name");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items(link.closest("[data-tree]")), li = link.parentElement, below = group(li);
    const open = below && li.hasAttribute("data-open"), place = all.indexOf(link);
    const KEYS = {
      ArrowDown: () => focus(all[place + 1]),
      ArrowUp: () => focus(all[place - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all.at(-1)),
      ArrowRight: () => (open ? focus(all[place + 1]) : below && turn(li, true)),
      ArrowLeft: () => (open ? turn(li, false) : focus(li.parentElement.closest("li")?.querySelector(".tree-name"))),
    };
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const tree of document.querySelectorAll("[data-tree]")) {
      tree.setAttribute("role", "tree");
      dress(tree, true);
      const start = tree.querySelector("[aria-current]") ?? tree.querySelector(".tree-name");
      if (start) start.tabIndex = 0;
      if (tree.querySelector("[aria-current]")) start.scrollIntoView({ block: "center" });
    }
  });
}
