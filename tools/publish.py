"""Put the built site online, and say beforehand what is missing for that.

python tools/publish.py check    line by line: what is still a placeholder, and what does not agree
python tools/publish.py push     the site in _build/html becomes the branch gh-pages of `origin`

The branch holds this one version of the site and no history, so that the repository does not grow.
GitHub Pages serves it (Settings, Pages, Deploy from a branch), and Colab opens its notebooks.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import address

ROOT = Path(__file__).resolve().parents[1]
SITE = Path("_build/html")
BRANCH = "gh-pages"
WITHOUT_REPOSITORY = "no page has a button for Colab, Binder, the repository or a new issue"
WITHOUT_SITE = (
    "there are no canonical links, no site map, no pictures of shared links and nothing on how to "
    "cite the book, and a notebook that is downloaded alone asks for gmmlib's wheel beside it"
)


# ---- what is missing ---------------------------------------------------------------------------


def placeholders(root=ROOT):
    """What is not said yet, a sentence or two for each."""
    said, file = address.said(root), "_config.yml"
    if not address.is_known(os.environ.get("REPOSITORY_URL") or said.repository):
        yield (
            f"{file}: repository.url is a placeholder ({said.repository}). Change it there, or "
            f"with make yours REPOSITORY=https://github.com/ada/em. Until then, "
            f"{WITHOUT_REPOSITORY}."
        )
    if not address.is_known(os.environ.get("SITE_URL") or said.site):
        yield (
            f"{file}: html.baseurl is a placeholder ({said.site}). Change it there, or with make "
            f"yours ADDRESS=https://ada.github.io/em. Until then, {WITHOUT_SITE}."
        )


def disagreements(root=ROOT):
    """What is said, and cannot be so, as far as that can be seen offline."""
    try:
        repository, site = address.repository(root), address.site(root)
    except ValueError as error:
        yield f"_config.yml: {error}."
        return
    github = address.on_github(repository) if repository else None
    parts = urlsplit(site or "")
    if github and site and parts.hostname.endswith(".github.io"):
        owner, name = github
        host = f"{owner}.github.io".lower()
        path = "" if name.lower() == host else f"/{name}"
        if (parts.hostname.lower(), parts.path.rstrip("/").lower()) != (host, path.lower()):
            yield (
                f"_config.yml: GitHub serves the repository {owner}/{name} at "
                f"https://{host}{path}, and html.baseurl says {site}."
            )
    origin = subprocess.run(
        ["git", "remote", "get-url", "origin"], cwd=root, capture_output=True, text=True
    ).stdout.strip()
    if repository and origin and same(origin) != same(repository):
        yield (
            f"git: origin is {origin}, and repository.url is {repository}: make publish would push "
            "to the first, and the buttons lead to the second."
        )


def same(url):
    """A repository's address without the ways in which it can be written."""
    return re.sub(r"^(\w+://)?([\w.-]+@)?", "", url).replace(":", "/").removesuffix(".git").lower()


def faults_of(site, folder):
    """What the built site lacks, if it is to be at this address."""
    if not (folder / "index.html").exists():
        yield f"{folder}: there is no built site. make book builds it."
        return
    for path in sorted((folder / "book").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        page = f"{site}/book/{path.name}"
        if f'<link rel="canonical" href="{page}"' not in text:
            yield f"{path}: it was not built for {page}. make book builds it anew."
            return
        for name in re.findall(rf"/blob/{BRANCH}/([\w./-]+\.ipynb)", text):
            if not (folder / name).exists():
                yield f"{path}: Colab is sent to {name}, which the site does not have."


def check(root=ROOT, folder=SITE):
    """Print what is missing; 0 if nothing is."""
    missing = list(placeholders(root))
    wrong = list(disagreements(root))
    if not missing and not wrong:
        wrong = list(faults_of(address.site(root), folder))
    for sentence in missing + wrong:
        print(f"- {sentence}")
    if missing or wrong:
        print(f"To be done before the book is put online: {len(missing + wrong)}")
        return 1
    print(f"Ready: {address.site(root)}, from {address.repository(root)}")
    return 0


# ---- putting it online -------------------------------------------------------------------------


def git(*words, **more):
    done = subprocess.run(["git", *words], capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"git {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def push(folder=SITE, remote="origin", root=ROOT):
    """The folder as the one commit of the branch; the working tree and its index stay as they are.

    Its author is that of the last commit, so that a machine without a name can publish, too.
    """
    folder = Path(folder).resolve()
    now, name, email = git("log", "-1", "--format=%h %s%n%an%n%ae", cwd=root).splitlines()
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", email))
    }
    with tempfile.TemporaryDirectory() as scratch:
        env = {**os.environ, "GIT_INDEX_FILE": str(Path(scratch, "index"))}
        git("--work-tree", str(folder), "add", "--all", "--force", ".", cwd=root, env=env)
        tree = git("write-tree", cwd=root, env=env)
    words = ("-m", f"The site of {now}")
    commit = git("commit-tree", tree, *words, cwd=root, env={**os.environ, **who})
    git("push", "--force", remote, f"{commit}:refs/heads/{BRANCH}", cwd=root)
    return commit


def main(args):
    if args == ["check"]:
        return check()
    if args != ["push"]:
        print(__doc__)
        return 2
    if check():
        return 1
    try:
        push()
    except RuntimeError as error:
        print(f"Nothing was published. {error}", file=sys.stderr)
        return 1
    print(f"Published: the branch {BRANCH} of origin is the site")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
