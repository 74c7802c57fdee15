"""Readers that know nothing of our exporters: pyslet for QTI, Moodle's own rules for its XML."""

import io
import math
import warnings
import xml.etree.ElementTree as ET

from gmmlib.explore.questions import number_in

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)  # pyslet's own, from before Python 3.8
    import pyslet.imscpv1p2 as packages
    import pyslet.qtiv2.variables as variables
    import pyslet.qtiv2.xml as qti

# ---- QTI: read and marked by pyslet ----------------------------------------------------------


def read_item(text):
    """An assessmentItem. Raises `pyslet.qtiv2.core.QTIError` where it is not a valid one."""
    document = qti.QTIDocument()
    document.read(src=io.BytesIO(text if isinstance(text, bytes) else text.encode()))
    # pyslet cannot draw MathML, and draws an item before it marks it
    document.root.render_html = lambda *args, **options: (None, None)
    return document.root


def qti_mark(item, answer):
    """(SCORE, the identifiers of the feedback) for an answer; `ValueError` for an invalid one."""
    state = variables.ItemSessionState(item)
    state.begin_session()
    state.begin_attempt()
    state["RESPONSE"].set_value(answer)
    state.end_attempt()
    said = state["FEEDBACK"].value or {}
    return float(state["SCORE"].value), set(said)


def read_package(path):
    """[href] of the items that a content package names."""
    package = packages.ContentPackage(str(path))
    try:
        resources = package.manifest.root.Resources
        return [(resource.type, str(resource.href)) for resource in resources.Resource]
    finally:
        package.close()


# ---- Moodle: what question/format/xml and the question types do ------------------------------

SHARES = [100 / n for n in range(1, 11)] + [90, 80, 75, 70, 66.66667, 60, 40, 30, 83.33333, 0]


def moodle_questions(text):
    """[(type, element)] of the questions, after what Moodle's import refuses was refused."""
    found = []
    for question in ET.fromstring(text).iter("question"):
        kind = question.get("type")
        if kind == "category":
            continue
        if not (question.findtext("name/text") and question.findtext("questiontext/text")):
            raise ValueError("a question needs a name and a text")
        if kind in ("multichoice", "numerical"):
            shares = [float(answer.get("fraction")) for answer in question.iter("answer")]
            # "match grades: error if grade not listed", the default of the import form
            if any(min(abs(abs(s) - known) for known in SHARES) > 1e-4 for s in shares):
                raise ValueError(f"Moodle knows no share such as {shares}")
            if kind == "numerical" or question.findtext("single") == "true":
                if max(shares) != 100:
                    raise ValueError("one answer must have the share 100")
            elif abs(sum(s for s in shares if s > 0) - 100) > 0.01:
                raise ValueError("the shares of the right answers must make 100")
        found.append((kind, question))
    return found


def moodle_mark(question, answer):
    """The fraction that Moodle gives, 0 to 1; `ValueError` where it says that this is no answer.

    answer: the number as written; places of the chosen answers; or the lines in an order.
    """
    answers = list(question.iter("answer"))
    kind = question.get("type")
    if answer is None or answer in ("", [], ()):
        raise ValueError("no answer")
    if kind == "numerical":
        number = number_in(answer)
        for known in answers:  # the first that matches counts
            text = known.findtext("text")
            if text == "*":
                return float(known.get("fraction")) / 100
            slack = abs(float(known.findtext("tolerance"))) + 1e-14 * max(1, abs(float(text)))
            if abs(number - float(text)) <= slack:
                return float(known.get("fraction")) / 100
        return 0.0
    if kind == "multichoice":
        if question.findtext("single") == "true" and len(answer) != 1:
            raise ValueError("one answer is to be chosen")
        total = sum(float(answers[place].get("fraction")) for place in answer) / 100
        return min(max(total, 0.0), 1.0)
    right = sorted(answers, key=lambda line: float(line.get("fraction")))
    return float([line.findtext("text") for line in right] == list(answer))


def is_close(a, b):
    return math.isclose(a, b, abs_tol=1e-4)
