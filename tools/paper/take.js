// What the printed book takes from a built page that is open and alive: its text without buttons,
// each explorer as it is drawn at rest, folded code and solutions apart. tools/paper/paper.py calls this
// with the page's name and the addresses, and puts the pieces together.
globalThis.take = async ({ page, root, site, wide, narrow }) => {

  const article = document.querySelector("article.bd-article");
  const all = (selector, from = article) => [...from.querySelectorAll(selector)];
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const made = (tag, attributes = {}, ...content) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  };
  const mine = (id) => `${page}--${id}`;
  // a page number is a link; who sets it is told by data-to (compose.js)
  const pageNumber = (to) => made("a", { class: "pg", href: `#${to}`, "data-to": to });
  const taken = { page, solutions: [], code: [], explorers: [] };

  // ---- what only a screen needs ---------------------------------------------------------------

  // what stands behind Start on the page of one's own data is not of paper: an empty frame says where it is
  const card = article.querySelector("#playground");
  if (card) {
    const live = `book/${page}.html#playground`, place = site ? made("a", { href: site + live, class: "address" }, site + live)
      : made("code", {}, live);
    const caption = made("figcaption", {}, made("p", { class: "said" }, "On the site, Start and a picture to draw in stand here."),
      made("p", { class: "live" }, ...(site ? [place] : ["They are on the page ", place, " of the site."])));
    card.replaceWith(made("figure", { class: "explorer", id: "playground", "data-explorer": "playground" }, caption));
    taken.explorers.push({ name: "playground", live });
  }
  const DROPPED = ".no-print, .d-print-none, .run-here, .headerlink, .toctree-wrapper, .gx-summary, .copybtn, " +
    ".sd-summary-state-marker, .gx-note, template, style, link";
  for (const e of all(DROPPED)) e.remove();
  for (const e of all(".in-jupyter")) (e.closest("p") ?? e).remove();

  // ---- explorers ------------------------------------------------------------------------------

  const explorers = all(".gx-explorer[data-ready]");
  for (const e of explorers) {
    const one = all(".gx-panel", e).length === 1;
    e.style.cssText = `width: ${one ? narrow : wide}px; padding: 0; border: 0; margin: 0`;
  }
  await frame();
  await frame();
  for (const e of explorers) {
    const name = e.id, drawing = e.querySelector(".gx"), sentence = drawing.querySelector(".gx-sentence");
    const sliders = all(".gx-control", e).map((row) => {
      const select = row.querySelector("select");
      const value = select ? select.selectedOptions[0].textContent : row.querySelector(".gx-value").textContent;
      return `${row.querySelector("label").textContent} ${value}`;
    });
    const said = sentence.textContent;
    sentence.remove();
    const figure = made("figure", { class: "explorer", id: name, "data-explorer": name });
    for (const panel of all(".gx-panel", drawing)) panel.style.width = `${panel.clientWidth - 1}px`;
    for (const svg of all("svg[role=img]", drawing)) svg.setAttribute("font-size", svg.getAttribute("font-size") ?? 13);
    const caption = made("figcaption", {}, made("p", { class: "said" }, said),
      made("p", { class: "rest" }, made("b", {}, `Explorer ${name}`), `, at rest: ${sliders.join("; ")}.`));
    const live = `book/${page}.html#${name}`;
    caption.append(site ? made("p", { class: "live" }, made("a", { href: site + live, class: "address" }, site + live))
      : made("p", { class: "live" }, "It moves on the page ", made("code", {}, live), " of the site."));
    figure.append(made("div", { class: `drawn panels-${all(".gx-panel", drawing).length}` }, drawing), caption);
    e.replaceWith(figure);
    taken.explorers.push({ name, live });
  }
  // one that does not live here has its picture still
  for (const e of all(".gx-still")) {
    e.querySelector(".gx-why")?.remove();
    e.className = "explorer";
    e.dataset.explorer = e.id;
    e.querySelector("img")?.classList.add("drawn");
    taken.explorers.push({ name: e.id, live: `book/${page}.html#${e.id}` });
  }

  // ---- questions ------------------------------------------------------------------------------

  for (const script of all('script[type="application/vnd.jupyter.widget-view+json"]')) {
    const noscript = script.parentElement.querySelector("noscript");
    if (!noscript?.textContent.includes("gx-question")) continue;
    const box = made("template");
    box.innerHTML = noscript.textContent;
    const question = box.content.querySelector(".gx-question");
    question.append(made("p", { class: "answer" }, "Answer: page ", pageNumber(`answers--${question.id}`)));
    question.prepend(made("p", { class: "kind" }, "Question"));
    script.parentElement.replaceChildren(question);
  }
  // the list of answers is where the questions lead
  if (page === "answers") {
    for (const link of all("p > a[href]:only-child")) link.parentElement.id = new URL(link.href).hash.slice(1);
  }
  for (const e of all("script, noscript")) e.remove();

  // ---- 10⁻⁸ as it is set, where it is not code: text fonts lack most of these ----------------------

  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT), raised = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (/[⁰⁴-⁹⁻]/.test(text.data) && !text.parentElement.closest("pre, code, svg, .katex")) raised.push(text);
  }
  for (const text of raised) {
    text.replaceWith(...text.data.split(/([⁰¹²³⁴-⁹⁻]+)/).map((piece) => (!/[⁰⁴-⁹⁻]/.test(piece) ? piece
      : made("sup", {}, [...piece].map((c) => "0123456789−"[RAISED.indexOf(c)]).join("")))));
  }

  // ---- "99 %", "30 000" and "41 ± 5" stay on one line ------------------------------------------------

  const numbers = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (numbers.nextNode()) {
    const text = numbers.currentNode;
    if (!/\d /.test(text.data) || text.parentElement.closest("pre, code, svg, .katex")) continue;
    text.data = text.data.replace(/(\d) (?=%|000\b)/g, "$1\u00a0").replace(/(\d) ± (?=\d)/g, "$1\u00a0±\u00a0");
  }

  // ---- what is folded -------------------------------------------------------------------------

  const heading = (element) => {
    let place = element;
    while (place && place !== article) {
      for (let e = place; e; e = e.previousElementSibling) if (/^H[1-4]$/.test(e.tagName)) return e.textContent.trim();
      place = place.parentElement;
    }
    return "";
  };
  for (const [i, e] of all("details.hide").entries()) {
    const to = mine(`code-${i}`), from = mine(`code-from-${i}`);
    const input = e.querySelector(".cell_input"), cell = e.closest(".cell");
    taken.code.push(`<section class="piece" id="${to}"><p class="piece-of">${heading(e)}, page ` +
      `${pageNumber(from).outerHTML}</p>${input.outerHTML}</section>`);
    // beside what it draws or asks; a cell without output leaves nothing to read
    const beside = cell.querySelector("figure.explorer .rest, .gx-question .answer");
    const note = [beside?.matches(".answer") ? ", code: page " : beside ? " Its code: page " : "The code: page ", pageNumber(to)];
    if (beside) {
      beside.append(...note);
      beside.dataset.id = from;
      e.remove();
    } else if (cell.querySelector(".cell_output")) e.replaceWith(made("p", { class: "folded", "data-id": from }, ...note));
    else cell.replaceWith(made("span", { "data-id": from }));
  }
  let solved = 0;
  for (const e of all("details.sd-dropdown")) {
    const title = e.querySelector(".sd-summary-text"), body = e.querySelector(".sd-summary-content");
    if (title.textContent.trim() === "Solution") {
      let asked = e.previousElementSibling;
      while (asked && !/^\d+\./.test(asked.querySelector("strong")?.textContent ?? "")) asked = asked.previousElementSibling;
      const to = mine(`solution-${solved}`), from = mine(asked?.id || `solution-from-${solved}`);
      solved++;
      const name = asked ? asked.querySelector("strong").textContent.replace(/\s*\([^)]*\)\.?$|\.$/, "").replace(/^\d+$/, "Exercise $&") : "Solution";
      if (asked && !asked.id) asked.dataset.id = from;
      taken.solutions.push(`<section class="piece" id="${to}"><p class="piece-of"><b>${name}</b>, page ` +
        `${pageNumber(from).outerHTML}</p>${body.innerHTML}</section>`);
      const before = e.previousElementSibling, note = ["Solution: page ", pageNumber(to)];
      if (before?.tagName === "P" && asked) {
        before.append(made("span", { class: "folded" }, " ", ...note));
        e.remove();
      } else e.replaceWith(made("p", { class: "folded", ...(asked ? {} : { "data-id": from }) }, ...note));
    } else {
      const box = made("div", { class: "derivation" }, made("p", { class: "title" }, ...title.childNodes));
      box.append(...body.childNodes);
      e.replaceWith(box);
    }
  }
  // any other that opens is open
  for (const e of all("details")) {
    const box = made("div", { class: "opened" }, ...e.childNodes);
    e.replaceWith(box);
  }

  // ---- one book instead of many pages ---------------------------------------------------------

  const rest = made("div");
  rest.innerHTML = [...taken.solutions, "<hr>", ...taken.code].join("\n");
  for (const place of [article, rest]) {
    for (const e of all("[id]", place)) {
      if (!e.closest("svg") && !e.id.startsWith(`${page}--`)) e.id = mine(e.id);
    }
    for (const e of all("[data-id]", place)) {
      if (e.id) e.prepend(made("span", { id: e.dataset.id })); // it has a name already
      else e.id = e.dataset.id;
      e.removeAttribute("data-id");
    }
    for (const link of all("a[href]:not(.pg)", place)) lead(link);
    // a screen reader gets a formula's source; the hidden second copy would be printed as well
    for (const formula of all(".katex", place)) {
      const tex = formula.querySelector("annotation")?.textContent ?? "";
      formula.querySelector(".katex-mathml")?.remove();
      formula.querySelector(".katex-html")?.removeAttribute("aria-hidden");
      formula.setAttribute("role", "img");
      formula.setAttribute("aria-label", tex);
    }
    // a line may end after a formula, but not before the comma that follows it, nor after "("
    for (const formula of all("span.math", place)) {
      const bases = all(".katex-html > .base", formula), mark = (text) => made("span", { class: "beside" }, text);
      const next = formula.nextSibling, last = formula.previousSibling;
      const closing = next?.nodeType === Node.TEXT_NODE ? /^[.,;:!?)\]’”]+/.exec(next.data)?.[0] : null;
      const opening = last?.nodeType === Node.TEXT_NODE ? /[(\[“]+$/.exec(last.data)?.[0] : null;
      if (closing && bases.length) {
        bases.at(-1).append(mark(closing));
        next.data = next.data.slice(closing.length);
      }
      if (opening && bases.length) {
        bases[0].prepend(mark(opening));
        last.data = last.data.slice(0, -opening.length);
      }
    }
    for (const e of all("[tabindex], [contenteditable]", place)) e.removeAttribute("tabindex");
    for (const e of all("img", place)) e.src = e.src; // as it is found from elsewhere
    for (const e of all("[loading]", place)) e.removeAttribute("loading");
    for (const e of all("button, input, select, textarea, form, dialog, video, iframe, canvas", place)) e.remove();
    // what now has nothing in it
    for (const e of all(".cell_output, .cell", place)) {
      if (!e.textContent.trim() && !e.querySelector("svg, img, figure")) e.remove();
    }
  }

  function lead(link) {
    const written = link.getAttribute("href"), url = new URL(written, location);
    if (url.href.startsWith(root)) {
      const file = decodeURIComponent(url.href.slice(root.length).split(/[?#]/)[0]);
      const other = /^book\/(.+)\.html$/.exec(file)?.[1];
      const [anchor, state] = decodeURIComponent(url.hash.slice(1)).split(/\?(.*)/s);
      if (other) {
        const to = anchor ? `${other}--${anchor}` : `page--${other}`;
        link.setAttribute("href", `#${to}`);
        const where = made("span", { class: "where" }, " (page ", pageNumber(to), ")");
        const term = link.querySelector(".std-term") || link.closest(".bibtex-citation, .citation");
        const drawn = link.closest("svg"); // a box of the map has the chapter's number
        if (!drawn && (state !== undefined || (other !== page && !term))) link.after(where);
        if (state !== undefined && site) {
          link.setAttribute("href", `${site}book/${other}.html${written.slice(written.indexOf("#"))}`);
          link.classList.add("state");
        }
        return;
      }
      if (site && !file.startsWith("search")) link.setAttribute("href", site + file + url.hash);
      else link.replaceWith(...link.childNodes);
    } else if (url.protocol === "https:" && !link.classList.contains("address")) {
      const shown = url.href.replace(/^https:\/\//, "").replace(/\/$/, "");
      if (!link.closest(".citation")) link.after(made("span", { class: "address" }, ` (${shown})`));
    } else if (url.protocol !== "https:") link.replaceWith(...link.childNodes);
  }

  const [solutions, code] = rest.innerHTML.split("<hr>");
  const title = article.querySelector("h1");
  return {
    ...taken, solutions: solutions.trim(), code: code.trim(),
    number: title.querySelector(".section-number")?.textContent.replace(/\.\s*$/, "") ?? "",
    title: [...title.childNodes].filter((n) => n.className !== "section-number").map((n) => n.textContent).join("").trim(),
    sections: all("h2").map((h) => ({ id: h.parentElement.id, title: h.innerHTML })),
    body: article.innerHTML,
  };
};
