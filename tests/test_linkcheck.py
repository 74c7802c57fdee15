"""Every link that leads elsewhere is followed: tried on a host of our own."""

import http.server
import threading
import time

import linkcheck
import pytest

PAGES = {"/good": '<h1 id="here">x</h1><a name="there">y</a>', "/moved": 301, "/sent": 302,
         "/gone": 410, "/private": 403, "/broken": 500}  # fmt: skip


class Host(http.server.BaseHTTPRequestHandler):
    asked, busy = [], {"/busy": 1}

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/slow":
            self.close_connection = True
            return time.sleep(2)
        answer = PAGES.get(self.path, 404)
        if self.busy.get(self.path, 0) > 0:
            self.busy[self.path] -= 1
            answer = 503
        elif self.path == "/busy":
            answer = "<p>at last</p>"
        status = answer if isinstance(answer, int) else 200
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/good")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(answer.encode() if isinstance(answer, str) else b"")

    def log_message(self, *args):
        pass


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setattr(linkcheck, "TIMEOUT", 0.4)
    monkeypatch.setattr(linkcheck, "PAUSE", 0.01)
    Host.asked, Host.busy = [], {"/busy": 1}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def verdict(address, *places):
    return linkcheck.judged(linkcheck.Link(address, {"a.html"}, set(places)))


def test_a_page_that_is_there_is_good_with_a_place_of_either_kind(host):
    assert verdict(f"{host}/good", "here", "there") == ("good", "")
    assert verdict(f"{host}/sent") == ("good", "")


@pytest.mark.parametrize(
    ("path", "why"), [("/nowhere", "404"), ("/gone", "410"), ("/broken", "500")]
)
def test_a_page_that_is_not_there_is_dead(host, path, why):
    found, words = verdict(host + path)
    assert found == "dead" and words.startswith(why)


def test_a_place_that_the_page_lacks_is_named(host):
    assert verdict(f"{host}/good", "here", "lost") == ("dead", "the page has no #lost")


def test_a_page_that_moved_for_good_is_not_dead_and_says_where_it_is(host):
    assert verdict(f"{host}/moved", "here") == ("moved", f"now {host}/good")


def test_who_is_turned_away_does_not_know_and_does_not_ask_twice(host):
    assert verdict(f"{host}/private")[0] == "turned away"
    assert Host.asked == ["/private"]


def test_a_host_that_is_busy_once_is_asked_again(host):
    assert verdict(f"{host}/busy") == ("good", "")
    assert Host.asked == ["/busy"] * 2


def test_a_host_that_never_answers_is_dead_after_three_tries(host):
    found, words = verdict(f"{host}/slow")
    assert found == "dead" and words == "no answer within 0.4 s, 3 times"
    assert Host.asked == ["/slow"] * 3


def test_an_address_without_a_host_is_dead_in_words(host):
    found, words = verdict("http://127.0.0.1:9/x")
    assert found == "dead" and "refused" in words


def site_with(folder, *links):
    body = "".join(f'<a href="{link}">x</a>' for link in links)
    (folder / "pages").mkdir()
    (folder / "index.html").write_text("<p>front</p>", encoding="utf-8")
    for name in ("a", "b"):
        (folder / f"pages/{name}.html").write_text(body, encoding="utf-8")
    return folder


def test_each_address_is_asked_once_whatever_the_pages_and_places(host, tmp_path, capsys):
    site = site_with(tmp_path, f"{host}/good#here", f"{host}/good", f"{host}/good#there", "b.html")
    assert linkcheck.main(site) == 0
    assert Host.asked == ["/good"]
    assert "1 good" in capsys.readouterr().out


def test_a_dead_link_fails_and_is_reported_with_its_pages(host, tmp_path, capsys):
    assert linkcheck.main(site_with(tmp_path, f"{host}/nowhere", f"{host}/private")) == 1
    said = capsys.readouterr().out
    assert f"dead: {host}/nowhere\n    404" in said and "on pages/a.html, pages/b.html" in said
    assert "1 dead, 1 turned away" in said


def test_the_sites_own_address_and_lines_of_a_file_are_no_places_elsewhere(tmp_path):
    site = site_with(tmp_path, "https://ada.github.io/em/book/a.html", "https://x.example/f#L10")
    (link,) = linkcheck.links_of(site, own="https://ada.github.io/em")
    assert link.address == "https://x.example/f" and link.places == set()


def test_links_to_the_book_itself_are_not_followed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SITE_URL", "https://ada.example/em")
    assert linkcheck.main(site_with(tmp_path, "https://ada.example/em/nowhere")) == 0
    assert "Following 0 links" in capsys.readouterr().out
