// The bench of "Your own data": its controls, the hand that draws on it, and what is asked of gmmlib, which
// playground_engine.js runs in a worker. It draws and asks; there is no E-step, no M-step and no decision in here.

import { colorOf, dashOf, inkOf, linesOf, paintPoints, panelOf, pictureOf, SHAPE } from "./playground_drawing.js";
import { bicPicture, climbCurve, count, firstRows, fixed, make, mixtureTable, points, short, topsList } from "./playground_results.js";

const SVG = "http://www.w3.org/2000/svg";
const KS = 20; // the largest K that gmmlib.playground takes
const STEPS = 1000; // as far as "To the end" goes at once
const TRIED = 8; // BIC is compared for K = 1 … 8
const MOST_TEXT = 60e6; // characters of a file: more would fill the memory of a phone
const SHEETS = /\.(xlsx?|xlsm|xlsb|ods|numbers)$/i;
const PASTED = 3000; // characters of a long paste that the text box shows
const KINDS = [["full", "full: any ellipse"], ["tied", "tied: one for all"], ["diagonal", "diagonal: upright"], ["spherical", "spherical: circles"]];
const KINDS_1D = [["full", "each its own"], ["tied", "one for all"]];
const HOW = [["k-means++", "k-means++"], ["random", "random points"], ["by hand", "by hand: drag the centers"]];
const TOOLS = [["look", "Look"], ["point", "Point"], ["spray", "Spray"], ["erase", "Erase"]];
const BURST = 8; // points of one press of the spray
const ALIKE = 3; // columns whose ranges differ by less may be in one unit
const PLANE = { 1: [[0, 12]], 2: [[0, 12], [0, 9]] }; // an empty sheet, of equal units

const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const gauss = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  make(null, "a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
const sentenceOf = (words) => words[0].toUpperCase() + words.slice(1) + (/[.?!]$/.test(words) ? "" : ".");
const wordsOf = (error) => error?.words
  ?? `Something went wrong that this page did not foresee: ${error?.message ?? error}. Load the page again.`;

export async function bench(card, engine) {
  const { sets } = await engine.ask({ do: "sets" });
  const root = make(null, "div", { class: "pg", role: "region", "aria-label": "Your own data" });

  // What is known. `data` and `state` are gmmlib's answers; `sheet` are the points while they can be edited.
  let data = null, state = null, sheet = null, source = "set", label = "", range = PLANE[2], names = ["x", "y"];
  let hand = null; // centers that were dragged
  let undo = [];
  const dimension = () => (sheet ? sheet.d : data ? data.d : 2);
  const shown = () => (sheet ? sheet.points : data ? data.points : []);

  // ---- form controls ----

  let ids = 0;
  const idOf = (words) => `pg-${words}-${ids++}`;
  function field(parent, words, element) {
    const row = make(parent, "div", { class: "pg-field" });
    const id = idOf("field");
    element.id = id;
    make(row, "label", { for: id }, words);
    row.append(element);
    return row;
  }
  function options(select, list) {
    select.replaceChildren(...list.map(([value, words]) => make(null, "option", { value }, words)));
  }
  const button = (parent, words, act, attributes = {}) => {
    const made = make(parent, "button", { type: "button", ...attributes }, words);
    made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") act(); });
    return made;
  };
  function choice(parent, legend, list, act, attributes = {}) {
    const set = make(parent, "fieldset", { class: "pg-choice", ...attributes });
    make(set, "legend", {}, legend);
    const name = idOf("choice");
    const inputs = list.map(([value, words]) => {
      const box = make(set, "label");
      const input = make(box, "input", { type: "radio", name, value });
      make(box, "span", {}, words);
      input.addEventListener("change", () => act(value));
      return input;
    });
    return { set, inputs, put: (value) => { for (const input of inputs) input.checked = input.value === value; } };
  }
  function chooser(parent, words, accept, act) {
    const box = make(parent, "label", { class: "pg-button pg-file" }, words);
    const input = make(box, "input", { type: "file", accept });
    input.addEventListener("change", () => {
      if (input.files[0]) act(input.files[0]);
      input.value = ""; // so that the same file can be opened again
    });
    return input;
  }
  // Words that refuse something stand beside what caused it.
  const refusals = {};
  const refusal = (parent, about) => (refusals[about] = make(parent, "p", { class: "pg-refusal", role: "alert", id: idOf(about) }));
  function refuse(about, words) { (refusals[about] ?? refusals.run).textContent = words; }
  function clearRefusals(...which) { for (const about of which.length ? which : Object.keys(refusals)) refusals[about].textContent = ""; }

  // ---- 1. where the points come from ----

  const from = make(root, "div", { class: "pg-from" });
  const sources = choice(from, "Points", [["set", "Classic set"], ["draw", "Draw"], ["file", "File or paste"]], turnTo);
  const panes = {};
  panes.set = make(from, "div", { class: "pg-pane" });
  const setSelect = make(null, "select");
  options(setSelect, sets.map((set) => [set.key, `${set.name} (${count(set.rows)})`]));
  field(panes.set, "Set", setSelect).classList.add("pg-beside");
  const setWords = make(panes.set, "p", { class: "pg-words" });
  setSelect.addEventListener("change", () => takeSet(setSelect.value));

  panes.draw = make(from, "div", { class: "pg-pane" });
  const dimensions = choice(panes.draw, "Dimensions", [["1", "one"], ["2", "two"]], (d) => newSheet(Number(d)));
  make(panes.draw, "p", { class: "pg-words" }, "Press or drag in the picture. With the keyboard: go to the picture, move the cross with the arrow keys (faster with Shift); Enter puts a point, Delete removes the nearest.");

  panes.file = make(from, "div", { class: "pg-pane" });
  const fileRow = make(panes.file, "div", { class: "pg-row" });
  chooser(fileRow, "Open a file", ".csv,.tsv,.txt,text/*", openFile);
  make(fileRow, "span", { class: "pg-words" }, "or drop it anywhere here. It is read on this machine and sent nowhere.");
  const paste = make(null, "textarea", { rows: 4, spellcheck: "false", autocomplete: "off", wrap: "off" });
  field(panes.file, "Or paste a table", paste);
  button(panes.file, "Read it", () => readText(pasted ?? paste.value));
  refusal(panes.file, "file");
  const found = make(panes.file, "div", { class: "pg-found" });
  const about = make(from, "p", { class: "pg-about", role: "status" });
  refusal(from, "data");

  // ---- 2. the mixture ----

  const settings = make(root, "div", { class: "pg-settings", role: "group", "aria-label": "The mixture" });
  const KRow = make(settings, "div", { class: "pg-field pg-K" });
  const KInput = make(null, "input", { type: "number", min: 1, max: KS, step: 1, value: 2, inputmode: "numeric", id: idOf("K") });
  make(KRow, "label", { for: KInput.id }, "Components K");
  const stepper = make(KRow, "div", { class: "pg-stepper" });
  button(stepper, "\u2212", () => putK(chosenK() - 1), { "aria-label": "one component less" });
  stepper.append(KInput);
  button(stepper, "+", () => putK(chosenK() + 1), { "aria-label": "one component more" });
  KInput.addEventListener("change", () => begin());
  KInput.setAttribute("aria-describedby", refusal(settings, "K").id);
  const kind = make(null, "select");
  field(settings, "Covariances", kind);
  kind.addEventListener("change", () => { forgetBic(); begin(); });
  refusal(settings, "covariance");
  const how = make(null, "select");
  options(how, HOW);
  field(settings, "Start", how);
  how.addEventListener("change", () => { if (how.value === "by hand") { takeCenters(); takeTool("look"); } begin(); });
  refusal(settings, "start");
  const seedRow = make(settings, "div", { class: "pg-field" });
  const seed = make(null, "input", { type: "number", min: 0, step: 1, value: 1, inputmode: "numeric", id: idOf("seed") });
  make(seedRow, "label", { for: seed.id }, "Seed");
  const seedBox = make(seedRow, "div", { class: "pg-stepper" });
  seedBox.append(seed);
  button(seedBox, "Next", () => { seed.value = chosenSeed() + 1; again(); }, { "aria-label": "next seed" });
  seed.addEventListener("change", again);
  refusal(settings, "seed");
  function again() {
    if (how.value === "by hand") how.value = "k-means++"; // a seed chooses nothing by hand
    begin();
  }
  function putK(K) { KInput.value = clamp(K, 1, KS); begin(); }
  const chosenK = () => Number(KInput.value);
  const chosenSeed = () => Math.trunc(Number(seed.value)) || 0;

  // ---- 3. the picture ----

  const view = make(root, "div", { class: "pg-view" });
  const tools = choice(view, "Tool", TOOLS, takeTool, { class: "pg-choice pg-tools" });
  const edits = make(tools.set, "span", { class: "pg-edits" });
  const undoButton = button(edits, "Undo", undoLast, { "aria-disabled": "true" });
  const clearButton = button(edits, "Clear", () => edit([], "All points are removed."), { "aria-disabled": "true" });
  const plot = make(view, "div", { class: "pg-plot", tabindex: 0, role: "application", "aria-describedby": "pg-keys-help" });
  make(view, "span", { id: "pg-keys-help", class: "pg-hidden" }, "Arrow keys move a cross, faster with Shift. Enter puts a point, Delete removes the nearest.");
  const under = make(plot, "canvas", { "aria-hidden": "true" });
  const over = document.createElementNS(SVG, "svg");
  over.setAttribute("aria-hidden", "true");
  plot.append(over);
  const hint = make(plot, "p", { class: "pg-hint", "aria-hidden": "true" });
  const handles = make(plot, "div");
  const keys = make(view, "div", { class: "pg-legend" });
  const said = make(view, "p", { class: "pg-hidden", "aria-live": "polite" }); // what the hand did, for those who cannot see it
  let tool = "look", panel = null, cross = null;

  // ---- 4. the steps ----

  const run = make(root, "div", { class: "pg-run", role: "group", "aria-label": "The steps" });
  const buttons = make(run, "div", { class: "pg-buttons" });
  const half = button(buttons, "E-step", halfStep, { class: "pg-primary" });
  // who asks for less motion gets the buttons that move one step, and no player
  const play = calm() ? null : button(buttons, "Play", () => (playing ? pause() : playOn()));
  const toEnd = button(buttons, "To the end", goToEnd);
  const best = button(buttons, "Fit: best of ten starts", fitTen);
  button(buttons, "Back to the start", () => begin());
  const working = make(run, "div", { class: "pg-working", hidden: "" });
  const workingWords = make(working, "span", { role: "status" });
  const workingBar = make(working, "progress", { "aria-label": "how far it is" });
  button(working, "Cancel", cancelWork);
  refusal(run, "run");
  const sentence = make(run, "p", { class: "pg-sentence", role: "status" });

  // ---- 5. what came of it ----

  const cards = make(root, "div", { class: "pg-cards" });
  const section = (title) => {
    const box = make(cards, "section", { class: "pg-result", "aria-label": title });
    make(box, "p", { class: "pg-title" }, title);
    return box;
  };
  const climb = section("Log-likelihood");
  const height = make(climb, "p", { class: "pg-number" }, "\u2013");
  const curve = make(climb, "div", { class: "pg-curve" });
  const why = make(climb, "p", { class: "pg-words" });
  const bicCard = section("How many components?");
  const bicButton = button(bicCard, `Try K = 1 … ${TRIED}`, compareBic);
  const bicBox = make(bicCard, "div", { class: "pg-bic" });
  const bicWords = make(bicCard, "p", { class: "pg-words", role: "status" });
  refusal(bicCard, "bic");
  const topCard = section("Which top?");
  const topButton = button(topCard, "Compare with ten starts", whichTop);
  const topList = make(topCard, "ol", { class: "pg-tops" });
  const topWords = make(topCard, "p", { class: "pg-words", role: "status" });
  refusal(topCard, "basin");

  // ---- 6. take it along ----

  const away = make(root, "div", { class: "pg-away" });
  const numbers = make(away, "details", { class: "pg-details" });
  make(numbers, "summary", {}, "The numbers");
  const table = make(numbers, "div", { class: "pg-table", tabindex: 0, role: "region", "aria-label": "The mixture in numbers" });
  const lines = make(away, "details", { class: "pg-details" });
  make(lines, "summary", {}, "The same in Python");
  // the theme decides for itself which <pre> is a stop on the way, so the box around it scrolls
  const code = make(make(lines, "div", { class: "pg-code", tabindex: 0, role: "region", "aria-label": "Python lines" }), "pre");
  lines.addEventListener("toggle", () => { if (lines.open) showLines(); });
  const takeRow = make(away, "div", { class: "pg-buttons", role: "group", "aria-label": "Save, load, copy" });
  button(takeRow, "Copy Python", copyLines);
  button(takeRow, "Save SVG", () => save("mixture.svg", picture(), "image/svg+xml"));
  button(takeRow, "Save PNG", savePng);
  button(takeRow, "Save points (CSV)", saveCsv);
  button(takeRow, "Save mixture (JSON)", saveJson);
  chooser(takeRow, "Load mixture (JSON)", ".json,application/json", loadJson);
  const taken = make(away, "p", { class: "pg-words", role: "status" });
  refusal(away, "load");

  // ---- asking: one question after the other, a way out of the long ones ------------------------------

  let chain = Promise.resolve(), pending = 0, controller = null, long = false, cancels = 0, running = null;
  function ask(request, words, onprogress) {
    const mine = cancels;
    const answer = chain.then(async () => {
      // what was asked for before a Cancel, and only waited for its turn, is cancelled with the rest
      if (mine !== cancels) throw Object.assign(new Error("Cancelled."), { name: "AbortError", words: "Cancelled." });
      controller = new AbortController();
      running = request.do;
      pending += 1;
      const timer = setTimeout(() => showWork(words ?? "Working"), 300);
      try {
        return await engine.ask(request, {
          signal: controller.signal,
          onprogress: (now) => { showWork(words ?? "Working", now); onprogress?.(now); },
        });
      } finally {
        clearTimeout(timer);
        running = null;
        pending -= 1;
        if (!pending && !long) working.hidden = true;
      }
    });
    chain = answer.catch(() => {});
    return answer;
  }
  function showWork(words, now = null) {
    working.hidden = false;
    const done = now?.K ?? now?.start, steps = now?.step === undefined ? " …" : `: step ${count(now.step)}`;
    const last = now?.of && done > now.of; // after the last start the best goes on over all the points
    workingWords.textContent = words + (last ? `, and the best of them over all the points${steps}` : now?.of ? `: ${done} of ${now.of}` : steps);
    if (now?.of) { workingBar.max = now.of; workingBar.value = done; } else workingBar.removeAttribute("value");
  }
  function cancelWork() {
    long = false;
    cancels += 1;
    controller?.abort();
  }
  // Who goes on to something else need not wait for work whose answer nobody will look at.
  function dropWork(...kinds) { if (kinds.includes(running)) cancelWork(); }
  const aborted = (error) => error?.name === "AbortError";

  // One thing that the reader wants done. Errors become words beside what asked; nothing that stands is lost.
  let turn = 0;
  async function doing(about, work) {
    pause();
    const mine = ++turn;
    clearRefusals(about);
    root.setAttribute("aria-busy", "true");
    try {
      return await work(() => mine === turn);
    } catch (error) {
      if (aborted(error)) { if (mine === turn || about === "bic") refuse(about, "Cancelled. What you see is as it was before."); }
      else { refuse(about, wordsOf(error)); if (!error?.words) console.error(error); }
    } finally {
      if (mine === turn) root.removeAttribute("aria-busy");
    }
    return null;
  }
  // The answer's refusal, put into words; true if there was none.
  function fine(answer, asker, there = false) {
    if (!answer.refused) return true;
    const known = refusals[answer.about];
    const place = !there && known && !known.closest("[hidden]") ? answer.about : asker;
    refuse(place, sentenceOf(answer.refused));
    if (place === "K") KInput.setAttribute("aria-invalid", "true");
    if (answer.state) {
      show(answer.state);
      broken = answer.component ?? null;
      sentence.textContent = ""; // it would say the same once more
      why.textContent = "Stopped by a collapse.";
      redraw();
    }
    return false;
  }

  // ---- the points: taking, reading, drawing ------------------------------------------------------

  function turnTo(which) {
    source = which;
    sources.put(which);
    for (const [name, pane] of Object.entries(panes)) pane.hidden = name !== which;
    clearRefusals("data", "file");
    if (which === "set") takeSet(setSelect.value);
    if (which === "draw") newSheet(2);
  }

  function takeSet(key) {
    const set = sets.find((one) => one.key === key);
    setWords.textContent = set?.words ?? "";
    return take({ do: "data", set: key }, set.name);
  }

  // New data from Python: the old ones stay until these are accepted.
  function take(request, name, keepSheet = false) {
    dropWork("fit", "basin", "bic");
    return doing("data", async (current) => {
      const answer = await ask(request, "Reading the points");
      if (!current()) return;
      // words above the picture would push it away under the hand that draws
      if (!fine(answer, keepSheet ? "run" : "data", keepSheet)) {
        if (keepSheet) { data = null; state = null; forget(); showNothing(); }
        return;
      }
      data = answer;
      label = name;
      clearRefusals("load", "bic", "basin"); // they were about other points
      taken.textContent = "";
      names = data.names ?? ["x", "y"].slice(0, data.d);
      if (!keepSheet) {
        sheet = null;
        undo = [];
        hand = null;
        if (how.value === "by hand") how.value = "k-means++";
        range = padded(data.range);
        takeTool("look");
        state = null; // it is of other points, and stays nowhere if the new start is refused
        showNothing();
        redraw();
      }
      offerKinds();
      about.textContent = [`${name}: ${points(data.n)}${data.d === 1 ? " on a line" : " in a plane"}.`, ...data.notes.map(sentenceOf)].join(" ");
      forget();
      await startNow(current, keepSheet);
    });
  }

  // Some room around the data. Where both columns are of about one size, a unit is as long on both axes,
  // so that what is round looks round.
  function padded(ranges) {
    const wide = ranges.map(([low, high]) => 1.16 * (high - low) || 0.2 * Math.abs(low) || 2);
    const units = wide.map((w, j) => w / (j ? SHAPE : 1)), most = Math.max(...units);
    const alike = most < ALIKE * Math.min(...units);
    return ranges.map(([low, high], j) => {
      const half = (alike ? most * (j ? SHAPE : 1) : wide[j]) / 2;
      return [(low + high) / 2 - half, (low + high) / 2 + half];
    });
  }

  function offerKinds() {
    const before = kind.value, list = dimension() === 1 ? KINDS_1D : KINDS;
    options(kind, list);
    kind.value = list.some(([value]) => value === before) ? before : "full";
  }

  // -- drawn --

  function newSheet(d) {
    dimensions.put(String(d));
    const before = sheets[d] ?? [];
    range = PLANE[d];
    names = ["x", "y"].slice(0, d);
    sheet = { d, points: before };
    undo = [];
    hand = null;
    if (how.value === "by hand") how.value = "k-means++";
    label = "Your points";
    takeTool("point");
    changed();
  }
  const sheets = {}; // what was drawn in one dimension stays while the other is drawn in

  // Points of a set or a file can be edited too, if all of them are on the page.
  function editable() {
    if (sheet) return true;
    if (!data || data.shown < data.n) {
      refuse("data", `These are ${points(data?.n ?? 0)}: too many to edit by hand. Take a smaller set, or draw.`);
      return false;
    }
    sheet = { d: data.d, points: data.points };
    label = `${label}, edited`;
    return true;
  }

  function takeTool(which) {
    if (which !== "look" && !editable()) which = "look";
    tool = which;
    tools.put(which);
    plot.dataset.tool = which;
    showEdits();
  }
  function showEdits() {
    undoButton.setAttribute("aria-disabled", String(!undo.length));
    clearButton.setAttribute("aria-disabled", String(!sheet?.points.length));
    hint.textContent = sheet && !sheet.points.length ? "Draw here" : "";
  }

  let sending = 0;
  function edit(list, words) {
    if (!sheet) return;
    if (list === sheet.points) return;
    undo = [...undo.slice(-99), sheet.points];
    sheet.points = list;
    said.textContent = words;
    changed();
  }
  function undoLast() {
    if (!undo.length) return;
    sheet.points = undo.pop();
    said.textContent = `Undone: ${points(sheet.points.length)}.`;
    changed();
  }
  function changed() {
    pause();
    if (source === "draw") sheets[sheet.d] = sheet.points;
    if (state) { state = null; showNothing(); }
    showEdits();
    redraw();
    clearTimeout(sending);
    sending = setTimeout(send, 120);
  }
  function send() {
    clearTimeout(sending);
    sending = 0;
    clearRefusals("data", "K", "run");
    if (!sheet.points.length) {
      turn += 1; // whatever is under way is about other points
      data = null;
      about.textContent = "No points yet.";
      return offerKinds();
    }
    return take({ do: "data", points: sheet.points, names }, label, true);
  }

  // -- from a file --

  let pasted = null;
  async function openFile(file) {
    turnPane("file");
    clearRefusals("file", "data");
    if (file.size > MOST_TEXT) {
      return refuse("file", `${file.name} has ${megabytes(file.size)}: this page reads up to ${megabytes(MOST_TEXT)}. Take a part of its rows.`);
    }
    let bytes;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      return refuse("file", `${file.name} could not be read: it is a folder, or no longer there. Open one file.`);
    }
    if (SHEETS.test(file.name)) {
      return refuse("file", `${file.name} is a whole spreadsheet, and this page reads tables of text. In the program that made it, save it as CSV, or copy the columns and paste them below.`);
    }
    const text = textOf(bytes);
    if (!text.slice(0, 10000).includes("\0")) putText(text); // what is no text is told by gmmlib
    return readText(text, file.name);
  }
  // As gmmlib.playground.read_points takes it.
  function textOf(bytes) {
    const mark = bytes[0] << 8 | bytes[1];
    if (mark === 0xfffe || mark === 0xfeff) return new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be").decode(bytes);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes); // what older spreadsheets write
    }
  }
  function turnPane(which) {
    source = which;
    sources.put(which);
    for (const [name, pane] of Object.entries(panes)) pane.hidden = name !== which;
  }
  // A text box with 200 000 lines would stop the page: it shows the first of them.
  function putText(text) {
    pasted = text.length > PASTED ? text : null;
    paste.value = pasted ? `${text.slice(0, PASTED)}\n… (${count(text.length)} characters in all)` : text;
  }
  paste.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (paste.value && paste.selectionEnd - paste.selectionStart < paste.value.length) return; // pasted into something
    event.preventDefault();
    putText(text);
    readText(text);
  });
  paste.addEventListener("input", () => { pasted = null; });
  root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("pg-drop"); });
  root.addEventListener("dragleave", () => root.classList.remove("pg-drop"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("pg-drop");
    const file = event.dataTransfer.files[0];
    if (file) openFile(file);
    else if (event.dataTransfer.getData("text")) { turnPane("file"); putText(event.dataTransfer.getData("text")); readText(event.dataTransfer.getData("text")); }
  });

  function readText(text, name = "your_data.csv") {
    return doing("file", async (current) => {
      clearRefusals("data");
      const answer = await ask({ do: "read", text }, "Reading the table");
      if (!current()) return;
      if (answer.columns) showColumns(answer, name);
      if (!fine(answer, "file")) return;
      await useColumns(answer.chosen ?? [], name);
    });
  }
  const useColumns = (chosen, name) => take({ do: "data", columns: chosen, missing: "drop", file: name }, name);

  function showColumns(table, name) {
    found.replaceChildren();
    const usable = table.columns.filter((column) => column.numeric && !column.why);
    const chosen = table.chosen ?? [];
    if (usable.length) {
      const row = make(found, "div", { class: "pg-row" });
      const selects = ["Across", "Up"].map((words, i) => {
        const select = make(null, "select");
        const list = usable.map((column) => [column.name, column.name]);
        options(select, i ? [["", "nothing: one dimension"], ...list] : list);
        select.value = chosen[i] ?? "";
        field(row, words, select);
        select.addEventListener("change", () => {
          const wanted = selects.map((one) => one.value).filter(Boolean);
          if (wanted[0] === wanted[1]) return refuse("file", "Across and up are the same column: take two, or nothing for up.");
          clearRefusals("file");
          return useColumns(wanted, name);
        });
        return select;
      });
    }
    firstRows(found, table);
  }

  // ---- the run -------------------------------------------------------------------------------------

  let playing = false, broken = null;

  function begin() {
    if (!data) return null;
    dropWork("fit", "basin");
    return doing("run", (current) => startNow(current));
  }
  async function startNow(current, drawing = false) {
    KInput.removeAttribute("aria-invalid");
    clearRefusals("K", "covariance", "start", "seed", "run");
    const K = chosenK();
    if (!(Number.isInteger(K) && K >= 1 && K <= KS)) {
      KInput.setAttribute("aria-invalid", "true");
      return refuse("K", `K must be a whole number from 1 to ${KS}, not ${KInput.value || "nothing"}.`);
    }
    const request = { do: "start", K, covariance: kind.value, how: how.value, seed: chosenSeed() };
    if (how.value === "by hand") request.means = hand = spread(hand ?? [], K);
    const answer = await ask(request);
    if (current() && fine(answer, "run", drawing)) show(answer);
    return null;
  }
  // As many centers as K asks for: those there are, then new ones across the middle of the picture.
  function spread(means, K) {
    const more = Math.max(0, K - means.length);
    const added = Array.from({ length: more }, (_, i) => range.map(([low, high], j) =>
      low + (high - low) * (j ? 0.5 : (i + 1) / (more + 1))));
    return [...means.slice(0, K), ...added];
  }
  function takeCenters() { hand = state ? state.means.map((mean) => [...mean]) : null; }

  const atRest = () => !state || state.stage === "stopped";
  function halfStep() {
    if (atRest()) return null;
    return doing("run", async (current) => {
      const answer = await ask({ do: "step" });
      if (current() && fine(answer, "run")) show(answer);
    });
  }
  // Slow at first, so that each half can be seen; then faster.
  async function playOn() {
    if (atRest()) await begin();
    if (atRest()) return;
    clearRefusals("run");
    playing = true;
    play.textContent = "Pause";
    sentence.setAttribute("aria-live", "off"); // a screen reader hears where it stopped, not every step on the way
    const mine = ++turn;
    for (let i = 0; playing && mine === turn && !atRest(); i++) {
      try {
        const answer = await ask({ do: "step" });
        if (mine !== turn) break;
        if (!fine(answer, "run")) break;
        show(answer);
      } catch (error) {
        if (!aborted(error)) refuse("run", wordsOf(error));
        break;
      }
      if (!atRest()) await later(i < 10 ? 550 : i < 40 ? 160 : 30);
    }
    if (mine === turn) pause();
  }
  function pause() {
    if (!playing) return;
    playing = false;
    play.textContent = "Play";
    sentence.setAttribute("aria-live", "polite");
  }
  // So many steps at a time that the picture moves and Cancel is heard.
  function goToEnd() {
    if (atRest()) return null;
    return doing("run", async (current) => {
      long = true;
      const last = state.step + STEPS;
      let steps = 1;
      try {
        while (current() && long && !atRest() && state.step < last) {
          const before = performance.now();
          const answer = await ask({ do: "steps", count: Math.min(steps, last - state.step) }, `Step ${count(state.step)}`);
          if (!current()) return;
          if (!fine(answer, "run")) return;
          show(answer);
          const took = performance.now() - before;
          steps = took < 60 ? Math.min(64, 2 * steps) : took > 200 ? Math.max(1, steps >> 1) : steps;
          await later(0);
        }
      } finally {
        long = false;
        working.hidden = true;
      }
    });
  }
  function fitTen() {
    if (!data) return null;
    return doing("run", async (current) => {
      clearRefusals("K", "covariance", "start");
      const answer = await ask({ do: "fit", K: chosenK(), covariance: kind.value, starts: 10, seed: chosenSeed() }, "Ten starts");
      // where all ten collapse, none of them is the climb that is shown: that stays as it was
      if (!current() || !fine({ ...answer, state: null }, "run")) return;
      show(answer);
      if (answer.maxima) showTops(answer);
    });
  }

  function compareBic() {
    if (!data) return null;
    return doing("bic", async () => {
      const asked = data, covariance = kind.value; // steps that are taken meanwhile do not matter to it
      const answer = await ask({ do: "bic", covariance, upto: TRIED, seed: chosenSeed() }, `K = 1 … ${TRIED}`);
      if (asked === data && covariance === kind.value && fine(answer, "bic")) showBic(answer);
    });
  }
  function whichTop() {
    if (!state) return null;
    return doing("basin", async (current) => {
      if (!atRest()) await finish(current);
      if (!atRest()) return;
      const answer = await ask({ do: "basin" }, "Ten starts to compare with");
      if (current() && fine(answer, "basin")) showTops(answer);
    });
  }
  // To the end, as a part of something else.
  async function finish(current) {
    long = true;
    try {
      while (current() && long && !atRest()) {
        const answer = await ask({ do: "steps", count: 32 }, `Step ${count(state.step)}`);
        if (!current() || !fine(answer, "run")) return;
        show(answer);
      }
    } finally {
      long = false;
      working.hidden = true;
    }
  }

  // ---- showing what came ---------------------------------------------------------------------------

  function forget() { forgetBic(); forgetTops(); }
  function forgetBic() { bicBox.replaceChildren(); bicWords.textContent = ""; }
  function forgetTops() { topList.replaceChildren(); topWords.textContent = ""; }

  function showNothing() {
    broken = gliding = null;
    height.textContent = "\u2013";
    curve.replaceChildren();
    why.textContent = "";
    sentence.textContent = "";
    keys.replaceChildren();
    handles.replaceChildren();
    table.replaceChildren();
    forget();
    delete root.dataset.state;
    code.textContent = "";
    showNext();
  }
  function showNext() {
    const next = !state ? "E-step" : state.next ? `${state.next}-step` : state.stage === "E" ? "M-step" : "E-step";
    half.textContent = state && atRest() ? "At rest" : next;
    for (const one of [half, toEnd]) one.setAttribute("aria-disabled", String(atRest()));
    play?.setAttribute("aria-disabled", String(!state));
    for (const one of [best, bicButton]) one.setAttribute("aria-disabled", String(!data));
    topButton.setAttribute("aria-disabled", String(!state));
  }

  function show(now) {
    const fresh = now.stage === "start";
    if (fresh || now.K !== state?.K) forgetTops();
    if (now.covariance !== kind.value) forgetBic(); // a mixture of another kind was loaded
    const before = state;
    state = now;
    broken = null;
    if (Number(KInput.value) !== now.K) KInput.value = now.K;
    if ([...kind.options].some((option) => option.value === now.covariance)) kind.value = now.covariance;
    if (fresh && how.value === "by hand" && !dragged) hand = now.means.map((mean) => [...mean]);
    sentence.textContent = sentenceOf(now.words);
    const L = now.log_likelihood;
    height.textContent = L === null || L === undefined ? "\u2013" : fixed(L, 3);
    why.textContent = now.stopped ? sentenceOf(now.stopped) : (fresh ? "Not started." : wayOf(now));
    climbCurve(curve, now.log_likelihoods);
    mixtureTable(table, now, names);
    showNext();
    showLegend();
    showBicChoice();
    if (lines.open) showLines();
    const { stage, step, K, covariance, weights, means, covariances } = now;
    root.dataset.state = JSON.stringify({ stage, step, K, covariance, weights, means, covariances, log_likelihood: L });
    glide(before);
  }

  const wayOf = ({ stage, step }) => (stage === "M"
    ? `Step ${count(step)}, before its E-step: this is still the number of ${step === 1 ? "the start" : `step ${count(step - 1)}`}.`
    : `Step ${count(step)}, still climbing.`);

  function showBic({ bic, best: lowest, notes }) {
    const low = bicPicture(bicBox, bic, putK);
    bicWords.textContent = [low === null ? "No K can be fitted." : `BIC is lowest at K = ${lowest}: ${fixed(low, 1)}.`, ...notes.map(sentenceOf)].join(" ");
    showBicChoice();
    if (lines.open) showLines();
  }
  function showBicChoice() {
    [...bicBox.querySelectorAll("button")].forEach((bar, i) => bar.setAttribute("aria-pressed", String(state?.K === i + 1)));
  }

  function showTops(answer) {
    topsList(topList, answer);
    topWords.textContent = answer.words ?? "";
  }

  const dark = () => document.documentElement.dataset.theme === "dark";

  function showLegend() {
    keys.replaceChildren();
    const colors = ink();
    state.weights.forEach((weight, k) => {
      keys.insertAdjacentHTML("beforeend", `<span class="pg-key"><svg width="26" height="12" aria-hidden="true"><path d="M1 6h24" stroke="${colorOf(k, colors)}" stroke-width="2.4" stroke-dasharray="${dashOf(k)}"/></svg>component ${k}: ${(100 * weight).toFixed(weight < 0.1 ? 1 : 0)} %</span>`);
    });
  }

  // ---- drawing: playground_drawing.js says how -------------------------------------------------------

  // How large the reader wants text: 1 where a line of it is 16 px high.
  const textSize = () => clamp(parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1, 1, 2.5);
  const scene = (mixture = state) => ({ d: dimension(), range, names, points: shown(), mixture, shares: state?.shares });
  const ink = () => inkOf(dark(), getComputedStyle(root).color, dark() ? "#121212" : "#ffffff");

  function draw(mixture) {
    const colors = ink(), now = scene(mixture), scale = window.devicePixelRatio || 1;
    const outer = Math.max(240, plot.clientWidth);
    panel = panelOf(now, outer, textSize());
    const { total, bottom, top, left, width, ylim, d, at } = panel;
    if (under.width !== Math.round(outer * scale) || under.height !== Math.round(total * scale)) {
      under.width = Math.round(outer * scale);
      under.height = Math.round(total * scale);
      plot.style.height = `${total}px`;
      over.setAttribute("viewBox", `0 0 ${outer} ${total}`);
    }
    paintPoints(under, now, panel, colors, scale);
    let more = "";
    if (broken !== null && state) {
      const [x, y] = at(d === 1 ? [state.means[broken][0], ylim[1] / 2] : state.means[broken]);
      more += `<circle cx="${x}" cy="${y}" r="16" stroke="${colors.text}" stroke-width="2" stroke-dasharray="2 3"/>`;
    }
    if (cross) {
      const [x, y] = at(d === 1 ? [cross[0], 0] : cross);
      more += `<path d="M${x} ${top}V${bottom}${d === 2 ? `M${left} ${y}H${left + width}` : ""}" stroke="${colors.text}" stroke-dasharray="3 3"/>`;
    }
    over.innerHTML = linesOf(now, panel, colors, more);
    showHandles(colors);
    plot.setAttribute("aria-label", `Picture: ${points(now.points.length)} ${d === 1 ? "on a line" : "in a plane"}${state ? `, ${state.K} component${state.K > 1 ? "s" : ""}` : ""}`);
  }

  // Changes that come in one frame are drawn once.
  let due = 0, gliding = null;
  function redraw() {
    due ||= requestAnimationFrame(() => {
      due = 0;
      if (gliding) {
        const t = (performance.now() - gliding.since) / 180;
        if (t < 1) { draw(between(gliding.from, state, t * (2 - t))); redraw(); return; }
        gliding = null;
      }
      draw(state);
    });
  }
  // An M-step moves the ellipses within a fifth of a second, so that the eye can follow which went where.
  function glide(before) {
    const same = before && before.K === state.K && before.d === state.d && state.stage !== "start";
    gliding = same && !calm() && !document.hidden ? { from: before, since: performance.now() } : null;
    redraw();
  }
  function between(from, to, t) {
    const mix = (a, b) => (Array.isArray(b) ? b.map((v, i) => mix(a[i], v)) : a + (b - a) * t);
    return { weights: mix(from.weights, to.weights), means: mix(from.means, to.means), covariances: mix(from.covariances, to.covariances) };
  }

  // ---- centers that can be dragged: at the start of a run ------------------------------------------

  let dragged = null;
  function showHandles(colors) {
    const wanted = state?.stage === "start" ? state.K : 0;
    while (handles.children.length > wanted) handles.lastChild.remove();
    while (handles.children.length < wanted) addHandle(handles.children.length);
    if (!wanted) return;
    [...handles.children].forEach((handle, k) => {
      const mean = (dragged !== null || how.value === "by hand") && hand?.[k] ? hand[k] : state.means[k];
      const [x, y] = panel.d === 1 ? [panel.at([mean[0], 0])[0], panel.top + 16] : panel.at(mean);
      handle.style.transform = `translate(${clamp(x, panel.left, panel.left + panel.width) - 14}px, ${clamp(y, panel.top, panel.bottom) - 14}px)`;
      handle.style.setProperty("--hue", colorOf(k, colors));
      handle.setAttribute("aria-label", `center ${k} at ${mean.map(short).join(", ")}; arrow keys move it`);
    });
  }
  function addHandle(k) {
    const handle = make(handles, "button", { type: "button", class: "pg-handle" }, String(k));
    const move = (mean) => {
      if (how.value !== "by hand" || !hand) { takeCenters(); how.value = "by hand"; }
      hand[k] = mean.map((v, j) => clamp(v, ...range[j]));
      redraw();
      moveCenters();
    };
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      event.stopPropagation();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      dragged = k;
    });
    handle.addEventListener("pointermove", (event) => { if (dragged === k) move(place(event).slice(0, panel.d)); });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => { dragged = null; });
    handle.addEventListener("keydown", (event) => {
      const by = arrow(event, 0.01);
      if (!by) return;
      event.stopPropagation();
      move(state.means[k].map((v, j) => (hand?.[k]?.[j] ?? v) + by[j] * (range[j][1] - range[j][0])));
    });
  }
  // The newest place counts: what comes while gmmlib answers is asked for once.
  let moving = null;
  async function moveCenters() {
    if (moving) { moving = "again"; return; }
    do {
      moving = "now";
      await begin();
    } while (moving === "again");
    moving = null;
  }

  // ---- the hand: pointer and keyboard --------------------------------------------------------------

  function place(event) {
    const box = plot.getBoundingClientRect();
    return panel.back(event.clientX - box.left, event.clientY - box.top);
  }
  const inside = (point) => point.slice(0, panel.d).every((v, j) => v >= range[j][0] && v <= range[j][1]);
  const pixels = (a, b) => Math.hypot(...panel.at(panel.d === 1 ? [a[0], 0] : a).map((v, j) => v - panel.at(panel.d === 1 ? [b[0], 0] : b)[j]));
  const spray = (middle, many) => {
    const made = [];
    while (made.length < many) {
      const point = middle.slice(0, panel.d).map((v, j) => v + gauss() * 0.035 * (range[j][1] - range[j][0]));
      if (inside(point)) made.push(point);
    }
    return made;
  };
  const rounded = (list) => list.map((point) => point.map((v, j) => { // what a hand can mean: a two-thousandth of the picture
    const digits = clamp(3 - Math.floor(Math.log10(range[j][1] - range[j][0])), 0, 100);
    return Number(v.toFixed(digits));
  }));

  let stroke = null, dripping = 0;
  function work(point) {
    const reach = 14 * panel.unit;
    if (tool === "erase") {
      const left = sheet.points.filter((one) => pixels(one, point) > reach);
      if (left.length < sheet.points.length) sheet.points = left;
    } else if (inside(point)) {
      const more = tool === "spray" ? spray(point, BURST) : [point.slice(0, panel.d)];
      sheet.points = [...sheet.points, ...rounded(more)];
    }
    stroke.last = point;
    showEdits();
    redraw();
  }
  plot.addEventListener("pointerdown", (event) => {
    if (tool === "look" || event.button || !sheet) return;
    event.preventDefault();
    plot.focus({ preventScroll: true });
    plot.setPointerCapture(event.pointerId);
    cross = null;
    pause();
    clearTimeout(sending);
    stroke = { before: sheet.points, last: place(event) };
    if (state) { state = null; showNothing(); }
    work(stroke.last);
    if (tool === "spray") dripping = setInterval(() => stroke && work(stroke.last), 120);
  });
  plot.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const point = place(one);
      if (tool === "spray") stroke.last = point;
      else if (pixels(point, stroke.last) > (tool === "erase" ? 3 : 9)) work(point);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    plot.addEventListener(end, () => {
      if (!stroke) return;
      clearInterval(dripping);
      const { before } = stroke, list = sheet.points;
      stroke = null;
      if (list === before) return send();
      sheet.points = before;
      edit(list, `${points(list.length)}.`);
    });
  }
  plot.addEventListener("focus", () => { if (plot.matches(":focus-visible") && sheet) { cross ??= middle(); redraw(); } });
  plot.addEventListener("blur", () => { cross = null; redraw(); });
  const middle = () => range.map(([low, high]) => (low + high) / 2);
  function arrow(event, by) {
    const far = by * (event.shiftKey ? 5 : 1);
    return { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] }[event.key];
  }
  plot.addEventListener("keydown", (event) => {
    if (event.target !== plot || event.altKey) return;
    const by = arrow(event, 0.02);
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return undoLast(); }
    if (event.ctrlKey || event.metaKey) return;
    const put = event.key === "Enter" || event.key === " ", remove = event.key === "Delete" || event.key === "Backspace";
    if (!by && !put && !remove) return;
    event.preventDefault();
    cross ??= middle();
    if (by) {
      cross = cross.map((v, j) => clamp(v + by[j] * (range[j][1] - range[j][0]), ...range[j]));
      said.textContent = cross.map(short).join(", ");
      return redraw();
    }
    if (!editable()) return;
    const list = sheet.points;
    if (put) {
      const more = rounded(tool === "spray" ? spray(cross, BURST) : [cross]);
      return edit([...list, ...more], `${more.length === 1 ? "A point" : `${more.length} points`} at ${more[0].map(short).join(", ")}. ${points(list.length + more.length)}.`);
    }
    if (!list.length) { said.textContent = "There is no point to remove."; return; }
    const at = list.reduce((best, one, i) => (pixels(one, cross) < pixels(list[best], cross) ? i : best), 0);
    return edit(list.filter((_, i) => i !== at), `The point at ${list[at].map(short).join(", ")} is removed. ${points(list.length - 1)}.`);
  });

  // ---- taking it along -------------------------------------------------------------------------------

  function picture() {
    const L = state?.log_likelihood;
    const fitted = state ? `; K = ${state.K}, ${state.covariance}, step ${state.step}` : "";
    return pictureOf(scene(), `${label}: ${points(data?.n ?? shown().length)}${fitted}${typeof L === "number" && state.stage !== "M" ? `; log-likelihood ${fixed(L, 3)}` : ""}`);
  }
  async function savePng() {
    clearRefusals("load");
    try {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture())}`;
      await image.decode();
      const canvas = make(null, "canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
      if (!blob) throw new Error("no picture came of it");
      save("mixture.png", blob);
    } catch {
      refuse("load", "This browser makes no PNG of it. Save the SVG, which any browser and drawing program opens.");
    }
  }
  function saveCsv() {
    const list = shown();
    if (lacks(list.length, "There are no points to save.")) return;
    save("points.csv", `${names.map((name) => `"${name.replace(/"/g, '""')}"`).join(",")}\n${list.map((point) => point.join(",")).join("\n")}\n`, "text/csv");
    taken.textContent = data && data.shown < data.n ? `Saved the ${count(list.length)} points that are drawn, of ${count(data.n)}.` : "";
  }
  // What gmmlib still has is not what the page shows, where the page shows nothing.
  function lacks(there, words) {
    clearRefusals("load");
    taken.textContent = "";
    if (!there) refuse("load", words);
    return !there;
  }
  function saveJson() {
    if (lacks(state, "There is no mixture to save: choose points and a start first.")) return null;
    return doing("load", async () => {
      const answer = await ask({ do: "json" });
      if (fine(answer, "load", true)) save("mixture.json", JSON.stringify(answer.json, null, 1), "application/json");
    });
  }
  function loadJson(file) {
    if (lacks(data, "There are no points for the mixture yet: draw some, open a file, or take a set.")) return null;
    return doing("load", async (current) => {
      let json;
      try {
        json = JSON.parse(await file.text());
      } catch (error) {
        return refuse("load", `${file.name} is no JSON: ${error.message}.`);
      }
      const answer = await ask({ do: "load", json });
      if (!current() || !fine(answer, "load", true)) return null;
      show(answer);
      taken.textContent = `${file.name} is loaded: ${answer.K} component${answer.K > 1 ? "s" : ""}.`;
      return null;
    });
  }
  async function showLines() {
    code.textContent = "";
    if (!data) return "";
    const answer = await ask({ do: "python" });
    code.textContent = answer.refused ?? answer.lines;
    return answer.lines;
  }
  function copyLines() {
    if (lacks(data, "There is nothing to copy yet: draw points, open a file, or take a set.")) return null;
    return doing("load", async () => {
      lines.open = true;
      const text = await showLines();
      if (!text) return;
      try {
        await navigator.clipboard.writeText(text);
        taken.textContent = "The Python lines are copied.";
      } catch {
        getSelection().selectAllChildren(code);
        taken.textContent = "This browser does not let the page copy. The lines are selected: copy them yourself.";
      }
    });
  }

  // ---- ready -----------------------------------------------------------------------------------------

  offerKinds();
  showNext();
  card.replaceChildren(root);
  card.dataset.ready = "true";
  draw(null);
  let widthNow = plot.clientWidth;
  const fit = () => { if (plot.clientWidth !== widthNow) { widthNow = plot.clientWidth; redraw(); } };
  if (window.ResizeObserver) new ResizeObserver(fit).observe(plot);
  else window.addEventListener("resize", fit);
  new MutationObserver(() => { redraw(); if (state) showLegend(); }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  sources.put("set");
  for (const [name, pane] of Object.entries(panes)) pane.hidden = name !== "set";
  root.querySelector("input").focus({ preventScroll: true });
  await takeSet(setSelect.value);
}
