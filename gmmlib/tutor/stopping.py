"""A stopping rule: judged on climbs of which it is known how much is still to be gained."""

from .judging import at_once, described
from .verdict import Verdict, called_with, stops


def judge(task, probes, outcomes):
    said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    answers = []
    for probe, outcome in zip(probes, outcomes):
        fall = "it falls" in probe["name"]
        if outcome["kind"] == "raised" and fall:
            answers.append(False)  # to refuse a fall in words is right too
            continue
        if outcome["kind"] == "raised":
            short = len(probe["arguments"]["log_likelihoods"]) < 3
            words = (
                f"{stops(f'`{task.call}`', outcome)}\n"
                + (
                    "In the first steps there are not yet three log-likelihoods: give False.\n"
                    if short
                    else ""
                )
                + called_with(probe)
            )
            still = "nothing" in probe["name"] or "rounding" in probe["name"]
            mistake = "first steps not thought of" if short else "raises"
            if still:
                words += "\nWhere a step gains nothing, EM has arrived: give True."
                mistake = "no gain not thought of"
            short = short or still
            return Verdict("almost" if short else "wrong", words, mistake, probe)
        value = outcome["value"]
        if isinstance(value, dict) and "array" in value and not isinstance(value["array"], list):
            value = value["array"]
        if value not in (True, False):
            words = f"Needed is True or False; what came is {described(value)}."
            return Verdict("almost", words, "not True or False", probe)
        answers.append(bool(value))
    wrong = [i for i, probe in enumerate(probes) if answers[i] != probe["expected"]]
    if not wrong:
        return Verdict("right", f"Right: `{task.call}` stops where little is left, and only there.")
    return _named(task, probes, answers, wrong)


def _named(task, probes, answers, wrong):
    right = {p["name"]: a == p["expected"] for p, a in zip(probes, answers)}
    stops = {p["name"]: a for p, a in zip(probes, answers)}
    names = {probes[i]["name"] for i in wrong}
    small = {"small gains, and far from the end", "small gains, a large log-likelihood"}
    falls = {"it falls", "it falls by a little"}
    ends = {probe["name"] for probe in probes if probe["expected"]}
    still = {"nothing is gained any more", "nothing was ever gained", "a fall of rounding"}
    mistake, shown, words = None, wrong[0], "Which mistake it is, the checker cannot tell."

    def first(among):
        return next(i for i in wrong if probes[i]["name"] in among)

    if not any(answers):
        mistake, shown = "never stops", first(ends)
        words = "It never stops, not even at the end of a climb."
    elif all(answers):
        mistake, words = "always stops", "It always stops, also in the middle of a climb."
    elif names == {"the same, and a smaller tolerance"}:
        mistake = "tolerance not used"
        words = "The tolerance makes no difference. Is another number written in its place?"
    elif names <= falls:
        mistake = "stops on a fall"
        words = (
            "It stops on a fall, as if EM had arrived. The log-likelihood of plain EM never falls: "
            "a negative gain is no small gain, it is a sign of a mistake. Give False (or raise), "
            "unless it is smaller than rounding."
        )
    elif names <= still:
        mistake = "no gain not thought of"
        words = (
            "It goes on where a step gains nothing, or less than rounding: so it never stops at a "
            "top that is reached exactly."
        )
    elif all(stops[name] for name in falls) and not any(stops[name] for name in ends - still):
        mistake, shown = "stops only on a fall", first(ends)
        words = "It stops only where the log-likelihood falls. Is the sign of the gain turned?"
    elif right["far from the end"] and not all(right[name] for name in small):
        mistake, shown = "stops on the first small gain", first(small)
        words = (
            "It stops on a small gain while much is still to be gained. The gains shrink slowly, "
            "and those to come add up: with gains that shrink by a rate ρ, what is left is "
            "ρ / (1 − ρ) times the last gain (Aitken)."
        )
    elif not right["far from the end"] and right["one step"]:
        mistake, shown = "stops after a number of steps", first({"far from the end"})
        words = "It stops while each step still gains much. Does it count steps?"
    elif names <= ends:
        mistake, shown = "looks at the wrong gain", first(ends)
        words = "It does not stop at the end of a climb. Does it look at the last gain?"
    verb = {True: "stop", False: "go on"}
    words = (
        f"Not right yet: {words[0].lower() + words[1:]}\n"
        f"The case: {probes[shown]['name']}; yours: {verb[answers[shown]]}; expected: "
        f"{verb[probes[shown]['expected']]}.\n{called_with(probes[shown])}"
    )
    return Verdict("wrong", words, mistake, probes[shown])
