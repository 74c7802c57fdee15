"""House rules for the chapters as they are stored, each a function that returns what breaks it."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
import nbrun
import pytest
import toc
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)
from references import read
from rules.reading import python

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
PAGES = sorted(p for p in (ROOT / "book").glob("*") if p.suffix in (".md", ".ipynb"))
COLUMNS, LINES, HIDDEN_LINES, RUN_OF_CODE, ALT = 68, 14, 40, 2, 20
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
TAGS = {  # who reads it: myst-nb, nbval, or both
    "hide-input",
    "hide-output",
    "hide-cell",
    "remove-input",
    "remove-output",
    "remove-cell",
    "remove-stderr",
    "raises-exception",
    "nbval-ignore-output",
    "nbval-skip",
}


def code_cells(notebook):
    return [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code"]


# ---- the rules -------------------------------------------------------------------------------


def unexecuted(notebook) -> Iterable[str]:
    """nbval compares nothing in a cell without a count; counts run 1 to n in a fresh kernel."""
    filled = [(i, cell) for i, cell in code_cells(notebook) if cell.source.strip()]
    for expected, (i, cell) in enumerate(filled, 1):
        if cell.execution_count != expected:
            yield (
                f"cell {i} has execution count {cell.execution_count}, not {expected}: "
                "run tools/nbrun.py on the chapter"
            )


def stored_pictures(notebook):
    """Pictures, HTML and widgets differ from run to run and swell the history."""
    if "widgets" in notebook.metadata:
        yield "widget state in the notebook's metadata"
    for i, cell in code_cells(notebook):
        for output in cell.outputs:
            for kind in output.get("data", {}):
                if kind.startswith(nbrun.DROP):
                    yield f"cell {i} stores {kind}"


def unknown_tags(notebook):
    for i, cell in enumerate(notebook.cells):
        for tag in cell.metadata.get("tags", []):
            if tag not in TAGS:
                yield f"cell {i} has the tag {tag!r}, which nothing reads"


def unknown_metadata(notebook):
    for i, cell in enumerate(notebook.cells):
        for key in sorted(set(cell.metadata) - set(nbrun.KEEP)):
            yield f"cell {i} has the metadata {key!r}"
    if notebook.metadata != nbrun.META:
        yield "the notebook's metadata is not the normal one"


def wide_code(notebook):
    """Code over this width scrolls sideways in the page."""
    for i, cell in code_cells(notebook):
        for line in cell.source.splitlines():
            if len(line) > COLUMNS:
                yield f"cell {i} has a line of {len(line)} characters: {line[:40]}..."


def long_cells(notebook):
    for i, cell in code_cells(notebook):
        count = sum(bool(line.strip()) for line in cell.source.splitlines())
        # what a reader sees only on request, such as the declaration of an explorer, may be longer
        most = HIDDEN_LINES if HIDDEN & set(cell.metadata.get("tags", [])) else LINES
        if count > most:
            yield f"cell {i} has {count} lines of code, more than {most}"


def code_without_words(notebook):
    run = 0
    for i, cell in enumerate(notebook.cells):
        run = run + 1 if cell.cell_type == "code" else 0
        if run == RUN_OF_CODE + 1:
            yield f"cell {i} is the {run}rd code cell in a row: say something before it"


def shows_figure(cell):
    """Pictures are not stored, but the text beside them is."""
    texts = (str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
    return any(text.startswith("<Figure size") for text in texts)


def figures_without_words(notebook):
    for i, cell in code_cells(notebook):
        if not shows_figure(cell) or {"remove-output", "remove-cell"} & set(
            cell.metadata.get("tags", [])
        ):
            continue
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()
        if len(alt) < ALT or re.search(r"\.(png|svg|jpe?g)$", alt):
            yield f"cell {i} shows a figure and does not describe it (mystnb: image: alt): {alt!r}"


def output_widgets(notebook):
    """ipywidgets' Output stalls the execution in about one run of twenty, and cannot be static."""
    refused = {"Output", "interact", "interactive", "interactive_output", "interact_manual"}
    for i, cell in code_cells(notebook):
        try:
            tree = ast.parse(re.sub(r"^\s*[%!].*$", "", cell.source, flags=re.M))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            name = getattr(node, "id", getattr(node, "attr", ""))
            if name in refused:
                yield f"cell {i} uses {name}: declare an explorer instead"


def bare_module(notebook):
    """`import gmmlib` stands in the install cell alone, and Colab and the zip have another one."""
    for i, cell in code_cells(notebook):
        names = {node.id for node in ast.walk(python(cell)) if isinstance(node, ast.Name)}
        if "gmmlib" in names:
            yield f"cell {i} says gmmlib.something: import it from gmmlib"


def not_normal(notebook):
    """What make notebooks would still change, without running anything."""
    before = nbrun.written(notebook)
    if nbrun.written(nbrun.normal(nbformat.from_dict(notebook))) != before:
        yield "the file is not as tools/nbrun.py writes it: run make notebooks"


def local_paths(text):
    for line in text.splitlines():
        if re.search(r"(/home/|/Users/|/root/|/tmp/|[A-Z]:\\\\)", line):
            yield f"a path of somebody's machine: {line.strip()[:60]}"


def broken_alts(text):
    """Markdown pictures need words too."""
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", text):
        if len(alt.strip()) < ALT:
            yield f"the picture {target} is described by {alt!r}"


RULES = [
    unexecuted,
    stored_pictures,
    unknown_tags,
    unknown_metadata,
    wide_code,
    long_cells,
    code_without_words,
    figures_without_words,
    output_widgets,
    bare_module,
    not_normal,
]


# ---- the chapters keep them ------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_chapter_keeps_the_rule(rule, path):
    broken = list(rule(nbformat.read(path, as_version=4)))
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
@pytest.mark.parametrize("rule", [local_paths, broken_alts], ids=lambda rule: rule.__name__)
def test_page_keeps_the_rule(rule, path):
    broken = list(rule(path.read_text(encoding="utf-8")))
    assert not broken, "\n".join(broken)


def test_the_numbers_of_mclust_that_a_chapter_quotes_are_the_stored_ones():
    chapter = nbformat.read(ROOT / "book/covariances.ipynb", as_version=4)
    source = next(c.source for _, c in code_cells(chapter) if c.source.startswith("mclust = ["))
    stored = {
        (fit["model"], len(fit["fixed_point"]["weights"])): fit["fixed_point"]["bic_mclust"]
        for file in ("mclust_fits", "mclust_structures")
        for fit in read(f"fits/{file}.json")[1:]
        if fit["case"].startswith("faithful")
    }
    told = ast.literal_eval(ast.parse(source).body[0].value)
    assert len(told) == 5
    for code, _, K, value in told:
        assert abs(value - stored[code, K]) <= 5.1e-5


def test_the_table_of_contents_has_a_line_for_every_page_and_a_chapter_goes_by_a_mark_before_it():
    root, *here = toc.listed()
    assert here == [page.name for page in toc.pages() if not page.out]
    stored = [path.relative_to(ROOT).with_suffix("").as_posix() for path in PAGES]
    assert sorted([root, *(page.name for page in toc.pages())]) == sorted(stored)


def test_what_is_left_out_keeps_its_place_and_its_number():
    text = """
    root: book/front
    parts:
      - caption: I
        numbered: 1
        chapters:
          - file: book/a
          # - file: book/b
      # - caption: II
      #   numbered: 1
      #   chapters:
      #     - file: book/c
      - caption: III
        numbered: 1
        chapters:
          - file: book/d
      - caption: Around
        chapters:
          - file: book/e
    """
    found = [(page.name[-1], page.out, page.number) for page in toc.pages(text)]
    numbered = [("a", False, 1), ("b", True, 2), ("c", True, 3), ("d", False, 4)]
    assert found == [*numbered, ("e", False, None)]
    assert toc.listed(text) == ["book/front", "book/a", "book/d", "book/e"]


def test_the_chapters_that_a_problem_set_rests_on_are_there():
    for path in (ROOT / "course" / "sets").glob("*.ipynb"):
        chapters = nbformat.read(path, as_version=4).metadata["gmm"]["chapters"]
        assert set(chapters) <= {chapter.stem for chapter in NOTEBOOKS}, path.stem


def test_no_unit_test_reads_the_book_but_those_that_run_when_it_changes():
    # make test passes over the other unit tests where only a chapter has changed
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = re.search(r"^READERS := .*suffix \.py,([a-z ]+)\)", makefile, re.M)[1].split()
    files = sorted((ROOT / "tests").glob("test_*.py"))
    reads = re.compile(r'(ROOT|parents\[1\]) / "(book|_toc)|from declared')
    reading = [f.stem.removeprefix("test_") for f in files if reads.search(f.read_text("utf-8"))]
    scripts = (ROOT / "tools/tables").glob("*.py")  # run by test_tables.py
    reading += ["tables"] * any('"book/' in script.read_text("utf-8") for script in scripts)
    assert reading and sorted(reading) == sorted(names)


def test_the_lock_names_no_host_and_no_local_path():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "-e ."
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .+)?$", line) for line in lines[:-1])
    assert "://" not in re.sub(
        r'"(url|funding)": ?"[^"]*"|"https://(opencollective|github)[^"]*"',
        "",
        (ROOT / "package-lock.json").read_text(encoding="utf-8"),
    )


# ---- the rules can fail ----------------------------------------------------------------------


def notebook(*cells, **metadata):
    made = new_notebook(cells=list(cells), metadata=metadata or nbrun.META)
    return made


def code(source="1 + 1", count=1, outputs=(), **metadata):
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def shown(**data):
    kinds = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return new_output("display_data", data=kinds)


FIGURE = shown(text_plain="<Figure size 640x480 with 1 Axes>")
DESCRIBED = {"mystnb": {"image": {"alt": "Two bells that overlap around zero"}}}
BAD = [
    (unexecuted, notebook(code(count=None))),
    (unexecuted, notebook(code(count=1), code(count=3))),
    (stored_pictures, notebook(code(outputs=[shown(image_png="AAAA")]))),
    (stored_pictures, notebook(code(outputs=[shown(text_html="<b>x</b>")]))),
    (stored_pictures, notebook(code(), widgets={"state": {}})),
    (unknown_tags, notebook(code(tags=["hide_input"]))),
    (unknown_metadata, notebook(code(collapsed=True))),
    (unknown_metadata, notebook(code(), kernelspec={"name": "my-env", "display_name": "mine"})),
    (wide_code, notebook(code("x = " + "1" * COLUMNS))),
    (long_cells, notebook(code("x = 1\n" * (LINES + 1)))),
    (long_cells, notebook(code("x = 1\n" * (HIDDEN_LINES + 1), tags=["hide-input"]))),
    (code_without_words, notebook(*[code(count=i) for i in (1, 2, 3)])),
    (figures_without_words, notebook(code(outputs=[FIGURE]))),
    (
        figures_without_words,
        notebook(code(outputs=[FIGURE], mystnb={"image": {"alt": "the-plot-of-chapter-2.png"}})),
    ),
    (output_widgets, notebook(code("import ipywidgets as w\nout = w.Output()"))),
    (output_widgets, notebook(code("from ipywidgets import interact\ninteract(f, x=1)"))),
    (bare_module, notebook(code("import gmmlib"), code("x = gmmlib.em(1, 2)"))),
    (not_normal, notebook(code(collapsed=True))),
]


@pytest.mark.parametrize(("rule", "bad"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_finds_what_breaks_it(rule, bad):
    assert list(rule(bad)) != []


def test_a_good_chapter_breaks_no_rule():
    good = notebook(
        new_markdown_cell("# Title"),
        code("x = 1\nx", 1, [new_output("execute_result", {"text/plain": "1"}, execution_count=1)]),
        new_markdown_cell("A figure."),
        code("plt.show()", 2, [FIGURE], **DESCRIBED),
        new_markdown_cell("The solution."),
        code("x + 1", 3, tags=["hide-input"]),
    )
    assert [found for rule in RULES for found in rule(good)] == []


def test_text_rules_find_what_breaks_them():
    assert list(local_paths("open('/home/me/data.csv')"))
    assert list(broken_alts("![plot](a.png)"))
    assert not list(broken_alts("![Two bells that overlap around zero](a.png)"))


# ---- the normaliser --------------------------------------------------------------------------


def test_normalising_twice_changes_nothing():
    messy = notebook(
        code("1", 1, [FIGURE, shown(image_png="AAAA")], collapsed=True, tags=["hide-input"]),
        code("1", 2, [new_output("error", ename="ValueError", evalue="no", traceback=["/x/y.py"])]),
        widgets={"state": {}},
    )
    for cell in messy.cells:
        del cell["id"]
    once = nbrun.written(nbrun.normal(messy))
    assert nbrun.written(nbrun.normal(nbformat.reads(once, as_version=4))) == once
    assert "AAAA" not in once and "/x/y.py" not in once and "widgets" not in once
    assert "<Figure size" in once and "hide-input" in once and "collapsed" not in once


def test_a_stalled_run_is_tried_once_more(tmp_path):
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook(code()), path)
    calls = []

    def stalls(times):
        def run(notebook, folder):
            calls.append(folder)
            if len(calls) <= times:
                raise TimeoutError("no reply")

        return run

    nbrun.refresh(path, run=stalls(1))
    assert len(calls) == 2
    calls.clear()
    with pytest.raises(TimeoutError):
        nbrun.refresh(path, run=stalls(2))


def test_a_failing_notebook_fails_the_command(tmp_path, capsys):
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook(code("1 / 0")), path)
    assert nbrun.main([str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_running_twice_gives_the_same_bytes(tmp_path):
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook(code("print('a')\nprint('b')\n2", None)), path)
    assert nbrun.main([str(path)]) == 0
    once = path.read_bytes()
    assert nbrun.main(["--check", str(path)]) == 0
    assert path.read_bytes() == once and b'"execution_count": 1' in once


def test_the_program_for_a_cluster_stands_in_the_chapter_as_it_is_tried():
    program = (ROOT / "docs/on_a_cluster.py").read_text(encoding="utf-8")
    cells = nbformat.read(ROOT / "book/at_scale.ipynb", as_version=4).cells
    assert sum(f"```python\n{program}```" in cell.source for cell in cells) == 1
