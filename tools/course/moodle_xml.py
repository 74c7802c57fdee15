"""The bank as Moodle XML: https://docs.moodle.org/en/Moodle_XML_format.

A choice becomes `multichoice`, a number `numerical`, an order `ordering` (a part of Moodle since
4.4, an add-on before). `ordering` knows one right order, so a program with several right orders
is left out here; which of its lines are wrong is asked as a choice all the same.
"""

import xml.etree.ElementTree as ET

from markup import moodle as set_text

# the share of a wrong mark takes as much as a right one gives, and a question never less than 0
PENALTY = "0.3333333"


def is_possible(item):
    return item.kind != "order" or len(item.orders) == 1


def export(groups):
    """The XML of groups of items: [(category, [item, ...])], a category a path such as A/B."""
    quiz = ET.Element("quiz")
    for category, items in groups:
        items = [item for item in items if is_possible(item)]
        if items:
            question = ET.SubElement(quiz, "question", type="category")
            _text(ET.SubElement(question, "category"), f"$course$/top/{category}")
            quiz.extend(_question(item) for item in items)
    ET.indent(quiz, " ")
    return ET.tostring(quiz, encoding="unicode", xml_declaration=True) + "\n"


def _question(item):
    kind = {"choice": "multichoice", "several": "multichoice", "numeric": "numerical"}
    question = ET.Element("question", type=kind.get(item.kind, "ordering"))
    _text(ET.SubElement(question, "name"), title_of(item))
    _html(question, "questiontext", text_of(item))
    _html(question, "generalfeedback", item.because)
    for tag, value in (("defaultgrade", f"{item.points}"), ("penalty", PENALTY), ("hidden", "0")):
        ET.SubElement(question, tag).text = value
    ET.SubElement(question, "idnumber").text = f"{item.source}-{item.name}-{item.seed}"
    {"numeric": _numerical, "order": _ordering}.get(item.kind, _multichoice)(question, item)
    tags = ET.SubElement(question, "tags")
    for word in [item.chapter, item.goal, *(["test of concepts"] if item.concepts else [])]:
        _text(ET.SubElement(tags, "tag"), word)
    question.append(ET.Comment(item.canary))
    return question


def title_of(item):
    variant = f" (variant {item.seed})" if item.kind == "numeric" and item.source == "bank" else ""
    return f"{item.chapter}: {item.name}{variant}"


def text_of(item):
    unit = f" (In {item.unit}.)" if item.unit else ""
    if item.kind == "numeric" and item.source == "bank" and item.within < 0.3:
        unit += " (Three digits after the point.)"
    where = f"(Beside the chapter, at “{item.where}”.) " if item.where else ""
    if item.text.rstrip().endswith(("```", "$$")) or "\n\n" in item.text:
        return f"{where}{item.text}\n\n{unit.strip()}"
    return f"{where}{item.text}{unit}"


def _multichoice(question, item):
    single = item.kind == "choice"
    settings = {
        "single": str(single).lower(), "shuffleanswers": "true", "answernumbering": "abc",
        "showstandardinstruction": "1",
    }  # fmt: skip
    for tag, value in settings.items():
        ET.SubElement(question, tag).text = value
    right = sum(option.right for option in item.options)
    wrong = len(item.options) - right
    for option in item.options:
        part = 100 / right if option.right else 0 if single else -100 / wrong
        _answer(question, part, set_text(option.text), option.said, "html")


def _numerical(question, item):
    # the first answer that matches counts, and the last one matches every number
    _answer(question, 100, repr(item.answer), item.because, tolerance=item.within)
    for mistake in item.mistakes:
        _answer(question, 0, repr(mistake.value), mistake.said, tolerance=item.within)
    _answer(question, 0, "*", item.otherwise, tolerance=0)


def _ordering(question, item):
    settings = {
        "layouttype": "VERTICAL", "selecttype": "ALL", "selectcount": "0",
        "gradingtype": "ALL_OR_NOTHING", "showgrading": "SHOW", "numberingstyle": "none",
    }  # fmt: skip
    for tag, value in settings.items():
        ET.SubElement(question, tag).text = value
    texts = {option.key: option.text for option in item.options}
    for place, key in enumerate(item.orders[0], 1):
        _answer(question, place, set_text(texts[key]), "", "html")


def _answer(question, fraction, text, said, form="plain_text", tolerance=None):
    answer = ET.SubElement(question, "answer", fraction=f"{fraction:.7g}", format=form)
    _text(answer, text)
    _html(answer, "feedback", said)
    if tolerance is not None:
        ET.SubElement(answer, "tolerance").text = repr(tolerance)


def _html(parent, tag, markdown):
    _text(ET.SubElement(parent, tag, format="html"), set_text(markdown))


def _text(parent, text):
    ET.SubElement(parent, "text").text = text
