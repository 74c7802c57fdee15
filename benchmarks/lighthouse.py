"""What Lighthouse's phone makes of each page, in four scores; writes LIGHTHOUSE.md.

python benchmarks/lighthouse.py [PAGE ...]      needs `make lighthouse`'s installation

Lighthouse imitates a middle-class phone on a slow line: it loads the page here, and computes what
the load would have cost with 1.6 Mbit/s, 150 ms a round trip and a slower processor. It divides
the speed of the machine by four; here by whatever makes the phone as fast as a quarter of a good
desk machine (tools/lighthouse/audit.mjs), since this one may be slow or busy. A busy machine is
unfair all the same: let it do nothing else. The median of REPEATS loads counts.
"""

import os
import platform
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = Path(__file__).with_name("LIGHTHOUSE.md")
REPEATS = int(os.environ.get("REPEATS", "3"))
BAR = 95

sys.path.insert(0, str(ROOT / "tools"))
import audit  # noqa: E402

TIMES = {
    "first-contentful-paint": "first words, s",
    "largest-contentful-paint": "largest thing, s",
    "total-blocking-time": "blocked, ms",
    "cumulative-layout-shift": "shift",
    "total-byte-weight": "kB",
}
INTRODUCTION = """\
# What a phone makes of the pages

`make lighthouse` writes this table: Lighthouse {version}, the phone that it imitates (1.6 Mbit/s,
150 ms a round trip, a processor as fast as a quarter of a good desk machine), behind a
compressing server; the median of {repeats} loads. Accessibility, best practices and search
engines do not depend on the machine, and the tests ask for 100. Performance is a timing, and its
bar is {bar}, on a machine that does nothing else. "machine" is Lighthouse's own measure of the
one that ran it, "factor" by how much it was slowed down.
"""


def measured(pages):
    """{page: [results]}"""
    found = {page: [] for page in pages}
    for _ in range(REPEATS):
        for result in audit.audits(pages, ("performance", *audit.CERTAIN)):
            found[result["page"]].append(result)
            score = 100 * result["scores"]["performance"]
            print(f"{result['page']}: {score:.0f} (machine {result['speed']:.0f})", flush=True)
    return found


def row(page, results):
    def middle(of):
        return statistics.median(of(result) for result in results)

    scores = {
        kind: round(100 * middle(lambda r, kind=kind: r["scores"][kind]))
        for kind in results[0]["scores"]
    }
    value = {key: middle(lambda r, key=key: r["values"][key]) for key in TIMES}
    words = [
        f"{value['first-contentful-paint'] / 1000:.1f}",
        f"{value['largest-contentful-paint'] / 1000:.1f}",
        f"{value['total-blocking-time']:.0f}",
        f"{value['cumulative-layout-shift']:.3f}",
        f"{value['total-byte-weight'] / 1000:.0f}",
    ]
    words += [f"{middle(lambda r: r['speed']):.0f}", f"{middle(lambda r: r['factor']):.1f}"]
    return scores, f"| {' | '.join([page, *map(str, scores.values()), *words])} |"


def main(pages):
    rows = [row(page, results) for page, results in measured(pages or audit.PAGES).items()]
    kinds = ["performance", "accessibility", "best practices", "search engines"]
    heads = ["page", *kinds, *TIMES.values(), "machine", "factor"]
    version = audit.version()
    lines = [
        INTRODUCTION.format(version=version, repeats=REPEATS, bar=BAR),
        f"{platform.machine()}, {os.cpu_count()} processors, a load of {os.getloadavg()[0]:.1f}.\n",
        f"| {' | '.join(heads)} |",
        "|---" + "|--:" * (len(heads) - 1) + "|",
        *(text for _, text in rows),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"Written: {OUT.relative_to(ROOT)}")
    slow = [text.split()[1] for scores, text in rows if scores["performance"] < BAR]
    if slow:
        print(f"Under {BAR}: {', '.join(slow)}")


if __name__ == "__main__":
    main(sys.argv[1:])
