"""Writes what was marked: tables for the teacher, for Canvas and Moodle, and a page a student.

Canvas's columns are those of its gradebook's export and import, Moodle's those of an assignment's
"offline grading worksheet" (in English: Moodle looks for its columns by name).
"""

import csv
import hashlib
import html
import re
import unicodedata
from pathlib import Path

from collect import table
from judge import tidy

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = [
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
    "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
    "Feedback comments",
]  # fmt: skip
BY_HAND = [
    "student",
    "set",
    "part",
    "title",
    "criterion",
    "points",
    "given",
    "comment",
    "file",
    "answer",
]
SAID = {
    "right": "right", "almost": "almost", "wrong": "wrong", "absent": "nothing here yet",
    "by hand": "read by your teacher", "not marked": "not marked yet",
}  # fmt: skip


def number(value):
    """3, 2.5, 0.6667."""
    return f"{round(value, 4):g}"


def cell(value):
    """A value for a table: one line, and never a formula that a spreadsheet would run."""
    words = " ".join(tidy(str(value)).split())
    return f"'{words}" if words[:1] in tuple("=+-@|%＝＋－＠") else words


def write(path, columns, rows, marked=True):
    """A CSV file; marked: with the mark by which spreadsheets know UTF-8."""
    with open(path, "w", newline="", encoding="utf-8-sig" if marked else "utf-8") as file:
        table = csv.writer(file)
        table.writerow([cell(column) for column in columns])
        table.writerows([[cell(value) for value in row] for row in rows])


# ---- by hand ---------------------------------------------------------------------------------


def criteria(part):
    """(words, points) of what a person looks at; one of all its points without a rubric."""
    return part.rubric or (("the whole part", part.points),)


def given_by_hand(paths):
    """({(student, set, part, criterion): (points, comment)}, troubles) of the filled tables.

    Later tables win. A comma may stand for the point.
    """
    given, trouble = {}, []
    for path in filter(Path.exists, paths):
        for row in table(path):
            key = tuple(row.get(name, "") for name in ("student", "set", "part", "criterion"))
            if not row.get("given") and not row.get("comment"):
                continue
            try:
                points = float(row["given"].replace(",", ".")) if row.get("given") else None
                most = float(row.get("points", "inf").replace(",", "."))
                if points is not None and not 0 <= points <= most:
                    raise ValueError
            except ValueError:
                words = f"{path}: {row.get('given')!r} for {', '.join(key[:3])}"
                trouble.append(f"{words}: a number from 0 to {row.get('points')} is needed")
                continue
            given[key] = (points, row.get("comment", ""))
    return given, trouble


def add_by_hand(results, given):
    """Put the teacher's points into the results; returns the rows of by_hand.csv."""
    rows = []
    for result in results:
        result["open"] = 0
        if result["set"] is None or not result["counts"] or not result["parts"]:
            continue
        for part in result["set"].parts:
            if not part.by_hand:
                continue
            told, total, comments, lacking = result["parts"][part.part], 0.0, [], 0
            if "answer" not in told:  # a file that could not be read
                continue
            for words, worth in criteria(part):
                key = tuple(
                    cell(one) for one in (result["student"], result["set"].name, part.part, words)
                )
                points, comment = given.get(key, (None, ""))
                lacking += points is None
                total += points or 0.0
                if points is not None or comment:
                    shown = "" if points is None else f" ({number(points)} of {number(worth)})"
                    comments.append(f"{words}{shown}" + (f": {comment}" if comment else ""))
                rows.append(
                    [*key[:3], part.title, words, number(worth),
                     "" if points is None else number(points), comment,
                     result["path"], told["answer"][:1000]]
                )  # fmt: skip
            told["points"] = min(total, part.points)
            told["open"] = bool(lacking)
            told["words"] = "\n".join(comments) or "Your teacher reads this part."
            result["open"] += bool(lacking)
    return rows


# ---- the tables ------------------------------------------------------------------------------


def natural(part):
    """2a before 10a."""
    return [int(word) if word.isdigit() else word for word in re.findall(r"\d+|\D+", part)]


def total(result):
    return sum(told.get("points", 0.0) for told in result["parts"].values())


def marks(path, results):
    parts = {part.part for r in results if r["set"] for part in r["set"].parts}
    parts = sorted(parts, key=lambda part: [(isinstance(w, str), w) for w in natural(part)])
    rows = []
    for r in results:
        points = [_points(r, part) for part in parts]
        out_of = number(r["set"].points) if r["set"] else ""
        name = r["set"].name if r["set"] else ""
        counts = "" if r["counts"] else "no"
        rows.append(
            [r["student"], name, *points, number(total(r)), out_of, r["open"] or "", counts,
             r["state"], r["message"], r["path"]]
        )  # fmt: skip
    ends = ["total", "out of", "parts still to read", "counts", "state", "message", "file"]
    write(path, ["student", "set", *parts, *ends], rows)


def _points(result, part):
    told = result["parts"].get(part)
    return "" if told is None or told.get("open") else number(told.get("points", 0.0))


def exported(result):
    """The grade for the other system: nothing while a person has still to read a part of it."""
    return "" if result["open"] else number(total(result))


def canvas(path, results, sets):
    """The gradebook's import: a column a set, named as the assignment; a row a student."""
    used = [one for one in sets.values() if any(r["set"] is one for r in results)]
    rows = [["    Points Possible", "", "", "", "", *(number(one.points) for one in used)]]
    people = {}
    for r in filter(lambda r: r["counts"], results):
        people.setdefault(r["who"], {})[r["set"] and r["set"].name] = r
    for handed_in in people.values():
        first = next(iter(handed_in.values()))
        grades = [exported(handed_in[s.name]) if s.name in handed_in else "" for s in used]
        rows.append([first["name"], first["canvas"], "", "", "", *grades])
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*CANVAS, *(cell(one.title) for one in used)])
        table.writerow(rows[0])  # with the spaces that Canvas itself puts there
        table.writerows([[cell(value) for value in row] for row in rows[1:]])


def moodle(path, results):
    """The worksheet of an assignment; of several, Moodle takes the rows with its own numbers."""
    rows = []
    for r in filter(lambda r: r["counts"] and r["set"], results):
        words = "<br>".join(html.escape(line) for line in summary(r))
        number_there = f"Participant {r['moodle']}" if r["moodle"] else ""
        rows.append(
            [number_there, r["name"], r["email"], "Submitted for grading", exported(r),
             number(r["set"].points), "Yes", "-", "-", words]
        )  # fmt: skip
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(MOODLE)
        # "-" is what Moodle writes where there is no date; no spreadsheet takes it for a formula
        table.writerows([[v if v == "-" else cell(v) for v in row] for row in rows])


def summary(result):
    """A line a part, for a comment in another system."""
    for part in result["set"].parts:
        told = result["parts"].get(part.part, {})
        points = "" if told.get("open") else f"{number(told.get('points', 0.0))} of "
        words = told.get("words", "").split("\n")[0]
        yield f"{part.part} {part.title}: {points}{number(part.points)}. {words}"
    yield from result["told"]


# ---- a page a student ------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #55606e; --paper: #fbfaf7; --card: #fff;
  --line: #d9d6ce; --right: #1b6e3c; --almost: #8a5a00; --wrong: #a3262a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --soft: #a9b0ba; --paper: #15181d;
  --card: #1d2128; --line: #3a414c; --right: #7fd39b; --almost: #f0c05a; --wrong: #ff9a93; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .25rem; }
h3 { font-size: 1rem; margin: 0; }
.total, .state { color: var(--soft); margin: .25rem 0; }
article { background: var(--card); border: 1px solid var(--line); border-left-width: .35rem;
  border-radius: .4rem; padding: .75rem 1rem; margin: .75rem 0; }
article.right { border-left-color: var(--right); } .right .state { color: var(--right); }
article.almost { border-left-color: var(--almost); } .almost .state { color: var(--almost); }
article.wrong { border-left-color: var(--wrong); } .wrong .state { color: var(--wrong); }
pre { margin: .5rem 0 0; white-space: pre-wrap; font: .875rem/1.5 ui-monospace, monospace; }
ul { padding-left: 1.2rem; }
"""


def page(student, results):
    """The feedback page of one student as HTML that needs nothing else."""
    parts = [f"<h1>Feedback for {_h(student)}</h1>"]
    for result in results:
        parts.append(
            f"<section><h2>{_h(result['set'].title if result['set'] else 'Problem set')}</h2>"
        )
        if result["set"]:
            so_far = " so far" if result["open"] else ""
            points = f"{number(total(result))} of {number(result['set'].points)} points{so_far}"
            parts.append(f'<p class="total">{points}; {_h(result["state"])}.</p>')
        else:
            parts.append(f'<p class="total">{_h(result["state"])}.</p>')
        if result["told"]:
            parts += ["<ul>", *(f"<li>{_h(words)}</li>" for words in result["told"]), "</ul>"]
        for part in result["set"].parts if result["set"] else []:
            told = result["parts"].get(part.part, {"state": "absent", "words": ""})
            parts.append(_article(part, told))
        if result["errors"]:
            lines = "\n".join(_h(words) for words in result["errors"])
            parts.append(f"<h3>What your cells said</h3><pre>{lines}</pre>")
        parts.append("</section>")
    body = "\n".join(parts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Feedback for {_h(student)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _article(part, told):
    state = told["state"]
    kind = {"right": "right", "almost": "almost", "wrong": "wrong", "absent": "wrong"}.get(
        state, ""
    )
    points = f"of {number(part.points)}"
    if not told.get("open") and state != "not marked":
        points = f"{number(told.get('points', 0.0))} {points}"
    words = f"<pre>{_h(told['words'])}</pre>" if told.get("words") else ""
    return (
        f'<article class="{kind}"><h3>{_h(part.part)} {_h(part.title)}</h3>'
        f'<p class="state">{SAID.get(state, state)} · {points} points</p>{words}</article>'
    )


def _h(words):
    return html.escape(tidy(str(words)))


def slug(who):
    """A file name from a name: letters that every system can write, and six that tell it apart."""
    plain = unicodedata.normalize("NFKD", who).encode("ascii", "ignore").decode()
    bare = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40] or "student"
    return f"{bare}-{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:6]}"


def pages(folder, results):
    """One page a student; the pages of an earlier run go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    people = {}
    for result in results:
        people.setdefault(result["who"], []).append(result)
    for who, own in people.items():
        name = slug("\0".join(who)) if any(who[1:]) else slug(who[0])
        text = page(own[0]["name"], own).encode("utf-8", "replace")
        (folder / f"{name}.html").write_bytes(text)
