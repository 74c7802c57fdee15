"""Sphinx extension: the buttons above a page, made from the one address of the book.

In place of the theme's: these are there only where they lead somewhere. Colab opens the notebook
that `make publish` puts on the branch of the site, whose first cell knows where gmmlib is; Binder
and JupyterHub open the repository, where gmmlib is at hand. Every notebook can be downloaded,
address or not.

In a text, `<a data-repository="tree/main/course">the folder</a>` becomes a link into the
repository, and `<div data-cite></div>` how to cite the book. Without an address the first is plain
words, and the second nothing, as both are in Jupyter.
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import yaml
from docutils import nodes
from sphinx.errors import ConfigError
from sphinx.transforms import SphinxTransform

sys.path.append(str(Path(__file__).parents[1]))  # Sphinx knows tools/site alone

import address

BRANCH = "gh-pages"  # where make publish puts the site
NOTEBOOKS, ARCHIVE = "notebooks", "notebooks.zip"  # where the site has what can be downloaded
ICONS = {"github.com": "fab fa-github", "gitlab.com": "fab fa-gitlab"}
INTO = re.compile(r'<a data-repository="(?P<where>[^"]*)">(?P<words>.*?)</a>', re.DOTALL)
OPENING = re.compile(r'<a data-repository="(?P<where>[^"]*)">')
CITE = "<div data-cite></div>"
BUTTONS = ("use_repository_button", "use_issues_button", "use_edit_page_button")


def settle(app, config):
    """Take from the theme what needs an address, and keep what is known."""
    try:
        site, repository = address.site(), address.repository()
    except ValueError as error:
        raise ConfigError(str(error)) from None
    options = config.html_theme_options
    # strings and booleans alone, so that Sphinx can compare it with the last build's
    config.launch = {
        "site": site or "",
        "repository": repository or "",
        "branch": options.pop("repository_branch", "main"),
        "hubs": options.pop("launch_buttons", {}),
        "asked": [key for key in BUTTONS if options.pop(key, False)],
    }
    options.pop("repository_url", None)
    config.html_baseurl = site or ""


# ---- the buttons -------------------------------------------------------------------------------


def link(url, text, icon, label, tooltip):
    return {
        "type": "link", "url": url, "text": text, "icon": icon, "label": label, "tooltip": tooltip
    }  # fmt: skip


def group(buttons, icon, label, tooltip):
    """A menu, where there is something in it."""
    made = {"type": "group", "buttons": buttons, "icon": icon, "label": label, "tooltip": tooltip}
    return [made] if buttons else []


def launchers(launch, page):
    """[(hub, address)]: where the notebook of a page can be opened and run."""
    repository, branch, hubs = launch["repository"], launch["branch"], launch["hubs"]
    if not repository:
        return []
    name, github, found = page.rpartition("/")[2], address.on_github(repository), []
    if github and (hub := hubs.get("colab_url")):
        path = f"{'/'.join(github)}/blob/{BRANCH}/{NOTEBOOKS}/{name}.ipynb"
        found.append(("Colab", f"{hub}/github/{path}"))
    if hub := hubs.get("binderhub_url"):
        kind = f"gh/{'/'.join(github)}" if github else f"git/{quote(repository, safe='')}"
        found.append(("Binder", f"{hub}/v2/{kind}/{branch}?urlpath=lab/tree/{page}.ipynb"))
    if hub := hubs.get("jupyterhub_url"):
        place = f"lab/tree/{repository.rpartition('/')[2]}/{page}.ipynb"
        query = urlencode({"repo": repository, "urlpath": place, "branch": branch}, safe="/")
        found.append(("JupyterHub", f"{hub}/hub/user-redirect/git-pull?{query}"))
    return found


def launch_buttons(launch, page):
    images = {"Colab": "colab.png", "Binder": "binder.svg", "JupyterHub": "jupyterhub.svg"}
    found = []
    for hub, url in launchers(launch, page):
        image = f"_static/images/logo_{images[hub]}"  # the theme's
        found.append(link(url, hub, image, f"launch-{hub.lower()}", f"Run it on {hub}"))
    return found


def repository_buttons(launch, page, suffix):
    """The repository, a new issue about this page, and an editor for it: those that are asked."""
    url, found = launch["repository"], []
    if not url:
        return found
    host = url.split("/")[2]
    between = "" if address.on_github(url) else "/-"  # as GitLab has it
    if "use_repository_button" in launch["asked"]:
        icon = ICONS.get(host, "fas fa-code-branch")
        found.append(link(url, "Repository", icon, "source-repository", "Where the book is made"))
    if "use_issues_button" in launch["asked"]:
        title = quote(f"On the page {page}")
        key = "title" if address.on_github(url) else "issue[title]"
        new = f"{url}{between}/issues/new?{key}={title}"
        found.append(
            link(new, "Open issue", "fas fa-lightbulb", "source-issues", "Say what is wrong")
        )
    if "use_edit_page_button" in launch["asked"]:
        edit = f"{url}{between}/edit/{launch['branch']}/{page}{suffix}"
        found.append(
            link(edit, "Suggest edit", "fas fa-pencil-alt", "source-edit", "Edit this page")
        )
    return found


def downloads(context, page, is_notebook):
    """What the theme offers, with the notebook as it runs anywhere, and all of them."""
    pathto, name = context["pathto"], page.rpartition("/")[2]
    found = []
    if is_notebook:
        url = pathto(f"{NOTEBOOKS}/{name}.ipynb", 1)
        words = "Download this page as a notebook"
        found.append(link(url, ".ipynb", "fas fa-file", "download-notebook", words))
    url, words = pathto(ARCHIVE, 1), "Download all notebooks with data and gmmlib"
    found.append(link(url, "all notebooks", "fas fa-archive", "download-all", words))
    return found


def place(app, pagename, templatename, context, doctree):
    if doctree is None:
        return
    launch, suffix = app.config.launch, Path(app.env.doc2path(pagename)).suffix
    is_notebook = suffix == ".ipynb"
    made = group(
        launch_buttons(launch, pagename) if is_notebook else [],
        "fas fa-rocket", "launch-buttons", "Run this page elsewhere",
    )  # fmt: skip
    icon = ICONS.get("/".join(launch["repository"].split("/")[2:3]), "fas fa-code-branch")
    source = repository_buttons(launch, pagename, suffix)
    made += group(source, icon, "source-buttons", "The repository of this book")
    for button in context.get("header_buttons", ()):
        if button.get("label") == "download-buttons":
            printing = [b for b in button["buttons"] if b["type"] == "javascript"]
            button["buttons"] = downloads(context, pagename, is_notebook) + printing
    context["header_buttons"] = made + context.get("header_buttons", [])


# ---- the text ----------------------------------------------------------------------------------


def bibtex(cff, url):
    """An entry for this book, from CITATION.cff and where it is."""
    author = " and ".join(f"{{{who['name']}}}" for who in cff["authors"])
    fields = {
        "author": author,
        "title": f"{{{cff['title']}}}",
        "year": str(cff["date-released"])[:4],
        "version": cff["version"],
        "url": url,
    }
    lines = "".join(f"  {key:<7} = {{{value}}},\n" for key, value in fields.items())
    key = re.sub(r"\W+", "_", cff["title"].partition(":")[0]).lower()
    return f"@misc{{{key},\n{lines}}}"


class SayWhere(SphinxTransform):
    """Links into the repository, and the citation: made, or left away."""

    default_priority = 400

    def apply(self, **kwargs):
        launch = self.config.launch
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if "data-repository" in text:
                self.lead(raw, text, launch["repository"])
            elif CITE in text:
                raw.replace_self(self.citation(launch) if launch["site"] else [])

    @staticmethod
    def lead(raw, text, repository):
        def to(found):
            url = "/".join(filter(None, [repository, found["where"]]))
            return f'<a class="reference external" href="{url}">'

        if repository:
            raw.replace_self(nodes.raw("", OPENING.sub(to, text), format="html"))
        elif INTO.search(text):
            raw.replace_self(nodes.raw("", INTO.sub(r"\g<words>", text), format="html"))
        else:  # its end is a node of its own
            after = raw.parent.children[raw.parent.index(raw) + 1 :]
            end = next(n for n in after if isinstance(n, nodes.raw) and n.astext() == "</a>")
            raw.parent.remove(end)
            raw.parent.remove(raw)

    def citation(self, launch):
        cff = yaml.safe_load((Path(self.app.srcdir) / "CITATION.cff").read_text(encoding="utf-8"))
        code = bibtex(cff, launch["site"])
        return [
            nodes.rubric("", "Cite this book"),
            nodes.literal_block(code, code, language="bibtex"),
        ]


def setup(app):
    app.add_config_value("launch", {}, "env", [dict])
    app.add_transform(SayWhere)
    app.connect("config-inited", settle, priority=400)
    app.connect("html-page-context", place, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
