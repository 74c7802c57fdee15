// What scrolls sideways can be reached with the keyboard; what fits is no stop on the way.
function reachable() {
  for (const box of document.querySelectorAll(".math-scroll, .pst-scrollable-table-container, div.output pre")) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
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
