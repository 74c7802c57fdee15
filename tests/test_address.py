"""The address of the book: read in one place, and not known while it is a placeholder."""

import address
import pytest

CONFIG = "repository:\n  url: {}\nhtml:\n  baseurl: {}\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.delenv("REPOSITORY_URL", raising=False)

    def with_addresses(repository, site):
        (tmp_path / "_config.yml").write_text(CONFIG.format(repository, site), encoding="utf-8")
        return tmp_path

    return with_addresses


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        ("https://github.com/OWNER/REPOSITORY", "https://OWNER.github.io/REPOSITORY"),
        ("https://github.com/ada/REPOSITORY", "https://ada.github.io/REPOSITORY"),
        ("", ""),
    ],
)
def test_a_placeholder_is_no_address(root, repository, site):
    assert address.repository(root(repository, site)) is None
    assert address.site(root(repository, site)) is None


def test_an_address_is_known_without_the_slash_at_its_end(root):
    here = root("https://github.com/ada/em.git", "https://ada.github.io/em/")
    assert address.repository(here) == "https://github.com/ada/em"
    assert address.site(here) == "https://ada.github.io/em"


def test_the_environment_stands_in_for_the_file(root, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://bo.example/book")
    here = root("https://github.com/ada/em", "https://OWNER.github.io/REPOSITORY")
    assert address.site(here) == "https://bo.example/book"
    assert address.repository(here) == "https://github.com/ada/em"


@pytest.mark.parametrize("site", ["http://ada.github.io", "ada.github.io/em", "https://a b.org"])
def test_what_is_no_address_is_refused_in_words(root, site):
    with pytest.raises(ValueError, match=r"html\.baseurl needs to be an address such as https:"):
        address.site(root("https://github.com/ada/em", site))


def test_a_repository_has_an_owner_and_a_name(root):
    with pytest.raises(ValueError, match=r"repository\.url needs to be an address such as https:"):
        address.repository(root("https://github.com/ada", "https://ada.github.io"))
    assert address.on_github("https://github.com/ada/em") == ("ada", "em")
    assert address.on_github("https://gitlab.example.edu/stat/em") is None
