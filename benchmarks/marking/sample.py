"""The class that is marked: one lesson's real notebook, answered, once for each student."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from autograder.course import Course, Lesson
from autograder.demo import filled
from autograder.lesson_material import reference_notebook


def students(count: int) -> list[str]:
    """Names for a class."""
    return [f"student{number:03d}" for number in range(count)]


def answered(course: Course, lesson: Lesson, student: str) -> NotebookNode:
    """The release with the solution's answers; a comment makes each student's file another one."""
    solution = nbformat.read(lesson.source.with_suffix(".ipynb"), as_version=4)
    notebook = filled(reference_notebook(course, lesson), solution)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += f"\n# {student}"
    return notebook


def hand_in(course: Course, lesson: Lesson, count: int) -> None:
    """Write the class's notebooks into the course's inbox."""
    for student in students(count):
        path = course.inbox / student / lesson.id / f"{lesson.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(answered(course, lesson, student), path)
