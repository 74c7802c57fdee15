// Brings the explorers of a page to life without Jupyter: reads the widget state that the build
// wrote into the page, makes each slider a native control, follows the links between widgets, and
// calls the same front end that JupyterLab calls. tools/site/static_widgets.py checks, while the book is
// built, that a page has no widget that is unknown here, and puts a picture of each explorer beside it:
// the picture stays until its sliders live, and for good where they cannot.
(() => {
  "use strict";

  class Model {
    constructor(entry) {
      this.name = entry.model_name;
      this.state = entry.state;
      this.listeners = new Map();
    }
    get(key) { return this.state[key]; }
    set(key, value) {
      if (this.state[key] === value) return;
      this.state[key] = value;
      for (const listener of this.listeners.get(`change:${key}`) ?? []) listener();
    }
    on(event, listener) {
      if (!this.listeners.has(event)) this.listeners.set(event, []);
      this.listeners.get(event).push(listener);
    }
    off() {}
    save_changes() {}
    send() {}
  }

  const models = new Map();
  const byReference = (reference) => models.get(reference.replace("IPY_MODEL_", ""));

  function follow(link) {
    const [source, from] = link.get("source"), [target, to] = link.get("target");
    const A = byReference(source), B = byReference(target);
    A.on(`change:${from}`, () => B.set(to, A.get(from)));
    B.set(to, A.get(from));
    if (link.name === "LinkModel") B.on(`change:${to}`, () => A.set(from, B.get(to)));
  }

  function make(parent, tag, attributes = {}, text = null) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== null) element.textContent = text;
    parent.append(element);
    return element;
  }

  // ---- one control: a range or a select over the slider's positions ------------------------

  function control(parent, model, slider, name) {
    const trait = slider.numeric ? "value" : "index";
    const position = () => {
      if (!slider.numeric) return model.get("index");
      const distances = slider.values.map((v) => Math.abs(v - model.get("value")));
      return distances.indexOf(Math.min(...distances));
    };
    const move = (to) => {
      const index = Math.min(slider.labels.length - 1, Math.max(0, to));
      model.set(trait, slider.numeric ? slider.values[index] : index);
    };
    const row = make(parent, "div", { class: "gx-control" });
    const id = `${name}-${slider.name}`;
    make(row, "label", { for: id }, slider.label);
    const isSelect = model.name === "DropdownModel";
    const input = make(row, isSelect ? "select" : "input", { id });
    // no <output>: that announces itself, beside the slider and the sentence
    const shown = isSelect ? null : make(row, "span", { class: "gx-value" });
    if (isSelect) {
      slider.labels.forEach((label, i) => make(input, "option", { value: i }, label));
    } else {
      input.type = "range";
      input.min = 0;
      input.max = slider.labels.length - 1;
      input.step = 1;
    }
    const show = () => {
      const label = slider.labels[position()];
      input.value = position();
      if (isSelect) return; // its option says what a range must be told to say
      input.setAttribute("aria-valuetext", label);
      shown.textContent = label;
    };
    input.addEventListener(isSelect ? "change" : "input", () => move(Number(input.value)));
    model.on(`change:${trait}`, show);
    show();
    return { slider, position, move, row, onChange: (f) => model.on(`change:${trait}`, f) };
  }

  // ---- step buttons and play ----------------------------------------------------------------

  function player(parent, driven, interval, quiet) {
    const last = driven.slider.labels.length - 1;
    const button = (text, label) => make(parent, "button", { type: "button", "aria-label": label }, text);
    const back = button("\u25C2", `one ${driven.slider.label} back`);
    const forward = button("\u25B8", `one ${driven.slider.label} forward`);
    let timer = 0;
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      quiet(false);
      if (play) play.textContent = "Play";
    };
    back.addEventListener("click", () => { stop(); driven.move(driven.position() - 1); });
    forward.addEventListener("click", () => { stop(); driven.move(driven.position() + 1); });
    // who asks for less motion gets the buttons that move one step, and no player
    const play = matchMedia("(prefers-reduced-motion: reduce)").matches
      ? null : make(parent, "button", { type: "button" }, "Play");
    play?.addEventListener("click", () => {
      if (timer) return stop();
      if (driven.position() >= last) driven.move(0);
      play.textContent = "Pause";
      quiet(true); // a screen reader hears where it stopped, not every step on the way
      timer = setInterval(() => {
        driven.move(driven.position() + 1);
        if (driven.position() >= last) stop();
      }, interval);
    });
    return stop;
  }

  // ---- an explorer ---------------------------------------------------------------------------

  const explorers = new Map();

  // Raises what is wrong, as the end of a sentence: "The sliders cannot run here: ...".
  const frontEnds = new Map();
  function frontEnd(code) {
    if (!frontEnds.has(code)) {
      const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      frontEnds.set(code, import(url).catch((error) => {
        throw new Error(error instanceof SyntaxError ? "this browser is too old for them"
          : "the site that shows this page forbids the script that draws them");
      }));
    }
    return frontEnds.get(code);
  }

  async function explorer(script, still) {
    const children = models.get(JSON.parse(script.textContent).model_id).get("children").map(byReference);
    for (const model of models.values()) {
      if (!/^(Directional)?LinkModel$/.test(model.name)) continue;
      const ends = [model.get("source"), model.get("target")].map(([end]) => byReference(end));
      if (ends.some((end) => children.includes(end))) follow(model);
    }
    const view = children.find((child) => child.name === "AnyModel");
    const spec = view.get("spec");
    const root = document.createElement("div"); // a section would be one more slide to reveal.js
    root.setAttribute("role", "region");
    root.className = "gx-explorer gx-waiting";
    root.setAttribute("aria-label", `Explorer ${spec.name}`);
    const rows = make(root, "div", { class: "gx-controls" });
    const sliders = children.filter((child) => /Slider|Dropdown/.test(child.name));
    const controls = spec.sliders.map((slider, i) => control(rows, sliders[i], slider, spec.name));
    const buttons = make(rows, "div", { class: "gx-buttons" });
    const drawing = make(root, "div");
    const note = make(root, "p", { class: "gx-note", role: "status" }); // of links, never of a move

    let stop = () => {};
    const driven = controls.find((c) => c.slider.name === spec.play);
    const playModel = children.find((child) => child.name === "PlayModel");
    if (driven) {
      stop = player(buttons, driven, playModel?.get("interval") ?? 600, (on) => {
        root.querySelector(".gx-sentence")?.setAttribute("aria-live", on ? "off" : "polite");
      });
    }
    const reset = make(buttons, "button", { type: "button" }, "Reset");
    const copy = make(buttons, "button", { type: "button" }, "Copy link");

    const name = (c) => (c.slider.numeric ? String(c.slider.values[c.position()]) : c.slider.labels[c.position()]);
    const query = () => controls.map((c) => `${c.slider.name}=${encodeURIComponent(name(c))}`).join("&");
    const address = () => `#${spec.name}?${query()}`;
    const rest = () => { for (const c of controls) c.move(c.slider.rest); };

    reset.addEventListener("click", () => { stop(); rest(); note.textContent = ""; });
    copy.addEventListener("click", async () => {
      const url = location.href.split("#")[0] + address();
      try {
        await navigator.clipboard.writeText(url);
        note.textContent = "The link to this state is copied.";
      } catch {
        note.textContent = `Copy this link: ${url}`;
      }
    });
    for (const c of controls) c.onChange(() => remember(address));

    // What a query asks for: the moves, and the parts that mean nothing here.
    function read(query) {
      const problems = [], moves = new Map();
      for (const [key, value] of new URLSearchParams(query)) {
        const c = controls.find((one) => one.slider.name === key);
        const at = !c ? -1 : c.slider.numeric && value.trim() !== ""
          ? c.slider.values.findIndex((v) => Math.abs(v - Number(value)) < 1e-9)
          : c.slider.labels.indexOf(value);
        if (at < 0) problems.push(`${key}=${value}`);
        else moves.set(c, at);
      }
      return { problems, moves };
    }

    function open(query) {
      stop();
      const { problems, moves } = read(query);
      rest();
      if (!problems.length) for (const [c, at] of moves) c.move(at);
      note.textContent = problems.length
        ? `The link asks for ${problems.join(" and ")}, which this explorer does not have: it is shown at rest.`
        : "";
    }

    still.after(root);
    try {
      const { default: drawn } = await frontEnd(view.get("_esm"));
      await drawn.render({ model: view, el: drawing });
    } catch (error) {
      root.remove();
      throw error;
    }
    still.remove(); // together with what follows, so that no reader sees both or neither
    root.classList.remove("gx-waiting");
    root.id = spec.name;
    root.tabIndex = -1; // the skip link leads here
    root.dataset.ready = "true";
    explorers.set(spec.name, { root, query, open, means: (query) => !read(query).problems.length });
  }

  // The picture in place of the sliders, and one sentence why. No other explorer is touched.
  async function alive(script, states) {
    const still = script.nextElementSibling;
    try {
      await states;
      await explorer(script, still);
    } catch (error) {
      console.error(error);
      let why = still?.querySelector(".gx-why");
      if (!why) script.after(why = document.createElement("p")); // a question has no picture
      why.textContent = `The sliders cannot run here: ${error.message || error}.`;
      why.classList.add("gx-known");
    }
  }

  async function shown(script, states) {
    let model = null;
    try {
      await states;
      model = models.get(JSON.parse(script.textContent).model_id);
    } catch { /* said by each explorer */ }
    if (!model?.get("question")) return alive(script, states);
    explorers.set(model.get("question").name, await questionHost.show(script, model, frontEnd));
  }

  // ---- the address and the history -----------------------------------------------------------
  // The address names the state of the explorer that was moved last; the entry in the history keeps
  // the states of all, so that Back brings them back.

  // read now: Sphinx's own script empties it when the page has loaded
  let kept = history.state?.explorers;
  let due = 0;
  let quietly = false; // while an address is being followed it stays as it is

  function keep(address) {
    const states = Object.fromEntries([...explorers].map(([name, one]) => [name, one.query()]));
    try {
      history.replaceState({ ...history.state, explorers: states }, "", address);
    } catch {
      // Safari allows a hundred in half a minute: the next move will be kept
    }
  }

  function remember(address) {
    if (quietly) return;
    clearTimeout(due);
    due = setTimeout(() => keep(address()), 150);
  }

  // The explorer and the query that an address asks for. Some platforms escape an address once
  // more on its way: "#name%3Fp=0.9%26q=1", "#name?p=0.9&amp;q=1".
  function asked(fragment) {
    const readings = [fragment, fragment.replace(/&amp;/g, "&")];
    for (let i = 0; i < 4; i++) {
      try { readings.push(decodeURIComponent(readings[i])); } catch { readings.push(readings[i]); }
    }
    const parts = readings.map((text) => /^([^?]*)(?:\?([^]*))?$/.exec(text).slice(1));
    const means = ([name, query]) => query !== undefined && explorers.has(name) && explorers.get(name).means(query);
    return parts.find(means) ?? parts.find(([name, query]) => query !== undefined || explorers.has(name)) ?? [];
  }

  const lost = document.createElement("p");
  lost.className = "gx-note";
  lost.setAttribute("role", "status");

  function followAddress(again = false) {
    clearTimeout(due);
    quietly = true;
    if (kept) for (const [name, one] of explorers) one.open(kept[name] ?? "");
    const [name, query] = asked(location.hash.slice(1));
    const found = explorers.get(name);
    // the explorer itself, its picture, any other place of the page, or nothing of that name
    const id = name ?? location.hash.slice(1);
    const place = found?.root ?? (id ? document.getElementById(id) : null);
    if (found && query !== undefined) found.open(query);
    lost.textContent = query === undefined || place ? ""
      : `The link asks for the explorer “${name}”, which this page does not have. It has: ${[...explorers.keys()].join(", ")}.`;
    quietly = false;
    // after Back and after a reload the browser knows better where the reader was
    if ((again || !kept) && (name || place)) {
      document.documentElement.dataset.whole = "true"; // nothing above it is laid out later
      (place ?? lost).scrollIntoView({ block: "start" });
    }
    keep();
  }

  // ---- the page ------------------------------------------------------------------------------

  // The book's pages name the script that has their widgets. It is asked for when the page is shown:
  // on a slow line the words come before the explorers' data. A hidden page has no frames.
  async function fetchStates() {
    const address = document.querySelector('meta[name="page-widgets"]')?.content;
    if (!address) return;
    await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); setTimeout(resolve, 200); });
    await new Promise((resolve, reject) => {
      const script = make(document.head, "script");
      script.onload = resolve;
      script.onerror = () => reject(new Error("their data did not arrive; reload the page"));
      script.src = address;
    });
  }

  function readStates() {
    // the slides have them in the page
    const scripts = document.querySelectorAll('script[type="application/vnd.jupyter.widget-state+json"]');
    const inPage = [...scripts].map((script) => JSON.parse(script.textContent));
    for (const { state } of [...(globalThis.pageWidgets ?? []), ...inPage]) {
      for (const [id, entry] of Object.entries(state)) models.set(id, new Model(entry));
    }
    // the first explorer of a page, and the first question, bring what all need (static_widgets.py)
    for (const kind of ["spec", "question"]) {
      const alike = [...models.values()].filter((model) => model.get(kind));
      if (alike.length) make(document.head, "style", {}, alike[0].get("_css"));
      for (const model of alike) if (!model.get("_esm")) model.set("_esm", alike[0].get("_esm"));
    }
  }

  async function start() {
    const states = fetchStates().then(readStates);
    states.catch(() => {}); // said by each explorer
    const views = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]');
    // one after the other, and the page may answer its reader in between
    for (const script of views) {
      await shown(script, states);
      await (globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve)));
    }
    globalThis.questionHost?.summary();
    const first = document.querySelector(".gx-explorer[data-ready]");
    const skip = document.getElementById("pst-skip-link"); // the theme's own, to the main content
    if (first && skip) {
      const box = document.createElement("div");
      box.className = "skip-link d-print-none";
      make(box, "a", { href: `#${first.id}` }, "Skip to the first explorer");
      skip.after(box);
    }
    const title = document.querySelector("article h1"); // another one is for print
    if (title) title.after(lost);
    window.addEventListener("popstate", (event) => {
      kept = event.state?.explorers;
      followAddress();
    });
    // a link to where the reader is already: the address stays, and the way back to the explorer is meant
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (link && link.hash && link.href === location.href) followAddress(true);
    });
    followAddress();
    document.documentElement.dataset.explorers = "ready";
  }

  start();
})();
