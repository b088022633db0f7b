"""Turns a notebook as handed in into a clean one: this lesson's own cells in order, the student's work in its places.

What is marked is found by nbgrader's cell ids where they survived, and by what a cell defines where they did not; a
locked cell always has the course's own text. What was done is noted, one sentence each.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from .course import Lesson
from .reading import Unreadable, read_notebook

STUB_MARK = 'raise NotImplementedError("TODO")'


@dataclass(frozen=True)
class Submission:
    """A clean notebook and what intake did to get there.

    Args:
        notebook: the lesson's cells in the lesson's order with the student's work; the student's own further cells keep
            their places and carry no nbgrader metadata.
        notes: one sentence each, for the student and the instructor.
        places: for each of the lesson's cells (grade id), the position among the handed-in code cells it came from.
    """

    notebook: NotebookNode
    notes: tuple[str, ...]
    places: dict[str, int]


def take_in(path: Path, lesson: Lesson, reference: NotebookNode) -> Submission:
    """Make a handed-in file markable.

    Args:
        path: the file.
        lesson: the lesson it is handed in for.
        reference: the lesson's release notebook.

    Raises:
        Unreadable: if there is no notebook in the file, or it is another lesson's; the message says which and what to do.
    """
    handed_in = read_notebook(path)
    matches = _Matcher(handed_in, reference).match()
    wanted = [c for c in reference.cells if _is_solution(c)]
    found = [c for c in wanted if _grade_id(c) in matches]
    if wanted and not found:
        raise Unreadable(
            f"{path.name} holds none of the cells of lesson {lesson.id}. Was the notebook of another lesson handed in?"
        )
    return _Assembly(handed_in, reference, matches).build()


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class _Matcher:
    """Finds, for each of the lesson's cells, which handed-in cell holds the student's version of it."""

    def __init__(self, handed_in: NotebookNode, reference: NotebookNode) -> None:
        self.cells, self.reference = handed_in.cells, reference.cells
        self.ids = {_grade_id(c): c for c in self.reference if _grade_id(c)}
        self.taken: set[int] = set()

    def match(self) -> dict[str, int]:
        matches: dict[str, int] = {}
        for cell in self.reference:
            grade_id = _grade_id(cell)
            if grade_id is None:
                continue
            place = self._solution(cell, grade_id) if _is_solution(cell) else self._locked(cell, grade_id)
            if place is not None:
                matches[grade_id] = place
                self.taken.add(place)
        return matches

    def _solution(self, cell: NotebookNode, grade_id: str) -> int | None:
        if cell.cell_type != "code":
            place = self._first_with_id(grade_id)
            return place if place is not None else self._after_prompt(cell)
        names = _wanted_names(cell)
        # The last that is more than the stub wins, as it does when the notebook is run from the top.
        candidates = [
            i
            for i, c in enumerate(self.cells)
            if i not in self.taken
            and c.cell_type == "code"
            and (_grade_id(c) == grade_id or (names and names <= _defined(c.source) and not self._is_other(c, grade_id)))
        ]
        worked = [i for i in candidates if STUB_MARK not in self.cells[i].source and names <= _defined(self.cells[i].source)]
        with_id = [i for i in candidates if _grade_id(self.cells[i]) == grade_id]
        for choice in (worked, with_id, candidates):
            if choice:
                return choice[-1]
        return None

    def _is_other(self, cell: NotebookNode, grade_id: str) -> bool:
        """Whether a cell is by its id one of the lesson's other cells and still defines what that one should."""
        other = _grade_id(cell)
        if other is None or other == grade_id or other not in self.ids:
            return False
        names = _wanted_names(self.ids[other])
        return bool(names) and names <= _defined(cell.source)

    def _locked(self, cell: NotebookNode, grade_id: str) -> int | None:
        place = self._first_with_id(grade_id)
        if place is not None:
            return place
        same = (i for i, c in enumerate(self.cells) if i not in self.taken and c.source.strip() == cell.source.strip())
        return next(same, None)

    def _first_with_id(self, grade_id: str) -> int | None:
        found = (i for i, c in enumerate(self.cells) if i not in self.taken and _grade_id(c) == grade_id)
        return next(found, None)

    def _after_prompt(self, cell: NotebookNode) -> int | None:
        """A written answer whose id is lost stands behind the cell that asks for it."""
        position = next(i for i, c in enumerate(self.reference) if c is cell)
        prompt = self.reference[position - 1].source.strip() if position else ""
        for i, c in enumerate(self.cells[:-1]):
            behind = self.cells[i + 1]
            if c.source.strip() == prompt and behind.cell_type == "markdown" and i + 1 not in self.taken:
                return i + 1
        return None


class _Assembly:
    """Lays the lesson's cells out in the lesson's order, with the student's further cells behind their neighbours."""

    def __init__(self, handed_in: NotebookNode, reference: NotebookNode, matches: dict[str, int]) -> None:
        self.handed_in, self.reference, self.matches = handed_in.cells, reference, matches
        self.notes: list[str] = []

    def build(self) -> Submission:
        clean = copy.deepcopy(self.reference)
        extras = self._extras()
        cells: list[NotebookNode] = list(extras.pop(None, []))
        for cell in clean.cells:
            grade_id = _grade_id(cell)
            if grade_id in self.matches and _is_solution(cell):
                cell.source = self.handed_in[self.matches[grade_id]].source
            elif grade_id is not None and _is_solution(cell):
                self.notes.append(f"The cell `{grade_id}` is missing from what was handed in; it counts as not attempted.")
            elif grade_id in self.matches and self._edited(cell, grade_id):
                self.notes.append(f"The locked cell `{grade_id}` was edited; the course's own text was used.")
            cells.append(cell)
            cells += extras.pop(grade_id, [])
        clean.cells = cells
        _unique_ids(clean)
        places = {grade_id: self._code_position(place) for grade_id, place in self.matches.items()}
        return Submission(clean, tuple(self.notes), places)

    def _edited(self, cell: NotebookNode, grade_id: str) -> bool:
        return self.handed_in[self.matches[grade_id]].source.strip() != cell.source.strip()

    def _extras(self) -> dict[str | None, list[NotebookNode]]:
        """The student's own cells by the lesson's cell they stand behind."""
        owners = {place: grade_id for grade_id, place in self.matches.items()}
        plain = {c.source.strip() for c in self.reference.cells if _grade_id(c) is None}
        extras: dict[str | None, list[NotebookNode]] = {}
        behind: str | None = None
        for place, cell in enumerate(self.handed_in):
            if place in owners:
                behind = owners[place]
            elif cell.source.strip() and cell.source.strip() not in plain and not self._is_left_over(cell):
                extra = copy.deepcopy(cell)
                extra.metadata = nbformat.from_dict({})
                extras.setdefault(behind, []).append(extra)
        return extras

    def _is_left_over(self, cell: NotebookNode) -> bool:
        """A second copy of one of the lesson's cells: a locked one, or one that is still the stub."""
        grade_id = _grade_id(cell)
        if grade_id is None or grade_id not in self.matches:
            return STUB_MARK in cell.source
        self.notes.append(f"The cell `{grade_id}` is there twice; the last one with work in it was marked.")
        reference = next(c for c in self.reference.cells if _grade_id(c) == grade_id)
        return not _is_solution(reference) or STUB_MARK in cell.source

    def _code_position(self, place: int) -> int:
        return sum(c.cell_type == "code" for c in self.handed_in[:place])


def _unique_ids(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"


def _wanted_names(cell: NotebookNode) -> frozenset[str]:
    """What a student's version of a cell must define: the task's function, else all that the cell defines."""
    names = _defined(cell.source)
    grade_id = _grade_id(cell)
    return frozenset({grade_id}) if grade_id in names else names


@lru_cache(maxsize=4096)
def _defined(source: str) -> frozenset[str]:
    """Functions and answer variables that a cell defines at its top level, magics and a syntax error further down allowed."""
    tree = _parse(source) or _parse_magics(source)
    if tree is None:
        return _defined_by_line(source)
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return frozenset(names)


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse_magics(source: str) -> ast.Module | None:
    try:
        return _parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined_by_line(source: str) -> frozenset[str]:
    """The same for a cell that does not parse: a broken cell is still the cell of its task."""
    names = set()
    for line in source.splitlines():
        head = line.removeprefix("async ").partition("(")[0].split()
        if len(head) == 2 and head[0] == "def":
            names.add(head[1])
    return frozenset(names)
