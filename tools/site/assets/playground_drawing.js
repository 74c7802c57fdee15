// What "Your own data" draws: axes, points, bars, Gaussians, as strings of SVG, so that the page and the
// saved picture are one. It knows how to draw a Gaussian, as explorer.js does, whose colors and ticks it takes.
//
// A scene is {d, range, names, points, mixture, shares}: points as rows, shares one component after the other.

import { blend, DASHES, PALETTE, rgb, ticks } from "./explorer.js";

export const SHAPE = 3 / 4; // of the plane: its height by its width
export const PAPER = { palette: PALETTE.light, text: "#222222", page: "#ffffff", bars: "#c9ced4", points: "#5f6b7a" };
export const inkOf = (dark, text, page) => (dark
  ? { palette: PALETTE.dark, text, page, bars: "#56606b", points: "#a3aebb" } : { ...PAPER, text, page });

// Component k as on every page; the eighth takes the first color again, with another line.
export const colorOf = (k, ink) => ink.palette[k % ink.palette.length];
export const dashOf = (k) => DASHES[(k + Math.floor(k / PALETTE.light.length)) % DASHES.length];

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const near = (v) => clamp(v, -1e4, 1e4).toFixed(1);
const pathOf = (list) => list.map(([x, y], i) => `${i ? "L" : "M"}${near(x)} ${near(y)}`).join("");

// ---- one dimension ------------------------------------------------------------------------------

let kept = {}; // of the points drawn last
function histogram({ points, range: [[low, high]] }) {
  if (kept.points === points && kept.low === low && kept.high === high) return kept;
  const bins = clamp(Math.round(2 * Math.sqrt(points.length)), 8, 50), wide = (high - low) / bins;
  const heights = new Array(bins).fill(0);
  for (const [x] of points) {
    if (x >= low && x <= high) heights[Math.min(bins - 1, Math.floor((x - low) / wide))] += 1 / (points.length * wide);
  }
  kept = { points, low, high, heights, edges: heights.map((_, i) => low + i * wide).concat(high) };
  return kept;
}

// The share of each component in the density at x.
const densities = ({ weights, means, covariances }, x) => means.map(([mean], k) => {
  const variance = covariances[k][0][0];
  return weights[k] * Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
});
const sum = (list) => list.reduce((a, b) => a + b, 0);

// Room for the bars, and for the curve above them, unless that is a spike.
function tallest(scene) {
  const bar = Math.max(...histogram(scene).heights) || 1 / (scene.range[0][1] - scene.range[0][0]);
  const peaks = scene.mixture ? scene.mixture.means.map(([mean]) => sum(densities(scene.mixture, mean))) : [];
  return 1.1 * clamp(Math.max(0, ...peaks), bar, 2 * bar);
}

function bars(scene, at, ink) {
  const { heights, edges } = histogram(scene), list = [at([edges[0], 0])];
  heights.forEach((h, i) => list.push(at([edges[i], h]), at([edges[i + 1], h])));
  list.push(at([edges[edges.length - 1], 0]));
  return `<path d="${pathOf(list)}" fill="${ink.bars}"/>`;
}

function bells(mixture, { at, xlim: [low, high] }, ink) {
  const grid = [];
  for (let i = 0; i <= 240; i++) grid.push(low + (i / 240) * (high - low));
  // a component narrower than the grid still shows its peak
  mixture.means.forEach(([mean], k) => {
    for (let z = -4; z <= 4; z += 0.25) grid.push(mean + z * Math.sqrt(mixture.covariances[k][0][0]));
  });
  const xs = grid.filter((x) => x >= low && x <= high).sort((a, b) => a - b);
  const all = xs.map((x) => densities(mixture, x));
  const curve = (height) => pathOf(xs.map((x, i) => at([x, height(all[i])])));
  const parts = mixture.means.map((_, k) => `<path class="pg-component" d="${curve((row) => row[k])}" `
    + `stroke="${colorOf(k, ink)}" stroke-dasharray="${dashOf(k)}" stroke-width="2"/>`);
  return `${parts.join("")}<path class="pg-whole" d="${curve(sum)}" stroke="${ink.text}" stroke-width="2.4"/>`;
}

// ---- two dimensions -----------------------------------------------------------------------------

// The circle of a radius, in standard deviations, as the covariance sees it: along its two axes.
function outline([x, y], [[a, b], [, c]], radius, at) {
  const middle = (a + c) / 2, apart = Math.hypot((a - c) / 2, b), turn = Math.atan2(2 * b, a - c) / 2;
  const long = radius * Math.sqrt(middle + apart), thin = radius * Math.sqrt(Math.max(0, middle - apart));
  const list = [];
  for (let j = 0; j <= 72; j++) {
    const u = long * Math.cos((j * Math.PI) / 36), v = thin * Math.sin((j * Math.PI) / 36);
    list.push(at([x + u * Math.cos(turn) - v * Math.sin(turn), y + u * Math.sin(turn) + v * Math.cos(turn)]));
  }
  return pathOf(list);
}

function ellipses(mixture, { at }, ink) {
  return mixture.means.map((mean, k) => {
    const [x, y] = at(mean), cross = `M${near(x - 6)} ${near(y)}h12M${near(x)} ${near(y - 6)}v12`;
    const [two, one] = [2, 1].map((radius) => outline(mean, mixture.covariances[k], radius, at));
    const line = `stroke="${colorOf(k, ink)}" stroke-dasharray="${dashOf(k)}"`;
    // the halo: a line is seen on points of its own color too
    return `<path d="${two}${one}${cross}" stroke="${ink.page}" stroke-width="4.5" stroke-opacity="0.75"/>`
      + `<path class="pg-component" d="${two}" ${line} stroke-width="2.2"/><path d="${one}" ${line} stroke-width="1.6"/>`
      + `<path d="${cross}" stroke="${colorOf(k, ink)}" stroke-width="3"/>`;
  }).join("");
}

// ---- what both have -----------------------------------------------------------------------------

// Numbers along an axis: as powers of ten where they would be long, and no more than have room beside each other.
const LETTER = 8; // pixels, as wide as a digit is with the room about it
const widestOf = (list) => Math.max(...list.map(([, words]) => words.length));
export function marksOf(lim, most) {
  const power = Math.floor(Math.log10(Math.max(...lim.map(Math.abs)))), one = 10 ** power;
  const brief = () => ticks(lim.map((v) => v / one), most)
    .map(([v, words]) => [v * one, /[1-9]/.test(words) ? `${words}e${String(power).replace("-", "\u2212")}` : "0"]);
  if (power < -4) return brief();
  const plain = ticks(lim, most);
  if (widestOf(plain) <= LETTER) return plain;
  return widestOf(brief()) < widestOf(plain) ? brief() : plain;
}
// With the middle of each number, moved where it would leave the picture.
function marksAcross({ xlim, width, outer, unit, at }) {
  for (let most = width / (52 * unit); ; most /= 1.5) {
    const list = marksOf(xlim, most), wide = widestOf(list) * LETTER * unit;
    const placed = list.map(([v, words]) => [v, words, clamp(at([v, 0])[0], wide / 2, outer - wide / 2)]);
    if (most < 1 || placed.every(([, , x], i) => !i || x - placed[i - 1][2] > wide)) return placed;
  }
}

// Where things are: `at` leads from the data to pixels, `back` from pixels to the data.
export function panelOf(scene, outer, unit) {
  const { d, range: [xlim] } = scene, ylim = d === 2 ? scene.range[1] : [0, tallest(scene)];
  const top = Math.round(8 * unit), rug = d === 1 ? 20 : 0;
  const widest = widestOf(marksOf(ylim, 6));
  const left = Math.round((34 + 8 * widest) * unit), width = Math.max(80, outer - left - Math.round(10 * unit));
  const height = Math.round(width * SHAPE) - rug, bottom = top + height + rug;
  return {
    d, outer, unit, left, top, width, height, bottom, xlim, ylim, total: bottom + Math.round(40 * unit),
    at: ([x, y]) => [left + ((x - xlim[0]) / (xlim[1] - xlim[0])) * width, top + ((ylim[1] - y) / (ylim[1] - ylim[0])) * height],
    back: (x, y) => [xlim[0] + ((x - left) / width) * (xlim[1] - xlim[0]), ylim[1] - ((y - top) / height) * (ylim[1] - ylim[0])],
  };
}

function axes(names, panel, ink) {
  const { left, top, width, height, bottom, unit, ylim, at, d } = panel, size = 13 * unit;
  const parts = [];
  const words = (x, y, text, anchor = "middle", more = "") => parts.push(
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${ink.text}" font-size="${size}" text-anchor="${anchor}" ${more}>${escaped(text)}</text>`,
  );
  let lines = `M${left} ${top}V${bottom}H${left + width}`;
  for (const [value, text, middle] of marksAcross(panel)) {
    lines += `M${at([value, 0])[0].toFixed(1)} ${bottom}v5`;
    words(middle, bottom + 5 + size, text);
  }
  for (const [value, text] of marksOf(ylim, height / (45 * unit))) {
    const [, y] = at([0, value]);
    lines += `M${left} ${y.toFixed(1)}h-5`;
    words(left - 8, y + 4 * unit, text, "end");
  }
  // a column's name can be of any length
  const cut = (text, room) => (text.length * size * 0.55 > room ? `${text.slice(0, Math.max(3, Math.floor(room / size / 0.55) - 1))}…` : text);
  words(left + width / 2, bottom + 8 + 2.2 * size, cut(names[0], width));
  const y = top + height / 2;
  words(size, y, cut(d === 2 ? names[1] : "density", height), "middle", `transform="rotate(-90 ${size} ${y})"`);
  return `<path d="${lines}" stroke="${ink.text}" fill="none"/>${parts.join("")}`;
}

// Everything but the points. `more`: what the page adds inside the axes.
export function linesOf(scene, panel, ink, more = "") {
  const { left, top, width, height } = panel, { mixture, d } = scene;
  const inside = (d === 1 && scene.points.length ? bars(scene, panel.at, ink) : "")
    + (mixture ? (d === 1 ? bells : ellipses)(mixture, panel, ink) : "") + more;
  return `<svg x="${left}" y="${top}" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}" `
    + `overflow="hidden" fill="none">${inside}</svg>${axes(scene.names, panel, ink)}`;
}

// Each point's color, blended from those of the components by its shares; gray before there are any.
function colorsOf({ points, shares, mixture }, ink) {
  const n = points.length, K = mixture?.means.length;
  if (!shares || shares.length !== n * K) return () => ink.points;
  const hues = mixture.means.map((_, k) => rgb(colorOf(k, ink)));
  const mine = new Array(K - 1); // the last share is what is left of 1
  return (i) => {
    for (let k = 0; k < K - 1; k++) mine[k] = shares[k * n + i];
    return blend(mine, hues);
  };
}

const sizeOf = (n) => (n > 2000 ? 1.8 : n > 500 ? 2.4 : 3.2);
const RUG = [4, 17]; // where ticks stand below the axis

// The points on a canvas: thousands would be too many elements.
export function paintPoints(canvas, scene, panel, ink, scale) {
  const context = canvas.getContext("2d"), { left, top, width, height, at } = panel;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, panel.outer, panel.total);
  const color = colorsOf(scene, ink), r = sizeOf(scene.points.length);
  scene.points.forEach((point, i) => {
    const [x, y] = at(panel.d === 1 ? [point[0], 0] : point);
    if (x < left || x > left + width || y < top || y > top + height + 1) return;
    context.fillStyle = color(i);
    if (panel.d === 1) context.fillRect(x - 0.8, top + height + RUG[0], 1.6, RUG[1] - RUG[0]);
    else {
      context.beginPath();
      context.arc(x, y, r, 0, 7);
      context.fill();
    }
  });
}

// The whole picture as a file, on white whatever the page's theme.
export function pictureOf(scene, caption) {
  const panel = panelOf(scene, 720, 1), color = colorsOf(scene, PAPER), r = 1.2 * sizeOf(scene.points.length);
  const { top, height, outer, total, left } = panel;
  const dots = scene.points.map((point, i) => {
    const [x, y] = panel.at(panel.d === 1 ? [point[0], 0] : point).map((v) => v.toFixed(2));
    return panel.d === 1 ? `<path d="M${x} ${top + height + RUG[0]}V${top + height + RUG[1]}" stroke="${color(i)}" stroke-width="1.6"/>`
      : `<circle cx="${x}" cy="${y}" r="${r}" fill="${color(i)}"/>`;
  });
  const size = `${outer} ${total + 26}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${outer}" height="${total + 26}" viewBox="0 0 ${size}" font-family="system-ui, sans-serif">`
    + `<title>${escaped(caption)}</title><rect width="100%" height="100%" fill="#fff"/>${dots.join("")}${linesOf(scene, panel, PAPER)}`
    + `<text x="${left}" y="${total + 14}" font-size="13" fill="#222">${escaped(caption)}</text></svg>`;
}
