"""Notebooks for the corpora, built by code from a lesson's release and its source: nothing is kept as a file."""

from __future__ import annotations

import copy
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.course import GradedCell, Lesson, this_course
from autograder.lesson_material import reference_notebook

WANTED = ("06_grad_cam", "03_hooks")
"""The corpora run against every lesson that is built, of these two."""


def lessons() -> list[Lesson]:
    """The lessons that the corpora are run against."""
    course = this_course()
    built = [course.lessons[name] for name in WANTED if name in course.lessons]
    return [le for le in built if (course.notebooks / le.id / f"{le.name}.ipynb").is_file()]


def release(lesson: Lesson) -> NotebookNode:
    """The lesson's release, as a student gets it."""
    return copy.deepcopy(reference_notebook(this_course(), lesson))


@lru_cache(maxsize=4)
def _answers(lesson_id: str) -> dict[str, str]:
    answers = {}
    for cell in this_course().lesson(lesson_id).notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution"):
            lines = cell.source.split("\n")
            answers[marks["grade_id"]] = "\n".join(li for li in lines if not li.strip().startswith("### "))
    return answers


def answer(lesson: Lesson, grade_id: str) -> str:
    """The right text of one of the lesson's cells."""
    return _answers(lesson.id)[grade_id]


def tasks(lesson: Lesson) -> list[GradedCell]:
    """The lesson's tasks that are functions, cheapest first."""
    return sorted((c for c in lesson.marked if c.kind == "task"), key=lambda c: c.points)


def cell_of(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The cell with this id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def solved(lesson: Lesson) -> NotebookNode:
    """The release with every graded cell filled in rightly."""
    notebook = release(lesson)
    graded = {c.name for c in lesson.marked}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.metadata.get("nbgrader", {}).get("solution") and grade_id.removeprefix("answer_") in graded:
            cell.source = answer(lesson, grade_id)
    return notebook


def half_done(lesson: Lesson) -> NotebookNode:
    """The release with its cheapest task done, so that an attack has something to lose as well."""
    notebook, done = release(lesson), tasks(lesson)[0].name
    cell_of(notebook, done).source = answer(lesson, done)
    return notebook


def insert(
    notebook: NotebookNode, source: str, *, before: str | None = None, cell: Any = None
) -> NotebookNode:
    """Put a cell of the student's own before one of the lesson's, or at the end."""
    new = cell if cell is not None else new_code_cell(source)
    place = len(notebook.cells) if before is None else notebook.cells.index(cell_of(notebook, before))
    notebook.cells.insert(place, new)
    return notebook


def write(notebook: NotebookNode | dict | bytes | str, path: Path) -> Path:
    """Write a notebook, or the raw content of a file that claims to be one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    elif isinstance(notebook, str):
        path.write_text(notebook, encoding="utf-8")
    else:
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
