"""A tiny problem set, and what students hand in of it."""

import json

E_STEP = """\
def e_step(x, weights, means, variances):
    x = np.asarray(x)
    off = (x[:, None] - means) ** 2 / variances
    joint = np.log(weights) - (np.log(2 * np.pi * variances) + off) / 2
    return np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
"""
OVER_POINTS = """\
def e_step(x, weights, means, variances):
    x = np.asarray(x)
    joint = weights * np.exp(-((x[:, None] - means) ** 2) / variances / 2) / np.sqrt(variances)
    return joint / joint.sum(axis=0)
"""
M_STEP = """\
def m_step(x, shares):
    N = shares.sum(axis=0)
    means = shares.T @ x / N
    variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
    return N / len(x), means, variances
"""
STUB_E = (
    "def e_step(x, weights, means, variances):\n    raise NotImplementedError  # your lines here\n"
)
STUB_M = "def m_step(x, shares):\n    raise NotImplementedError  # your lines here\n"
SHARE = "share_right = float((x > 1.3).mean())\n"
FIRST = 'import numpy as np\n\nSTUDENT = "{}"\n'
DATA = "x = np.random.default_rng(sum(map(ord, STUDENT))).normal(1, 1, 50)\n"
CANARY = "# canary: GMM-KEY-tiny"
MISTAKES = f"""{CANARY}-mistakes
mistakes = {{
    "share_right": [
        (1 - share_right, "That is the share on the left.", True),
        (float((x > 1.3).sum()), "A count, not a share."),
    ]
}}
"""


def cell(source, kind="code", grader=None, gmm=None, tags=None):
    meta = {}
    if grader:
        grade_id, grade, solution, points = grader
        meta["nbgrader"] = {
            "schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution,
            "locked": grade and not solution, "task": False, "points": points, "cell_type": kind,
        }  # fmt: skip
    if gmm:
        meta["gmm"] = gmm
    if tags:
        meta["tags"] = tags
    made = {"cell_type": kind, "metadata": meta, "source": source}
    return made if kind != "code" else {**made, "outputs": [], "execution_count": None}


def check(name, hidden=True):
    seen = f"from gmmlib.tutor import check_{name}\n\ncheck_{name}({name})"
    assertion = f"{CANARY}-check\nassert check_{name}({name})"
    return f"{seen}\n{unseen(assertion)}" if hidden else seen


def unseen(source):
    return f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"


def asks(part, title, **more):
    return {"part": part, "title": title, **more}


def function(name):
    return {"function": name, "task": name, "options": {"d": 1}}


def notebook(cells, name="tiny"):
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    meta = {**kernel, "gmm": {"set": name, "title": "A tiny set"}}
    return {"cells": cells, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}


def solved(source):
    return f"### BEGIN SOLUTION\n{CANARY}-answer\n{source}### END SOLUTION\n"


SOURCE = notebook(
    [
        cell("# A tiny set", "markdown"),
        cell(FIRST.format("reference")),
        cell(DATA),
        cell(solved(SHARE), grader=("share-answer", False, True, 0)),
        cell(
            "share_right"
            + "\n### BEGIN HIDDEN TESTS\nassert share_right < 2\n### END HIDDEN TESTS",
            grader=("share", True, False, 2),
            gmm=asks("1a", "A share", asks={"value": "share_right", "within": 0.001}),
        ),
        cell(MISTAKES, tags=["hidden"]),
        cell(solved(E_STEP), grader=("e-answer", False, True, 0)),
        cell(
            check("e_step"),
            grader=("e", True, False, 4),
            gmm=asks(
                "1b",
                "The E-step",
                asks=function("e_step"),
            ),
        ),
        cell(solved(M_STEP), grader=("m-answer", False, True, 0)),
        cell(
            check("m_step"),
            grader=("m", True, False, 3),
            gmm=asks(
                "1c",
                "The M-step",
                asks=function("m_step"),
            ),
        ),
        cell(
            "Because.",
            "markdown",
            grader=("why", True, True, 3),
            gmm=asks("1d", "Say why", rubric=[["says what", 1], ["says why", 2]]),
        ),
    ]
)


def handed_in(student="anna", share=SHARE, e=E_STEP, m=M_STEP, first="", last="", why="Because."):
    """A student's notebook; first, last: the source of cells before and after the answers."""
    cells = [
        cell(FIRST.format(student)),
        cell(DATA),
        *([cell(first)] if first else []),
        cell(share, grader=("share-answer", False, True, 0)),
        cell("share_right", grader=("share", True, False, 2)),
        cell(e, grader=("e-answer", False, True, 0)),
        cell(check("e_step", False), grader=("e", True, False, 4)),
        cell(m, grader=("m-answer", False, True, 0)),
        cell(check("m_step", False), grader=("m", True, False, 3)),
        cell(why, "markdown", grader=("why", True, True, 3)),
        *([cell(last)] if last else []),
    ]
    last_check = cell("check_e_step(e_step)")
    last_check["metadata"] = {"gmm": {"validate": True}}
    return notebook([*cells, last_check])


UNTOUCHED = {"share": "share_right = ...\n", "e": STUB_E, "m": STUB_M}


def data(made):
    return json.dumps(made).encode()


def write_sets(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.ipynb").write_bytes(data(SOURCE))
    return folder
