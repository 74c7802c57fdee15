// Draws an explorer: unpacks the tables that gmmlib computed, and shows the row of each that
// the sliders point at. It knows how to draw a Gaussian. It knows no EM, and decides nothing.

const SVG = "http://www.w3.org/2000/svg";
const ABSENT = 65535;
const DASHES = ["", "7 4", "9 3 2 3", "2 3", "6 2 2 2 2 2", "1 2", "10 3"];
const STYLES = { "-": "", "--": "7 4", ":": "2 3", "-.": "9 3 2 3", contour: "" };
// plots.COLORS, and the same hues lightened until they stand out from a dark page
const PALETTE = {
  light: ["#0072B2", "#D55E00", "#007A5A", "#A6447E", "#8A6D00", "#2A8FBD", "#555555"],
  dark: ["#5AB4E8", "#F28E4B", "#3CC79B", "#E08BBF", "#D9B93C", "#86CDEB", "#B5B5B5"],
};

// ---- tables -------------------------------------------------------------------------------

// A host that cannot show a drawing says why, in these words.
const lacks = (what) => new Error(`this browser is too old for them (it has no ${what})`);

async function inflate(base64) {
  if (!window.DecompressionStream) throw lacks("DecompressionStream");
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const last = (list) => list[list.length - 1]; // older browsers have no list.at(-1)

// packing.py says how a table is packed; this undoes it, step by step.
function unpack(bytes, spec) {
  let at = 0;
  return spec.tables.map((table) => {
    const count = table.states * table.shape.reduce((a, b) => a * b, 1);
    const codes = table.width === 2 ? new Uint16Array(count) : new Int32Array(count);
    for (let plane = 0; plane < table.width; plane++) {
      for (let i = 0; i < count; i++) codes[i] += bytes[at + i] << (8 * plane);
      at += count;
    }
    for (let i = 0; i < count; i++) if (i % table.states) codes[i] += codes[i - 1];
    return { ...table, codes };
  });
}

function stateOf(table, position, spec) {
  let state = 0;
  for (const slider of spec.sliders) {
    if (table.sliders.includes(slider.name)) {
      state = state * slider.labels.length + position[slider.name];
    }
  }
  return state;
}

// The numbers of one state as rows, ABSENT as NaN; null if all are absent.
function rowsOf(table, state) {
  const width = table.shape.length > 1 ? last(table.shape) : 1;
  const count = table.shape.reduce((a, b) => a * b, 1);
  const rows = [];
  let any = false;
  for (let i = 0; i < count; i++) {
    const code = table.codes[i * table.states + state];
    const column = table.low.length > 1 ? i % table.low.length : 0;
    if (i % width === 0) rows.push([]);
    last(rows).push(code === ABSENT ? NaN : table.low[column] + code * table.size[column]);
    any = any || code !== ABSENT;
  }
  return any ? rows : null;
}

function fixed(integer, digits) {
  const text = String(Math.abs(integer)).padStart(digits + 1, "0");
  const point = text.length - digits;
  return (integer < 0 ? "\u2212" : "") + text.slice(0, point) + (digits ? "." + text.slice(point) : "");
}

function fill(template, tables, position, spec) {
  // None of a kernel in the browser arrives as undefined, so == null asks for both, here and below
  const table = template.table == null ? null : tables[template.table];
  const state = table && stateOf(table, position, spec);
  return template.parts
    .map(([text, field, digits]) => {
      if (field === undefined) return text;
      if (field === "slider") {
        const slider = spec.sliders.find((s) => s.name === digits);
        return text + slider.labels[position[digits]];
      }
      const integer = table.codes[field * table.states + state];
      return text + (digits == null ? template.words[integer] : fixed(integer, digits));
    })
    .join("");
}

// ---- small helpers ------------------------------------------------------------------------

function make(parent, tag, attributes = {}, text = null) {
  const element = parent.namespaceURI === SVG || tag === "svg"
    ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  parent.append(element);
  return element;
}

function ticks([low, high], most) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  let step = [1, 2, 5, 10].find((f) => f * power >= raw) * power;
  // one number alone says nothing of the scale: rather more of them than there is room for
  for (const finer of [5, 4, 2, 1]) {
    if (Math.floor(high / step + 1e-9) > Math.ceil(low / step - 1e-9)) break;
    step = Math.min(step, finer * power);
  }
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const places = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    places.push([i * step, (i * step).toFixed(digits).replace("-", "\u2212")]);
  }
  return places;
}

// A spike of a collapsing component would reach millions of pixels beyond the panel; nobody has
// to follow it there (axe-core takes minutes).
const near = (pixels) => Math.min(1e4, Math.max(-1e4, pixels)).toFixed(2);

const line = (points) => {
  let d = "", pen = "M";
  for (const [x, y] of points) {
    if (Number.isNaN(x) || Number.isNaN(y)) { pen = "M"; continue; }
    d += pen + near(x) + " " + near(y);
    pen = "L";
  }
  return d;
};

const nearest = (values, value) =>
  values.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(values[best] - value) ? i : best), 0);

const isDark = () => {
  const root = document.documentElement.dataset.theme;
  if (root) return root === "dark";
  return document.body.dataset.jpThemeLight === "false";
};

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Each color by its share; the last share is what is left of 1.
function blend(shares, colors) {
  const left = Math.max(0, 1 - shares.reduce((a, b) => a + b, 0));
  const all = [...shares, left];
  const mixed = [0, 1, 2].map((c) => Math.round(all.reduce((sum, s, k) => sum + s * colors[k][c], 0)));
  return `rgb(${mixed.map((v) => Math.min(255, v)).join(" ")})`;
}

// ---- marks: each makes its elements once, and gets them into a state again and again -------

const MARKS = {
  Histogram(g, mark, panel) {
    const path = make(g, "path", { class: "gx-data" });
    return ({ heights }) => {
      const edges = mark.bins, outline = [[edges[0], 0]];
      heights.forEach(([h], i) => outline.push([edges[i], h], [edges[i + 1], h]));
      outline.push([last(edges), 0]);
      path.setAttribute("d", line(outline.map(panel.at)));
    };
  },

  Density(g, mark, panel, theme) {
    const paths = [];
    return ({ parameters }) => {
      const [low, high] = panel.spec.xlim, grid = [];
      for (let i = 0; i <= 240; i++) grid.push(low + ((high - low) * i) / 240);
      // a component narrower than the grid still shows its peak
      for (const [, mean, logSd] of parameters) {
        for (let z = -4; z <= 4; z += 0.25) grid.push(mean + z * Math.exp(logSd));
      }
      const xs = grid.filter((x) => x >= low && x <= high).sort((a, b) => a - b);
      const parts = parameters.map(([weight, mean, logSd]) => xs.map((x) =>
        weight * Math.exp(-(((x - mean) / Math.exp(logSd)) ** 2) / 2 - logSd) / Math.sqrt(2 * Math.PI)));
      const whole = xs.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0));
      const curves = mark.components ? [...parts, whole] : [whole];
      curves.forEach((curve, k) => {
        paths[k] ??= make(g, "path", { class: "gx-line" });
        const isWhole = k === curves.length - 1;
        paths[k].setAttribute("class", isWhole ? "gx-line gx-whole" : "gx-line gx-component");
        if (!isWhole) theme.component(paths[k], k);
        paths[k].setAttribute("d", line(xs.map((x, i) => panel.at([x, curve[i]]))));
      });
    };
  },

  Curve(g, mark, panel, theme) {
    const path = make(g, "path", { class: "gx-line", "stroke-dasharray": STYLES[mark.style] ?? "" });
    theme.stroke(path, mark.k);
    return ({ y }) => path.setAttribute("d", line(mark.x.map((x, i) => panel.at([x, y[i][0]]))));
  },

  Points(g, mark, panel, theme) {
    const dots = [];
    const rug = panel.rug && mark.channels.x !== undefined && panel.widthOf(mark.channels.x) === 1;
    if (rug) panel.svg.append(g); // below the axis, where nothing is cut off
    return ({ x, shares }) => {
      const colors = theme.palette.map(rgb);
      x.forEach((point, i) => {
        const [left, top] = panel.at(rug ? [point[0], 0] : point);
        if (rug) {
          dots[i] ??= make(g, "line", { class: "gx-tick", y1: panel.rug[0], y2: panel.rug[1] });
          dots[i].setAttribute("x1", left.toFixed(2));
          dots[i].setAttribute("x2", left.toFixed(2));
          const inside = left >= panel.left && left <= panel.left + panel.width;
          dots[i].setAttribute("visibility", inside ? "inherit" : "hidden");
        } else {
          dots[i] ??= make(g, "circle", { class: "gx-dot", r: mark.size });
          dots[i].setAttribute("cx", left.toFixed(2));
          dots[i].setAttribute("cy", top.toFixed(2));
        }
        const paint = shares ? blend(shares[i], colors) : mark.k == null ? "currentColor" : theme.palette[mark.k];
        dots[i].setAttribute(rug ? "stroke" : "fill", paint);
      });
    };
  },

  Ellipses(g, mark, panel, theme) {
    const groups = [];
    return ({ parameters }) => {
      parameters.forEach(([, x, y, a, b, c], k) => {
        groups[k] ??= [
          make(g, "path", { class: "gx-line gx-mean" }),
          ...mark.radii.map(() => make(g, "path", { class: "gx-line gx-component" })),
        ];
        const [cross, ...outlines] = groups[k];
        theme.stroke(cross, k);
        const [left, top] = panel.at([x, y]);
        cross.setAttribute("d", `M${left - 6} ${top}h12M${left} ${top - 6}v12`);
        outlines.forEach((path, i) => {
          theme.component(path, k);
          const points = [];
          for (let j = 0; j <= 72; j++) {
            const u = mark.radii[i] * Math.cos((j * Math.PI) / 36);
            const v = mark.radii[i] * Math.sin((j * Math.PI) / 36);
            points.push(panel.at([x + a * u, y + b * u + c * v]));
          }
          path.setAttribute("d", line(points));
        });
      });
    };
  },

  Path(g, mark, panel, theme) {
    const contour = mark.style === "contour";
    const path = make(g, "path", {
      class: contour ? "gx-contour" : "gx-line", "stroke-dasharray": STYLES[mark.style] ?? "",
    });
    const steps = make(g, "path", { class: "gx-steps" });
    const head = make(g, "circle", { class: "gx-head", r: 5 });
    if (!contour) for (const e of [path, steps]) theme.stroke(e, mark.k);
    head.setAttribute("fill", mark.k == null ? "currentColor" : theme.palette[mark.k]);
    return ({ xy }) => {
      const points = xy.map(panel.at);
      path.setAttribute("d", line(points));
      const real = points.filter(([x]) => !Number.isNaN(x));
      steps.setAttribute("d", mark.marker ? real.map(([x, y]) => `M${x.toFixed(2)} ${y.toFixed(2)}h0`).join("") : "");
      head.setAttribute("visibility", mark.marker ? "inherit" : "hidden");
      if (mark.marker) {
        const [x, y] = last(real);
        head.setAttribute("cx", x.toFixed(2));
        head.setAttribute("cy", y.toFixed(2));
      }
    };
  },

  HeatMap(g, mark, panel, theme) {
    const draw = image(g, mark, panel);
    return ({ z }) => {
      const values = z.flat(), low = Math.min(...values), high = Math.max(...values);
      draw(z, (v) => {
        const t = high > low ? (v - low) / (high - low) : 0;
        const grey = theme.dark ? 35 + 130 * t : 250 - 130 * (1 - t);
        return [grey, grey, grey + 5, 255];
      });
    };
  },

  Categories(g, mark, panel, theme) {
    const draw = image(g, mark, panel, "pixelated");
    return ({ z }) => draw(z, (v) => (v < 0.5 ? [0, 0, 0, 0] : [...rgb(theme.palette[Math.round(v) - 1]), 90]));
  },

  Picture(g, mark, panel) {
    const draw = image(g, mark, panel, "pixelated");
    return ({ z, palette }) => {
      const colors = palette.map((color) => [...color.map(Math.round), 255]);
      draw(z, (v) => colors[Math.round(v)]);
    };
  },

  Rule(g, mark, panel, theme) {
    const path = make(g, "path", { class: "gx-rule" });
    theme.stroke(path, mark.k);
    return ({ at }) => {
      const [x0, x1] = panel.spec.xlim, [y0, y1] = panel.spec.ylim;
      const ends = (v) => (mark.axis === "x" ? [[v, y0], [v, y1]] : [[x0, v], [x1, v]]);
      path.setAttribute("d", at.filter(([v]) => !Number.isNaN(v)).map(([v]) => line(ends(v).map(panel.at))).join(""));
    };
  },

  Bars(g, mark, panel, theme) {
    const bars = mark.labels.map(() => make(g, "rect", { class: "gx-bar" }));
    return ({ heights }) => heights.forEach(([h], k) => {
      const [left, top] = panel.at([k - 0.3, Math.max(h, 0)]);
      const [right, bottom] = panel.at([k + 0.3, Math.min(h, 0)]);
      const box = { x: left, y: top, width: right - left, height: Math.max(0, bottom - top) };
      for (const [name, value] of Object.entries(box)) bars[k].setAttribute(name, value.toFixed(2));
      bars[k].setAttribute("fill", theme.palette[k % theme.palette.length]);
    });
  },

  Text(g, mark, panel) {
    const [vertical, horizontal] = mark.at.split(" ");
    const text = make(g, "text", {
      class: "gx-text",
      x: horizontal === "left" ? panel.left + 8 : panel.left + panel.width - 8,
      y: vertical === "top" ? panel.top + 5 + 13 * panel.unit : panel.top + panel.height - 8,
      "text-anchor": horizontal === "left" ? "start" : "end",
    });
    return ({ words }) => { text.textContent = words; };
  },
};

function image(g, mark, panel, rendering = "auto") {
  const [x0, x1, y0, y1] = mark.extent;
  const [left, top] = panel.at([x0, y1]), [right, bottom] = panel.at([x1, y0]);
  const element = make(g, "image", {
    x: left, y: top, width: right - left, height: bottom - top,
    preserveAspectRatio: "none", style: `image-rendering: ${rendering}`,
  });
  return (z, color) => {
    const canvas = document.createElement("canvas");
    canvas.width = z[0].length;
    canvas.height = z.length;
    const context = canvas.getContext("2d"), pixels = context.createImageData(canvas.width, canvas.height);
    z.forEach((row, i) => row.forEach((v, j) => {
      pixels.data.set(color(v), 4 * ((z.length - 1 - i) * row.length + j));
    }));
    context.putImageData(pixels, 0, 0);
    element.setAttribute("href", canvas.toDataURL());
  };
}

// ---- a panel ------------------------------------------------------------------------------

function axes(svg, panel, spec) {
  const { left, top, width, height, bottom, unit } = panel;
  svg.append(document.createElementNS(SVG, "g"));
  const g = svg.lastChild;
  g.setAttribute("class", "gx-axes");
  const bars = spec.marks.find((mark) => mark.kind === "Bars");
  const places = bars ? bars.labels.map((label, k) => [k, label]) : ticks(spec.xlim, width / (52 * unit));
  for (const [value, label] of places) {
    const [x] = panel.at([value, 0]);
    make(g, "path", { d: `M${x} ${bottom}v5` });
    make(g, "text", { x, y: bottom + 5 + 13 * unit, "text-anchor": "middle" }, label);
  }
  for (const [value, label] of ticks(spec.ylim, height / (45 * unit))) {
    const [, y] = panel.at([0, value]);
    make(g, "path", { d: `M${left} ${y}h-5` });
    make(g, "text", { x: left - 8, y: y + 4 * unit, "text-anchor": "end" }, label);
  }
  make(g, "path", { d: `M${left} ${top}V${bottom}H${left + width}` });
  // the name of an axis, a size smaller where the reader's large letters leave too little room
  const name = (text, room, attributes) => {
    const size = room / (0.6 * text.length);
    if (size < 13 * unit) attributes.style = `font-size: ${size.toFixed(1)}px`;
    make(g, "text", { ...attributes, "text-anchor": "middle" }, text);
  };
  const middle = left + width / 2;
  name(spec.x, 2 * Math.min(middle, panel.outer - middle), { x: middle, y: bottom + 5 + 31 * unit });
  const x = panel.edge + 13 * unit, y = top + height / 2;
  name(spec.y, 2 * Math.min(y, panel.total - y), { x, y, transform: `rotate(-90 ${x} ${y})` });
}

function legend(box, panel, theme) {
  box.replaceChildren();
  const entry = (label, dash, color, kind) => {
    const item = make(box, "span", { class: "gx-key" });
    const swatch = make(item, "svg", { width: 26, height: 12, "aria-hidden": "true" });
    make(swatch, "path", { d: "M1 6h24", class: kind, stroke: color, "stroke-dasharray": dash });
    item.append(label);
  };
  const marks = panel.spec.marks;
  const mixture = marks.find((m) => (m.kind === "Density" && m.components) || m.kind === "Ellipses");
  if (mixture) {
    const count = panel.tables[mixture.channels.parameters].shape[0];
    for (let k = 0; k < count; k++) entry(`component ${k}`, DASHES[k], theme.palette[k], "gx-line");
    if (mixture.kind === "Density") entry("mixture", "", "currentColor", "gx-line gx-whole");
  }
  for (const mark of marks) {
    if (!mark.label) continue;
    const color = mark.k == null ? "currentColor" : theme.palette[mark.k];
    entry(mark.label, mark.kind === "Rule" ? "4 3" : STYLES[mark.style] ?? "", color, "gx-line");
  }
  box.hidden = !box.childElementCount;
}

// How large the reader wants text: 1 where a line of it is 16 px high, as drawn below.
const textSize = () => {
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  return Math.min(2.5, Math.max(1, size || 1));
};

function plot(figure, spec, tables, whole, pick) {
  const box = make(figure, "div", { class: "gx-panel" });
  if (spec.title) make(box, "div", { class: "gx-title" }, spec.title);
  const shown = spec.marks.find((mark) => mark.alt);
  const label = shown ? shown.alt : `${spec.title || whole.name}: ${spec.y} against ${spec.x}`;
  const svg = make(box, "svg", { role: "img", "aria-label": label });
  const keys = make(box, "div", { class: "gx-keys" });
  if (spec.pick) {
    svg.classList.add("gx-pick");
    svg.addEventListener("click", (event) => {
      const { left, top, width, height } = panel, [x0, x1] = spec.xlim, [y0, y1] = spec.ylim;
      // the drawing may be shown smaller than it was laid out
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const x = x0 + ((place.x - left) / width) * (x1 - x0);
      const y = y1 - ((place.y - top) / height) * (y1 - y0);
      if (x < x0 || x > x1 || y < y0 || y > y1) return;
      pick(spec.pick[0], x);
      pick(spec.pick[1], y);
    });
  }
  let drawn = [], panel = null;

  function layout(theme) {
    const outer = Math.max(240, Math.floor(box.clientWidth));
    const widthOf = (index) => (tables[index].shape.length > 1 ? last(tables[index].shape) : 1);
    const rug = spec.marks.some((m) => m.kind === "Points" && widthOf(m.channels.x) === 1);
    // room for the widest number beside the axis, and for the label beyond it
    const widest = Math.max(...ticks(spec.ylim, 6).map(([, label]) => label.length)), unit = textSize();
    const room = 36 + 8 * widest, top = Math.round(8 * unit), right = Math.round(14 * unit);
    const beside = Math.round(room * unit), below = 13 + Math.round(31 * unit) + (rug ? 18 : 0);
    const [x0, x1] = spec.xlim, [y0, y1] = spec.ylim;
    let width = Math.max(60, outer - beside - right);
    let height = Math.min(430, Math.max(250, Math.round(outer * 0.68))) - 52 - (rug ? 18 : 0);
    // One unit is as long on both axes, so that what is round looks round.
    if (spec.equal) {
      const shape = (y1 - y0) / (x1 - x0);
      width = Math.min(width, 370 / Math.sqrt(shape), 400 / shape);
      height = width * shape;
    }
    const edge = (outer - beside - width - right) / 2, left = edge + beside;
    const total = top + height + below;
    panel = {
      svg, spec, tables, widthOf, unit, outer, total, edge, left, top, width, height,
      bottom: top + height + (rug ? 18 : 0),
      rug: rug && [top + height + 3, top + height + 15],
      at: ([x, y]) => [left + ((x - x0) / (x1 - x0)) * width, top + ((y1 - y) / (y1 - y0)) * height],
    };
    svg.replaceChildren();
    svg.setAttribute("width", outer);
    svg.setAttribute("height", total);
    svg.setAttribute("viewBox", `0 0 ${outer} ${total}`);
    svg.setAttribute("font-size", 13 * unit);
    // tests turn what is drawn back into numbers with this
    svg.dataset.frame = JSON.stringify({ left, top, width, height, xlim: spec.xlim, ylim: spec.ylim });
    // A drawing inside the drawing cuts off what is outside the axes. A clipPath would need an id,
    // and an id belongs to the whole page: two explorers would cut each other.
    const inside = {
      class: "gx-inside", x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}`,
      overflow: "hidden", preserveAspectRatio: "none",
    };
    drawn = spec.marks.map((mark) => {
      const g = make(make(svg, "svg", inside), "g", { class: "gx-mark", "data-kind": mark.kind });
      return { mark, g, update: MARKS[mark.kind](g, mark, panel, theme), last: null };
    });
    axes(svg, panel, spec);
    legend(keys, panel, theme);
  }

  function update(position) {
    for (const entry of drawn) {
      const channels = Object.entries(entry.mark.channels);
      const states = channels.map(([, index]) => stateOf(tables[index], position, whole));
      const words = entry.mark.text ? fill(entry.mark.text, tables, position, whole) : "";
      const key = states.join() + words;
      if (key === entry.last) continue;
      entry.last = key;
      const values = { words };
      channels.forEach(([name, index], i) => { values[name] = rowsOf(tables[index], states[i]); });
      const here = Object.values(values).every((v) => v !== null);
      entry.g.setAttribute("visibility", here ? "visible" : "hidden");
      if (here) entry.update(values);
    }
  }
  return { layout, update, width: () => box.clientWidth * textSize() };
}

function table(figure, spec, tables, whole) {
  const box = make(figure, "div", { class: "gx-panel gx-table" });
  if (spec.title) make(box, "div", { class: "gx-title" }, spec.title);
  const element = make(box, "table");
  const head = make(make(element, "thead"), "tr");
  make(head, "td");
  for (const column of spec.columns) make(head, "th", { scope: "col" }, column);
  const body = make(element, "tbody"), cells = [];
  for (const row of spec.rows) {
    const tr = make(body, "tr");
    make(tr, "th", { scope: "row" }, row);
    for (const _ of spec.columns) cells.push(make(tr, "td"));
  }
  const update = (position) => {
    fill(spec.cells, tables, position, whole).split("\n").forEach((text, i) => { cells[i].textContent = text; });
  };
  // what scrolls sideways can be reached with the keyboard
  const layout = () => { box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1; };
  return { layout, update, width: () => box.clientWidth * textSize() };
}

// ---- the explorer -------------------------------------------------------------------------

function themeNow() {
  const dark = isDark(), palette = PALETTE[dark ? "dark" : "light"];
  return {
    dark, palette,
    stroke: (element, k) => element.setAttribute("stroke", k == null ? "currentColor" : palette[k % palette.length]),
    component: (element, k) => {
      element.setAttribute("stroke", palette[k % palette.length]);
      element.setAttribute("stroke-dasharray", DASHES[k % DASHES.length]);
    },
  };
}

async function render({ model, el }) {
  const spec = model.get("spec");
  const tables = unpack(await inflate(model.get("data")), spec);
  const root = make(el, "div", { class: "gx", "data-explorer": spec.name });
  const figure = make(root, "div", { class: "gx-figure" });
  // A click in a panel moves the sliders, as a hand would: to their nearest position.
  const pick = (name, value) => {
    const i = spec.sliders.findIndex((slider) => slider.name === name);
    model.set(`s${i}`, spec.sliders[i].values[nearest(spec.sliders[i].values, value)]);
    model.save_changes();
  };
  const panels = spec.panels.map((p) => (p.kind === "Table" ? table : plot)(figure, p, tables, spec, pick));
  const sentence = make(root, "p", { class: "gx-sentence", role: "status" });

  // Sliders over numbers send their value, sliders over options the option's number.
  const position = () => Object.fromEntries(spec.sliders.map((slider, i) => {
    const value = model.get(`s${i}`);
    if (!slider.numeric) return [slider.name, value];
    return [slider.name, nearest(slider.values, value)];
  }));

  let waiting = 0;
  function update() {
    waiting = 0;
    const now = position();
    for (const panel of panels) panel.update(now);
    const text = fill(spec.sentence, tables, now, spec);
    if (sentence.textContent !== text) sentence.textContent = text;
    root.dataset.state = JSON.stringify(now);
  }
  const soon = () => { waiting ||= requestAnimationFrame(update); };
  let widths = "";
  function layout() {
    const theme = themeNow();
    widths = panels.map((panel) => panel.width()).join();
    for (const panel of panels) panel.layout(theme);
    update();
  }
  layout();
  spec.sliders.forEach((_, i) => model.on(`change:s${i}`, soon));
  const fit = () => { if (panels.map((panel) => panel.width()).join() !== widths) layout(); };
  const size = window.ResizeObserver ? new ResizeObserver(fit) : null;
  if (size) size.observe(root);
  else window.addEventListener("resize", fit);
  const theme = new MutationObserver(layout);
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  return () => {
    if (size) size.disconnect();
    window.removeEventListener("resize", fit);
    theme.disconnect();
    cancelAnimationFrame(waiting);
  };
}

// the page "Your own data" draws with the same
export { blend, DASHES, PALETTE, rgb, ticks };
export default { render };
