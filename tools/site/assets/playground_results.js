// What came of it, on the page "Your own data": numbers in words, small pictures, tables. Each function fills a
// box with what gmmlib answered, and computes nothing of it.

export function make(parent, tag, attributes = {}, text = null) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  parent?.append(element);
  return element;
}

const minus = (text) => text.replace(/-/g, "\u2212");
export const fixed = (v, digits) => minus(v.toFixed(digits));
// four digits, as long as that is short
export const short = (v) => minus(v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e6) ? v.toExponential(2) : String(Number(v.toPrecision(4))));
export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202F"); // 200 000
const many = (n, what) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;
export const points = (n) => many(n, "point");

// The log-likelihood over the steps.
export function climbCurve(box, heights) {
  box.replaceChildren();
  if (heights.length < 2) return;
  const w = 200, h = 84, steps = heights.length - 1, low = Math.min(...heights), high = Math.max(...heights);
  const at = (v, i) => `${(4 + (i / steps) * (w - 8)).toFixed(1)} ${(h - 6 - ((v - low) / (high - low || 1)) * (h - 14)).toFixed(1)}`;
  const line = heights.map((v, i) => (i ? "L" : "M") + at(v, i)).join("");
  const dots = steps <= 40 ? heights.map((v, i) => `M${at(v, i)}h0`).join("") : "";
  box.innerHTML = `<svg viewBox="0 0 ${w} ${h}" role="img" aria-label="Log-likelihood over ${many(steps, "step")}, from ${short(low)} to ${short(high)}">`
    + `<path class="pg-axis" d="M2 2V${h - 2}H${w - 2}"/><path class="pg-climb" d="${line}"/><path class="pg-dots" d="${dots}"/></svg>`;
  const gain = heights[steps] - heights[steps - 1], rounding = Math.abs(gain) < 1e-12 * Math.abs(high);
  make(box, "p", { class: "pg-words" }, `${many(steps, "step")}; the last gained ${rounding ? "no more than rounding" : short(gain)}`);
}

// BIC for each K: a line, and on it a button for each K; `choose` is called with the K that is clicked.
export function bicPicture(box, bic, choose) {
  const known = bic.filter((v) => v !== null), low = Math.min(...known), high = Math.max(...known);
  const y = (v) => 8 + 72 * (1 - (v - low) / (high - low || 1)); // smaller is better, and lower
  const line = bic.map((v, i) => (v === null ? "" : `${i && bic[i - 1] !== null ? "L" : "M"}${i * 10 + 5} ${y(v).toFixed(1)}`)).join("");
  box.innerHTML = `<svg viewBox="0 0 ${bic.length * 10} 88" preserveAspectRatio="none" aria-hidden="true"><path class="pg-climb" d="${line}"/></svg>`;
  bic.forEach((v, i) => {
    const words = v === null ? "no fit" : `BIC ${fixed(v, 1)}, ${v === low ? "the lowest" : `${short(v - low)} above the lowest`}`;
    const bar = make(box, "button", { type: "button", "aria-label": `${i + 1} component${i ? "s" : ""}: ${words}`, title: words, "data-bic": v ?? "" });
    bar.addEventListener("click", () => choose(i + 1));
    if (v !== null) make(bar, "i", { style: `--at: ${(y(v) / 88).toFixed(3)}`, class: v === low ? "pg-lowest" : "" });
    make(bar, "span", {}, String(i + 1));
  });
  return known.length ? low : null;
}

// The maxima that ten starts found, the highest first, and which of them this run is at.
export function topsList(list, { maxima = [], collapsed = 0 }) {
  list.replaceChildren();
  const most = Math.max(1, ...maxima.map((top) => top.starts));
  for (const top of maxima.slice(0, 6)) {
    const item = make(list, "li", top.here ? { class: "pg-here" } : {});
    make(item, "span", {}, fixed(top.log_likelihood, 3));
    make(item, "i", { style: `width: ${(22 * top.starts / most).toFixed(0)}%` });
    make(item, "span", {}, `${top.starts} of 10${top.here ? ": here" : ""}`);
  }
  if (maxima.length > 6) make(list, "li", {}, `and ${maxima.length - 6} lower ones`);
  if (collapsed) make(list, "li", {}, `${collapsed} of 10 collapsed`);
}

function grid(box, columns, rows) {
  const element = make(box, "table"), head = make(make(element, "thead"), "tr"), body = make(element, "tbody");
  for (const words of columns) make(head, "th", { scope: "col" }, words);
  for (const cells of rows) {
    const row = make(body, "tr");
    for (const words of cells) make(row, "td", {}, words);
  }
}

export function mixtureTable(box, { weights, means, covariances, d }, names) {
  box.replaceChildren();
  const of = (what) => names.map((name) => `${what} of ${name}`);
  const columns = ["component", "weight", ...of("mean"), ...of("variance"), ...(d === 2 ? ["covariance"] : [])];
  grid(box, columns, means.map((mean, k) => {
    const C = covariances[k];
    return [String(k), ...[weights[k], ...mean, ...C.map((row, j) => row[j]), ...(d === 2 ? [C[0][1]] : [])].map(short)];
  }));
}

// The first rows of a table that was read, and what is to be said of it.
export function firstRows(box, table) {
  const columns = table.columns.slice(0, 12);
  const rows = Math.max(0, ...columns.map((column) => column.values.length));
  grid(make(box, "div", { class: "pg-table", tabindex: 0, role: "region", "aria-label": "The first rows" }),
    columns.map((column) => column.name),
    Array.from({ length: rows }, (_, i) => columns.map((column) => column.values[i] ?? "")));
  const notes = make(box, "ul", { class: "pg-words" });
  make(notes, "li", {}, `${many(table.rows, "row")}, ${many(table.columns.length, "column")}`);
  for (const { name, why, missing } of table.columns) {
    if (why) make(notes, "li", {}, why.includes(name) ? why : `${name}: ${why}`);
    else if (missing) make(notes, "li", {}, `${name}: ${count(missing)} missing; rows without it are left out`);
  }
  for (const note of table.notes ?? []) make(notes, "li", {}, note);
}
