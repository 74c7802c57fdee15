"""tools/browser.py where there is no browser, with an apt-get that does as it is told here."""

import browser
import pytest

LOCKED = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77"


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Put an apt-get first on PATH: the shell commands of its body; returns the calls it logs."""

    def make(body):
        stub, log = tmp_path / "apt-get", tmp_path / "log"
        log.touch()
        stub.write_text(f'#!/bin/sh\necho "$*" >> {log}\n{body}\n')
        stub.chmod(0o755)
        return log

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browser, "find", lambda engine="chromium": None)
    monkeypatch.setattr(browser.sys, "executable", "false")
    monkeypatch.setattr(browser, "PAUSE", 0)
    return make


def test_a_lock_held_by_another_is_waited_for(apt, tmp_path):
    busy = f'[ $(wc -l < {tmp_path}/log) -gt 3 ] || {{ echo "{LOCKED}" >&2; exit 100; }}'
    log = apt(busy)
    assert [words for words in browser.install() if "apt-get" in words] == []
    calls = log.read_text().splitlines()
    assert [call.split()[-1] for call in calls] == ["update"] * 4 + ["chromium"]
    assert all("DPkg::Lock::Timeout=600" in call for call in calls)


def test_what_failed_is_said_in_its_own_words(apt):
    apt("echo first; echo 'E: Unable to locate package chromium' >&2; exit 100")
    with pytest.raises(SystemExit) as refused:
        browser.main(["--install"])
    words = str(refused.value)
    assert "none could be installed" in words and "playwright install chromium failed" in words
    assert words.count("E: Unable to locate package chromium") == 2  # update, install


def test_a_lock_that_is_never_given_back_is_named(apt, monkeypatch):
    monkeypatch.setattr(browser, "WAIT", 0)
    apt(f'echo "{LOCKED}" >&2; exit 100')
    assert any(LOCKED in words for words in browser.install())


def test_engines_are_installed_in_one_go_and_chromium_only_where_it_is_asked_for(apt):
    log = apt("true")
    assert browser.install(["firefox", "webkit"]) == []
    last = log.read_text().splitlines()[-1]
    assert last.endswith("install -y firefox-esr webkit2gtk-driver xvfb")


def test_an_engine_that_there_is_not_is_named():
    with pytest.raises(SystemExit, match="opera: the engines are chromium, firefox, webkit"):
        browser.main(["--install", "opera"])


def test_webkit_needs_a_screen(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("WebKitWebDriver", "Xvfb"):
        assert browser.find("webkit") is None
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    assert browser.find("webkit") == str(tmp_path / "WebKitWebDriver")
