"""How long a slider of the built book takes to repaint its picture, and what a page weighs.

python benchmarks/explorers.py        needs `make book` and a Chromium (tools/browser.py)

work: what the main thread does for one move, from the handlers of the input event to the end of
layout and paint, without the wait for the next frame between them. felt: from the event to the
painted frame, that wait (up to 16.7 ms at 60 Hz) included. Bars, for the work: half of all moves
under 16 ms, 95 % under 33 ms. Sizes are compressed kilobytes.
"""

import base64
import functools
import gzip
import http.server
import statistics
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build/html"
MOVES, MEDIAN_MS, TAIL_MS = 120, 16, 33

sys.path.insert(0, str(ROOT / "tools"))
import browser  # noqa: E402
import page_widgets  # noqa: E402

# In a frame, callbacks run in the order in which they were asked for: ours that starts the watch,
# the front end's that draws, ours that posts a message; the message comes after layout and paint.
MEASURE = """async ([name, moves]) => {
  const controls = [...document.querySelectorAll(`#${name} input, #${name} select`)];
  const times = [];
  for (let i = 0; i < moves; i++) {
    const control = controls[i % controls.length];
    const last = control.options ? control.options.length - 1 : Number(control.max);
    if (last === 0) continue;
    await new Promise(resolve => setTimeout(resolve, 20 + i % 17));
    let begun;
    requestAnimationFrame(() => { begun = performance.now(); });
    const start = performance.now();
    control.value = (Number(control.value) + 1 + (7 * i) % last) % (last + 1);
    control.dispatchEvent(new Event(control.options ? "change" : "input", {bubbles: true}));
    const handled = performance.now() - start;
    await new Promise(resolve => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(0);
    }));
    const end = performance.now();
    times.push([handled + end - begun, end - start]);
  }
  return times;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def explorers(path):
    """The explorers of a page and their packed sizes in bytes: {name: size}."""
    sizes = {}
    for entry in page_widgets.on(path).values():
        if "spec" in entry["state"]:
            packed = base64.b64decode(entry["state"]["data"])
            sizes[entry["state"]["spec"]["name"]] = len(packed)
    return sizes


def weight(response):
    """Bytes on the way to a reader whose server compresses text."""
    body = response.body()
    binary = response.headers.get("content-type", "").startswith(("image/png", "font/woff2"))
    return len(body if binary else gzip.compress(body))


def quantiles(times):
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def main():
    pages = {path: found for path in sorted(SITE.rglob("*.html")) if (found := explorers(path))}
    if not pages:
        sys.exit("There is no built site with an explorer: run make book first")
    handler = functools.partial(Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    heading = f"{'explorer':26}{'packed':>9}{'work':>8}{'95 %':>8}{'felt':>8}{'95 %':>8}"
    print(f"{heading}\n{'':26}{'kB':>9}{'ms':>8}{'ms':>8}{'ms':>8}{'ms':>8}")
    slow, weights = [], {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGS)
        for path, sizes in pages.items():
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            responses = []
            page.on("response", lambda response, seen=responses: seen.append(response))
            where = path.relative_to(SITE).as_posix()
            page.goto(address + where, wait_until="networkidle")
            page.wait_for_selector("html[data-explorers=ready]", state="attached")
            weights[where] = sum(weight(r) for r in responses if r.url.startswith(address))
            for name, size in sizes.items():
                page.locator(f"#{name}").scroll_into_view_if_needed()
                work, felt = zip(*page.evaluate(MEASURE, [name, MOVES]), strict=True)
                numbers = (*quantiles(work), *quantiles(felt))
                print(f"{name:26}{size / 1000:9.1f}" + "".join(f"{ms:8.1f}" for ms in numbers))
                if numbers[0] > MEDIAN_MS or numbers[1] > TAIL_MS:
                    slow.append(name)
            page.close()
        chromium.close()
    server.shutdown()
    print()
    for where, total in weights.items():
        print(f"{where:26}{total / 1000:9.0f} kB in all")
    scripts = [ROOT / "gmmlib/explore/explorer.js", ROOT / "tools/site/assets/explore_host.js"]
    total = sum(len(gzip.compress(path.read_bytes())) for path in scripts)
    print(f"{'our scripts':26}{total / 1000:9.1f} kB")
    over = f"over the bars of {MEDIAN_MS} and {TAIL_MS} ms: {', '.join(slow)}"
    print(over if slow else f"Every explorer is under the bars of {MEDIAN_MS} and {TAIL_MS} ms")


if __name__ == "__main__":
    main()
