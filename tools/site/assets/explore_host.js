// Brings the explorers of a page to life without Jupyter: reads the widget state that the build
// wrote into the page, makes each slider a native control, follows the links between widgets, and
// calls the same front end that JupyterLab calls. tools/site/static_widgets.py checks, while the book is
// built, that a page has no widget that is unknown here.
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
    const output = isSelect ? null : make(row, "output", { for: id });
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
      output.textContent = label;
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

  async function explorer(script, box) {
    const children = box.get("children").map(byReference);
    const view = children.find((child) => child.name === "AnyModel");
    const spec = view.get("spec");
    const root = document.createElement("section");
    root.className = "gx-explorer";
    root.id = spec.name;
    root.setAttribute("aria-label", `Explorer ${spec.name}`);
    script.after(root);
    const rows = make(root, "div", { class: "gx-controls" });
    const sliders = children.filter((child) => /Slider|Dropdown/.test(child.name));
    const controls = spec.sliders.map((slider, i) => control(rows, sliders[i], slider, spec.name));
    const buttons = make(rows, "div", { class: "gx-buttons" });
    const drawing = make(root, "div");
    const note = make(root, "p", { class: "gx-note", role: "status" });

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

    const address = () => {
      const query = controls.map((c) => `${c.slider.name}=${encodeURIComponent(name(c))}`);
      return `#${spec.name}?${query.join("&")}`;
    };
    const name = (c) => (c.slider.numeric ? String(c.slider.values[c.position()]) : c.slider.labels[c.position()]);
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
    let due = 0;
    let quietly = false; // while a link is being followed the address stays as it is
    for (const c of controls) {
      c.onChange(() => {
        if (quietly) return;
        clearTimeout(due);
        due = setTimeout(() => history.replaceState(null, "", address()), 150);
      });
    }

    function open(query) {
      stop();
      const problems = [], moves = new Map();
      for (const [key, value] of new URLSearchParams(query)) {
        const c = controls.find((one) => one.slider.name === key);
        const at = !c ? -1 : c.slider.numeric && value.trim() !== ""
          ? c.slider.values.findIndex((v) => Math.abs(v - Number(value)) < 1e-9)
          : c.slider.labels.indexOf(value);
        if (at < 0) problems.push(`${key}=${value}`);
        else moves.set(c, at);
      }
      quietly = true;
      rest();
      if (!problems.length) for (const [c, at] of moves) c.move(at);
      quietly = false;
      note.textContent = problems.length
        ? `The link asks for ${problems.join(" and ")}, which this explorer does not have: it is shown at rest.`
        : "";
      root.scrollIntoView({ block: "start" });
    }

    const module = URL.createObjectURL(new Blob([view.get("_esm")], { type: "text/javascript" }));
    const { default: frontEnd } = await import(module);
    URL.revokeObjectURL(module);
    await frontEnd.render({ model: view, el: drawing });
    explorers.set(spec.name, open);
    root.dataset.ready = "true";
  }

  function followAddress() {
    const [name, query] = location.hash.slice(1).split("?");
    if (query !== undefined) explorers.get(name)?.(query);
  }

  async function start() {
    for (const script of document.querySelectorAll('script[type="application/vnd.jupyter.widget-state+json"]')) {
      for (const [id, entry] of Object.entries(JSON.parse(script.textContent).state)) {
        models.set(id, new Model(entry));
      }
    }
    for (const model of models.values()) {
      if (/^(Directional)?LinkModel$/.test(model.name)) follow(model);
    }
    const drawn = [...models.values()].filter((model) => model.name === "AnyModel");
    const style = drawn[0]?.get("_css");
    if (style) make(document.head, "style", {}, style);
    // the first of a page brings the script of all (static_widgets.py)
    for (const model of drawn) if (!model.get("_esm")) model.set("_esm", drawn[0].get("_esm"));
    const views = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]');
    await Promise.all([...views].map((script) =>
      explorer(script, models.get(JSON.parse(script.textContent).model_id))));
    window.addEventListener("hashchange", followAddress);
    followAddress();
    document.documentElement.dataset.explorers = "ready";
  }

  start();
})();
