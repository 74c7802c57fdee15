"""Marks one submission: reads the notebook, has it run in a throw-away process, judges outside.

Nothing that comes back from the process is trusted: it is JSON, its size is limited, every field is
checked here. The words of the feedback are the checker's, the set's list of known mistakes, or
written below; no solution and no hidden check can be in them.
"""

import ast
import hashlib
import json
import math
import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np
import sandbox
from sets import text, visible

from gmmlib import tutor

CELLS, LONGEST, TRIES = 1000, 50_000, 5  # cells; characters of one; processes for one notebook
# what computes an answer, and so has no place in one; `gmmlib.tutor` but for these is named too
NUMERICAL = {
    "aitken_limit", "bootstrap", "classify", "e_step", "em", "em_in_one_dimension",
    "expected_complete_log_likelihood", "fit", "kmeans_plus_plus_start", "labels_start",
    "log_density", "log_joint", "log_likelihood", "lower_bound", "m_step", "moments", "modes",
    "quantile_start", "random_start", "relabel", "responsibilities", "shares_start",
}  # fmt: skip
FOR_STUDENTS = re.compile(r"check_\w+|personal_data|Verdict|validate\w*|wrong_program|WRONG")


class Unreadable(ValueError):
    """This file is no notebook, in words for the student."""


# ---- the file --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Notebook:
    """cells: (kind, source, grade_id) of each. trouble: what is odd about it, in words."""

    cells: list
    set_name: str | None
    student: str | None
    trouble: list


def read(data):
    """The notebook in these bytes; Unreadable where there is none."""
    if not data.strip(b"\x00 \t\r\n"):
        raise Unreadable("The file is empty.")
    try:
        notebook = json.loads(
            data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        )
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) - 1 or "Unterminated" in error.msg:
            raise Unreadable(
                f"The file breaks off at line {error.lineno}: hand it in again."
            ) from None
        raise Unreadable(f"The file is not a notebook: line {error.lineno} is not JSON.") from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise Unreadable("The file is not a notebook: it is not text in JSON.") from None
    if not isinstance(notebook, dict):
        raise Unreadable("The file is JSON, but not a notebook.")
    raw = notebook.get("cells")
    if raw is None and isinstance(notebook.get("worksheets"), list):  # notebooks before 2015
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        raw = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    if not isinstance(raw, list):
        raise Unreadable("The file is JSON, but not a notebook: it has no cells.")
    trouble, cells = [], []
    for number, cell in enumerate(raw[:CELLS], 1):
        kind, source, grade_id = _cell(cell) if isinstance(cell, dict) else ("broken", "", None)
        if kind == "broken" or len(source) > LONGEST:
            trouble.append(
                f"Cell {number} is {'broken' if kind == 'broken' else 'too long'}: left out."
            )
            kind, source = "text", ""
        cells.append((kind, source, grade_id))
    if len(raw) > CELLS:
        trouble.append(f"Of {len(raw)} cells the first {CELLS} were read.")
    meta = notebook.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    if language := _foreign(meta):
        trouble.append(
            f"The notebook says that it is written in {language}; it was read as Python."
        )
    gmm = meta.get("gmm")
    name = gmm.get("set") if isinstance(gmm, dict) else None
    return Notebook(cells, name if isinstance(name, str) else None, _typed(cells), trouble)


def _cell(cell):
    meta = cell.get("metadata")
    grader = meta.get("nbgrader") if isinstance(meta, dict) else None
    grade_id = grader.get("grade_id") if isinstance(grader, dict) else None
    source = text(cell.get("source", cell.get("input", "")))
    # a lone half of a surrogate pair can stand in JSON, and cannot be encoded again
    source = source.encode("utf-8", "replace").decode("utf-8")
    gmm = meta.get("gmm") if isinstance(meta, dict) else None
    # the last cell that we hand out asks the checker once more about everything: not needed here
    validates = isinstance(gmm, dict) and gmm.get("validate") is True
    kind = "code" if cell.get("cell_type") == "code" and not validates else "text"
    return kind, source, grade_id if isinstance(grade_id, str) else None


def _foreign(meta):
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        said = meta.get(key)
        language = said.get(field) if isinstance(said, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            return language[:30]
    kernel = meta.get("kernelspec")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    return name if name in {"ir", "julia", "bash", "xcpp"} else None


def tree(source):
    """The syntax tree of a cell without its magics, or None."""
    lines = (re.sub(r"^(\s*)[%!?].*", r"\1pass", line) for line in source.split("\n"))
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _typed(cells):
    """The name that the student typed: STUDENT = "…"."""
    for kind, source, _ in cells:
        if kind != "code" or "STUDENT" not in source or not (parsed := tree(source)):
            continue
        for node in parsed.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                if "STUDENT" in names and isinstance(node.value.value, str):
                    return node.value.value.strip() or None
    return None


def of_set(notebook, hint, sets):
    """The set that a notebook answers: by its metadata, the grade_ids of its cells, or its name."""
    if notebook.set_name in sets:
        return sets[notebook.set_name]
    ids = {grade_id for _, _, grade_id in notebook.cells}
    shared = {n: len(ids & {p.grade_id for p in one.parts}) for n, one in sets.items()}
    best = max(shared, key=shared.get)
    if shared[best] and list(shared.values()).count(shared[best]) == 1:
        return sets[best]
    if hint in sets:
        return sets[hint]
    return next(iter(sets.values())) if len(sets) == 1 else None


# ---- who is who ------------------------------------------------------------------------------


def letters(name):
    """The letters and digits of a name in one order, without accents: müller anna, Anna Müller."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sorted(character for character in plain if character.isalnum()))


def seed_of(typed, names):
    """(whose data a notebook is marked with, a message or None); names: who handed it in."""
    names = [name for name in names if name]
    if typed and (not names or letters(typed) in {letters(name) for name in names}):
        return typed, None
    if not names:
        return "nobody", "The file says nowhere whose it is."
    if typed:
        words = f"STUDENT is {typed!r}, but {names[0]!r} handed it in, whose data count."
        return names[0], words
    return names[0], f"STUDENT is not set: the data of {names[0]!r} count."


# ---- the process -----------------------------------------------------------------------------


def with_student(source, student):
    """A cell with STUDENT set to this name, whatever it was set to."""
    parsed = tree(source) if "STUDENT" in source else None
    lines = source.split("\n")
    for node in parsed.body if parsed else []:
        names = [t.id for t in getattr(node, "targets", []) if isinstance(t, ast.Name)]
        if "STUDENT" in names and isinstance(node.value, ast.Constant):
            rest = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
            head = lines[node.lineno - 1].encode()[: node.col_offset].decode()
            lines[node.lineno - 1] = f"{head}STUDENT = {student!r}{rest}"
            for number in range(node.lineno, node.end_lineno):
                lines[number] = ""
    return "\n".join(lines)


def answers(cells, asks, student, places=None, limits=None, **options):
    """What the asked names say in the throw-away process: ({part: outcomes}, cells, trouble).

    A cell or a question that ends the whole process is left out, and the rest asked again. cells:
    what was said of each. places: their numbers in the notebook. options: `way`, `fonts` of
    sandbox.run.
    """
    places = places or range(len(cells))
    limits = limits or sandbox.Limits()
    known, said, trouble, skip, spent = {}, {}, [], [], 0.0
    by_part = {ask["part"]: ask for ask in asks}
    cells = [with_student(source, student) for source in cells]
    for _ in range(TRIES):
        left = [ask for ask in asks if ask["part"] not in known]
        if spent >= limits.wall:
            trouble.append("It took too long altogether.")
            break
        job = {"cells": cells, "asks": left, "skip": skip, "student": student}
        ran = sandbox.run(job, replace(limits, wall=limits.wall - spent), **options)
        spent += ran.seconds
        end = "ended by itself" if ran.end == "finished" else ran.end  # an invented end, that is
        at = None
        for line in ran.lines:
            at = line["begin"] if isinstance(line.get("begin"), str) else at
            if isinstance(line.get("cell"), int):
                said.setdefault(line["cell"], line)
            part = line.get("answer")
            if isinstance(part, str) and part in by_part and part not in known:
                known[part], at = line.get("outcomes"), None
        if all(ask["part"] in known for ask in asks):
            if ran.end not in ("finished", "ended by itself"):
                trouble.append(f"The program {ran.end} at its end.")
            break
        if ran.end.startswith("did not start"):  # ours, not the student's: to be mended, not marked
            raise OSError(f"the process {ran.end}")
        kind, _, where = (at or "").partition(" ")
        if kind == "cell" and where in map(str, range(len(cells))) and int(where) not in skip:
            skip.append(int(where))
            trouble.append(f"Cell {places[int(where)] + 1} {end} and was left out.")
        elif kind == "ask" and where in by_part and where not in known:
            known[where] = _ended(by_part[where], end)
    else:
        trouble.append("It ended the whole program again and again.")
    return known, said, trouble


def _ended(ask, end):
    """The outcomes of a question that took the whole process with it."""
    if "value" in ask:
        return {"other": "nothing"}
    if end == "took too long":
        return [{"kind": "never"} for _ in ask["probes"]]
    raised = {"kind": "raised", "type": "SystemExit", "message": f"the program {end}", "line": ""}
    return [raised] * len(ask["probes"])


# ---- what came back --------------------------------------------------------------------------


def encoded(value, depth=6, room=None):
    """Whether this is a value in the form of gmmlib.tutor's outcomes, and not too much of it."""
    room = room if room is not None else [200_000]
    room[0] -= 1
    if room[0] < 0 or depth < 0:
        return False
    if value is None or isinstance(value, bool | float):
        return True
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, str):
        return len(value) <= 2000
    if isinstance(value, list):
        return all(encoded(item, depth - 1, room) for item in value)
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, inside),) = value.items()
    if kind == "dict":
        fits = isinstance(inside, dict) and all(len(key) <= 200 for key in inside)
        return fits and all(encoded(item, depth - 1, room) for item in inside.values())
    if kind == "array":
        return isinstance(inside, list) and encoded(inside, depth, room) and _numbers(inside)
    return (kind == "tuple" and isinstance(inside, list) and encoded(inside, depth - 1, room)) or (
        kind == "other" and isinstance(inside, str) and len(inside) <= 200
    )


def _numbers(nested):
    """Whether nested lists are an array of numbers (or of text, in a list of answers)."""
    try:
        return np.array(nested).dtype.kind in "biufU"
    except (ValueError, OverflowError):
        return False


def outcome(raw):
    """An outcome with its fields checked; {"kind": "absent"} for what is none."""
    if not isinstance(raw, dict):
        return {"kind": "absent"}
    kind = raw.get("kind")
    told = {name: _number(raw.get(name)) for name in ("printed", "seconds")}
    if kind == "value" and "value" in raw and encoded(raw["value"]):
        changed = raw.get("changed") if isinstance(raw.get("changed"), list) else []
        changed = [name[:50] for name in changed[:20] if isinstance(name, str)]
        return {"kind": "value", "value": raw["value"], "changed": changed, **told}
    if kind == "value":
        return {"kind": "value", "value": {"other": "something unreadable"}, "changed": [], **told}
    if kind == "raised":
        words = {name: _words(raw.get(name)) for name in ("type", "message", "line")}
        return {"kind": "raised", **words, **told}
    return {"kind": "never" if kind == "never" else "absent"}


def _number(value):
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return value if fits and math.isfinite(value) and abs(value) < 1e15 else 0


def _words(value):
    return tidy(value)[:300] if isinstance(value, str) else ""


def tidy(words):
    """Text without what could steer a terminal, a table or a page's direction."""
    kept = (
        character
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
        else "·"
        for character in words
    )
    return "".join(kept)


# ---- the verdicts ----------------------------------------------------------------------------


def rng_of(problem_set, student, part):
    """The generator of the inputs: the same at each run, another for each student and part."""
    words = f"{problem_set.name}\0{student}\0{part}".encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(words).digest()[:8], "big"))


def task_of(part):
    options = part.asks.get("options", {})
    options = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    return tutor.task(part.asks["task"], called=part.asks["function"], **options)


def judge_function(task, probes, raw):
    """(state, words) of an asked function, from the checker."""
    raw = raw if isinstance(raw, list) and len(raw) == len(probes) else [None] * len(probes)
    outcomes = [outcome(one) for one in raw]
    try:
        verdict = task.judge(probes, outcomes)
        return verdict.state, tidy(str(verdict.message))
    except Exception:  # whatever a student sends back, the class is marked
        return "wrong", "What this function returns could not be compared with anything."


def flat(value):
    """An encoded value with arrays, tuples and lists as one nested list."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, inside),) = value.items()
        if kind in ("array", "tuple"):
            return flat(inside)
        if kind == "dict":
            return {key: flat(item) for key, item in inside.items()}
        return value
    return [flat(item) for item in value] if isinstance(value, list) else value


def close(value, key, within):
    """Whether a value is the key: numbers within so much, the rest equal."""
    if isinstance(key, list):
        fits = isinstance(value, list) and len(value) == len(key)
        return fits and all(close(v, k, within) for v, k in zip(value, key))
    if isinstance(key, dict):
        fits = isinstance(value, dict) and value.keys() == key.keys()
        return fits and all(close(value[name], key[name], within) for name in key)
    if isinstance(key, bool) or key is None:
        return value is key
    if isinstance(key, str):
        return isinstance(value, str) and value.strip().casefold() == key.strip().casefold()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    off = within["relative"] * abs(key) if isinstance(within, dict) else within
    return math.isfinite(value) and abs(value - key) <= off


def judge_value(part, raw, key, mistakes):
    """(state, words) of an asked value. key: flat, or None where it could not be computed."""
    name = part.asks["value"]
    if not encoded(raw):
        return "wrong", f"`{name}` is nothing that can be compared."
    value = flat(raw)
    if (isinstance(value, dict) and set(value) == {"other"}) or value is None:
        if value in ({"other": "nothing"}, {"other": "ellipsis"}, None):
            return "absent", f"`{name}` has no value yet."
        return "wrong", f"`{name}` is {_a(tidy(str(value['other'])))}: a plain value was asked for."
    within = part.asks.get("within", {"relative": 1e-6})
    if close(value, key, within):
        return "right", "Right."
    for known, words, almost in mistakes.get(name, []):
        if close(value, known, within):
            return "almost" if almost else "wrong", words
    shown = tidy(json.dumps(value))
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    return "wrong", f"Wrong: `{name}` is {shown} here, and your data say something else."


def _a(name):
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


# ---- the instructor's answers ----------------------------------------------------------------


def key_cells(problem_set):
    return [cell.source for cell in problem_set.cells if cell.kind == "code" and not cell.check]


def keys(problem_set, student, **options):
    """{"keys": {name: value}, "mistakes": {name: [[value, words, almost]]}, "trouble": words}.

    The instructor's source runs as a submission does; what comes back is read with the same care.
    """
    names = problem_set.keys()
    if not names:
        return {"keys": {}, "mistakes": {}, "trouble": None}
    asks = [{"part": name, "value": name} for name in [*names, "mistakes"]]
    known, said, trouble = answers(key_cells(problem_set), asks, student, **options)
    found = {name: flat(raw) for name, raw in known.items() if encoded(raw)}
    lacking = [
        n for n in names if n not in found or (isinstance(found[n], dict) and "other" in found[n])
    ]
    errors = [str(line["error"]) for _, line in sorted(said.items()) if line.get("error")]
    if lacking:
        reasons = "; ".join([*trouble, *errors]) or "no cell sets it"
        words = f"the source of {problem_set.name} with STUDENT = {student!r}"
        words += f" gave no key for {', '.join(lacking)} ({reasons})"
        return {"keys": {}, "mistakes": {}, "trouble": tidy(words)}
    mistakes = found.pop("mistakes", {})
    mistakes = {} if set(mistakes) == {"other"} else mistakes
    table = {name: [[e[0], str(e[1]), e[2:3] == [True]] for e in v] for name, v in mistakes.items()}
    return {"keys": found, "mistakes": table, "trouble": None}


# ---- one submission --------------------------------------------------------------------------


def uses_gmmlib(cells, given):
    """The names of gmmlib's own algorithms that a student's cells lean on, sorted.

    cells, given: sources, the student's and the instructor's. Read, not run: what is imported
    under way is not seen.
    """
    parsed = {source: tree(source) for source in cells}
    imported, modules, defined = {}, set(), set()
    for found in filter(None, parsed.values()):
        for node in ast.walk(found):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gmmlib":
                for alias in node.names:
                    imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[0] == "gmmlib":
                        modules.add(alias.asname or "gmmlib")
            elif isinstance(node, ast.FunctionDef):
                defined.add(node.name)
    modules |= set(imported)  # from gmmlib import textbook
    used = set()
    for source, found in parsed.items():
        if found is None or source.strip() in given:
            continue
        # of g.em.e_step the whole, not g.em too
        inner = {id(n.value) for n in ast.walk(found) if isinstance(n, ast.Attribute)}
        for node in ast.walk(found):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gmmlib":
                used |= {imported.get(a.asname or a.name, a.name) for a in node.names}
            elif isinstance(node, ast.Name) and node.id in imported and node.id not in defined:
                used.add(imported[node.id])
            elif isinstance(node, ast.Attribute) and id(node) not in inner:
                root, names = node.value, [node.attr]
                while isinstance(root, ast.Attribute):
                    names.append(root.attr)
                    root = root.value
                if isinstance(root, ast.Name) and root.id in modules and root.id not in defined:
                    base = imported.get(root.id, "gmmlib")
                    used.add(".".join([base, *reversed(names)]))
    return sorted(filter(None, map(_named, used)))


def _named(full):
    """gmmlib.e_step for gmmlib.em.e_step; None for what a student may use."""
    last = full.rpartition(".")[2]
    if full.startswith("gmmlib.tutor.") and not FOR_STUDENTS.fullmatch(last):
        return full
    return f"gmmlib.{last}" if last in NUMERICAL and not full.startswith("gmmlib.tutor") else None


def mark(problem_set, notebook, student, key, **options):
    """What is told of a submission: its "parts", "trouble", "errors" and "note".

    trouble: for student and teacher. errors: what cells raised, for the student. note: for the
    teacher alone.
    """
    checks = {visible(c.source) for c in problem_set.cells if c.kind == "code" and c.check}
    given = {visible(c.source) for c in problem_set.cells if c.kind == "code"}
    code = {n: source for n, (kind, source, _) in enumerate(notebook.cells) if kind == "code"}
    # the checks that we handed out are not run: the marker asks by itself
    places = [n for n, source in code.items() if source.strip() not in checks]
    own = [code[n] for n in places]
    asks, probes, tasks = [], {}, {}
    for part in problem_set.parts:
        if "function" in part.asks:
            tasks[part.part] = task_of(part)
            probes[part.part] = tasks[part.part].probes(rng_of(problem_set, student, part.part))
            asks.append(
                {
                    "part": part.part,
                    "function": part.asks["function"],
                    "probes": probes[part.part],
                }
            )
        elif "value" in part.asks:
            asks.append({"part": part.part, "value": part.asks["value"]})
    known, said, trouble = answers(own, asks, student, places, **options)
    trouble = [*notebook.trouble, *_missing(problem_set, notebook), *trouble]
    told = [(places[n], line) for n, line in sorted(said.items()) if 0 <= n < len(own)]
    trouble += [words for place, line in told if (words := _of_cell(place, line))]
    errors = [words for place, line in told if (words := _raised(place, line))]
    note, parts = [], {}
    if key["trouble"]:
        note.append(f"For the teacher: {key['trouble']}.")
    for part in problem_set.parts:
        if part.by_hand:
            source = "\n\n".join(
                s for _, s, grade_id in notebook.cells if grade_id == part.grade_id
            )
            parts[part.part] = {"state": "by hand", "words": "", "answer": tidy(source)[:5000]}
            continue
        raw = known.get(part.part)
        if "function" in part.asks:
            state, words = judge_function(tasks[part.part], probes[part.part], raw)
        elif key["trouble"]:
            state, words = "not marked", "This part could not be marked yet: ask your teacher."
        else:
            name = part.asks["value"]
            raw = {"other": "nothing"} if part.part not in known else raw
            state, words = judge_value(part, raw, key["keys"][name], key["mistakes"])
        share = {"right": 1.0, "almost": part.almost}.get(state, 0.0)
        parts[part.part] = {"state": state, "words": words, "points": round(part.points * share, 4)}
    # what the set itself leans on is allowed
    allowed = uses_gmmlib(key_cells(problem_set), set())
    if used := [name for name in uses_gmmlib(own, given) if name not in allowed]:
        note.append(f"uses {', '.join(used)}")
    trouble = list(dict.fromkeys(trouble))
    return {"parts": parts, "trouble": trouble, "errors": errors[:5], "note": note}


def _missing(problem_set, notebook):
    """What became of the cells that we handed out."""
    ids = [grade_id for _, _, grade_id in notebook.cells if grade_id]
    own = {part.grade_id: part.part for part in problem_set.parts}
    lost = [part for grade_id, part in own.items() if grade_id not in ids]
    twice = [part for grade_id, part in own.items() if ids.count(grade_id) > 1]
    if lost and len(lost) == len(own):
        yield "None of its cells is marked as one that we handed out."
    elif lost:
        yield f"The cell of part {', '.join(lost)} is missing: what it asks was looked for by name."
    if twice:
        yield f"The cell of part {', '.join(twice)} is there twice: what was run last counts."


def _of_cell(place, line):
    error, printed = line.get("error"), _number(line.get("printed"))
    if isinstance(error, str) and error.startswith("TooLong"):
        return f"Cell {place + 1} came to no end and was interrupted."
    if isinstance(error, str) and error.startswith("MemoryError"):
        return f"Cell {place + 1} needed more memory than there is."
    if printed > 1_000_000:
        return f"Cell {place + 1} printed {printed:,.0f} characters."
    return None


def _raised(place, line):
    """What a cell raised, for the student; not what our stubs raise, nor what is told above."""
    error = line.get("error")
    if not isinstance(error, str) or error.startswith(("NotImplementedError", "TooLong", "Memory")):
        return None
    return f"Cell {place + 1} raised {tidy(error)[:200]}"
