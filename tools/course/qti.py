"""The bank as a QTI 2.1 content package: a manifest, and one assessmentItem for each item.

Response processing is written out in each item. A number is compared by `gte` and `lte`, which
every engine knows, and not by `equal` with a tolerance, which some do not.
"""

import xml.etree.ElementTree as ET
import zipfile

from markup import mathml
from moodle_xml import text_of, title_of

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA = {
    QTI: "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    PACKAGE: "http://www.imsglobal.org/xsd/imscp_v1p1.xsd",
}
WHEN = (2000, 1, 1, 0, 0, 0)  # the same bank gives the same bytes


def identifier(item):
    return f"{item.source}-{item.name}-{item.seed}"


def write(items, path):
    """Write the package. Raises `ValueError` where two items have one identifier."""
    names = [identifier(item) for item in items]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two items are called {twice}")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        _add(package, "imsmanifest.xml", manifest(names))
        for name, item in zip(names, items):
            _add(package, f"items/{name}.xml", assessment_item(item))


def _add(package, name, text):
    package.writestr(zipfile.ZipInfo(name, WHEN), text, zipfile.ZIP_DEFLATED)


def _root(tag, space, **attributes):
    location = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
    return ET.Element(tag, {"xmlns": space, location: f"{space} {SCHEMA[space]}", **attributes})


def _written(root):
    ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
    ET.register_namespace("m", "http://www.w3.org/1998/Math/MathML")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def manifest(names):
    root = _root("manifest", PACKAGE, identifier="em-you-can-touch-bank")
    metadata = ET.SubElement(root, "metadata")
    ET.SubElement(metadata, "schema").text = "QTIv2.1 Package"
    ET.SubElement(metadata, "schemaversion").text = "1.0.0"
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    for name in names:
        where = f"items/{name}.xml"
        resource = ET.SubElement(
            resources, "resource", identifier=f"resource-{name}", type="imsqti_item_xmlv2p1",
            href=where,
        )  # fmt: skip
        ET.SubElement(resource, "file", href=where)
    return _written(root)


def assessment_item(item):
    root = _root(
        "assessmentItem", QTI, identifier=identifier(item), title=title_of(item),
        adaptive="false", timeDependent="false",
    )  # fmt: skip
    root.append(ET.Comment(item.canary))
    _declare(root, item)
    body = ET.SubElement(root, "itemBody")
    body.append(_block(text_of(item), "div"))
    processing = ET.Element("responseProcessing")
    {"numeric": _number, "order": _order}.get(item.kind, _choice)(body, processing, item)
    root.append(processing)
    for key, words in said_to(item).items():
        feedback = ET.SubElement(
            root, "modalFeedback", outcomeIdentifier="FEEDBACK", identifier=key, showHide="show"
        )
        feedback.append(_block(words, "div"))
    return _written(root)


def said_to(item):
    """{identifier of a feedback: Markdown}."""
    if item.kind in ("choice", "several"):
        return {_key(option): option.said for option in item.options if option.said}
    said = {"right": item.because}
    said |= {f"mistake-{i}": mistake.said for i, mistake in enumerate(item.mistakes)}
    return said | ({"otherwise": item.otherwise} if item.otherwise else {})


def _key(option):
    # an identifier begins with a letter
    return f"k-{option.key}"


def _declare(root, item):
    cardinality = {"choice": "single", "several": "multiple", "order": "ordered"}
    base = "float" if item.kind == "numeric" else "identifier"
    declaration = ET.SubElement(
        root, "responseDeclaration", identifier="RESPONSE",
        cardinality=cardinality.get(item.kind, "single"), baseType=base,
    )  # fmt: skip
    correct = ET.SubElement(declaration, "correctResponse")
    if item.kind == "numeric":
        keys = [repr(item.answer)]
    elif item.kind == "order":
        keys = [f"k-{key}" for key in item.orders[0]]
    else:
        keys = [_key(option) for option in item.options if option.right]
    for key in keys:
        ET.SubElement(correct, "value").text = key
    if item.kind == "several":
        right = len(item.key)
        mapping = ET.SubElement(
            declaration, "mapping", lowerBound="0", upperBound=f"{item.points}", defaultValue="0"
        )
        for option in item.options:
            part = 1 / right if option.right else -1 / (len(item.options) - right)
            value = f"{item.points * part:.7g}"
            ET.SubElement(mapping, "mapEntry", mapKey=_key(option), mappedValue=value)
    for name, of, base in (("SCORE", "single", "float"), ("MAXSCORE", "single", "float"),
                           ("FEEDBACK", "multiple", "identifier")):  # fmt: skip
        outcome = ET.SubElement(
            root, "outcomeDeclaration", identifier=name, cardinality=of, baseType=base
        )
        if base == "float":
            default = ET.SubElement(outcome, "defaultValue")
            ET.SubElement(default, "value").text = "0" if name == "SCORE" else f"{item.points}"


# ---- what is shown, and what an answer gets --------------------------------------------------


def _choice(body, processing, item):
    shown = ET.SubElement(
        body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="true",
        maxChoices="1" if item.kind == "choice" else "0",
    )  # fmt: skip
    for option in item.options:
        _simple_choice(shown, option)
    answered = _unless_empty(processing)
    if item.kind == "choice":
        right = _if(answered)
        _match(right, _response, lambda to: ET.SubElement(to, "correct", identifier="RESPONSE"))
        _score(right, item.points)
        chosen = _set(answered, "FEEDBACK")
        _response(ET.SubElement(chosen, "multiple"))
    else:
        ET.SubElement(_set(answered, "SCORE"), "mapResponse", identifier="RESPONSE")
        _response(_set(answered, "FEEDBACK"))


def _number(body, processing, item):
    line = ET.SubElement(body, "p")
    line.text = "Answer: "
    ET.SubElement(line, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="12")
    cases = [("right", item.answer, item.points)]
    cases += [(f"mistake-{i}", mistake.value, 0) for i, mistake in enumerate(item.mistakes)]
    condition = ET.SubElement(_unless_empty(processing), "responseCondition")
    for place, (key, value, points) in enumerate(cases):
        case = ET.SubElement(condition, "responseElseIf" if place else "responseIf")
        slack = item.within + 1e-9 * max(1, abs(value))
        both = ET.SubElement(case, "and")
        for operator, bound in (("gte", value - slack), ("lte", value + slack)):
            compared = ET.SubElement(both, operator)
            _response(compared)
            _value(compared, repr(bound), "float")
        if points:
            _score(case, points)
        _feedback(case, key)
    if item.otherwise:
        _feedback(ET.SubElement(condition, "responseElse"), "otherwise")


def _order(body, processing, item):
    shown = ET.SubElement(body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
    for option in item.options:
        _simple_choice(shown, option)
    right = _if(_unless_empty(processing))
    either = ET.SubElement(right, "or")
    for order in item.orders:

        def ordered(to, order=order):
            made = ET.SubElement(to, "ordered")
            for key in order:
                _value(made, f"k-{key}", "identifier")

        _match(either, _response, ordered)
    _score(right, item.points)
    _feedback(right, "right")


def _simple_choice(shown, option):
    made = ET.SubElement(shown, "simpleChoice", identifier=_key(option))
    # a formula must not stand in a simpleChoice itself, only in a block in it
    made.append(_block(option.text, "div"))


def _unless_empty(processing):
    condition = ET.SubElement(processing, "responseCondition")
    answered = ET.SubElement(condition, "responseIf")
    _response(ET.SubElement(ET.SubElement(answered, "not"), "isNull"))
    return answered


def _if(parent):
    return ET.SubElement(ET.SubElement(parent, "responseCondition"), "responseIf")


def _match(parent, *sides):
    match = ET.SubElement(parent, "match")
    for side in sides:
        side(match)


def _response(parent):
    ET.SubElement(parent, "variable", identifier="RESPONSE")


def _value(parent, text, base):
    ET.SubElement(parent, "baseValue", baseType=base).text = text


def _set(parent, name):
    return ET.SubElement(parent, "setOutcomeValue", identifier=name)


def _score(parent, points):
    _value(_set(parent, "SCORE"), f"{points}", "float")


def _feedback(parent, key):
    _value(ET.SubElement(_set(parent, "FEEDBACK"), "multiple"), key, "identifier")


def _block(markdown, tag):
    return _parsed(f"<{tag}>{mathml(markdown)}</{tag}>")


def _parsed(text):
    return ET.fromstring(text)
