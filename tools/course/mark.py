"""Mark a folder of submissions: make mark SUBMISSIONS=folder [SETS=course/sets] [JOBS=2].

Each submission runs in a throw-away process (sandbox.py), what it answers is judged outside
(judge.py), and the tables and pages are written (report.py). What was marked before, with the same
submission, the same set and the same marker, is not marked again. course/MARKING.md says more.
"""

import argparse
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import collect
import judge
import report
import sandbox
import sets as problem_sets
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
MARKED, TROUBLE, UNREADABLE = "marked", "marked, with trouble", "could not be read"


def code_digest():
    """Of everything that decides on a mark: this folder, gmmlib, and Python's version."""
    digest = hashlib.sha256(sys.version.encode())
    for path in [
        *sorted(Path(__file__).parent.glob("*.py")),
        *sorted((ROOT / "gmmlib").rglob("*")),
    ]:
        if path.is_file() and path.suffix in (".py", ".csv", ".json"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class Cache:
    """JSON by digest, in a folder; what nobody asked for in this run is dropped at the end."""

    def __init__(self, folder):
        self.folder, self.used = Path(folder), set()
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, *words):
        whole = "\0".join(words).encode("utf-8", "replace")
        path = self.folder / f"{hashlib.sha256(whole).hexdigest()}.json"
        self.used.add(path.name)
        return path

    def get(self, path):
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def put(self, path, value):
        # first beside it: a run that is stopped here leaves no half of a mark
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(value), encoding="utf-8")
        os.replace(beside, path)

    def tidy(self):
        for path in self.folder.iterdir():
            if path.name not in self.used:
                path.unlink()


class Marker:
    """Marks submissions with these sets; how many were really marked: `fresh`."""

    def __init__(self, sets, folder, limits=None, way=None):
        self.sets, self.folder, self.fresh = sets, Path(folder), 0
        self.cache = Cache(self.folder / "cache")
        way = way or sandbox.best()
        self.options = {"limits": limits, "way": way, "fonts": sandbox.fonts(self.folder / "fonts")}
        self.base = (code_digest(), str(way), str(limits))

    def prepare(self, submission):
        """What is known of a submission before it runs."""
        problem_set, notebook, trouble = None, None, list(submission.trouble)
        if submission.data is not None:
            try:
                notebook = judge.read(submission.data)
                problem_set = judge.of_set(notebook, submission.hint, self.sets)
                if problem_set is None:
                    known = ", ".join(self.sets)
                    trouble.append(f"Nothing in it says which set it answers ({known}).")
            except judge.Unreadable as error:
                trouble.append(str(error))
        if problem_set is None and submission.hint:
            problem_set = self.sets[submission.hint]
        if problem_set is None and len(self.sets) == 1:
            problem_set = next(iter(self.sets.values()))
        ready = {"submission": submission, "set": problem_set, "trouble": trouble, "mark": None}
        if notebook is None or trouble or problem_set is None:
            return {**ready, "path": None}
        seed, words = judge.seed_of(notebook.student, submission.names)
        digest = hashlib.sha256(submission.data).hexdigest()
        path = self.cache.path("mark", *self.base, problem_set.digest, seed, digest)
        self.key_path(problem_set, seed)  # still needed, also where nothing is marked
        ready.update(notebook=notebook, seed=seed, words=words, path=path)
        return {**ready, "mark": self.cache.get(path)}

    def key_path(self, problem_set, seed):
        return self.cache.path("key", *self.base, problem_set.digest, seed)

    def key(self, problem_set, seed):
        path = self.key_path(problem_set, seed)
        key = self.cache.get(path)
        if key is None:
            key = judge.keys(problem_set, seed, **self.options)
            if not key["trouble"]:
                self.cache.put(path, key)
        return key

    def mark(self, ready):
        """Run and judge; whatever goes wrong here is told in the mark, and stops nobody else's."""
        try:
            key = self.key(ready["set"], ready["seed"])
            told = judge.mark(ready["set"], ready["notebook"], ready["seed"], key, **self.options)
        except Exception as error:
            words = f"The marker failed on this file: {type(error).__name__}: {error}"
            return {"parts": {}, "trouble": [judge.tidy(words)[:300]], "errors": [], "note": []}
        if not key["trouble"]:
            self.cache.put(ready["path"], told)
        return told


def result_of(ready):
    """One row of marks.csv, before what is marked by hand."""
    submission, problem_set, told = ready["submission"], ready["set"], ready["mark"]
    student = " ".join(judge.tidy(submission.student).split()) or ready.get("seed", "") or "nobody"
    if told is None or not told["parts"]:
        words = [*ready["trouble"], *(told["trouble"] if told else [])]
        state, note, errors = UNREADABLE, [], []
        parts = problem_set.parts if problem_set else []
        reads = {"state": "absent", "words": "", "points": 0.0}
        told_parts = {part.part: dict(reads) for part in parts}
    else:
        words = [*filter(None, [ready["words"]]), *told["trouble"]]
        state, note, errors = (TROUBLE if words else MARKED), told["note"], told["errors"]
        told_parts = told["parts"]
    return {
        "student": student,
        "name": next((name for name in submission.names if name), student),
        "who": (student, submission.canvas, submission.moodle),
        "canvas": submission.canvas,
        "moodle": submission.moodle,
        "email": submission.email,
        "path": submission.path,
        "set": problem_set,
        "parts": told_parts,
        "state": state,
        "told": words,
        "errors": errors,
        "note": note,
        "counts": True,
        "open": 0,
    }


def settle(results):
    """Of several submissions of one student to one set the best counts."""
    groups = {}
    for result in results:
        if result["set"]:
            groups.setdefault((result["who"], result["set"].name), []).append(result)
    for group in groups.values():
        best = max(group, key=report.total)
        for result in group:
            result["counts"] = result is best
            if len(group) > 1:
                words = "this one counts" if result is best else f"{best['path']!r} counts"
                result["note"].append(f"Handed in {len(group)} times; {words}.")


def mark_all(submissions, sets_folder, out, jobs=2, limits=None, way=None, quiet=False):
    """Mark a folder; returns (results, how many were really marked, troubles in words)."""
    sets = problem_sets.read_all(sets_folder)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    marker = Marker(sets, out, limits, way)
    ready = [marker.prepare(one) for one in collect.collect(submissions, sets)]
    waiting = [one for one in ready if one["path"] and one["mark"] is None]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures = {pool.submit(marker.mark, one): one for one in waiting}
        progress = tqdm(as_completed(futures), total=len(futures), unit="file", disable=quiet)
        for future in progress:
            futures[future]["mark"] = future.result()
            progress.set_postfix_str(judge.tidy(futures[future]["submission"].student)[:20])
    results = [result_of(one) for one in ready]
    settle(results)
    filled = [out / "by_hand.csv", Path(submissions) / "by_hand.csv"]
    given, trouble = report.given_by_hand(filled)
    rows = report.add_by_hand(results, given)
    for result in results:
        result["message"] = " ".join([*result["told"], *result["note"]])
    report.write(out / "by_hand.csv", report.BY_HAND, rows)
    report.marks(out / "marks.csv", results)
    report.canvas(out / "canvas.csv", results, sets)
    report.moodle(out / "moodle.csv", results)
    report.pages(out / "feedback", results)
    marker.cache.tidy()
    trouble += sorted({n for r in results for n in r["note"] if n.startswith("For the teacher")})
    return results, len(waiting), trouble


def main(args):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions")
    parser.add_argument("--sets", default=ROOT / "course" / "sets")
    parser.add_argument("--out", default=ROOT / "_build" / "marks")
    parser.add_argument("--jobs", type=int, default=2)
    told = parser.parse_args(args)
    try:
        print(f"Each submission runs in {sandbox.best()}", flush=True)
        results, fresh, trouble = mark_all(told.submissions, told.sets, told.out, told.jobs)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    states = [result["state"] for result in results]
    counts = ", ".join(f"{states.count(state)} {state}" for state in (MARKED, TROUBLE, UNREADABLE))
    print(f"{len(results)} submissions: {counts}; {fresh} of them in this run")
    for words in trouble:
        print(f"  {words}")
    if still := sum(result["open"] for result in results):
        print(f"{still} parts are still to be read by a person: fill in {told.out}/by_hand.csv,")
        print("  and run this again; canvas.csv and moodle.csv leave these grades empty until then")
    print(f"Written: {told.out}/marks.csv, canvas.csv, moodle.csv, by_hand.csv, feedback/")


if __name__ == "__main__":
    main(sys.argv[1:])
