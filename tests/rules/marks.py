"""What a cell's metadata say to the rules is of a kind that they read, and is still needed."""

from .glossary import open_prose, pattern
from .letters import letters_in
from .numbers import written
from .reading import mathematics, words_of

REASONS = ("numbers", "letters", "glossary")
LABELS = {"defines": "markdown", "asserts": "code"}


def marks(notebook):
    """Each mark is known, gives a reason in words, and names what is in its cell."""
    for i, cell in enumerate(notebook.cells):
        for rule, said in cell.metadata.get("gmm", {}).items():
            if rule in LABELS:
                if cell.cell_type != LABELS[rule] or not isinstance(said, list):
                    yield f"cell {i}: {rule} is a list of labels in a {LABELS[rule]} cell"
            elif rule not in REASONS:
                yield f"cell {i} has the mark {rule}, which no rule reads: take it away"
            else:
                for name, reason in said.items():
                    if not str(reason).strip():
                        yield f"cell {i} excuses {name} without a reason: say why"
                    if not there(rule, name, cell):
                        yield f"cell {i} does not hold {name} any more: take the mark away"


def there(rule, name, cell):
    text = words_of(cell)
    if rule == "numbers":
        return name in {shown for shown, *_ in written(text)}
    if rule == "letters":
        return name in {letter for body in mathematics(text) for letter in letters_in(body)}
    return bool(pattern(name).search(open_prose(text)))
