"""How strong are the tests? One deliberate fault in the mathematics at a time: who notices?

python benchmarks/mutants.py [COUNT]     writes benchmarks/MUTANTS.md

COUNT faults (200) are drawn with one seed; then come eight classic slips.

A fault is one small change of one line: an operator, a constant, a comparison, a sign, a lost
transpose, a lost logarithm. A copy of gmmlib with the fault is put before the real one, and the
unit tests run until the first failure. The eight classic slips of students run against the
chapter that teaches the line, as nbval compares it.
"""

import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from slips import SLIPS, SPARED

ROOT = Path(__file__).parents[1]
MATHEMATICS = (
    "textbook em mixture features plain missing covariance prior scores sampling diagnostics"
    " summary"
).split()
# what says nothing of the mathematics
ASIDE = ["sources", "lints", "bibliography", "house", "explore", "questions", "static_widgets",
         "plots", "coming_from", "imports"]  # fmt: skip
TOO_LONG = 600  # seconds: a run that never ends has been noticed too
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "@": "*"}
COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
CALLS = {"log": "", "sqrt": "", "exp": "", "min": "max", "max": "min", "sum": "max",
         "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def applied(self, source):
        return source[: self.start] + self.new + source[self.end :]

    def __str__(self):
        return f"{self.file}:{self.line} `{self.old}` → `{self.new or 'nothing'}`"


def faults(name, source):
    """Every small fault that could be put into a file."""
    # ast counts columns in bytes of UTF-8
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    data = source.encode()

    def place(line, column):
        return len(data[: starts[line - 1] + column].decode())

    def fault(node, start, end, new):
        return Fault(name, node.lineno, start, end, source[start:end], new)

    for node in ast.walk(ast.parse(source)):
        if not hasattr(node, "lineno"):
            continue
        first = place(node.lineno, node.col_offset)
        last = place(node.end_lineno, node.end_col_offset)
        if isinstance(node, ast.BinOp | ast.Compare):
            right = node.right if isinstance(node, ast.BinOp) else node.comparators[0]
            left = node.left
            a, b = (
                place(left.end_lineno, left.end_col_offset),
                place(right.lineno, right.col_offset),
            )
            swaps = OPERATORS if isinstance(node, ast.BinOp) else COMPARISONS
            found = re.search(r"\*\*|//|[<>=!]=|[-+*/@<>]", source[a:b])
            if found and found[0] in swaps:
                yield fault(node, a + found.start(), a + found.end(), swaps[found[0]])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
            yield fault(node, first, first + (1 if isinstance(node.op, ast.USub) else 3), "")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield fault(node, first, last, {0: "1", 1: "2"}.get(node.value, f"({node.value} / 2)"))
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            yield fault(node, last - 2, last, "")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name_end = place(node.func.end_lineno, node.func.end_col_offset)
            if (word := node.func.attr) in CALLS:
                new = CALLS[word]
                if new or not isinstance(node.func.value, ast.Name):
                    if new:
                        yield fault(node, name_end - len(word), name_end, new)
                elif len(node.args) == 1 and not node.keywords:
                    yield fault(node, first, name_end, "")  # np.log(x) becomes (x)
        elif isinstance(node, ast.If | ast.IfExp):
            test = node.test
            a, b = place(test.lineno, test.col_offset), place(test.end_lineno, test.end_col_offset)
            yield fault(test, a, b, f"not ({source[a:b]})")


def run(command, folder):
    """Whether a command, with the gmmlib in `folder` before the real one, fails."""
    env = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    env.pop("MPLBACKEND", None)  # a chapter's outputs name its own
    options = {"cwd": ROOT, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run(command, timeout=TOO_LONG, **options).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def with_fault(changes, command):
    """Whether `command` notices gmmlib with some of its files changed: {name: source}."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "gmmlib", Path(folder) / "gmmlib")
        for name, source in changes.items():
            (Path(folder) / f"gmmlib/{name}.py").write_text(source, encoding="utf-8")
        return run(command, folder)


def unit_tests(name):
    """The tests of a file first: most faults end there."""
    names = [p.stem.removeprefix("test_") for p in sorted((ROOT / "tests").glob("test_*.py"))]
    order = sorted(
        set(names) - set(ASIDE), key=lambda n: (n != name, n not in ("em", "textbook"), n)
    )
    files = [f"tests/test_{n}.py" for n in order]
    # -P: python -m would put the folder that it runs in, with the real gmmlib, before all others
    return [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]


def chapter(name):
    return [
        *[sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--nbval"],
        *["--nbval-current-env", "--nbval-cell-timeout", "120", f"book/{name}.ipynb"],
    ]


def slip(slip):
    """Whether the chapter that teaches the line notices the slip."""
    changes = {}
    for file, old, new in slip.changes:
        source = changes.get(file) or (ROOT / f"gmmlib/{file}.py").read_text(encoding="utf-8")
        if source.count(old) != 1:
            sys.exit(f"slip {slip.name!r}: {file}.py has {source.count(old)} times: {old}")
        changes[file] = source.replace(old, new)
    return with_fault(changes, chapter(slip.chapter))


def main(count):
    sources = {n: (ROOT / f"gmmlib/{n}.py").read_text(encoding="utf-8") for n in MATHEMATICS}
    possible = [fault for name, source in sources.items() for fault in faults(name, source)]
    drawn = random.Random(1).sample(possible, min(count, len(possible)))
    drawn.sort(key=lambda fault: (fault.file, fault.start))

    def noticed(fault):
        change = {fault.file: fault.applied(sources[fault.file])}
        seen = with_fault(change, unit_tests(fault.file))
        print("." if seen else f"\nsurvives: {fault}\n", end="", flush=True)
        return seen

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # without a fault there must be nothing to notice
        teach = sorted({slip.chapter for slip in SLIPS})
        healthy = [unit_tests("em"), *map(chapter, teach)]
        if any(pool.map(lambda command: with_fault({}, command), healthy)):
            sys.exit("the tests fail without any fault: run make test first")
        if not with_fault({"em": "raise SystemError"}, unit_tests("em")):
            sys.exit("the tests pass without em.py: they import another gmmlib than the copy")
        killed = dict(zip(drawn, pool.map(noticed, drawn)))
        caught = dict(zip(SLIPS, pool.map(slip, SLIPS)))
    print()
    write(possible, killed, caught, sources)


def reason(fault, sources):
    """Why a survivor is no fault at all, if somebody looked at it: slips.SPARED."""
    line = sources[fault.file].splitlines()[fault.line - 1].strip()
    return SPARED.get((fault.file, line, fault.old, fault.new), "")


def write(possible, killed, caught, sources):
    alive = [fault for fault, seen in killed.items() if not seen]
    open_ones = [fault for fault in alive if not reason(fault, sources)]
    share = sum(killed.values()) / len(killed)
    real = sum(killed.values()) / (len(killed) - len(alive) + len(open_ones))
    lines = [
        "# How strong the tests are",
        "",
        "Written by `make mutants` (benchmarks/mutants.py, which says how).",
        "",
        f"{len(killed)} faults of {len(possible)} possible ones in {len(MATHEMATICS)} files: "
        f"{sum(killed.values())} noticed by the unit tests, {share:.1%}; "
        f"{real:.1%} of those that are faults at all.",
        "",
        "| file | faults | noticed |",
        "| --- | ---: | ---: |",
    ]
    for name in MATHEMATICS:
        of_file = [seen for fault, seen in killed.items() if fault.file == name]
        lines.append(f"| {name}.py | {len(of_file)} | {sum(of_file)} |")
    lines += ["", "## Survivors", ""]
    for fault in alive:
        line = sources[fault.file].splitlines()[fault.line - 1].strip()
        lines.append(f"- {fault} in `{line}`: {reason(fault, sources) or '**not explained**'}")
    lines += ["", "## Eight classic slips, and the chapter that teaches the line", ""]
    lines += ["| slip | chapter | noticed there |", "| --- | --- | --- |"]
    for one, seen in caught.items():
        lines.append(f"| {one.name} | {one.chapter} | {'yes' if seen else '**no**'} |")
    (ROOT / "benchmarks/MUTANTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{share:.1%} noticed, {len(open_ones)} survivors not explained: benchmarks/MUTANTS.md")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
