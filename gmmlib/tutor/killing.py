"""The reverse: the student writes a test, and it is tried on programs, wrong ones and right."""

from .judging import at_once
from .verdict import Verdict, listed

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
    "em": (
        "E-step only once",
        "one step short",
        "old means in the variance",
        "hard labels for shares, in the M-step",
        "updates in place",
    ),
}


def probes(of, d):
    """The right program first, then the wrong ones, numbered."""
    tried = [("the right program", ())]
    tried += [(f"wrong program {i}", (wrong,)) for i, wrong in enumerate(WRONG[of], 1)]
    return [
        {"name": name, "arguments": {of: {"program": [of, d, list(wrong)]}}}
        for name, wrong in tried
    ]


def judge(task, probes, outcomes):
    said = None
    if any(outcome["kind"] in ("absent", "never") for outcome in outcomes):
        said = at_once(task, probes, outcomes)
    raised = [outcome for outcome in outcomes if outcome["kind"] == "raised"]
    if len(raised) == len(outcomes) and raised[0]["type"] == "NotImplementedError":
        said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    for probe, outcome in zip(probes, outcomes):
        if outcome["kind"] == "raised" and outcome["type"] != "AssertionError":
            line = f"\nThe line is: {outcome['line']}" if outcome["line"] else ""
            words = (
                f"Your test itself stops with {outcome['type']} on {probe['name']}: "
                f"{outcome['message']}{line}\nA test says no by a failing `assert`."
            )
            return Verdict("wrong", words, "the test raises")
    noticed = [outcome["kind"] == "raised" or outcome.get("value") is False for outcome in outcomes]
    killed, n = sum(noticed[1:]), len(noticed) - 1
    if noticed[0]:
        said = outcomes[0].get("message")
        words = (
            f"Your test refuses the right program{f': {said}' if said else ''}. "
            "Does it ask for exactly equal floating-point numbers, or for one order of the "
            "components? Compare with a tolerance (np.isclose, np.allclose)."
        )
        return Verdict("wrong", words, "the right program refused")
    if killed == n:
        return Verdict(
            "right", f"Right: your test finds all {n} wrong programs and spares the right one."
        )
    alive = [str(i) for i, seen in enumerate(noticed) if i and not seen]
    state = "almost" if killed >= n - 1 else "wrong"
    words = (
        f"{'Almost: y' if state == 'almost' else 'Y'}our test spares the right program, and finds "
        f"{killed} of {n} wrong ones. It lets through number {listed(alive)}."
        + ("" if killed else " Does it assert anything?")
        + f'\nTo see what such a program does: `wrong_program("{task.of}", {alive[0]})`.'
    )
    return Verdict(state, words, "wrong programs let through" if killed else "nothing asserted")
