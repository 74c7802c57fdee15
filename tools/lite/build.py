"""JupyterLite for the site: every chapter runs in the reader's browser, with no server.

python tools/lite/build.py    adds _build/html/lite, and to each chapter's page its button

`make book` must have built the site: a build of the book takes lite and the buttons away together,
so no button is ever dead. The builder lives in an environment of its own, _build/env/lite, since it
copies every lab extension that it finds.

How `import gmmlib` works there with no install cell. Pyodide's lock names each package: its wheel,
its sum, what it needs, and which imports ask for it. JupyterLite's kernel reads a cell's imports
and loads what the lock has for them. So the site has a lock of its own, python/pyodide-lock.json:
Pyodide's, whose compiled wheels stay where Pyodide comes from, and in it gmmlib, ipywidgets,
anywidget and all that the kernel is made of, as pure wheels that the site serves. Whatever is
loaded has the sum that this lock says. gmmlib and the kernel are fetched while Python itself
starts, side by side (`packages`). The other way, wheels by piplite, asks for one after another,
reads every wheel's metadata in Python first, and needs a line of code before the first import.

Pyodide comes from its public CDN, or from the site: make lite PYODIDE=folder, with what
python tools/pyodide.py folder numpy scipy matplotlib scikit-learn micropip writes there.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import downloads  # noqa: E402
import nbrun  # noqa: E402
import plain  # noqa: E402
import pyodide  # noqa: E402
import toc  # noqa: E402

HERE = Path(__file__).parent
ENVIRONMENT = ROOT / "_build/env/lite"
SITE = ROOT / "_build/html"
OWN = "_static/pyodide/"  # where PYODIDE=folder goes
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# what the kernel would fetch one after another if it were not there at its start
OF_THE_KERNEL = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
# gmmlib[explore] without what a chapter that needs it imports by name
ON_DEMAND = {"scikit-learn", "tqdm"}
# a mark that only chapters of students' problem keys have
KEY = b"GMM-KEY"
FAVICONS = ("notebook", "busy-1", "busy-2", "busy-3", "file", "terminal")
SAVE = 5  # seconds between two savings of a notebook that changed; JupyterLab's own is 120
JUPYTER = 2_200_000  # bytes of JupyterLab's own files that a reader fetches, compressed; measured


def digest(data):
    return hashlib.sha256(data).hexdigest()


# ---- what is fetched -------------------------------------------------------------------------


def environment():
    """Make the builder's environment, unless it stands; returns the path of its Python."""
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    stamp, python = ENVIRONMENT / ".installed", ENVIRONMENT / "bin/python"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        uv = Path(sys.executable).parent / "uv"
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        make = [uv, "venv", "-q", "--python", sys.executable, ENVIRONMENT]
        install = [uv, "pip", "install", "-q", "--python", python, "--no-deps"]
        install += ["--require-hashes", "-r", HERE / "requirements.txt"]
        for command in (make, install):
            subprocess.run(list(map(str, command)), check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def wheels():
    """The pure wheels of wheels.txt as paths, from the cache, or fetched and checked (5 MB)."""
    folder = pyodide.CACHE / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    listed = (HERE / "wheels.txt").read_text(encoding="utf-8")
    sums = set(re.findall(r"--hash=sha256:(\w+)", listed))
    have = {digest(path.read_bytes()): path for path in folder.glob("*.whl")}
    if sums - set(have):
        print("Fetching the pure wheels that the site serves (5 MB, once)", flush=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
            # the pure wheel of each, also where this machine would get a compiled one
            pip += ["--no-deps", "--only-binary", ":all:", "--platform", "any", "--abi", "none"]
            pip += ["--implementation", "py", "--python-version", "3.14", "--require-hashes"]
            command = [*pip, "-d", scratch, "-r", str(HERE / "wheels.txt")]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"The wheels could not be fetched:\n{done.stderr}")
            for path in Path(scratch).glob("*.whl"):
                path.replace(folder / path.name)
        have = {digest(path.read_bytes()): path for path in folder.glob("*.whl")}
    return [have[known] for known in sorted(sums)]


def serve_pyodide(folder, target):
    """Copy Pyodide's files from a folder into the site, each with the sum that it must have."""
    target.mkdir(parents=True, exist_ok=True)
    for name, about in pyodide.files(pyodide.PACKAGES).items():
        path = Path(folder, name)
        if not path.exists() or digest(path.read_bytes()) != about["sha256"]:
            sys.exit(
                f"PYODIDE={folder} has no {name} of Pyodide {pyodide.VERSION}: "
                f"python tools/pyodide.py {folder} {' '.join(pyodide.PACKAGES)} writes it"
            )
        shutil.copyfile(path, target / name)


# ---- the lock --------------------------------------------------------------------------------


def metadata(path):
    """(name, version, required names, modules) of a wheel."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        about = next(n for n in names if n.endswith(".dist-info/METADATA"))
        text = archive.read(about).decode().split("\n\n")[0]
        record = archive.read(about.replace("METADATA", "RECORD")).decode()
    one = dict(re.findall(r"^(Name|Version): (.*)$", text, re.MULTILINE))
    modules = set()
    for file, *_ in csv.reader(io.StringIO(record)):
        first, _, rest = file.partition("/")
        if file.endswith(".py") and not first.endswith((".dist-info", ".data")):
            modules.add(first if rest else first.removesuffix(".py"))
    required = re.findall(r"^Requires-Dist: ([\w.-]+)(?:[^;\n]*)(?:; *(.*))?$", text, re.MULTILINE)
    return one["Name"], one["Version"], required, sorted(modules)


def needs(name, required, known):
    """The packages of the lock that one needs; of gmmlib, those of its extra `explore` too."""
    found = []
    for package, condition in required:
        package = pyodide.normal(package)
        if "extra" in condition and not (name == "gmmlib" and '"explore"' in condition):
            continue
        if package in known and package not in {*found, *ON_DEMAND}:
            found.append(package)
    return found


def write_lock(folder, own, elsewhere):
    """Copy the site's wheels into the folder, and write the lock beside them.

    own: paths of wheels. elsewhere: what stands before the names of Pyodide's own wheels.
    Each wheel is in a folder named by its sum: a browser that keeps an old one of the same name
    would meet a new sum.
    """
    lock = json.loads((pyodide.PACKAGE / pyodide.LOCK).read_text(encoding="utf-8"))
    packages = {pyodide.normal(name): about for name, about in lock["packages"].items()}
    for about in packages.values():
        about["file_name"] = elsewhere + about["file_name"]
    described = {path: metadata(path) for path in own}
    known = {*packages, *(pyodide.normal(name) for name, *_ in described.values())}
    for path, (name, version, required, modules) in described.items():
        data = path.read_bytes()
        place = Path(digest(data)[:12], path.name)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(data)
        packages[pyodide.normal(name)] = {
            "depends": needs(name, required, known),
            "file_name": place.as_posix(),
            "imports": modules,
            "install_dir": "site",
            "name": name,
            "package_type": "package",
            "sha256": digest(data),
            "unvendored_tests": False,
            "version": version,
        }
    lock["packages"] = packages
    text = json.dumps(lock, separators=(",", ":"))
    (folder / pyodide.LOCK).write_text(text, encoding="utf-8")
    return digest(text.encode())[:12]


def weight(folder):
    """The bytes that a reader fetches until the first cell has run, as they go over the line."""
    packages = json.loads((folder / pyodide.LOCK).read_text(encoding="utf-8"))["packages"]
    sizes, wanted, found = pyodide.files(pyodide.PACKAGES), [*OF_THE_KERNEL, "gmmlib"], {}
    while wanted:
        about = packages[pyodide.normal(wanted.pop())]
        if about["name"] not in found:
            own, name = folder / about["file_name"], about["file_name"].rpartition("/")[2]
            found[about["name"]] = own.stat().st_size if own.exists() else sizes[name]["bytes"]
            wanted += about["depends"]
    core = (path.read_bytes() for path in pyodide.core())
    return JUPYTER + sum(found.values()) + sum(len(zlib.compress(data, 6)) for data in core)


# ---- the notebooks ---------------------------------------------------------------------------


def chapters():
    """The notebooks that _toc.yml lists, in its order."""
    paths = [ROOT / f"{name}.ipynb" for name in toc.listed()]
    return [path for path in paths if path.exists()]


def write_contents(lite, paths, numbers):
    """Write the notebooks in words that Jupyter shows, and list them as a server's contents would.

    numbers: what the book calls its equations.
    """
    files, api = lite / "files", lite / "api/contents"
    listed = []
    for folder in (files, api):
        folder.mkdir(parents=True, exist_ok=True)
    together = [path.stem for path in paths]
    for path in paths:
        text = nbrun.written(downloads.readable(path, numbers, together))
        (files / path.name).write_text(text, encoding="utf-8")
        about = {"name": path.name, "path": path.name, "type": "notebook", "format": None}
        when = datetime.fromtimestamp(int(path.stat().st_mtime), UTC).isoformat()
        about |= {"content": None, "mimetype": None, "writable": True}
        about |= {"created": when, "last_modified": when, "size": len(text.encode())}
        listed.append(about)
    root = {"name": "", "path": "", "type": "directory", "format": "json", "mimetype": None}
    root |= {"content": listed, "size": None, "writable": True}
    root |= {"created": when, "last_modified": when}
    (api / "all.json").write_text(json.dumps(root), encoding="utf-8")


# JupyterLite hides its sign of life, and a page stays white while megabytes arrive
HIDDEN = 'id="jupyterlite-loading-indicator" class="hidden"'
WORDS = '<div class="jupyterlite-loading-indicator-text">Loading JupyterLite...</div>'
LOADING = """<div class="jupyterlite-loading-indicator-text" role="status">
Fetching Jupyter, then the chapter, then Python. The first time takes a while.</div>"""
LOOKS = """<style>
      .jupyterlite-loading-indicator-text { width: 90%; text-align: center; }
      @media (prefers-color-scheme: dark) {
        body.jp-ThemedContainer, #jupyterlite-loading-indicator { background-color: #111; }
        .jupyterlite-loading-indicator-text { color: #bdbdbd; }
      }
      @media (prefers-reduced-motion: reduce) {
        .jupyterlite-moon { animation: none !important; }
      }
      #no-python { position: fixed; inset: auto 0 0; z-index: 2000; padding: 0.8rem 1rem;
        background: #8a1c00; color: #fff; font: 1rem/1.4 system-ui, sans-serif; }
    </style>"""
# a kernel that gets no Python says "connecting" for ever
MISSED = """<script>
      fetch(new URL(PYTHON, new URL("../", location.href))).then((answer) => {
        if (!answer.ok) throw new Error(answer.status);
      }).catch(() => {
        const box = Object.assign(document.createElement("div"), { id: "no-python", textContent:
          "Python could not be fetched from HOST: there is no network, or something on the way "
          + "blocks that address. The chapter can be read, and nothing in it runs. Load the page "
          + "again to try once more." });
        box.setAttribute("role", "alert");
        document.body.append(box);
      });
    </script>"""


def write_loading(lite, python):
    """What a reader sees at once, until Jupyter is there: words, in the colors of the system.

    python: the address of Pyodide's first file, whole or from lite's root. If it does not come,
    words say so.
    """
    host = urlsplit(python).hostname or "this site"
    missed = MISSED.replace("PYTHON", json.dumps(python)).replace("HOST", host)
    for page in lite.glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        if HIDDEN not in text:
            continue
        if text.count(WORDS) != 1:
            sys.exit(f"{page.parent.name}: JupyterLite says something else while it loads")
        text = text.replace(HIDDEN, HIDDEN.partition(" class")[0]).replace(WORDS, LOADING)
        text = text.replace("</head>", f"{LOOKS}\n</head>", 1)
        page.write_text(text.replace("<noscript>", f"{missed}\n<noscript>", 1), encoding="utf-8")


def write_favicons(lite):
    """The book's icon, where Jupyter Notebook looks for those that JupyterLite left out."""
    folder = lite / "static/favicons"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FAVICONS:
        shutil.copyfile(ROOT / "tools/site/pictures/favicon.ico", folder / f"favicon-{name}.ico")
    # a page that names none has its browser ask for one at the root of the host
    link = '<link rel="icon" class="idle favicon" href="../static/favicons/favicon-notebook.ico">'
    for page in lite.glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("<head>", f"<head>\n    {link}", 1), encoding="utf-8")


# ---- the whole -------------------------------------------------------------------------------


def title():
    return re.search(r"^title: *(.*)$", (ROOT / "_config.yml").read_text("utf-8"), re.M)[1].strip()


def settings():
    """What differs from JupyterLab's own settings: it follows the reader's system, and saves."""
    return {
        "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
        "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": SAVE},
    }


def configure(lite, pyodide_url, lock):
    path = lite / "jupyter-lite.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    data = config["jupyter-config-data"]
    data["appName"] = title()
    data["contentsAllJsonFile"] = "all.json"
    data["appUrl"] = "./tree"  # where lite/ itself leads: the other apps are not built
    data["showLoadingIndicator"] = True
    data["faviconUrl"] = "./static/favicons/favicon-notebook.ico"
    kernel = data.setdefault("litePluginSettings", {}).setdefault(f"{KERNEL}:kernel", {})
    kernel["pyodideUrl"] = pyodide_url
    kernel["loadPyodideOptions"] = {
        "lockFileURL": f"./python/{pyodide.LOCK}?{lock}",
        "packages": [*OF_THE_KERNEL, "gmmlib"],
        # threadpoolctl, which scikit-learn asks, calls what this Pyodide calls old
        "env": {"PYTHONWARNINGS": "ignore:JsProxy.as_object_map() is deprecated:RuntimeWarning"},
    }
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def build(site=SITE, own_pyodide=None):
    """Build lite into the site, and give each chapter's page its button; returns lite's folder.

    own_pyodide: a folder with a distribution of Pyodide that the site then serves.
    """
    wheel = json.loads((site / "_static/wheel/wheel.json").read_text(encoding="utf-8"))
    python = environment()
    with tempfile.TemporaryDirectory() as scratch:
        source, made = Path(scratch, "source"), Path(scratch, "lite")
        source.mkdir()
        (source / "overrides.json").write_text(json.dumps(settings()), encoding="utf-8")
        command = [python, "-m", "jupyterlite_core", "build", "--lite-dir", source]
        command += ["--output-dir", made, "--no-sourcemaps", "--settings-overrides"]
        command += [source / "overrides.json", "--apps", "notebooks", "--apps", "tree"]
        done = subprocess.run(
            list(map(str, command)), cwd=source, capture_output=True, text=True,
            env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONNOUSERSITE": "1"},
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"JupyterLite could not be built:\n{done.stdout}{done.stderr}")
        if own_pyodide:
            serve_pyodide(own_pyodide, site / OWN)
            elsewhere, url = f"../../{OWN}", f"./../{OWN}pyodide.mjs"
        else:
            elsewhere, url = pyodide.CDN, f"{pyodide.CDN}pyodide.mjs"
        brought = made / "extensions" / KERNEL / "static/pypi"
        of_kernel = [
            path for path in brought.glob("*.whl") if not path.name.startswith("widgetsnb")
        ]
        own = [*wheels(), *of_kernel, site / "_static/wheel" / wheel["file"]]
        lock = write_lock(made / "python", own, elsewhere)
        configure(made, url, lock)
        write_contents(made, chapters(), plain.equations(site))
        shutil.copyfile(HERE / "original.html", made / "original.html")
        write_favicons(made)
        write_loading(made, url)
        if leak := [p for p in made.rglob("*") if p.is_file() and KEY in p.read_bytes()]:
            sys.exit(f"A key of the problem sets is in {leak[0].relative_to(made)}")
        lite = site / "lite"
        shutil.rmtree(lite, ignore_errors=True)
        shutil.copytree(made, lite)
    numbers = {page.name: page.number for page in toc.pages()}
    for path in chapters():
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        words = f"Run this {'chapter' if numbers.get(name) else 'page'} here"
        add_button(site / f"{name}.html", path.name, words, weight(lite / "python"))
    return lite


def add_button(page, notebook, words, fetched):
    """The button under a page's title, once. fetched: bytes, the first time."""
    text = page.read_text(encoding="utf-8")
    if 'class="run-here"' in text:
        return
    name = quote(notebook)
    button = f"""
<p class="run-here"><a class="run-here-button" href="../lite/notebooks/index.html?path={name}">
{words}</a> <span>Python runs in your browser: {fetched / 1e6:.0f} MB the first time, kept for the
next. Your changes are kept there too; <a href="../lite/original.html?path={name}">back to the
original</a>.</span></p>"""
    # the theme writes a title for paper too, which has no link to itself
    title = r"(<h1>(?:(?!</h1>).)*headerlink.*?</h1>)"
    new, count = re.subn(title, lambda match: match[1] + button, text, count=1, flags=re.DOTALL)
    if not count:
        sys.exit(f"{page} has no title for the button to stand under")
    page.write_text(new, encoding="utf-8")


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    lite = build(own_pyodide=os.environ.get("PYODIDE"))
    fetched = weight(lite / "python") / 1e6
    print(
        f"JupyterLite is in {lite.relative_to(ROOT)}: {size(lite) / 1e6:.0f} MB, "
        f"and a reader fetches {fetched:.0f} MB before the first cell has run"
    )
