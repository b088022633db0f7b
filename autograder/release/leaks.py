"""Looks through what students get for what they must not get: solutions, hidden checks, rubrics, answers.

A text leaks a solution (or a hidden check) where it holds most of its statements, however they are laid out.
Single lines are no proof: `handle.remove()` stands in every lesson on hooks.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

from autograder.course import Course, Lesson
from autograder.release.lint import parse
from autograder.release.source import read_source, regions
from autograder.release.steps import ANSWER

SHARE = 2 / 3
SHORTEST_STATEMENT = 12
SHORTEST_RUBRIC_LINE = 20
TEXT = {".py", ".ipynb", ".md", ".txt", ".json", ".toml", ".csv", ".html", ".svg", ".cfg", ""}

_MARKER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_IMPORT = re.compile(r"^\s*(from|import)\s+autograder\b", re.M)


@dataclass(frozen=True)
class Secret:
    """Something that must not reach students: its name and its statements, squeezed."""

    name: str
    statements: frozenset[str]

    def shown_in(self, squeezed: str) -> bool:
        """Whether most of it, by length, stands in a squeezed text."""
        total = sum(map(len, self.statements))
        return total > 0 and sum(len(s) for s in self.statements if s in squeezed) >= SHARE * total


def leaks(course: Course, paths: Iterable[Path]) -> list[str]:
    """What leaks in the files and folders named, wheels opened: a line each, none where all is well."""
    secrets = [*_solutions(course), *_checks(course)]
    rubrics = list(_rubrics(course))
    found: list[str] = []
    for name, content in _texts(paths):
        try:
            parts = list(_parts(name, content))
        except (ValueError, AttributeError, TypeError):  # damaged, which JSON or what stands in it shows
            found.append(f"{name}: is no notebook that could be searched. Build it anew, or remove it.")
            parts = [content]
        for part in parts:
            found.extend(f"{name}: {text}" for text in _findings(part, secrets, rubrics))
    return list(dict.fromkeys(found))


def _findings(text: str, secrets: list[Secret], rubrics: list[tuple[str, str]]) -> Iterator[str]:
    marker = _MARKER.search(text)
    if marker:
        yield f"holds the marker {marker.group(0)!r}."
    if _IMPORT.search(text):
        yield "imports the autograder."
    answer = ANSWER.search(text)
    if answer:
        yield f"holds the answer to question {answer['question']}."
    squeezed = _squeeze_all(text)
    yield from (f"holds {secret.name}." for secret in secrets if secret.shown_in(squeezed))
    yield from (f"holds a line of the rubric of {where}." for where, line in rubrics if line in squeezed)


def _solutions(course: Course) -> Iterator[Secret]:
    for lesson in course.lessons.values():
        yield from lesson_secrets(lesson)


def lesson_secrets(lesson: Lesson) -> list[Secret]:
    """One secret for each solution region of a lesson's source."""
    found = []
    for cell in read_source(lesson).cells:
        if cell.cell_type != "code":
            continue
        for text in regions(cell.source, "SOLUTION"):
            name = f"the solution of {cell.metadata.nbgrader['grade_id']} ({lesson.id})"
            found.append(Secret(name, _statements(text)))
    return found


def _checks(course: Course) -> Iterator[Secret]:
    for path in sorted((course.root / "autograder" / "checks").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                statements = _statements(ast.unparse(node))
                # A helper of one or two statements may well stand elsewhere for good reasons.
                if len(statements) > 2:
                    yield Secret(f"the hidden check {path.stem}.{node.name}", statements)


def _rubrics(course: Course) -> Iterator[tuple[str, str]]:
    for lesson in course.lessons.values():
        for cell in read_source(lesson).cells:
            for text in regions(cell.source, "MARK SCHEME"):
                for line in map(_squeeze, text.splitlines()):
                    if len(line) >= SHORTEST_RUBRIC_LINE:
                        yield lesson.id, line


@lru_cache(maxsize=4096)
def _statements(text: str) -> frozenset[str]:
    """The statements of a piece of code that tell something, squeezed; docstrings and imports do not."""
    tree = parse(_as_body(text))
    if tree is None:
        return frozenset(s for s in map(_squeeze, text.splitlines()) if len(s) >= SHORTEST_STATEMENT)
    found = {_squeeze(head) for node in ast.walk(tree) for head in _heads(node)}
    return frozenset(s for s in found if len(s) >= SHORTEST_STATEMENT)


def _as_body(text: str) -> str:
    body = dedent(text).strip("\n") or "pass"
    return "def _():\n" + "\n".join(f"    {line}" for line in body.splitlines())


def _heads(node: ast.AST) -> Iterator[str]:
    """The text of a simple statement, or of a compound one's first line."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) or not isinstance(node, ast.stmt):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == "_":
        return
    yield ast.unparse(node).splitlines()[0] if hasattr(node, "body") else ast.unparse(node)


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text).replace('"', "'")


def _squeeze_all(text: str) -> str:
    """The text squeezed as it stands and, where it is code, as Python would write it too."""
    tree = parse(text)
    return _squeeze(text) + ("\0" + _squeeze(ast.unparse(tree)) if tree is not None else "")


def _parts(name: str, content: str) -> Iterator[str]:
    """A notebook's cells one by one, every other file whole."""
    if not name.endswith(".ipynb"):
        yield content
        return
    for cell in json.loads(content).get("cells", []):
        yield "".join(cell.get("source", []))
        for output in cell.get("outputs", []):
            yield json.dumps(output, ensure_ascii=False)


def _texts(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and content of every text file below the paths, inside wheels and zip files too."""
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            name = file.relative_to(path.parent).as_posix()
            if file.suffix in (".whl", ".zip"):
                with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
                    for member in archive.namelist():
                        if Path(member).suffix in TEXT and not member.endswith("/"):
                            yield f"{name}/{member}", archive.read(member).decode("utf-8", "replace")
            elif file.suffix in TEXT:
                yield name, file.read_text(encoding="utf-8", errors="replace")
