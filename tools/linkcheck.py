"""Follow every link of the built site that leads elsewhere, once: python tools/linkcheck.py

A link is dead if its host is not there, or answers that the page is not (404, 410, 5xx), or does
not answer; or if the page lacks the place that stands after the #. Hosts that turn programs away
(401, 403, 429) are listed and not called dead: a person has to look. A page that has moved for good
(301, 308) is listed with its new address. Exits with 1 if a link is dead.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urldefrag, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from address import site as own_address

SITE = Path(__file__).resolve().parents[1] / "_build/html"
TRIES, TIMEOUT, PAUSE, PATIENCE = (
    3,
    30,
    2,
    60,
)  # seconds: of silence, between tries, of a Retry-After
MOST = 4_000_000  # bytes of a page that are searched for an anchor
TURNED_AWAY = {401, 403, 405, 406, 418, 429, 451, 999}
AGAIN = {408, 429, 500, 502, 503, 504}
# some hosts answer a browser only
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; linkcheck)", "Accept": "text/html,*/*;q=0.8"}


class Page(HTMLParser):
    """The links of a page, and the places in it that a link may lead to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.places |= {found.get("id"), found.get("name") if tag == "a" else None} - {None}
        if tag == "a" and (found.get("href") or "").startswith(("http://", "https://")):
            self.links.add(found["href"])


@dataclass
class Link:
    """An address elsewhere: on which pages it stands, and to which places of its page they lead."""

    address: str
    pages: set = field(default_factory=set)
    places: set = field(default_factory=set)


def links_of(site, own=""):
    """Every link of the site's pages that leads elsewhere. own: the site's address, if known."""
    links = {}
    for path in sorted(site.rglob("*.html")):
        for href in Page(path.read_text(encoding="utf-8")).links:
            if own and f"{href}/".startswith(f"{own.rstrip('/')}/"):
                continue
            address, place = urldefrag(href)
            link = links.setdefault(address, Link(address))
            link.pages.add(path.relative_to(site).as_posix())
            # a text fragment, a line of a file, a route of a script: no element has these as its id
            if place and not place.startswith((":~:", "L", "/", "!")):
                link.places.add(unquote(place))
    return list(links.values())


class Noting(HTTPRedirectHandler):
    """Follows redirects, and notes where a page went for good."""

    def __init__(self):
        self.moved = None

    def redirect_request(self, request, *about):
        code, address = about[1], about[4]
        if code in (301, 308):
            self.moved = address
        return super().redirect_request(request, *about)


def fetch(address):
    """(status, text, the address it moved to for good or None); raises what urllib raises."""
    noting = Noting()
    with build_opener(noting).open(Request(address, headers=HEADERS), timeout=TIMEOUT) as answer:
        kind = answer.headers.get_content_type()
        text = (
            answer.read(MOST).decode("utf-8", "replace") if kind.endswith(("html", "xml")) else ""
        )
        return answer.status, text, noting.moved


def judged(link):
    """("dead" | "turned away" | "moved" | "good", why in words)"""
    why = ""
    for again in range(TRIES):
        if again:
            time.sleep(PAUSE)
        try:
            _, text, moved = fetch(link.address)
        except HTTPError as error:
            why = f"{error.code} {error.reason}"
            wait = error.headers.get("Retry-After", "")
            if error.code not in AGAIN or again + 1 == TRIES:
                return ("turned away" if error.code in TURNED_AWAY else "dead"), why
            if wait.isdigit():
                time.sleep(min(int(wait), PATIENCE))
        except TimeoutError:
            why = f"no answer within {TIMEOUT} s, {TRIES} times"
        except URLError as error:
            slow = isinstance(error.reason, TimeoutError)
            why = f"no answer within {TIMEOUT} s, {TRIES} times" if slow else str(error.reason)
        except (HTTPException, OSError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
        else:
            if lost := sorted(link.places - Page(text).places) if text else []:
                return "dead", f"the page has no {' and no '.join(f'#{place}' for place in lost)}"
            return ("moved", f"now {moved}") if moved else ("good", "")
    return "dead", why


def check(links, told=print):
    """{verdict: [(link, why)]}; hosts are asked side by side, and each for one page at a time."""
    hosts, verdicts, lock = {}, {}, threading.Lock()
    for link in links:
        hosts.setdefault(urlsplit(link.address).netloc, []).append(link)

    def ask(mine):
        for number, link in enumerate(mine):
            if number:
                time.sleep(PAUSE / 2)  # who asks too fast is turned away
            verdict, why = judged(link)
            with lock:
                verdicts.setdefault(verdict, []).append((link, why))
                if verdict != "good":
                    where = ", ".join(sorted(link.pages))
                    told(f"{verdict}: {link.address}\n    {why}\n    on {where}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, hosts.values()))
    return verdicts


def main(site=SITE):
    if not (site / "index.html").exists():
        sys.exit("There is no built site to check: run make book first")
    links = links_of(site, own_address() or "")
    print(f"Following {len(links)} links that lead elsewhere", flush=True)
    verdicts = check(links)
    counts = {verdict: len(found) for verdict, found in sorted(verdicts.items())}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "no links")
    return 1 if "dead" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
