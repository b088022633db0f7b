"""The course's own steps in nbgrader's generate_assignment; `nbgrader_config.py` puts them in their places.

Because they are configured and not called, `nbgrader generate_assignment`, the formgrader's button and
`autograder build` all make the same release.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from autograder.course import Course, CourseError, Lesson
from autograder.release.source import student_source, tidy

ANSWER = re.compile(
    r"^(?P<name>answer_(?P<question>q_\w+))[ \t]*=[ \t]*(?P<value>[\"'][A-Z][\"'])[ \t]*(?P<comment>#.*)?$",
    re.M,
)


class FromSource(NbGraderPreprocessor):
    """Replace what nbgrader read, the executed solution, by the lesson's one source beside it."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        course, lesson = _where(resources)
        if not lesson.source.is_file():
            raise CourseError(f"{lesson.id}: {lesson.source.name} is missing beside its notebook.")
        return student_source(course, lesson), resources


class ClearSolutionsAndAnswers(ClearSolutions):
    """nbgrader's ClearSolutions, which leaves a question's answer cell as one line to fill in."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if cell.cell_type == "code" and ANSWER.search(cell.source):
            cell.source = ANSWER.sub(_to_fill_in, cell.source)
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


class TidyRelease(NbGraderPreprocessor):
    """Bring metadata and cell ids into their one form again after nbgrader's steps."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        course, lesson = _where(resources)
        tidy(nb, lesson)
        nb.metadata.course["version"] = course.settings["version"]
        return nb, resources


def _to_fill_in(match: re.Match[str]) -> str:
    options = (match["comment"] or '# one of "A", "B", "C", "D"').lstrip("# ")
    return f"{match['name']} = None  # TODO: {options}"


def _where(resources: dict[str, Any]) -> tuple[Course, Lesson]:
    folder = Path(resources["metadata"]["path"]).resolve()
    return Course(folder.parent.parent), Lesson(folder.name, folder / f"{resources['metadata']['name']}.py")
