"""What the text of a cell defines, found without running it, whatever is in it."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

STUB_MARK = 'raise NotImplementedError("TODO")'
# Above this, lines are looked at instead of the parsed text: a pasted picture must not hold the marker up.
_LONGEST_PARSED = 200_000
# Cell magics whose text is no Python, or whose names do not reach the notebook. Others leave their cell as it is.
_NOT_DEFINING = frozenset(
    (
        *(
            "bash",
            "sh",
            "script",
            "shell",
            "html",
            "javascript",
            "js",
            "latex",
            "markdown",
            "svg",
            "perl",
            "ruby",
        ),
        *("python", "python2", "python3", "pypy", "timeit", "writefile", "file", "cmd", "system", "sx"),
    )
)
# What may stand left of a value that a magic gives: names, attributes, several of them.
_TARGETS = re.compile(r"[\w., ]+")


@dataclass(frozen=True)
class Defined:
    """The names that a cell defines at its top level; those that are still the stub; those that are only values.

    A name whose new value comes from calling what it held before is not defined by that: `cam = cam(...)` needs a
    `cam` from elsewhere.
    """

    names: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    @property
    def finished(self) -> frozenset[str]:
        return self.names - self.stubs


def defined(source: str) -> Defined:
    """What a code cell defines, magics, shell commands and a syntax error allowed.

    Args:
        source: the cell's text; never run.
    """
    if len(source) > _LONGEST_PARSED:
        return _by_line(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in a student's text is not ours to print
            tree = ast.parse(_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _by_line(source)
    names: set[str] = set()
    stubs: set[str] = set()
    values: set[str] = set()
    _collect(tree.body, names, stubs, values, 0)
    return Defined(frozenset(names), frozenset(stubs), frozenset(values))


def _python(source: str) -> str:
    """The text as plain Python: magics give way to ``pass``."""
    lines = source.lstrip("\n").split("\n")
    magics = 0
    while magics < len(lines) and lines[magics].startswith("%%"):
        name = lines[magics][2:].split(maxsplit=1)
        if name and name[0] in _NOT_DEFINING:
            return ""
        magics += 1
    return "\n".join(_plain_line(line) for line in lines[magics:])


def _plain_line(line: str) -> str:
    # By cutting and not by one pattern: a line of 100,000 spaces must not be tried from each of them.
    stripped = line.strip()
    target, equals, value = line.partition("=")
    value = value.lstrip()
    if (
        equals
        and value[:1] in ("!", "%")
        and value[1:2] not in ("", "=")
        and _TARGETS.fullmatch(target.strip())
    ):
        return f"{target}= None"
    if stripped.startswith(("%", "!", "?")) or (stripped.endswith("?") and not stripped.startswith("#")):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def _collect(body: list[ast.stmt], names: set[str], stubs: set[str], values: set[str], depth: int) -> None:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
            # The last definition of a name is the one that holds.
            (stubs.add if _is_stub(node) else stubs.discard)(node.name)
            values.discard(node.name)
            continue
        found = _bound(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and not isinstance(node.value, ast.Lambda):
            found -= _called(node.value)
            values |= found - names
        names |= found
        stubs -= found
        if depth < 20:
            for part in ("body", "orelse", "finalbody"):
                inner = getattr(node, part, None)
                if isinstance(inner, list) and not isinstance(node, ast.ClassDef):
                    _collect([n for n in inner if isinstance(n, ast.stmt)], names, stubs, values, depth + 1)


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    found: set[str] = set()
    for target in targets:
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        found |= {part.id for part in parts if isinstance(part, ast.Name)}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    return found


def _called(value: ast.expr | None) -> set[str]:
    """Names that an expression calls."""
    calls = (part.func for part in ast.walk(value) if isinstance(part, ast.Call)) if value is not None else ()
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function still raises its TODO: nothing before that returns."""
    for statement in function.body:
        if isinstance(statement, ast.Return):
            return False
        if isinstance(statement, ast.Raise) and statement.exc is not None and _is_todo(statement.exc):
            return True
    return False


def _is_todo(error: ast.expr) -> bool:
    return (
        isinstance(error, ast.Call)
        and isinstance(error.func, ast.Name)
        and error.func.id == "NotImplementedError"
        and len(error.args) == 1
        and isinstance(error.args[0], ast.Constant)
        and error.args[0].value == "TODO"
    )


def _by_line(source: str) -> Defined:
    """The same for text that does not parse: a broken cell is still the cell of its task."""
    names = set()
    for line in source.splitlines():
        head = line.removeprefix("async ").partition("(")[0].split(maxsplit=2)
        if len(head) == 2 and head[0] == "def":
            names.add(head[1])
    return Defined(frozenset(names), frozenset(names) if STUB_MARK in source else frozenset())
