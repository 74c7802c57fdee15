// What is wider than the text is made to fit, before it is printed: first smaller, then broken over
// lines. The page must be as wide as the text and in print (paper.py). Returns what is too wide still.
globalThis.fit = ({ least }) => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const width = document.body.clientWidth;
  const says = (e) => `${e.closest(".page")?.id ?? ""}: <${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> ${e.textContent.trim().slice(0, 50)}`;
  const points = (e) => (parseFloat(getComputedStyle(e).fontSize) * 72) / 96;

  // a figure as wide as most, seven inches, takes the whole width: so all have letters of one size
  for (const svg of all("svg.printed")) {
    const across = Number(svg.getAttribute("width"));
    svg.style.width = `${Math.min(1, 0.81 * across / width) * width}px`;
  }
  for (const pre of all("pre")) {
    if (pre.scrollWidth <= pre.clientWidth + 1) continue;
    const smaller = Math.max(least, points(pre) * ((pre.clientWidth - 1) / pre.scrollWidth) * 0.995);
    pre.style.fontSize = `${smaller}pt`;
    if (pre.scrollWidth > pre.clientWidth + 1) pre.classList.add("broken");
  }
  for (const table of all("table")) {
    const room = table.parentElement.clientWidth;
    for (let size = points(table); table.offsetWidth > room + 1 && size >= least; size -= 0.25) table.style.fontSize = `${size}pt`;
  }
  for (const formula of all(".math-scroll")) {
    const inner = formula.querySelector(".katex");
    if (formula.scrollWidth > formula.clientWidth + 1) {
      inner.style.fontSize = `${(points(inner) * (formula.clientWidth - 1)) / formula.scrollWidth}pt`;
    }
  }
  const faults = [];
  for (const e of all("body *")) {
    // what a plot's own frame cuts off, and the insides of formulas and drawings, which these contain
    if (e.closest("svg svg, .katex *, .cover")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.right > width + 1.5 || box.left < -1.5) faults.push(says(e));
    else if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" && !(e instanceof SVGElement)) faults.push(`inside: ${says(e)}`);
  }
  return [...new Set(faults)];
};
