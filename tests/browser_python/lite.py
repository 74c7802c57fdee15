"""A chapter in JupyterLite, driven as a reader does: its button, the menus, the keys."""

import contextlib
import json
import time
from pathlib import Path

import nbformat
import nbrun
import toc
from cdn import Cdn
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
NOTEBOOKS = toc.notebooks()
START = 120_000  # ms: Python in a browser, on a busy machine
WHOLE = 900  # s: the longest chapter, there

# where JupyterLite keeps what a reader changed
KEPT = """async (path) => {
  const ask = (request) => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = no;
  });
  const place = new URL("../", location).pathname;
  const base = await ask(indexedDB.open(`JupyterLite Storage - ${place}`));
  if (!base.objectStoreNames.contains("files")) { base.close(); return null; }
  const kept = await ask(base.transaction("files").objectStore("files").get(path));
  base.close();
  return kept ? JSON.stringify(kept.content) : null;
}"""


class Lite:
    """One chapter in a context of its own; what was asked of the CDN, and of anybody else."""

    def __init__(self, context, url):
        self.elsewhere, self.errors, self.url = [], [], url
        context.route("**/*", self.refuse)
        self.cdn = Cdn().stand_in(context)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def refuse(self, route):
        if route.request.url.startswith((self.url, "data:", "blob:")):
            return route.continue_()
        self.elsewhere.append(route.request.url)
        return route.abort()

    def open(self, name):
        """Through the button on the chapter's page."""
        self.name = Path(name).name + ".ipynb"
        self.page.goto(f"{self.url}{name}.html")
        self.page.locator(".run-here-button").click()
        return self.shown()

    def shown(self):
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=START)
        return self

    def menu(self, *words):
        for word in words:
            self.page.get_by_role("menuitem", name=word, exact=True).click()

    def run_all(self):
        """Run every cell; the notebook as it is kept when all have run, or one stopped the rest."""
        # else a cell that did not run would still show what is stored
        self.menu("Edit", "Clear Outputs of All Cells")
        self.menu("Run", "Run All Cells")
        until = time.monotonic() + WHOLE
        while time.monotonic() < until:
            # It is idle before the first cell and between two; one that waits has no number. Once
            # a cell has failed it says busy for ever.
            with contextlib.suppress(AssertionError):
                self.at("idle", 30_000)
            kept = self.saved()
            if kept and (stopped(kept) or all(c.get("execution_count", 1) for c in kept["cells"])):
                return kept
        raise AssertionError(f"{self.name} did not come to its end in {WHOLE} s")

    def at(self, status, timeout=START):
        sign = self.page.locator(".jp-Notebook-ExecutionIndicator").first
        expect(sign).to_have_attribute("data-status", status, timeout=timeout)

    def says(self, code):
        """What Python answers to code in a new cell at the end of the notebook."""
        box = self.page.locator(".jp-WindowedPanel-outer").first
        box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        self.page.locator(".jp-Notebook .jp-Cell .jp-InputArea-prompt").last.click()
        for key in ("Escape", "b", "Enter"):  # a cell below
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").last
        text = cell.locator(".jp-OutputArea-output")
        expect(text.first).to_be_visible(timeout=START)
        self.at("idle")
        return "\n".join(text.all_inner_texts()).strip()

    def kept(self):
        """The notebook as this browser keeps it, or None."""
        text = self.page.evaluate(KEPT, self.name)
        return text and json.loads(text)

    def saved(self):
        """Save, and return what is kept then."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_timeout(1000)
        return self.kept()


def stopped(notebook):
    """Whether a cell raised that is not meant to: those below it then do not run."""
    return any(
        output["output_type"] == "error"
        for cell in notebook["cells"]
        if "raises-exception" not in cell["metadata"].get("tags", [])
        for output in cell.get("outputs", [])
    )


def texts(notebook):
    """{cell: its count and the texts of its outputs}, as the chapters store them."""
    notebook = nbrun.normal(nbformat.from_dict(notebook))
    found = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        said = []
        for output in cell.outputs:
            if output.output_type == "stream":
                if said and said[-1][0] == output.name:  # it may come in pieces
                    said[-1] = (output.name, said[-1][1] + output.text)
                else:
                    said.append((output.name, output.text))
            elif output.output_type == "error":
                # the kernel in the browser says <class 'ValueError'>
                name = output.ename.removeprefix("<class '").removesuffix("'>")
                said.append(("error", f"{name}: {output.evalue}"))
            else:
                said.append((output.output_type, output.data.get("text/plain", "")))
        found[cell.id] = (cell.execution_count, said)
    return found
