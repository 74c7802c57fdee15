"""How long the page of one's own data lets its reader wait: real Pyodide in Chromium.

python benchmarks/playground.py       writes benchmarks/PLAYGROUND.md

Pyodide's files stand on this machine, in place of its CDN: how fast a reader's line is, nobody
knows here. Bars: a step at n = 1000, K = 5 within one frame of 16 ms, the median; no gap of more
than 100 ms between two frames of the page while 100 000 rows are fitted.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from measuring import load, machine, table
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FOLDERS = ("tools", "tools/site", "tests/site", "tests/browser_python")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

import browser  # noqa: E402
import pyodide  # noqa: E402
from cdn import Cdn  # noqa: E402
from site_server import serving  # noqa: E402
from tiny_site import make_site  # noqa: E402

from gmmlib import data, fit  # noqa: E402

RESULTS = Path(__file__).parent / "PLAYGROUND.md"
FRAME_MS, GAP_MS, VISITS, STEPS = 16, 100, 5, 100

# Start, a classic set, a fit: when each stage began, and when the fit was there
FIRST_FIT = """async () => {
  const stages = [], begun = performance.now();
  const note = (stage) => stages.push([stage, performance.now() - begun]);
  window.engine = makeEngine({base: "../", manifest, onprogress: (told) => {
    if (told.stage !== stages.at(-1)?.[0]) note(told.stage);
  }});
  await engine.start();
  await engine.ask({do: "data", set: "old_faithful"});
  await engine.ask({do: "fit", K: 2, seed: 1});
  note("first fit");
  return stages;
}"""
# whole steps: E and M, each a request of its own with the state for drawing
WHOLE_STEPS = """async ([points, K, steps]) => {
  await engine.ask({do: "data", points});
  await engine.ask({do: "start", K, seed: 1});
  const times = [];
  for (let i = 0; i < steps; i++) {
    const begun = performance.now();
    await engine.ask({do: "step"});
    await engine.ask({do: "step"});
    times.push(performance.now() - begun);
    await new Promise(requestAnimationFrame);
  }
  return times;
}"""
# the longest time between two frames of the page while a request is under way
ALIVE = """async (requests) => {
  const found = [];
  for (const request of requests) {
    let last = performance.now(), longest = 0, going = true;
    const frame = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      if (going) requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });
    const begun = performance.now();
    const answer = await engine.ask(request);
    found.push([performance.now() - begun, longest, answer.step ?? null]);
    going = false;
  }
  return found;
}"""


def rows_of(n, d=2, seed=1):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) + 3 * rng.integers(3, size=n)[:, None]).round(4)


def csv(x):
    return "x,y\n" + "\n".join(f"{a},{b}" for a, b in x.tolist())


def seconds(milliseconds):
    return f"{milliseconds / 1000:.2f}"


def visits(context, url):
    """When each stage began, in milliseconds after Start: the first visit, and VISITS others."""
    found = []
    for _ in range(VISITS + 1):
        page = context.new_page()
        page.goto(f"{url}book/bench.html")
        found.append(dict(page.evaluate(FIRST_FIT)))
        if len(found) <= VISITS:
            page.close()
    return found, page


def stage_rows(found):
    again = {name: statistics.median(v[name] for v in found[1:]) for name in found[-1]}
    order = sorted(again, key=again.get)
    return [
        [f"until {name}", seconds(found[0].get(name, 0)), seconds(again[name])]
        for name in order
        if name not in ("starting", "from the cache")
    ]


def written(found, steps, alive, step_of_5000, before):
    """The report, and what is over the bars."""
    again = statistics.median(visit["first fit"] for visit in found[1:])
    half, tail = statistics.median(steps), statistics.quantiles(steps, n=20)[-1]
    half_5000 = statistics.median(step_of_5000)
    gap = max(longest for _, longest, _ in alive)
    over = []
    if half > FRAME_MS:
        over.append(f"a step takes {half:.1f} ms, not {FRAME_MS}")
    if gap > GAP_MS:
        over.append(f"the page stood still for {gap:.0f} ms, not {GAP_MS}")
    files = pyodide.files(("numpy",))
    size = sum(file["bytes"] for file in files.values()) / 1e6
    names = ("read the CSV", "take the points", "fit, K = 3, ten starts", "BIC for K = 1 … 3")
    work = [
        [name, seconds(took), f"{longest:.0f}"] for name, (took, longest, _) in zip(names, alive)
    ]
    text = f"""# One's own data, in the browser

Written by `make bench` (benchmarks/playground.py); no number here is written by hand.

{machine(f"Pyodide {pyodide.VERSION} in Chromium")}
Load average {before} before and {load()} after.

The engine of the page `your_data`, on a page of its own. Pyodide's files ({size:.1f} MB) come from
this machine, so the first visit is one over a line that costs nothing; later ones find the files in
the browser's cache, whose sums are checked again.

## From Start to the first fit

Seconds after Start, the median of {VISITS} later visits. The fit: Old Faithful, K = 2, ten starts,
each to its end. **{seconds(again)} s** from the cache.

{table(["stage", "first visit", "later visits"], stage_rows(found))}

## A step

E-step, M-step, and twice the state that the page draws (means, covariances, every point's shares),
as JSON from the worker to the page: milliseconds, of {STEPS} steps with K = 5.

| n | median | 95 % |
| --- | ---: | ---: |
| 1000 | {half:.1f} | {tail:.1f} |
| 5000 | {half_5000:.1f} | {statistics.quantiles(step_of_5000, n=20)[-1]:.1f} |

## 100 000 rows

Seconds, and the longest time between two frames of the page meanwhile, in milliseconds.

{table(["what", "seconds", "longest gap"], work)}

{"Over the bars: " + "; ".join(over) if over else "Every number is under its bar."}
"""
    return text, over


def main():
    before = load()
    x = data.old_faithful()
    fit(x, 2, np.random.default_rng(1))  # the package is whole
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(make_site(Path(folder))) as url,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGS)
        context = chromium.new_context()
        Cdn().stand_in(context)
        found, page = visits(context, url)
        steps = page.evaluate(WHOLE_STEPS, [rows_of(1000).tolist(), 5, STEPS])
        step_of_5000 = page.evaluate(WHOLE_STEPS, [rows_of(5000).tolist(), 5, STEPS])
        requests = [
            {"do": "read", "text": csv(rows_of(100_000))},
            {"do": "data", "columns": ["x", "y"]},
            {"do": "fit", "K": 3, "seed": 1},
            {"do": "bic", "upto": 3, "seed": 1},
        ]
        alive = page.evaluate(ALIVE, requests)
        chromium.close()
    text, over = written(found, steps, alive, step_of_5000, before)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    return "\n".join(over)


if __name__ == "__main__":
    sys.exit(main() or None)
