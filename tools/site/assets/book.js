// What scrolls can be reached with the keyboard; what fits is no stop on the way. This takes the place of
// the theme's own script (tools/site/bundle.py), which measures and marks by turns: a page of formulas is laid out
// anew each time.
const SCROLLING = ".math-scroll, .pst-scrollable-table-container, pre, .cell_output > .output";
function reachable(within) {
  const boxes = [...within.querySelectorAll(SCROLLING)];
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
window.addEventListener("resize", () => reachable(document));
document.addEventListener("toggle", ({ target }) => reachable(target), { capture: true });

// The first screen is shown before the sections below it are laid out (book.css); these follow one by one, when
// the reader's machine has nothing else to do.
window.addEventListener("load", () => {
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  const idle = window.requestIdleCallback ?? setTimeout;
  const next = () => {
    const section = sections.shift();
    if (section) {
      section.style.contentVisibility = "visible";
      reachable(section);
      idle(next);
    } else {
      reachable(document); // what stands outside of sections
      document.documentElement.dataset.laidOut = "true";
    }
  };
  idle(next);
});

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
