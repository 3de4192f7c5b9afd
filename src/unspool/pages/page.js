"use strict";
// The switch of colours is made here, so that a page without scripts has none, and follows the system's theme.
const root = document.documentElement, button = document.createElement("button");
const system = matchMedia("(prefers-color-scheme: dark)");
const dark = () => (root.style.colorScheme || (system.matches ? "dark" : "light")) === "dark";
const name = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
try { root.style.colorScheme = localStorage.getItem("theme") || ""; } catch { /* a file may have no storage */ }
button.type = "button";
button.onclick = () => {
  root.style.colorScheme = dark() ? "light" : "dark";
  try { localStorage.setItem("theme", root.style.colorScheme); } catch { /* then it is not remembered */ }
  name();
};
system.onchange = name;
name();
document.querySelector(".bar").append(button);

// What a cell says is shown beside it, when it is pointed at, tapped or focused; Escape closes it.
const tip = document.createElement("div");
tip.id = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);
let shown = null, pointed = null;  // the cells of the tip and below the pointer
let dismissed = null;  // a cell that Escape has closed stays so when the window itself gets the focus back
const close = () => { tip.textContent = ""; shown = null; };
const open = (cell) => {
  shown = cell;
  tip.textContent = cell.dataset.tip;
  const box = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
  const top = box.top - own.height - 6 > 0 ? box.top - own.height - 6 : box.bottom + 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
};
const cellOf = (event) => event.target.closest("[data-tip]");
// Not at pointerover, which also comes when a page that keys have scrolled moves below a pointer at rest.
document.addEventListener("pointermove", (event) => {
  const cell = cellOf(event);
  if (cell === pointed) return;
  pointed = cell;
  if (cell) open(cell);
  else if (shown && shown !== document.activeElement) close();
});
document.addEventListener("pointerdown", (event) => { const cell = cellOf(event); cell ? open(cell) : close(); });
document.addEventListener("focusin", (event) => {
  const cell = cellOf(event);
  if (cell && cell === dismissed) return;
  cell ? open(cell) : close();
});
document.addEventListener("focusout", () => { if (document.hasFocus()) dismissed = null; });
const follow = () => { pointed = null; if (shown) shown === document.activeElement ? open(shown) : close(); };  // a focused cell keeps it
document.addEventListener("scroll", follow, { capture: true, passive: true });

// A table that is wider than its box can be scrolled with the keyboard.
for (const box of document.querySelectorAll(".wide:not([data-cells])")) {
  if (box.scrollWidth <= box.clientWidth) continue;
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", box.querySelector("caption").textContent);
}

// A group of cells is one stop of the Tab key; the arrow keys, Home and End move within it.
const groups = document.querySelectorAll("[data-cells]");
for (const group of groups) {
  const cells = group.querySelectorAll("[data-tip]");
  cells.forEach((cell, index) => { cell.tabIndex = index ? -1 : 0; });
}
const middle = (cell) => { const box = cell.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };
const nearest = (cells, from, down) => {
  const [x, y] = middle(from), least = from.getBoundingClientRect().height / 2;
  let best = from, distance = Infinity;
  for (const cell of cells) {
    const [left, top] = middle(cell), rows = (top - y) * (down ? 1 : -1);
    const far = rows * 1000 + Math.abs(left - x);
    if (rows > least && far < distance) { best = cell; distance = far; }
  }
  return best;
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { close(); dismissed = cellOf(event); }
  const from = cellOf(event), group = from && from.closest("[data-cells]");
  if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
  const cells = [...group.querySelectorAll("[data-tip]")].filter((cell) => cell.checkVisibility());
  const at = cells.indexOf(from);
  const to = {
    ArrowRight: () => cells[at + 1], ArrowLeft: () => cells[at - 1], Home: () => cells[0], End: () => cells.at(-1),
    ArrowDown: () => nearest(cells, from, true), ArrowUp: () => nearest(cells, from, false),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  const cell = to() || from;
  from.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
});
