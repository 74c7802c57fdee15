"""Give the book another name, author, repository, address or logo, wherever these are written.

make yours NAME="EM in Spring" AUTHOR="Ada Lovelace" REPOSITORY=https://github.com/ada/em \\
     ADDRESS=https://ada.github.io/em LOGO=logo.svg

Each may be left out, and the same command a second time changes nothing. The addresses stand in
_config.yml alone, and most other places follow it too; those below cannot. Whose book it was before
stays said: the licenses ask for it, and this is what the line that begins with ADAPTED is for.
LICENSE is not touched.
"""

import base64
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import address
import browser
import nbrun
import yaml
from PIL import Image, UnidentifiedImageError

ROOT = Path(__file__).parents[1]
ORIGIN = ("EM You Can Touch", "The EM You Can Touch authors")
ADAPTED = "Adapted from"
LOGO_BYTES = 30_000
ICON_SIZES = [(16, 16), (32, 32), (48, 48)]


# ---- what is wished ----------------------------------------------------------------------------


def one_line(key, text, most):
    if not text.strip() or text != text.strip() or len(text.splitlines()) != 1:
        raise ValueError(f"{key} needs to be one line of words, not {text!r}")
    if len(text) > most:
        raise ValueError(f"{key} has {len(text)} characters: more than {most} do not fit")
    if re.search(r"[<>\\`*_$]", text):
        raise ValueError(f"{key} may not hold < > \\ ` * _ $, which pages read as marks: {text!r}")
    return text


def picture(text):
    """(the logo as SVG, what the favicon is made of), from an SVG or a PNG file."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError(f"LOGO needs to be a file, and {text} is none")
    data = path.read_bytes()
    if path.suffix.lower() == ".svg":
        svg, image = checked(data, text), None
    else:
        try:
            image = Image.open(io.BytesIO(data)).convert("RGBA")
        except UnidentifiedImageError:
            raise ValueError(f"LOGO needs to be an SVG or a picture such as PNG: {text}") from None
        svg = wrapped(image)
    if len(svg.encode()) > LOGO_BYTES:
        raise ValueError(
            f"LOGO: {text} takes {len(svg.encode()):,} bytes, and every page loads it: make it "
            f"smaller than {LOGO_BYTES:,}"
        )
    return svg, image or drawn(svg)


def checked(data, text):
    """An SVG that shows by itself: the page's address loads nothing else, and runs nothing."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        raise ValueError(f"LOGO: {text} is no SVG: {error}") from None
    if not root.tag.endswith("svg"):
        raise ValueError(f"LOGO: {text} is no SVG: it begins with <{root.tag}>")
    svg = data.decode()
    if re.search(r'<script|\son\w+=|(?:href|src)\s*=\s*["\'](?!#|data:)|@import', svg):
        raise ValueError(f"LOGO: {text} holds a script, or loads a file: it needs to be whole")
    return svg


def wrapped(image):
    """A picture of pixels inside an SVG, 128 pixels at most, so that one file name does for all."""
    image = image.copy()
    image.thumbnail((128, 128))
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    width, height = image.size
    code = base64.b64encode(data.getvalue()).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{code}"/></svg>\n'
    )


def drawn(svg, size=96):
    """An SVG as pixels, by the browser that the tests use."""
    from playwright.sync_api import sync_playwright

    if not browser.find():
        raise ValueError("LOGO: an SVG needs Chromium to be made an icon: make browser, or a PNG")
    code = base64.b64encode(svg.encode()).decode()
    page = (
        "<body style='margin:0'><img style='width:100vw;height:100vh;object-fit:contain' "
        f"src='data:image/svg+xml;base64,{code}'>"
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGS)
        tab = chromium.new_page(viewport={"width": size, "height": size})
        tab.set_content(page, wait_until="load")
        pixels = tab.screenshot(omit_background=True)
        chromium.close()
    return Image.open(io.BytesIO(pixels)).convert("RGBA")


# ---- where it is written -----------------------------------------------------------------------


def plain(value):
    """A string as YAML has it, in quotes where it needs them."""
    try:
        if yaml.safe_load(f"x: {value}") == {"x": value}:
            return value
    except yaml.YAMLError:
        pass
    return json.dumps(value, ensure_ascii=False)


def replace_line(text, before, value):
    """The line that begins with `before` says `value` now."""
    new, count = re.subn(rf"^({before}).*$", lambda m: m[1] + value, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"one line needs to begin with {before!r}, and {count} do")
    return new


def is_another(wishes, old):
    """Whether it becomes another book: a first address of the same one makes none."""
    return any(old[key] and wishes.get(key, old[key]) != old[key]
               for key in ("NAME", "AUTHOR", "REPOSITORY"))  # fmt: skip


def adapted(old, link):
    """Whose book it was, with a link where its repository is known."""
    url = old["REPOSITORY"]
    return f"{ADAPTED} {link(ORIGIN[0], url) if url else ORIGIN[0]}, by {ORIGIN[1]}."


def config(text, wishes, old):
    if "NAME" in wishes:
        text = replace_line(text, "title: ", plain(wishes["NAME"]))
    if "AUTHOR" in wishes:
        text = replace_line(text, "author: ", plain(wishes["AUTHOR"]))
    if "REPOSITORY" in wishes:
        text = replace_line(text, "repository:\n  url: ", wishes["REPOSITORY"])
    if "ADDRESS" in wishes:
        text = replace_line(text, "  baseurl: ", wishes["ADDRESS"])
    moved = old["REPOSITORY"] and wishes.get("REPOSITORY", old["REPOSITORY"]) != old["REPOSITORY"]
    if moved and old["ADDRESS"] and re.search(r'^    full_book: ""$', text, re.MULTILINE):
        # a fork may leave chapters out, and the book that it was made from has them
        text = replace_line(text, "    full_book: ", old["ADDRESS"])
    if is_another(wishes, old) and ADAPTED not in text:
        line = adapted(old, lambda words, url: f'<a href="{url}">{words}</a>')
        text = re.sub(r"(  extra_footer: \|\n)((?:    .+\n)+)", rf"\1\2    {line}\n", text)
    return text


def citation(text, wishes, old):
    if "NAME" in wishes:
        subtitle = yaml.safe_load(text)["title"].removeprefix(old["NAME"])
        title = wishes["NAME"] + (subtitle if subtitle.startswith(": ") else "")
        text = replace_line(text, "title: ", json.dumps(title, ensure_ascii=False))
    if "AUTHOR" in wishes:
        names = dict.fromkeys([wishes["AUTHOR"], ORIGIN[1]])
        lines = "".join(f"  - name: {json.dumps(n, ensure_ascii=False)}\n" for n in names)
        text = re.sub(r"^authors:\n(?:  .*\n)+", lambda _: f"authors:\n{lines}", text, flags=re.M)
    return text


def page(text, wishes, old):
    """A page of words: its title, where that is the book's."""
    if "NAME" in wishes:
        text = re.sub(rf"\A# {re.escape(old['NAME'])}$", f"# {wishes['NAME']}", text, flags=re.M)
    return text


def readme(text, wishes, old):
    text = page(text, wishes, old)
    if is_another(wishes, old) and f"\n{ADAPTED}" not in text:
        line = adapted(old, lambda words, url: f"[{words}]({url})")
        text = f"{text.rstrip()}\n\n{line}\n"
    return text


def notebook(text, wishes, old):
    """The words of a notebook; its bytes stay where nothing in it changes."""
    made = json.loads(text)
    changed = False
    for cell in made["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        source = "".join(cell["source"])
        if (new := page(source, wishes, old)) != source:
            cell["source"] = new if isinstance(cell["source"], str) else new.splitlines(True)
            changed = True
    return nbrun.written(made) if changed else text


def now(root):
    """What the book says at present; "" for a placeholder."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    said = address.said(root)
    return {
        "NAME": config["title"],
        "AUTHOR": config["author"],
        "REPOSITORY": said.repository if address.is_known(said.repository) else "",
        "ADDRESS": said.site if address.is_known(said.site) else "",
    }


def rewritten(root, wishes):
    """{file: its new text} of all that change."""
    old = now(root)
    first = {
        "_config.yml": lambda text: config(text, wishes, old),
        "CITATION.cff": lambda text: citation(text, wishes, old),
        "README.md": lambda text: readme(text, wishes, old),
    }
    pages = [*root.glob("*.md"), *(f for d in ("book", "course", "docs") for f in rglob(root / d))]
    found = {}
    for path in [*map(root.joinpath, first), *sorted(set(pages))]:
        name = path.relative_to(root).as_posix()
        if name in found or not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        if name in first:
            found[name] = (text, first[name](text))
        elif path.suffix == ".ipynb":
            found[name] = (text, notebook(text, wishes, old))
        else:
            found[name] = (text, page(text, wishes, old))
    new = {name: text for name, (before, text) in found.items() if text != before}
    for name in ("_config.yml", "CITATION.cff"):
        if name in new:
            yaml.safe_load(new[name])  # what cannot be read is not written
    return new


def rglob(folder):
    files = [*folder.rglob("*.ipynb"), *folder.rglob("*.md")]
    return [f for f in files if ".ipynb_checkpoints" not in f.parts]


def change(root, wishes):
    """Do it, and say what was changed: nothing is written where one wish is refused."""
    wishes = {key: value for key, value in wishes.items() if value}
    for key, most in (("NAME", 60), ("AUTHOR", 120)):
        if key in wishes:
            wishes[key] = one_line(key, wishes[key], most)
    for key, parts in (("REPOSITORY", 2), ("ADDRESS", 0)):
        if key in wishes:
            wishes[key] = address.checked(key, wishes[key], parts)
    svg, icon = picture(wishes.pop("LOGO")) if "LOGO" in wishes else (None, None)
    old = now(root)
    renamed = wishes.get("NAME", old["NAME"]) != old["NAME"]
    for name, text in rewritten(root, wishes).items():
        (root / name).write_text(text, encoding="utf-8")
        yield name
    pictures = root / "tools/site/pictures"
    if svg and svg != (pictures / "logo.svg").read_text(encoding="utf-8"):
        (pictures / "logo.svg").write_text(svg, encoding="utf-8")
        side = max(icon.size)
        square = Image.new("RGBA", (side, side))
        square.paste(icon, ((side - icon.width) // 2, (side - icon.height) // 2))
        square.save(pictures / "favicon.ico", sizes=ICON_SIZES)
        yield "tools/site/pictures/logo.svg"
        yield "tools/site/pictures/favicon.ico"
    if renamed:
        import icons  # Matplotlib takes a second

        icons.social(*icons.fitted(), title=wishes["NAME"], folder=pictures)
        yield "tools/site/pictures/social.png"


def main(wishes, root=ROOT):
    if not any(wishes.values()):
        for key, value in now(root).items():
            print(f"  {key:<11}{value or '(not said)'}")
        print(
            'Change one or more: make yours NAME="..." AUTHOR="..." REPOSITORY=https://... ', end=""
        )
        print("ADDRESS=https://... LOGO=file.svg")
        return 0
    try:
        changed = list(change(root, wishes))
    except ValueError as error:
        print(f"Nothing was changed. {error}", file=sys.stderr)
        return 2
    for name in changed:
        print(f"  {name}")
    if not changed:
        print("It is so already: nothing was changed")
    else:
        print(f"Changed: {len(changed)} files. git diff shows how; next make serve, then make test")
    return 0


if __name__ == "__main__":
    keys = ("NAME", "AUTHOR", "REPOSITORY", "ADDRESS", "LOGO")
    sys.exit(main({key: os.environ.get(f"YOURS_{key}", "") for key in keys}))
