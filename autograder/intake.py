"""Turns a notebook as handed in into a clean one: this lesson's own cells in order, the student's work in its places.

What is marked is found by nbgrader's cell ids where they survived, and by what a cell defines where they did not; a
locked cell always has the course's own text. What was done is noted, one sentence each.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .course import Lesson
from .reading import Unreadable, read_notebook, shown
from .sources import Defined, defined

MAX_CELLS = 2_000
# Short, since what it finds is shown.
_OPENS = re.compile(r"""\bopen_lesson\(\s*["'](\w{1,40})["']""")


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
    if len(handed_in.cells) > MAX_CELLS:
        raise Unreadable(
            f"{shown(path.name)} holds {len(handed_in.cells)} cells; hand in the lesson's notebook with at most {MAX_CELLS}."
        )
    matches = _Matcher(handed_in, reference).match()
    wanted = [c for c in reference.cells if _is_solution(c)]
    found = [c for c in wanted if _grade_id(c) in matches]
    # Written answers have one id in every lesson, so they say nothing of which lesson this is.
    telling = [c for c in found if c.cell_type == "code"]
    opened = _opened(handed_in)
    if wanted and not telling and not (found and lesson.id in opened):
        others = ", ".join(sorted(opened - {lesson.id}))
        raise Unreadable(
            f"{shown(path.name)} holds none of the cells of lesson {lesson.id}. Was the notebook of another lesson handed in?"
            + (f" It opens {others}." if others else "")
        )
    return _Assembly(handed_in, reference, matches).build()


def _opened(notebook: NotebookNode) -> set[str]:
    """The lessons that a notebook's cells open, by what they call them."""
    code = (c.source for c in notebook.cells if c.cell_type == "code")
    return {name for source in code for name in _OPENS.findall(source)}


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class _Matcher:
    """Finds, for each of the lesson's cells, which handed-in cell holds the student's version of it."""

    def __init__(self, handed_in: NotebookNode, reference: NotebookNode) -> None:
        self.cells, self.reference = handed_in.cells, reference.cells
        self.defined = [_of_cell(cell) for cell in self.cells]
        self.wanted = {_grade_id(c): _wanted_names(c) for c in self.reference if _grade_id(c)}
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
        names, stub = self.wanted[grade_id], cell.source.strip()
        with_id = [i for i in self._free_code() if _grade_id(self.cells[i]) == grade_id]
        by_name = [
            i
            for i in self._free_code()
            if names and names <= self.defined[i].names and not self._is_other(self.cells[i], i, grade_id)
        ]
        candidates = sorted({*with_id, *by_name})
        # The last that is more than the stub wins, as it does when the notebook is run from the top.
        worked = [
            i
            for i in candidates
            if names <= self.defined[i].finished and self.cells[i].source.strip() != stub
        ]
        # A function that is written out comes before a value that happens to be kept under its name.
        written = [i for i in worked if not names & self.defined[i].values]
        for choice in (written, worked, with_id, candidates):
            if choice:
                return choice[-1]
        return None

    def _free_code(self) -> list[int]:
        return [i for i, c in enumerate(self.cells) if i not in self.taken and c.cell_type == "code"]

    def _is_other(self, cell: NotebookNode, place: int, grade_id: str) -> bool:
        """Whether a cell is by its id one of the lesson's other cells and still defines what that one should."""
        other = _grade_id(cell)
        if other is None or other == grade_id or other not in self.wanted:
            return False
        names = self.wanted[other]
        return bool(names) and names <= self.defined[place].names

    def _locked(self, cell: NotebookNode, grade_id: str) -> int | None:
        place = self._first_with_id(grade_id)
        if place is not None:
            return place
        same = (
            i
            for i, c in enumerate(self.cells)
            if i not in self.taken and c.source.strip() == cell.source.strip()
        )
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
        self.defined = [_of_cell(cell) for cell in self.handed_in]
        self.sources = {c.source.strip() for c in reference.cells}
        # What the student's own work defines: not what stands in cells as they were handed out.
        self.work = [
            frozenset() if cell.source.strip() in self.sources else found.finished
            for cell, found in zip(self.handed_in, self.defined, strict=True)
        ]
        self.finished = frozenset().union(*self.work)
        self.doubled: set[str] = set()
        self.notes: list[str] = []

    def build(self) -> Submission:
        clean = copy.deepcopy(self.reference)
        extras = self._extras()
        cells: list[NotebookNode] = list(extras.pop(-1, []))
        for position, cell in enumerate(clean.cells):
            grade_id = _grade_id(cell)
            cells.append(cell)
            if grade_id is not None and _is_solution(cell):
                self._fill(cell, grade_id)
            elif grade_id in self.matches:
                cells += self._edited(cell, grade_id)
            cells += extras.pop(position, [])
        clean.cells = cells
        _unique_ids(clean)
        places = {grade_id: self._code_position(place) for grade_id, place in self.matches.items()}
        return Submission(clean, tuple(self.notes), places)

    def _fill(self, cell: NotebookNode, grade_id: str) -> None:
        """Put the student's work into one of the lesson's cells."""
        names = _wanted_names(cell)
        place = self.matches.get(grade_id)
        elsewhere = cell.cell_type == "code" and names and names <= self.finished
        if elsewhere and (place is None or not names <= self.work[place]):
            # A stub that stands here would undo what another cell of the student's defines.
            self.notes.append(f"What belongs into the cell `{grade_id}` was found in another cell.")
            cell.source = "# This lesson's own text stood here; the work is in another cell."
            return
        if place is not None:
            cell.source = self.handed_in[place].source
            return
        self.notes.append(
            f"The cell `{grade_id}` is missing from what was handed in; it counts as not attempted."
        )
        if cell.cell_type == "code":
            cell.source = "# This cell was missing from what was handed in."

    def _edited(self, cell: NotebookNode, grade_id: str) -> list[NotebookNode]:
        """A locked cell always has the course's text; what a student added to it and builds on is run behind it."""
        place = self.matches[grade_id]
        source = self.handed_in[place].source
        if source.strip() == cell.source.strip():
            return []
        self.notes.append(f"The locked cell `{grade_id}` was edited; the course's own text was used.")
        added = self.defined[place].names - _of_cell(cell).names
        return [_own_cell(self.handed_in[place])] if added and cell.cell_type == "code" else []

    def _extras(self) -> dict[int, list[NotebookNode]]:
        """The student's own cells, by the position of the lesson's cell that they stand behind; -1 is before all."""
        position = {_grade_id(c): i for i, c in enumerate(self.reference.cells) if _grade_id(c)}
        owners = {place: position[grade_id] for grade_id, place in self.matches.items()}
        plain = {c.source.strip(): i for i, c in enumerate(self.reference.cells) if _grade_id(c) is None}
        extras: dict[int, list[NotebookNode]] = {}
        behind = -1
        for place, cell in enumerate(self.handed_in):
            text = cell.source.strip()
            if place in owners:
                behind = owners[place]
            elif text in plain:
                behind = plain[text]
            elif text and not self._is_left_over(cell, self.defined[place]):
                extras.setdefault(behind, []).append(_own_cell(cell))
        return extras

    def _is_left_over(self, cell: NotebookNode, found: Defined) -> bool:
        """A second copy of one of the lesson's cells: a locked one, or one that is still the stub."""
        grade_id = _grade_id(cell)
        if grade_id in self.matches and grade_id not in self.doubled:
            self.doubled.add(grade_id)
            self.notes.append(
                f"The cell `{grade_id}` is there twice; the last one with work in it was marked."
            )
        if cell.source.strip() in self.sources:
            return True
        # A cell that holds stubs beside other work is not left over, unless it would undo work of another cell.
        return bool(found.stubs) and (not found.finished or bool(found.stubs & self.finished))

    def _code_position(self, place: int) -> int:
        return sum(c.cell_type == "code" for c in self.handed_in[:place])


def _own_cell(cell: NotebookNode) -> NotebookNode:
    """One of the student's own cells, without a claim to be one of the lesson's."""
    own = copy.deepcopy(cell)
    own.metadata = nbformat.from_dict({})
    return own


def _of_cell(cell: NotebookNode) -> Defined:
    return defined(cell.source) if cell.cell_type == "code" else Defined()


def _unique_ids(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"


def _wanted_names(cell: NotebookNode) -> frozenset[str]:
    """What a student's version of a cell must define: the task's function, else all that the cell defines."""
    names = _of_cell(cell).names
    grade_id = _grade_id(cell)
    return frozenset({grade_id}) if grade_id in names else names
