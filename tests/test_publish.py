"""What is missing before the book can be put online is said, and then the site is pushed."""

import subprocess
from types import SimpleNamespace

import publish
import pytest

CONFIG = "repository:\n  url: {}\nhtml:\n  baseurl: {}\n"
REPOSITORY, SITE = "https://github.com/ada/em", "https://ada.github.io/em"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with its addresses, a built site for them, and where its clone was made from."""
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.delenv("REPOSITORY_URL", raising=False)
    root = tmp_path / "clone"
    (root / "site/book").mkdir(parents=True)
    (root / "site/notebooks").mkdir()
    (root / "site/index.html").write_text("front")
    (root / "site/notebooks/a.ipynb").write_text("{}")
    page = f'<link rel="canonical" href="{SITE}/book/a.html"/> /blob/gh-pages/notebooks/a.ipynb'
    (root / "site/book/a.html").write_text(page)
    for words in (["init", "-q"], ["remote", "add", "origin", "git@github.com:ada/em.git"]):
        subprocess.run(["git", *words], cwd=root, check=True)

    def say(repository=REPOSITORY, site=SITE):
        (root / "_config.yml").write_text(CONFIG.format(repository, site))

    say()
    return SimpleNamespace(root=root, site=root / "site", say=say)


def checked(book, capsys):
    code = publish.check(book.root, book.site)
    return code, capsys.readouterr().out


def test_a_placeholder_is_named_with_its_place_and_what_the_site_lacks(book, capsys):
    book.say("https://github.com/OWNER/REPOSITORY", "https://OWNER.github.io/REPOSITORY")
    code, said = checked(book, capsys)
    assert code == 1 and said.count("\n") == 3
    first, second, last = said.splitlines()
    assert "_config.yml: repository.url is a placeholder" in first and "REPOSITORY=" in first
    assert "Colab, Binder" in first and "html.baseurl" in second and "ADDRESS=" in second
    assert last.endswith(": 2")


def test_the_placeholder_of_one_address_alone_is_named(book, capsys):
    book.say(site="https://OWNER.github.io/REPOSITORY")
    assert "html.baseurl is a placeholder" in checked(book, capsys)[1].splitlines()[0]


def test_what_is_said_and_agrees_is_ready(book, capsys):
    assert checked(book, capsys) == (0, f"Ready: {SITE}, from {REPOSITORY}\n")
    book.say("https://github.com/Ada/em", "https://em.example.org")  # a domain of one's own
    code, said = checked(book, capsys)
    assert code == 1 and "it was not built for https://em.example.org/book/a.html" in said


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ({"site": "https://ada.github.io/other"}, "serves the repository ada/em at https://ada.gi"),
        ({"site": "https://bo.github.io/em"}, "html.baseurl says https://bo.github.io/em"),
        ({"site": "ada.github.io/em"}, "needs to be an address such as https://ada.github.io/em"),
        (
            {"repository": "https://github.com/bo/em", "site": "https://bo.github.io/em"},
            "origin is",
        ),
    ],
)
def test_what_does_not_agree_is_said(book, capsys, addresses, said):
    book.say(**addresses)
    code, out = checked(book, capsys)
    assert code == 1 and said in out


def test_a_front_site_of_an_owner_has_no_path(book):
    book.say("https://github.com/ada/ada.github.io", "https://ada.github.io")
    assert not [words for words in publish.disagreements(book.root) if "serves" in words]


def test_a_site_without_the_notebook_that_colab_is_sent_to_is_not_ready(book, capsys):
    (book.site / "notebooks/a.ipynb").unlink()
    assert "Colab is sent to notebooks/a.ipynb" in checked(book, capsys)[1]
    (book.site / "index.html").unlink()
    assert "no built site" in checked(book, capsys)[1]


def test_the_site_becomes_one_commit_of_its_branch_and_the_clone_stays_as_it_was(book, tmp_path):
    def git(*words, folder=book.root):
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    bare = tmp_path / "bare.git"
    git("init", "-q", "--bare", str(bare))
    git("remote", "set-url", "origin", str(bare))
    (book.root / ".gitignore").write_text("site/\n*.ipynb\n")
    git("add", ".gitignore", "_config.yml")
    git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "The sources")
    for words in ("one", "two"):
        (book.site / "index.html").write_text(words)
        publish.push(book.site, root=book.root)
    files = set(git("ls-tree", "-r", "--name-only", "gh-pages", folder=bare).split())
    assert files == {"index.html", "book/a.html", "notebooks/a.ipynb"}
    assert git("show", "gh-pages:index.html", folder=bare) == "two"
    assert git("rev-list", "--count", "gh-pages", folder=bare) == "1\n"
    about = git("log", "-1", "--format=%s, %an", "gh-pages", folder=bare)
    assert about.startswith("The site of ") and about.endswith("The sources, Ada\n")
    assert git("status", "--porcelain") == "" and git("branch", "--list").strip() == "* " + (
        git("branch", "--show-current").strip()
    )


def test_a_remote_that_refuses_is_said_in_words(book):
    subprocess.run(["git", "remote", "set-url", "origin", "nowhere.git"], cwd=book.root, check=True)
    commit = "git -c user.name=A -c user.email=a@b.c commit -qm x --allow-empty"
    subprocess.run(commit.split(), cwd=book.root, check=True)
    with pytest.raises(RuntimeError, match="git "):
        publish.push(book.site, root=book.root)
