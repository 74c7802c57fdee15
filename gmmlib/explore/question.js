// Asks a question and says what gmmlib computed about each answer. What is right, and every word
// that is said to an answer, comes from questions.py.

const WORDS = { right: "Right.", almost: "Almost.", "not-yet": "Not yet." };
const KEPT = "em-you-can-touch/question/";

// ---- small helpers ------------------------------------------------------------------------

function make(parent, tag, attributes = {}, text = null) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) say(element, text);
  parent.append(element);
  return element;
}

// Words, with `code` between backticks.
function say(element, text) {
  element.replaceChildren();
  text.split("`").forEach((part, i) => {
    if (i % 2) element.appendChild(document.createElement("code")).textContent = part;
    else element.append(part);
  });
}

// A reader may have storage switched off: then answers last as long as the page.
function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(KEPT + name));
  } catch {
    return null;
  }
}
function keep(name, value) {
  try {
    if (value) localStorage.setItem(KEPT + name, JSON.stringify(value));
    else localStorage.removeItem(KEPT + name);
  } catch { /* nothing to be done, and nothing is lost on this page */ }
}

// ---- the three kinds ----------------------------------------------------------------------

// Each makes its controls, and returns
//   show(answer): put them into an answer;
//   problem(answer): why something is no answer, in words, or null;
//   judge(answer): its tone, and what is said to it.

function choice(box, spec, choose) {
  const group = `gx-choice-${spec.name}`; // in Jupyter each question loads this file anew
  const inputs = spec.options.map(({ key, text }) => {
    const label = make(box, "label", { class: "gx-option" });
    const input = make(label, "input", { type: "radio", name: group, value: key });
    make(label, "span", {}, text);
    input.addEventListener("change", () => choose(key));
    return input;
  });
  const find = (answer) => spec.options.find((option) => option.key === answer);
  return {
    show: (answer) => inputs.forEach((input) => { input.checked = input.value === answer; }),
    problem: (answer) => (answer === "" ? "Choose one of the answers first." : find(answer) ? null : ""),
    judge: (answer) => [find(answer).tone, find(answer).said],
  };
}

// questions.py reads a number by the same rule
function numberIn(text) {
  const plain = text.trim().replace("\u2212", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

function number(box, spec, choose, check) {
  const label = make(box, "label", { class: "gx-number" });
  make(label, "span", {}, "Your number");
  // not type="number": it throws away what it cannot read, and knows no true minus sign
  const input = make(label, "input", { type: "text", autocomplete: "off", size: 10 });
  if (spec.unit) make(label, "span", {}, spec.unit);
  input.addEventListener("input", () => choose(input.value));
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") check(); });
  return {
    show: (answer) => { if (input.value !== answer) input.value = answer; },
    problem: (answer) => {
      if (answer.trim() === "") return "Write a number first.";
      const shown = "write one such as 0.5, \u22122 or 1e-3.";
      return Number.isNaN(numberIn(answer)) ? `\u201C${answer}\u201D is not a number: ${shown}` : null;
    },
    judge: (answer) => {
      const off = Math.abs(numberIn(answer) - spec.answer);
      const tone = ["right", "almost"].find((t) => t in spec.said && off <= spec.within[t] * (1 + 1e-9));
      return [tone ?? "not-yet", spec.said[tone ?? "not-yet"]];
    },
  };
}

function order(box, spec, choose) {
  if (spec.given) {
    make(box, "div", { class: "gx-head" }, "Given");
    make(box, "pre", { class: "gx-given" }).textContent = spec.given;
  }
  const heads = ["Your program", "Lines to use"].map((text) => make(box, "div", { class: "gx-head" }, text));
  const program = make(box, "ol", { class: "gx-program", "aria-label": "Your program" });
  const pool = make(box, "ul", { class: "gx-pool", "aria-label": "Lines to use" });
  program.before(heads[0]);
  pool.before(heads[1]);
  const heard = make(box, "span", { class: "gx-heard", "aria-live": "polite" });
  const lineOf = Object.fromEntries(spec.lines.map((line) => [line.id, line]));
  const idsIn = (answer) => (answer ? answer.split("-") : []);
  let used = [];

  const rows = Object.fromEntries(spec.lines.map(({ id, text }) => {
    const row = document.createElement("li"), plain = text.trim();
    row.dataset.line = id;
    make(row, "code", { class: "gx-source" }).textContent = text;
    const buttons = make(row, "span", { class: "gx-moves" });
    const button = (words, label, act) => {
      const made = make(buttons, "button", { type: "button", "aria-label": `${label}: ${plain}` }, words);
      made.addEventListener("click", () => act(made));
      return made;
    };
    // the focus goes along with the line, or stays among the lines that are left
    const move = (by) => (made) => {
      const at = used.indexOf(id), to = at + by;
      if (to < 0 || to >= used.length) return;
      [used[at], used[to]] = [used[to], used[at]];
      choose(used.join("-"));
      heard.textContent = `Line ${to + 1} of ${used.length}: ${plain}`;
      made.focus();
    };
    const up = button("\u25B2", "Up", move(-1));
    const down = button("\u25BC", "Down", move(1));
    const out = button("Leave out", "Leave out", () => {
      choose(used.filter((one) => one !== id).join("-"));
      heard.textContent = `Left out: ${plain}`;
      use.focus();
    });
    const use = button("Use", "Use", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      choose([...used, id].join("-"));
      heard.textContent = `Line ${used.length} of ${used.length}: ${plain}`;
      (next?.querySelector("[data-use]") ?? out).focus();
    });
    use.dataset.use = "";
    return [id, { row, inside: [up, down, out], use }];
  }));

  return {
    show: (answer) => {
      used = idsIn(answer);
      used.forEach((id) => program.append(rows[id].row));
      for (const { id } of spec.lines) {
        const { row, inside, use } = rows[id], isUsed = used.includes(id);
        if (!isUsed) pool.append(row);
        for (const one of inside) one.hidden = !isUsed;
        use.hidden = isUsed;
      }
    },
    problem: (answer) => {
      const ids = idsIn(answer);
      if (!ids.length) return "Use at least one line first.";
      return new Set(ids).size === ids.length && ids.every((id) => id in lineOf) ? null : "";
    },
    judge: (answer) => {
      const ids = idsIn(answer);
      // != null: None of a kernel in the browser arrives as undefined
      const wrong = ids.map((id) => lineOf[id]).find((line) => line.why != null);
      if (wrong) return ["not-yet", `\`${wrong.text.trim()}\`: ${wrong.why}`];
      const lacking = spec.order.length - ids.length;
      if (lacking) return ["not-yet", spec.missing[lacking - 1]];
      const broken = spec.after.find(([line, needed]) => ids.indexOf(line) < ids.indexOf(needed));
      return broken ? ["almost", broken[2]] : ["right", spec.said];
    },
  };
}

// ---- a question ---------------------------------------------------------------------------

function render({ model, el }) {
  const spec = model.get("question");
  // JupyterLab has keys of its own for what is not a text field
  const root = make(el, "fieldset", { class: "gx-question", "data-lm-suppress-shortcuts": "true" });
  if (!document.getElementById(spec.name)) root.id = spec.name;
  make(root, "legend", {}, spec.prompt);
  const body = make(root, "div", { class: "gx-answers" });
  // the page of questions has sittings, and each has its own answers
  const place = () => (model.get("sitting") ? `${model.get("sitting")}/${spec.name}` : spec.name);
  const save = (values) => {
    for (const [key, value] of Object.entries(values)) model.set(key, value);
    model.save_changes();
  };
  const kind = { choice, number, order }[spec.kind](body, spec, (answer) => save({ answer }), check);
  const button = make(root, "button", { type: "button", class: "gx-check" }, "Check");
  const status = make(root, "p", { class: "gx-said", role: "status" });
  button.addEventListener("click", check);

  function tell(tone, words) {
    if (tone) status.dataset.tone = tone;
    else delete status.dataset.tone;
    status.replaceChildren();
    if (tone) make(status, "strong", {}, WORDS[tone]);
    if (words) make(status, "span", {}, `${tone ? " " : ""}${words}`);
    // on a page of questions alone the link leads to the chapter
    const leads = spec.explorer && (!spec.explorer.link.startsWith("#") || document.getElementById(spec.explorer.name));
    if (!tone || !leads) return;
    status.append(" ");
    make(status, "a", { href: spec.explorer.link }, "See it in the explorer.");
  }

  function check() {
    const answer = model.get("answer"), problem = kind.problem(answer);
    if (problem !== null) return tell("", problem);
    const [tone] = kind.judge(answer);
    const tries = model.get("tries") + (answer === model.get("checked") ? 0 : 1);
    save({ checked: answer, tone, tries });
    keep(place(), { answer, tries, tone });
    show();
    if (spec.explorer) save(Object.fromEntries(spec.explorer.state.map((at, i) => [`s${i}`, at])));
  }

  // What is said is said to the answer that was checked, and goes when another is chosen.
  function show() {
    const answer = model.get("answer");
    if (answer !== "" && kind.problem(answer) === "") { // from a link: nothing that can be chosen
      save({ answer: "" });
      return tell("", `The link asks for the answer \u201C${answer}\u201D, which this question does not have.`);
    }
    kind.show(answer);
    if (answer !== "" && answer === model.get("checked")) tell(...kind.judge(answer));
    else tell("", "");
  }

  const bringBack = (kept) => {
    if (!kept || model.get("checked") || kind.problem(String(kept.answer)) !== null) return;
    const answer = String(kept.answer);
    const [tone] = kind.judge(answer), tries = Number(kept.tries) || 1;
    save({ answer, checked: answer, tone, tries });
    keep(place(), { answer, tries, tone });
  };
  bringBack(recall(place()));
  const forget = () => { if (!model.get("checked")) keep(place(), null); };
  const sit = () => { // another sitting: the last one's answers go, and stay kept in its place
    const kept = recall(place());
    save({ answer: "", tone: "", tries: 0, checked: "" });
    bringBack(kept);
  };
  model.on("change:answer", show);
  model.on("change:checked", show);
  model.on("change:checked", forget);
  model.on("change:sitting", sit);
  show();
  return () => {
    model.off("change:answer", show);
    model.off("change:checked", show);
    model.off("change:checked", forget);
    model.off("change:sitting", sit);
  };
}

export default { render };
