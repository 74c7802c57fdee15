// Starts a lecture. What moves in it is the book's: explore_host.js, question_host.js.
(() => {
  "use strict";

  // The slides of the longer lecture are there if the address says ?long.
  if (!new URLSearchParams(location.search).has("long")) {
    for (const slide of document.querySelectorAll("section.long")) slide.remove();
  }

  // A lecture begins with no question answered, whatever was tried at home: where there is no
  // storage, question.js keeps an answer as long as the page.
  Object.defineProperty(window, "localStorage", { get() { throw new Error("not in a lecture"); } });

  // Where an address names an explorer (the host writes such ones, and questions link to them), its
  // slide is what is meant.
  function goTo(address) {
    const name = new URL(address).hash.slice(1).split(/[?%]/)[0];
    const slide = name && document.querySelector(`[data-explorer="${CSS.escape(name)}"]`)?.closest("section");
    if (!slide) return false;
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    return true;
  }
  const opened = location.href;

  Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4,
    center: false, hash: true, controls: false, progress: true, slideNumber: "c/t",
    navigationMode: "linear", transition: "none", backgroundTransition: "none",
    defaultTiming: 120, // the notes then show how far behind the plan one is; each slide has its own
    pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
  }).then(() => {
    if (goTo(opened)) history.replaceState(history.state, "", opened); // the host has not read it yet
    addEventListener("hashchange", (event) => goTo(event.newURL)); // after reveal.js's own
  });
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark" }, () => {
    const root = document.documentElement.dataset;
    root.theme = root.theme === "dark" ? "light" : "dark";
  });

  // A slider that was dragged would keep the arrow keys, and a clicker's, for itself.
  const typing = () => document.activeElement?.matches("select, input[type=text]");
  addEventListener("pointerup", () => setTimeout(() => { if (!typing()) document.activeElement?.blur(); }));
  addEventListener("change", (event) => { if (event.target.matches("select")) event.target.blur(); });
})();
