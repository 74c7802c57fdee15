"""A stopping rule: judged on climbs of which it is known how much is still to be gained."""

from .judging import at_once, described
from .verdict import Verdict, as_code, indented


def judge(task, probes, outcomes):
    said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    answers, falls = [], []
    for probe, outcome in zip(probes, outcomes):
        fall = "fall" in probe["name"]
        if outcome["kind"] == "raised" and fall:
            answers.append(False)  # to refuse a fall in words is right too
            continue
        if outcome["kind"] == "raised":
            line = f"\nThe line is: {outcome['line']}" if outcome["line"] else ""
            short = len(probe["arguments"]["log_likelihoods"]) < 3
            words = (
                f"`{task.call}` stops with {outcome['type']}: {outcome['message']}{line}\n"
                + (
                    "In the first steps there are not yet three log-likelihoods: give False.\n"
                    if short
                    else ""
                )
                + f"It was called with\n{indented(as_code(probe['arguments']))}"
            )
            mistake = "first steps not thought of" if short else "raises"
            return Verdict("almost" if short else "wrong", words, mistake, probe)
        value = outcome["value"]
        if isinstance(value, dict) and "array" in value and not isinstance(value["array"], list):
            value = value["array"]
        if value not in (True, False):
            words = f"Needed is True or False; what came is {described(value)}."
            return Verdict("almost", words, "not True or False", probe)
        answers.append(bool(value))
        falls.append(fall)
    wrong = [i for i, probe in enumerate(probes) if answers[i] != probe["expected"]]
    if not wrong:
        return Verdict("right", f"Right: `{task.call}` stops where little is left, and only there.")
    return _named(task, probes, answers, wrong)


def _named(task, probes, answers, wrong):
    by_name = {probe["name"]: answer for probe, answer in zip(probes, answers)}
    i = wrong[0]
    if not any(answers):
        mistake, i = "never stops", next(k for k in wrong if probes[k]["expected"])
        words = "It never stops, not even at the end of a climb."
    elif all(answers):
        mistake, words = "always stops", "It always stops, also in the middle of a climb."
    elif all("fall" in probes[k]["name"] for k in wrong):
        mistake = "stops on a fall"
        words = (
            "It stops on a fall, as if EM had arrived. The log-likelihood of plain EM never falls: "
            "a negative gain is no small gain, it is a sign of a mistake. Give False (or raise)."
        )
    elif (
        by_name["small gains, and far from the end"]
        or by_name["small gains, a large log-likelihood"]
    ):
        mistake = "stops on the first small gain"
        words = (
            "It stops on a small gain while much is still to be gained. The gains shrink slowly, "
            "and those to come add up: with gains that shrink by a rate ρ, what is left is "
            "ρ / (1 − ρ) times the last gain (Aitken)."
        )
    elif (
        not by_name["large gains first, small ones now"]
        and not by_name["at the end of a quick climb"]
    ):
        mistake, i = "looks at the wrong gain", next(k for k in wrong if probes[k]["expected"])
        words = "It does not stop at the end of a climb. Does it look at the last gain?"
    else:
        mistake, words = None, "Wrong at this input; which mistake, the checker cannot tell."
    verb = {True: "stop", False: "go on"}
    words = (
        f"Not right yet: {words[0].lower() + words[1:]}\n"
        f"The case: {probes[i]['name']}; yours: {verb[answers[i]]}; expected: "
        f"{verb[probes[i]['expected']]}.\nIt was called with\n"
        f"{indented(as_code(probes[i]['arguments']))}"
    )
    return Verdict("wrong", words, mistake, probes[i])
