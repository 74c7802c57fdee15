// What scrolls sideways can be reached with the keyboard; what fits is no stop on the way.
function reachable() {
  document.querySelectorAll(".math-scroll, .pst-scrollable-table-container, div.output pre").forEach((box, i) => {
    const says = { tabindex: "0" };
    // formulas and outputs are text; a table that takes the focus must say what it is
    if (box.querySelector("table")) Object.assign(says, { role: "region", "aria-label": `wide table ${i + 1}` });
    for (const [key, value] of Object.entries(says)) {
      if (box.scrollWidth > box.clientWidth) box.setAttribute(key, value);
      else box.removeAttribute(key);
    }
  });
}
window.addEventListener("load", reachable);
window.addEventListener("resize", reachable);

// A printed page shows what is folded on the screen: derivations, solutions, code.
let unfolded = [];
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of unfolded) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});

// A page that was opened from the disk cannot start Python: its button would be dead.
for (const place of document.querySelectorAll(".run-here")) {
  if (location.protocol === "file:") place.textContent = "To run this page here, open it from a server: make serve.";
}
