// Brings the questions of a page to life without Jupyter, for explore_host.js: calls the front end
// that JupyterLab calls, follows a link to an answer, and ends the page with a line that says how
// far the reader is.
globalThis.questionHost = (() => {
  "use strict";

  const asked = []; // the questions' models, in the order of the page

  // Shows a question after its script; returns what the host needs to follow a link to it.
  async function show(script, model, frontEnd) {
    const box = document.createElement("div");
    script.after(box);
    asked.push([script, model]);
    try {
      const { default: asks } = await frontEnd(model.get("_esm"));
      asks.render({ model, el: box });
    } catch (error) {
      console.error(error);
      box.textContent = `${model.get("question").prompt} (This question cannot be answered here: ${error.message}.)`;
    }
    const open = (query) => {
      const answer = new URLSearchParams(query).get("answer");
      if (answer !== null) model.set("answer", answer);
    };
    return { root: box, query: () => "", open, means: () => true };
  }

  // ---- the line at the end of the page --------------------------------------------------------

  const answers = () => asked.map(([, model]) => ({
    question: model.get("question").name,
    answer: model.get("checked"),
    tone: model.get("tone"),
    tries: model.get("tries"),
    prompt: model.get("question").prompt,
  }));

  const csv = (rows) => [Object.keys(rows[0]), ...rows.map(Object.values)]
    .map((row) => row.map((value) => `"${String(value).replaceAll('"', '""')}"`).join(",") + "\r\n").join("");

  function save(text, type, ending) {
    const link = document.createElement("a");
    const page = location.pathname.split("/").at(-1).replace(/\.html$/, "") || "page";
    const sitting = asked[0][1].get("sitting");
    link.download = `answers-${page}${sitting ? `-${sitting}` : ""}.${ending}`;
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // ---- two sittings --------------------------------------------------------------------------

  const SITTINGS = { before: "before the course", after: "after the course" };
  const KEPT = "em-you-can-touch/"; // as in question.js

  function kept(name) {
    try {
      return localStorage.getItem(KEPT + name);
    } catch {
      return null; // storage is switched off
    }
  }

  // What a sitting came to, from what question.js keeps; "" if nothing was answered in it.
  function score(sitting) {
    const answered = asked.map(([, model]) => kept(`question/${sitting}/${model.get("question").name}`)).filter(Boolean);
    const right = answered.filter((one) => /"tone":"right"/.test(one)).length;
    const words = SITTINGS[sitting][0].toUpperCase() + SITTINGS[sitting].slice(1);
    return answered.length ? `${words}: ${right} right of ${answered.length} answered.` : "";
  }

  // The page of questions says where the choice of the sitting stands.
  function sittings() {
    const box = document.querySelector(".gx-sitting");
    if (!box || !asked.length) return;
    const label = document.createElement("label");
    label.textContent = "These are my answers ";
    const choice = document.createElement("select");
    for (const [value, words] of Object.entries(SITTINGS)) choice.add(new Option(words, value));
    label.append(choice);
    box.append(label);
    const take = () => {
      for (const [, model] of asked) model.set("sitting", choice.value);
      try {
        localStorage.setItem(`${KEPT}sitting`, choice.value);
      } catch { /* then a page that is opened again begins before the course */ }
    };
    choice.addEventListener("change", take);
    if (kept("sitting") in SITTINGS) choice.value = kept("sitting");
    take();
  }

  function summary() {
    if (!asked.length) return;
    sittings();
    asked.sort(([a], [b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    const section = document.createElement("section");
    section.className = "gx-summary";
    section.setAttribute("aria-label", "Your answers on this page");
    const words = document.createElement("p");
    words.setAttribute("role", "status");
    section.append(words);
    const button = (text, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.addEventListener("click", act);
      section.append(made);
    };
    button("Save as JSON", () => save(JSON.stringify(answers(), null, 1), "application/json", "json"));
    button("Save as CSV", () => save(csv(answers()), "text/csv", "csv"));
    button("Reset", () => {
      for (const [, model] of asked) {
        for (const [key, value] of Object.entries({ answer: "", tone: "", tries: 0, checked: "" })) {
          model.set(key, value);
        }
      }
    });
    const count = () => {
      const tones = asked.map(([, model]) => model.get("tone")).filter((tone) => tone);
      const right = tones.filter((tone) => tone === "right").length;
      const now = asked[0][1].get("sitting");
      const others = Object.keys(now ? SITTINGS : {}).filter((one) => one !== now);
      const text = [`Questions on this page: ${asked.length}. Answered: ${tones.length}. Right: ${right}.`,
        ...others.map(score)].filter(Boolean).join(" ");
      if (words.textContent !== text) words.textContent = text;
    };
    for (const [, model] of asked) {
      model.on("change:tone", count);
      model.on("change:sitting", count);
    }
    count();
    (document.querySelector("article.bd-article") ?? document.body).append(section);
  }

  return { show, summary };
})();
