// The page "Your own data" before Start is pressed: the card, what is loaded then, and words where it fails. Nothing
// is fetched before; then playground_engine.js brings Python into a worker, and playground_bench.js the rest of the page.
(() => {
  "use strict";

  function make(parent, tag, attributes = {}, text = null) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== null) element.textContent = text;
    parent.append(element);
    return element;
  }
  // words for the reader, with `code` in backticks
  const say = (box, words) => {
    box.replaceChildren();
    words.split("`").forEach((part, i) => { if (part) make(box, i % 2 ? "code" : "span", {}, part); });
  };
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e5 ? 2 : 1)} MB`;

  const card = document.getElementById("playground");
  if (!card) return;
  const manifest = JSON.parse(document.getElementById("playground-manifest")?.textContent || "null");
  const base = card.dataset.base;
  const startButton = card.querySelector(".pg-start-button");
  const startNote = card.querySelector(".pg-start-note");
  startButton.addEventListener("click", start);
  startButton.disabled = false;

  // Why nothing can run here at all, if so: said before Start, and Start stays for whoever doubts it.
  function lacking() {
    if (typeof makeEngine !== "function") return "The script that starts Python did not arrive. Load the page again.";
    return makeEngine.lacks();
  }
  say(startNote, lacking() ?? "");

  // import() of a file that did not come is a TypeError, in every browser
  const wordsOf = (error) => error?.words ?? (error instanceof TypeError
    ? "A part of this page did not arrive. Look at the network, then press Start again."
    : `Something went wrong that this page did not foresee: ${error?.message ?? error}. Load the page again.`);

  let engine = null;
  async function start() {
    const why = lacking();
    say(startNote, why ?? "");
    if (why) return;
    const controller = new AbortController();
    const box = make(card, "div", { class: "pg-loading" });
    startButton.after(box);
    startButton.hidden = true;
    const stage = make(box, "p", { class: "pg-stage", role: "status" }, "Fetching");
    const bar = make(box, "progress", { "aria-label": "fetched so far" });
    const detail = make(box, "p", { class: "pg-detail" });
    const cancel = make(box, "button", { type: "button" }, "Cancel");
    cancel.addEventListener("click", () => controller.abort());
    cancel.focus();
    const loaded = new Map((manifest?.files ?? []).map((file) => [file.name, [0, file.bytes]]));
    function onprogress({ file, loaded: have, total, stage: now }) {
      if (file && have !== undefined) {
        loaded.set(file, [have, total || loaded.get(file)?.[1] || have]);
        const sums = [0, 1].map((i) => [...loaded.values()].reduce((sum, one) => sum + one[i], 0));
        bar.max = sums[1];
        bar.value = sums[0];
        detail.textContent = `${file}: ${megabytes(have)} of ${megabytes(loaded.get(file)[1])}; in all ${megabytes(sums[0])} of ${megabytes(sums[1])}`;
      }
      const words = now ? now[0].toUpperCase() + now.slice(1) : "Fetching";
      if (!/^(fetching|from the cache)/i.test(words)) { bar.removeAttribute("value"); detail.textContent = ""; }
      if (stage.textContent !== words) stage.textContent = words;
    }
    try {
      const made = makeEngine({ base, manifest, onprogress });
      engine = made;
      await made.start({ signal: controller.signal });
      const { bench } = await import(new URL(`${base}_static/playground_bench.js`, location.href).href);
      await bench(card, made);
    } catch (error) {
      engine?.stop?.();
      engine = null;
      say(startNote, controller.signal.aborted ? "Cancelled. What has arrived is kept, where the browser allows it." : wordsOf(error));
      if (!error?.words && !controller.signal.aborted) console.error(error);
      startButton.hidden = false;
      startButton.focus();
    } finally {
      box.remove();
    }
  }
})();
