// Where the pages end, known before anything is printed: each chapter is laid out in columns as high as
// a page, by the same rules that break pages. A figure that would leave a hole is made a little smaller,
// or the words after it come first; a long program is parted. paper.css has the sizes (.aside).
globalThis.compose = ({ hole, smallest }) => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const STEP = 566.93 + 100, HIGH = 944.88;
  const root = document.documentElement;
  const done = { smaller: 0, later: 0, parted: 0, closer: 0 };

  const LEAVES = "p, h1, h2, h3, h4, pre, figure, svg.printed, .chapter-map, table tr, li, dt, div.math, .gx-question, .citation";
  // [{bottom, first}] of each page of a chapter
  function pages(chapter) {
    const left = chapter.getBoundingClientRect().left, top = chapter.getBoundingClientRect().top;
    const found = [];
    for (const e of all(LEAVES, chapter)) {
      if (e.parentElement.closest("figure, .gx-question, svg")) continue;
      for (const box of e.getClientRects()) {
        if (!box.height) continue;
        const n = Math.max(0, Math.floor((box.left - left + 20) / STEP));
        found[n] ??= { bottom: 0, first: e, top: Infinity };
        found[n].bottom = Math.max(found[n].bottom, box.bottom - top);
        if (box.top - top < found[n].top - 0.5) Object.assign(found[n], { first: e, top: box.top - top });
      }
    }
    return found.filter(Boolean);
  }

  // What follows an element and may be read before it: plain words, up to the next heading or program.
  function* after(element) {
    let place = element.closest(".cell") ?? element;
    while (place.nextElementSibling?.matches("p, ul, ol")) yield (place = place.nextElementSibling);
  }

  // A program becomes two, the first of at most so many lines, if both have some: at an empty line if there is one,
  // else where no bracket is open. What is empty between them is kept aside (joined puts it back).
  function part(pre, most) {
    const lines = pre.textContent.replace(/\n$/, "").split("\n"), least = 4;
    const places = [...lines.keys()].filter((n) => n >= least && n <= most && n <= lines.length - least);
    if (!places.length) return 0;
    const open = (n) => {
      const before = lines.slice(0, n).join("\n"), count = (sign) => before.split(sign).length;
      return ["()", "[]", "{}"].some(([left, right]) => count(left) !== count(right));
    };
    const at = places.findLast((n) => !lines[n - 1].trim() && lines[n].trim())
      ?? places.findLast((n) => !open(n) && !/^\s/.test(lines[n])) ?? places.findLast((n) => !open(n)) ?? places.at(-1);
    let left = lines.slice(0, at).join("\n").length + 1;
    const texts = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    while (texts.nextNode() && left > texts.currentNode.length) left -= texts.currentNode.length;
    const range = document.createRange();
    range.setStart(pre, 0);
    range.setEnd(texts.currentNode, left);
    const first = pre.cloneNode(false);
    first.removeAttribute("id");
    first.append(range.extractContents());
    let between = "";
    for (let last; (last = lastText(first)) && /\s$/.test(last.data); ) {
      const kept = last.data.trimEnd();
      between = last.data.slice(kept.length) + between;
      if (kept) last.data = kept;
      else last.remove();
    }
    first.dataset.between = between;
    pre.before(first);
    pre.classList.add("rest");
    return 1;
  }

  function lastText(element) {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let last = null;
    while (texts.nextNode()) last = texts.currentNode;
    return last;
  }

  // Parts that came to stand on one page after all are one program again.
  function join(chapter) {
    const column = (box) => Math.floor((box.left - chapter.getBoundingClientRect().left + 20) / STEP);
    for (const rest of all("pre.rest", chapter)) {
      const first = rest.previousElementSibling, [ends, begins] = [first.getClientRects(), rest.getClientRects()];
      const there = column([...ends].at(-1));
      if (there !== column(begins[0])) continue;
      rest.prepend(...first.childNodes, first.dataset.between);
      rest.classList.toggle("rest", first.classList.contains("rest"));
      first.remove();
      done.parted--;
      // an empty line is back between its parts: whole, it may find just too little room
      const closer = (by) => rest.style.setProperty("--closer", by);
      if (![1, 0.98, 0.96, 0.94, 0.92].some((by) => (closer(by), column(rest.getClientRects()[0]) === there))) closer(1);
    }
  }

  const moved = new Map(); // figure: the words that now come before it

  function mend(chapter) {
    const tried = new Set();
    for (let round = 0; round < 60; round++) {
      const list = pages(chapter);
      const at = list.findIndex((page, n) => n + 1 < list.length && HIGH - page.bottom > hole && !tried.has(list[n + 1].first));
      if (at < 0) break;
      const gap = HIGH - list[at].bottom, first = list[at + 1].first;
      tried.add(first);
      const height = first.getBoundingClientRect().height;
      const figure = first.matches("figure, svg.printed") ? first : null;
      if (first.matches("pre")) {
        const line = parseFloat(getComputedStyle(first).lineHeight);
        done.parted += part(first, Math.floor((gap - 24) / line));
      } else if (first.matches(".gx-question") && gap > 2 * hole) {
        first.classList.add("parted");
      } else if (moved.has(figure)) { // what came before has changed: once more from the beginning
        (figure.closest(".cell") ?? figure).after(...moved.get(figure));
        moved.delete(figure);
        tried.delete(first);
        done.later--;
      } else if (figure) {
        const drawn = figure.matches("svg") ? figure : figure.querySelector(".drawn, svg.printed, img");
        const tall = drawn.getBoundingClientRect().height, was = Number(getComputedStyle(drawn).zoom);
        drawn.dataset.zoom ??= was; // before any page was filled: a figure may be met twice
        const zoom = was * (tall - (height + 28 - gap)) / tall;
        if (zoom >= smallest * drawn.dataset.zoom) {
          done.smaller += was === Number(drawn.dataset.zoom);
          drawn.style.zoom = zoom;
        } else if (figure.matches("figure")) {
          let room = gap - 9;
          const words = [...after(figure)].filter((e) => (room -= e.getBoundingClientRect().height + 9) >= 0);
          if (!words.length) continue;
          figure.before(...words);
          moved.set(figure, words);
          done.later++;
        }
      }
    }
  }

  // A last page of a few lines: set the chapter a little closer, if that saves the page.
  function composed(chapter) {
    mend(chapter);
    const before = pages(chapter);
    if (before.length > 1 && before.at(-1).bottom < hole) {
      for (const closer of ["close", "closer"]) {
        chapter.classList.add(closer);
        if (pages(chapter).length < before.length) break;
      }
      mend(chapter);
      if (pages(chapter).length < before.length) done.closer++;
      else chapter.classList.remove("close", "closer");
    }
    join(chapter);
    mend(chapter); // what was joined has moved the rest
    join(chapter);
  }

  // The pages of all chapters, and the page of every place that has a name.
  function paged() {
    const holes = [], places = {};
    let before = 1; // the cover
    for (const chapter of all(".page")) {
      const left = chapter.getBoundingClientRect().left, list = pages(chapter);
      list.forEach((page, n) => {
        if (n + 1 < list.length && HIGH - page.bottom > hole) {
          holes.push(`${chapter.id}, its page ${n + 1}: ${Math.round((HIGH - page.bottom) / 9.449)} % before ${list[n + 1].first.tagName} ${list[n + 1].first.textContent.trim().slice(0, 40)}`);
        }
      });
      places[chapter.id] = before + 1;
      for (const e of all("[id]", chapter)) {
        const box = e.getClientRects()[0];
        if (box) places[e.id] = before + 1 + Math.max(0, Math.floor((box.left - left + 20) / STEP));
      }
      before += list.length;
    }
    return { holes, places };
  }

  // Laid out in columns, while the work is done.
  function aside(work) {
    root.classList.add("aside");
    const made = work();
    root.classList.remove("aside");
    return made;
  }

  // The numbers of the pages take room, and may move the lines of the text: first any number, then theirs.
  function fill(places) {
    for (const e of all(".pg")) e.textContent = places[e.dataset.to] ?? "000";
    all(".page").forEach(join);
  }

  globalThis.fillIn = (places) => aside(() => fill(places));
  return aside(() => {
    fill({});
    all(".page").forEach(composed);
    let found = paged(), before;
    for (let round = 0; round < 5 && JSON.stringify(found) !== before; round++) {
      before = JSON.stringify(found);
      fill(found.places);
      found = paged();
    }
    return { ...done, ...found };
  });
};
