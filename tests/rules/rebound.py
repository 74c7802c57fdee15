"""What an explorer or a question reads when a slider moves is still there at the chapter's end."""

import ast
import contextlib

from .claims import PROGRAM
from .links import argument, calls
from .reading import python


def free(function):
    """The names that a function reads and does not bind itself."""
    inside = list(ast.walk(function))
    own = {node.arg for node in inside if isinstance(node, ast.arg)}
    own |= {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.name for n in inside if isinstance(n, ast.FunctionDef) and n is not function}
    return {n.id for n in inside if isinstance(n, ast.Name)} - own


def bound(statement):
    """The names that a statement outside of functions binds; an import brings back the same."""
    found, left = set(), [statement]
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif not isinstance(node, ast.Lambda | ast.comprehension):
            left += ast.iter_child_nodes(node)
    return found


def read_later(call, functions):
    """The names that the functions of a call read, and the functions that these read."""
    inside = list(ast.walk(call))
    left = [node for node in inside if isinstance(node, ast.Lambda)]
    left += [functions[n.id] for n in inside if isinstance(n, ast.Name) and n.id in functions]
    read, seen = set(), set()
    while left:
        function = left.pop()
        if function in seen:
            continue
        seen.add(function)
        read |= free(function)
        left += [functions[name] for name in free(function) if name in functions]
    return read


def trees(notebook):
    """(number of the cell, its statements): code, and programs in the text, which readers paste."""
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            yield i, python(cell).body
        else:
            for program in PROGRAM.findall(cell.source):
                with contextlib.suppress(SyntaxError):  # another rule's
                    yield i, ast.parse(program).body


def rebound(notebook):
    """No later program gives another meaning to a name that an explorer's functions read.

    The page keeps what they computed when it was built; in Jupyter they are called again, and a
    name that an exercise's solution took over would show other numbers there.
    """
    functions, read = {}, {}
    aliases = {kind: kind for kind in ("explore", "predict", "arrange")}
    for i, statements in trees(notebook):
        for statement in statements:
            for name in sorted(bound(statement) & read.keys()):
                yield f"cell {i} gives {name} another meaning, but {read[name]} reads it: rename it"
            if isinstance(statement, ast.FunctionDef):
                functions[statement.name] = statement
            for _, call in calls(statement, aliases):
                title = ast.unparse(argument(call, 0, "name"))
                read |= dict.fromkeys(read_later(call, functions), title)
