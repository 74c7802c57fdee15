"""Finds the submissions in a folder, whatever system they were handed in with.

nbgrader's folders (student/set/file.ipynb), flat files (student_set.ipynb), Moodle's
(Name_12345_assignsubmission_file_), Canvas's (lastfirst_12345_67890_file.ipynb), and zips of these.
No link is followed, nothing is unpacked: a zip is read member by member, into memory, in limits.
"""

import csv
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 20 << 20  # bytes of one file, unpacked
TOGETHER = 400 << 20  # bytes of one zip, unpacked
MEMBERS, DEPTH = 5000, 3  # files in a zip, or in the folder at one level; zips in zips
LONGEST = 1000  # characters of a name in a zip
IGNORED = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini", ".git"}
LISTS = {"students.csv", "by_hand.csv"}
MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)", re.S
)
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_\d+_(?P<rest>.+)", re.S)
COPY = re.compile(r"([ _-]+(copy|kopie)\d*|-\d{1,2}|\s*\(\d+\))+$", re.I)


@dataclass
class Submission:
    """One file, or what stands in for one. data: its bytes, or None with the reason in `trouble`.

    names: what is known of who handed it in, the best first. hint: the set, by its place.
    """

    path: str
    student: str
    hint: str | None = None
    data: bytes | None = None
    trouble: list = field(default_factory=list)
    names: list = field(default_factory=list)
    canvas: str = ""
    moodle: str = ""
    email: str = ""


@dataclass(frozen=True)
class Found:
    """A file at a path of parts; data None and words why, where it was not read."""

    parts: tuple
    data: bytes | None
    words: str = ""


# ---- reading ---------------------------------------------------------------------------------


def walk(folder, parts=(), depth=0):
    """Every file below a folder that may be a submission, and what was refused."""
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    if len(entries) > MEMBERS:
        yield Found(
            (*parts, "…"), None, f"Of {len(entries)} files here the first {MEMBERS} were read."
        )
    for entry in entries[:MEMBERS]:
        if entry.name in IGNORED or (entry.name in LISTS and not parts):
            continue
        here = (*parts, _name(entry.name))
        kind = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(kind):
            yield Found(
                here, None, "It is a link, and links are not followed: hand in the file itself."
            )
        elif stat.S_ISDIR(kind):
            if depth < 12:
                yield from walk(entry.path, here, depth + 1)
            else:
                yield Found(here, None, "Its folders are nested too deeply.")
        elif not stat.S_ISREG(kind):
            yield Found(here, None, "It is not a file.")
        else:
            yield from _file(entry, here)


def _file(entry, here):
    if entry.stat(follow_symlinks=False).st_size > max(LARGEST, TOGETHER * zipped(here[-1])):
        yield Found(here, None, f"The file is larger than {LARGEST >> 20} MB.")
        return
    try:  # O_NOFOLLOW: it may have become a link since
        handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            data = file.read()
    except OSError as error:
        yield Found(here, None, f"It could not be read: {error.strerror}.")
        return
    yield from _unzipped(here, data)


def zipped(name):
    return name.lower().endswith(".zip")


def _unzipped(here, data, depth=0):
    """The file, or the files that are in it."""
    if not zipped(here[-1]):
        yield Found(here, data)
        return
    if depth == DEPTH:
        yield Found(here, None, f"It is a zip in a zip, more than {DEPTH} deep.")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MEMBERS:
                yield Found(here, None, f"The zip has {len(members)} files, more than {MEMBERS}.")
                return
            room = TOGETHER
            for info in members:
                path = tuple(re.split(r"[/\\]", _member(info)))
                if set(path) & IGNORED:
                    continue
                if words := _refused(info, path):
                    clean = tuple(part[:100] for part in path[:9] if part not in ("", ".", ".."))
                    yield Found((*here, *(clean or ("?",))), None, words)
                    continue
                inner, words = _read(archive, info, min(room, LARGEST))
                room -= len(inner or b"")
                if inner is None:
                    yield Found((*here, *path), None, words)
                else:
                    yield from _unzipped((*here, *path), inner, depth + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        yield Found(here, None, "The zip is broken: hand it in again.")


def _member(info):
    """A member's name; without their flag for UTF-8, macOS and Linux write it all the same."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return _name(name)


def _refused(info, path):
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link in a zip, and links are not followed: hand in the file itself."
    if ".." in path or path[0] == "" or ":" in path[0]:
        return "Its name in the zip leads out of the zip, and it was not read."
    if len(info.filename) > LONGEST:
        return f"Its name in the zip is longer than {LONGEST} characters."
    if info.flag_bits & 1:
        return "The zip has a password: hand it in without one."
    return ""


def _read(archive, info, most):
    """(bytes, "") of a member, or (None, words): what it says of its size is not believed."""
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError):
        return None, "The zip is broken here: hand it in again."
    if len(data) > most:
        return None, f"It is larger than {most >> 20} MB when unpacked."
    return data, ""


def _name(name):
    """As Unicode that can be written again: macOS decomposes umlauts, Linux allows any bytes."""
    readable = os.fsencode(name).decode("utf-8", "replace")
    return unicodedata.normalize("NFC", readable)


# ---- whose it is -----------------------------------------------------------------------------


def is_notebook(found):
    """By its name, or by what is in it: .ipynb.txt, .json, or no ending at all."""
    name = found.parts[-1].lower()
    if name.endswith(".ipynb") or found.data is None:
        return True
    head = found.data[:200_000]
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or b'"cells"' not in found.data:
        return False
    try:
        return isinstance(json.loads(found.data), dict)
    except (ValueError, RecursionError):
        return b'"nbformat"' in found.data or b'"cell_type"' in head


def stem(name):
    """A file's name without its endings and what a browser adds to a second copy."""
    bare = re.sub(r"(\.(ipynb|json|txt|zip|py|pdf|html))+$", "", name, flags=re.I)
    return COPY.sub("", bare).strip()


def whose(parts, sets):
    """Student, set and ids that a path tells: {"student", "hint", "canvas", "moodle"}."""
    by_fold = {name.casefold(): name for name in sets}
    hint = next(
        (by_fold[stem(p).casefold()] for p in reversed(parts) if stem(p).casefold() in by_fold),
        None,
    )
    for place, part in enumerate(parts):
        if match := MOODLE.fullmatch(part):
            rest = match["rest"] or parts[-1]
            hint = hint or _flat(rest, by_fold)[1]
            return {"student": match["name"], "hint": hint, "moodle": match["id"]}
        last = place == len(parts) - 1
        if (last or zipped(part)) and (match := CANVAS.fullmatch(part)):
            hint = hint or _flat(match["rest"], by_fold)[1]
            return {"student": match["name"], "hint": hint, "canvas": match["id"]}
    folders = [stem(p) if zipped(p) else p for p in parts[:-1]]
    while len(folders) > 1 and folders[0].casefold() in ("submitted", "submissions"):
        folders = folders[1:]
    for place, name in enumerate(folders):
        if name.casefold() in by_fold and place:  # student/set/…
            return {"student": folders[place - 1], "hint": by_fold[name.casefold()]}
    student, flat = _flat(parts[-1], by_fold)
    if flat and student:
        return {"student": student, "hint": flat}
    for name in folders:
        if name.casefold() not in by_fold:
            student, flat = _flat(name, by_fold)
            return {"student": student if flat and student else name, "hint": hint or flat}
    return {"student": "" if hint else stem(parts[-1]), "hint": hint}


def _flat(name, by_fold):
    """(student, set) of student_set.ipynb; (stem, None) without a known set."""
    bare = stem(name)
    for fold in sorted(by_fold, key=len, reverse=True):
        if bare.casefold() == fold:
            return "", by_fold[fold]
        if re.search(rf"[ _-]{re.escape(fold)}$", bare.casefold()):
            return bare[: -len(fold)].rstrip(" _-"), by_fold[fold]
    return bare, None


def of_classes(files):
    """The zips with several folders in them: a class's, so that their names are no student's."""
    folders = {}
    for one in files:
        if len(one.parts) > 2 and zipped(one.parts[0]):
            folders.setdefault(one.parts[0], set()).add(one.parts[1])
    return {name for name, inside in folders.items() if len(inside) > 1}


def students(folder):
    """The rows of students.csv: student, name, canvas id, moodle id, email; any may be left out."""
    path = Path(folder) / "students.csv"
    if not path.exists():
        return []
    rows = table(path)
    if rows and "student" not in rows[0] and "name" not in rows[0]:
        raise ValueError(f"{path}: a column student or name is needed, not {', '.join(rows[0])}")
    return rows


def table(path):
    """The rows of a CSV file as dicts, its columns in small letters; commas or semicolons."""
    text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    first = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    clean = [
        {(k or "").strip().lower(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
        for row in rows
    ]
    return [row for row in clean if any(row.values())]


def _fold(text):
    return unicodedata.normalize("NFC", text).strip().casefold()


def _row_of(submission, rows):
    """The row of students.csv that a submission belongs to, or None."""
    ids = {"canvas id": submission.canvas, "moodle id": submission.moodle}
    for row in rows:
        if any(value and row.get(column) == value for column, value in ids.items()):
            return row
    for column in ("student", "name", "email"):
        for row in rows:
            if row.get(column) and _fold(row[column]) == _fold(submission.student):
                return row
    squeezed = re.sub(r"\W|_", "", _fold(submission.student))
    for row in rows:  # Canvas writes lastfirst
        words = re.findall(r"\w+", _fold(row.get("name", "")))
        if words and squeezed in ("".join(words), "".join(words[-1:] + words[:-1])):
            return row
    return None


def collect(folder, sets=()):
    """The submissions in a folder, sorted by their path; sets: the names of the problem sets."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder}: a folder of submissions is needed, and there is none")
    rows, found, groups = students(folder), [], {}
    files = list(walk(folder))
    classes = of_classes(files)
    for one in files:
        told = whose(one.parts[one.parts[0] in classes :], sets)
        submission = Submission(
            "/".join(one.parts), told["student"], told["hint"], one.data,
            [one.words] if one.words else [],
            canvas=told.get("canvas", ""), moodle=told.get("moodle", ""),
        )  # fmt: skip
        if row := _row_of(submission, rows):
            submission.student = row.get("student") or row["name"]
            submission.names = [row.get("name"), row.get("student")]
            submission.canvas = submission.canvas or row.get("canvas id", "")
            submission.moodle = submission.moodle or row.get("moodle id", "")
            submission.email = row.get("email", "")
        submission.names = [*filter(None, [*submission.names, told["student"]])]
        group = groups.setdefault(
            (submission.student, submission.hint if len(one.parts) > 1 else one.parts), []
        )
        group.append((submission, is_notebook(one)))
    for group in groups.values():
        kept = [submission for submission, notebook in group if notebook]
        if not kept:  # something was handed in, and nothing of it is a notebook
            first = group[0][0]
            names = ", ".join(repr(s.path.rpartition("/")[2]) for s, _ in group[:3])
            first.data, first.trouble = (
                None,
                [f"There is no notebook (.ipynb) in it, only {names}."],
            )
            kept = [first]
        found += kept
    return sorted(found, key=lambda submission: submission.path)
