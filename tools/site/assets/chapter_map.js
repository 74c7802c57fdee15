// The map of the chapters: the way to the one that was chosen, pointed at, or reached by keyboard.
{
  const map = document.querySelector(".chapter-map");
  const [choice, said] = [map.querySelector("select"), map.querySelector(".chapter-way-said")];
  const options = new Map([...choice.options].map((option) => [option.value, option]));

  function show(chapter) {
    const { way, says } = options.get(chapter).dataset;
    const on = new Set(chapter ? [...way.split(" "), chapter] : []);
    map.classList.toggle("has-way", on.size > 0);
    for (const link of map.querySelectorAll("a")) link.classList.toggle("on", on.has(link.dataset.chapter));
    for (const { classList, dataset } of map.querySelectorAll(".arrow"))
      classList.toggle("on", on.has(dataset.from) && on.has(dataset.to));
    return says ?? "";
  }
  const chosen = () => { said.textContent = show(choice.value); };
  const pointed = ({ target }) => {
    const link = target.closest("a");
    if (link) show(link.dataset.chapter);
  };

  choice.addEventListener("change", chosen);
  for (const drawing of map.querySelectorAll("svg")) {
    for (const kind of ["pointerover", "focusin"]) drawing.addEventListener(kind, pointed);
    for (const kind of ["pointerleave", "focusout"]) drawing.addEventListener(kind, () => show(choice.value));
  }
  map.querySelector(".chapter-way").hidden = false;
  chosen(); // a page that was come back to keeps its choice
}
