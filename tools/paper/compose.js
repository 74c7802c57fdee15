// Where the pages end, known before anything is printed: each chapter is laid out in columns as high as
// a page, by the same rules that break pages. A figure that would leave a hole is made a little smaller,
// or the words after it come first; a long program is parted. paper.css has the sizes (.aside).
globalThis.compose = ({ hole, smallest }) => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const STEP = 566.93 + 100, HIGH = 944.88;
  const root = document.documentElement;
  const done = { smaller: 0, later: 0, parted: 0, closer: 0, holes: [] };

  const LEAVES = "p, h1, h2, h3, h4, pre, figure, svg.printed, table tr, li, dt, div.math, .gx-question, .citation";
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
      if (column([...ends].at(-1)) !== column(begins[0])) continue;
      rest.prepend(...first.childNodes, first.dataset.between);
      rest.classList.toggle("rest", first.classList.contains("rest"));
      first.remove();
      done.parted--;
    }
  }

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
      } else if (figure) {
        const drawn = figure.matches("svg") ? figure : figure.querySelector(".drawn, svg.printed, img");
        const tall = drawn.getBoundingClientRect().height, scale = (tall - (height + 28 - gap)) / tall;
        if (scale >= smallest) {
          drawn.style.zoom = scale * (figure.matches(".explorer") ? 0.859 : 1);
          done.smaller++;
        } else if (figure.matches("figure")) {
          let room = gap - 9, moved = false;
          for (const e of [...after(figure)]) {
            room -= e.getBoundingClientRect().height + 9;
            if (room < 0) break;
            figure.before(e);
            moved = true;
          }
          done.later += moved;
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
    const list = pages(chapter);
    list.forEach((page, n) => {
      if (n + 1 < list.length && HIGH - page.bottom > hole) {
        done.holes.push(`${chapter.id}, its page ${n + 1}: ${Math.round((HIGH - page.bottom) / 9.449)} % before ${list[n + 1].first.tagName} ${list[n + 1].first.textContent.trim().slice(0, 40)}`);
      }
    });
    return list.length;
  }

  root.classList.add("aside");
  const lengths = all(".page").map(composed);
  // the page of every place that has a name, for the numbers in the text
  const places = {};
  let before = 1; // the cover
  all(".page").forEach((chapter, n) => {
    const left = chapter.getBoundingClientRect().left;
    places[chapter.id] = before + 1;
    for (const e of all("[id]", chapter)) {
      const box = e.getClientRects()[0];
      if (box) places[e.id] = before + 1 + Math.max(0, Math.floor((box.left - left + 20) / STEP));
    }
    before += lengths[n];
  });
  root.classList.remove("aside");
  // Once more with the numbers of the pages in the text: they may have moved its lines.
  globalThis.joinAgain = () => {
    root.classList.add("aside");
    all(".page").forEach(join);
    root.classList.remove("aside");
  };
  return { ...done, places, pages: before };
};
