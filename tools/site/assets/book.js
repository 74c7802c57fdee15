// What scrolls can be reached with the keyboard; what fits is no stop on the way. This takes the place of
// the theme's own script (tools/site/bundle.py), which measures and marks by turns: a page of formulas is laid out
// anew each time.
const SCROLLING = ".math-scroll, .pst-scrollable-table-container, pre, .cell_output > .output";
function reachable(within) {
  // what is not laid out yet comes when it is
  const boxes = [...within.querySelectorAll(SCROLLING)].filter(
    (box) => box.checkVisibility?.({ contentVisibilityAuto: true }) ?? true);
  const scrolls = boxes.map((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
  boxes.forEach((box, i) => {
    if (scrolls[i] === box.hasAttribute("tabindex")) return;
    const says = { tabindex: "0" };
    // formulas and outputs are text; a table that takes the focus must say what it is
    if (box.querySelector("table")) Object.assign(says, { role: "region", "aria-label": `wide table ${++tables}` });
    for (const [key, value] of Object.entries(says)) {
      if (scrolls[i]) box.setAttribute(key, value);
      else box.removeAttribute(key);
    }
  });
}
let tables = 0;
window.addEventListener("load", () => reachable(document));
window.addEventListener("resize", () => reachable(document));
for (const event of ["toggle", "contentvisibilityautostatechange"]) {
  document.addEventListener(event, ({ target }) => reachable(target), { capture: true });
}

// A printed page shows what is folded on the screen: derivations, solutions, code. And paper is white.
let unfolded = [], shown = null;
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of unfolded) details.open = true;
  shown = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
  if (shown) document.documentElement.dataset.theme = shown;
});

// A page that was opened from the disk cannot start Python: its button would be dead.
for (const place of document.querySelectorAll(".run-here")) {
  if (location.protocol === "file:") place.textContent = "To run this page here, open it from a server: make serve.";
}
