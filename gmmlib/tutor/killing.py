"""The reverse: the student writes a test, and it is tried on programs, wrong ones and right."""

import numpy as np

from .asking import CALL
from .judging import at_once
from .verdict import Verdict, listed, stops

# Five wrong programs for each task, from the loud to the quiet.
WRONG = {
    "log_density": (
        "weights forgotten",
        "no root in the constant",
        "weighted sum of logs",
        "component order assumed",
        "no log space",
    ),
    "e_step": (
        "normalized over the points",
        "weights forgotten",
        "hard labels for shares",
        "component order assumed",
        "no log space",
    ),
    "m_step": (
        "n where N_k belongs, in the means",
        "weights not renormalized",
        "mean not subtracted in the spread",
        "share missing in the spread",
        "divided by N_k − 1",
    ),
    "log_likelihood": (
        "the mean, not the sum",
        "weights forgotten",
        "sum of logs for log of the sum",
        "expected complete log-likelihood",
        "no log space",
    ),
    "bic": (
        "larger is better",
        "the price of AIC",
        "the mean, not the sum",
        "one component counted",
        "K weights counted",
    ),
    "icl": (
        "labels not counted",
        "larger is better",
        "labels rewarded",
        "entropy for the likeliest labels",
        "K weights counted",
    ),
    "em": (
        "E-step only once",
        "one step short",
        "old means in the variance",
        "hard labels for shares, in the M-step",
        "updates in place",
    ),
}


def probes(of, d):
    """The right program first and once more at the end, the wrong ones between, numbered."""
    tried = [("the right program", ())]
    tried += [(f"wrong program {i}", (wrong,)) for i, wrong in enumerate(WRONG[of], 1)]
    tried += [("the right program", ())]
    return [
        {"name": name, "arguments": {of: {"program": [of, d, list(wrong)]}}}
        for name, wrong in tried
    ]


def judge(task, probes, outcomes):
    kinds = [outcome["kind"] for outcome in outcomes]
    raised = [outcome for outcome in outcomes if outcome["kind"] == "raised"]
    stub = len(raised) == len(outcomes) and raised[0]["type"] == "NotImplementedError"
    refused = bool(raised) and raised[0]["line"] == CALL
    if "absent" in kinds or stub or refused:
        return at_once(task, probes, outcomes)
    if "never" in kinds:
        where = probes[kinds.index("never")]["name"]
        words = f"Your test did not end in time on {where}, and was stopped."
        return Verdict("wrong", words, "never stops")
    right = [i for i, probe in enumerate(probes) if probe["name"] == "the right program"]
    for i in right:
        if kinds[i] == "raised" and outcomes[i]["type"] != "AssertionError":
            what = "On the right program your test itself"
            words = f"{stops(what, outcomes[i])}\nA test says no by a failing `assert`."
            return Verdict("wrong", words, "the test raises")
    noticed = [no(outcome) for outcome in outcomes]
    if any(noticed[i] for i in right):
        said = next(outcomes[i].get("message") for i in right if noticed[i])
        words = (
            f"Your test refuses the right program{f': {said}' if said else ''}. "
            "Does it ask for exactly equal floating-point numbers, or for one order of the "
            "components? Compare with a tolerance (np.isclose, np.allclose)."
        )
        return Verdict("wrong", words, "the right program refused")
    wrong = [i for i in range(len(probes)) if i not in right]
    alive = sorted(probes[i]["name"].split()[-1] for i in wrong if not noticed[i])
    killed, n = len(wrong) - len(alive), len(wrong)
    if not alive:
        words = f"Right: your test finds all {n} wrong programs and spares the right one."
        return Verdict("right", words)
    state = "almost" if killed >= n - 1 else "wrong"
    words = (
        f"{'Almost: y' if state == 'almost' else 'Y'}our test spares the right program, and finds "
        f"{killed} of {n} wrong ones. It lets through number {listed(alive)}."
        + ("" if killed else " Does it assert anything?")
        + f'\nTo see what such a program does: `wrong_program("{task.of}", {alive[0]})`.'
    )
    return Verdict(state, words, "wrong programs let through" if killed else "nothing asserted")


def no(outcome):
    """Whether a test said no: it raised, or gave something false that is not None."""
    if outcome["kind"] == "raised":
        return True
    value = outcome["value"]
    if isinstance(value, dict) and "array" in value:
        return not np.all(value["array"])
    return value is not None and not isinstance(value, dict) and not value
