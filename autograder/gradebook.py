"""Verdicts into nbgrader's gradebook.

What is written is what ``nbgrader autograde`` would write, made by nbgrader's own steps on the same notebook.
They run here in one process and one database session for the whole class, where nbgrader opens the database
nine times a submission.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor
from nbgrader import api, utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, DeduplicateIds, OverwriteCells, SaveAutoGrades

from autograder import nbgrader_steps
from autograder.course import Course, CourseError, Lesson
from autograder.gradebook_access import (
    CellMark,
    Marks,
    known_students,
    nbgrader_config,
    open_gradebook,
    read_marks,
    version_in_process,
)
from autograder.gradebook_rows import AssignmentRows, SubmissionRows
from autograder.release.source import student_source
from autograder.verdicts import Verdict

__all__ = [
    "CellMark",
    "Marks",
    "Recorded",
    "ensure_assignment",
    "known_students",
    "nbgrader_config",
    "open_gradebook",
    "read_marks",
    "record",
]

BATCH = 50
"""Submissions between two commits: a kill loses little, and the formgrader never waits long."""


def ensure_assignment(course: Course, lesson: Lesson) -> None:
    """Make the gradebook know the lesson as its source says it; a fresh clone has no gradebook.

    nbgrader's generate_assignment does the writing, its release going to a folder that is thrown away.

    Raises:
        CourseError: if cells with marks were added or removed after submissions were recorded.
    """
    notebook = student_source(course, lesson)
    with open_gradebook(course) as gradebook:
        if _knows(gradebook, lesson, notebook):
            return
    config = deepcopy(nbgrader_config(course))
    with tempfile.TemporaryDirectory(prefix="assignment-") as folder:
        # The lesson alone in a course of its own, so that nothing of the real release is touched. nbgrader
        # wants a notebook to begin with; the executed solution may not have been built yet.
        source = Path(folder) / "source" / lesson.id
        shutil.copytree(lesson.source.parent, source)
        shutil.copy(course.root / "pyproject.toml", folder)
        nbformat.write(notebook, source / f"{lesson.name}.ipynb")
        directory = config.CourseDirectory
        directory.root, directory.source_directory, directory.release_directory = folder, "source", "release"
        directory.assignment_id = lesson.id
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.force = converter.create_assignment = True
        converter.log.setLevel(logging.ERROR)
        try:
            with version_in_process():
                converter.start()
        except (NbGraderException, SystemExit) as error:
            raise CourseError(
                f"The gradebook cannot take over {lesson.id} from {lesson.source.name}: cells were added or "
                "removed after marks were recorded. Back up the gradebook, then "
                f"`nbgrader db assignment remove {lesson.id} --force`, and grade again."
            ) from error


def _knows(gradebook: Gradebook, lesson: Lesson, notebook: nbformat.NotebookNode) -> bool:
    try:
        known = gradebook.find_notebook(lesson.name, lesson.id)
    except MissingEntry:
        return False
    points = {cell.name: float(cell.max_score) for cell in known.grade_cells}
    if points != {cell.grade_id: cell.points for cell in lesson.graded}:
        return False
    # Locked cells are restored from here into what is marked, so their text has to be today's.
    stored = {cell.name: cell.source for cell in known.source_cells if cell.locked}
    wanted = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if "nbgrader" in cell.metadata and utils.is_locked(cell)
    }
    return stored == wanted


@dataclass(frozen=True)
class Recorded:
    """What :func:`record` did.

    Args:
        recorded: (lesson id, student) of every submission that was written.
        unreadable: those written with 0 points and a flag for a person, because intake left no notebook for
            them.
        failed: those that nbgrader refused, with a line saying why.
    """

    recorded: tuple[tuple[str, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    failed: dict[tuple[str, str], str]


def record(course: Course, verdicts: Iterable[Verdict]) -> Recorded:
    """Write marks into the gradebook and the marked notebooks for the formgrader, in this one process.

    Assignments and students that the gradebook does not know are added. Scores, extra credit and comments
    that a person gave stay; that person is asked to look again where the marked notebook changed.

    Args:
        verdicts: of any lessons and students; the notebooks lie in ``submitted/``.

    Raises:
        CourseError: if the gradebook cannot be used, or a lesson's cells changed under recorded marks.
    """
    by_lesson: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for verdict in verdicts:
        by_lesson[verdict.lesson][verdict.student] = verdict
    recorded: list[tuple[str, str]] = []
    unreadable: list[tuple[str, str]] = []
    failed: dict[tuple[str, str], str] = {}
    for lesson_id, found in by_lesson.items():
        lesson = course.lesson(lesson_id)
        ensure_assignment(course, lesson)
        with open_gradebook(course) as gradebook:
            writer = _Writer(course, lesson, gradebook)
            students = sorted(found)
            for start in range(0, len(students), BATCH):
                writer.write({student: found[student] for student in students[start : start + BATCH]})
        recorded += [(lesson.id, student) for student in writer.recorded]
        unreadable += [(lesson.id, student) for student in writer.unreadable]
        failed.update({(lesson.id, student): line for student, line in writer.failed.items()})
    return Recorded(tuple(recorded), tuple(unreadable), failed)


class _Writer:
    """Writes one lesson's verdicts, a batch at a time."""

    def __init__(self, course: Course, lesson: Lesson, gradebook: Gradebook) -> None:
        self.course, self.lesson, self.gradebook = course, lesson, gradebook
        self.recorded: list[str] = []
        self.unreadable: list[str] = []
        self.failed: dict[str, str] = {}
        config = nbgrader_config(course)
        self.config, self.directory = config, CourseDirectory(config=config)
        self.assignment = AssignmentRows.of(gradebook, lesson)
        cells = [*self.assignment.graded_cells.values(), *self.assignment.notebook.solution_cells]
        self.own = nbgrader_steps.own_texts(course, lesson)
        self.names = {cell.id: cell.name for cell in cells}
        self.clear, self.deduplicate = ClearOutputPreprocessor(enabled=True), DeduplicateIds()
        self.restore, self.save = OverwriteCells(), SaveAutoGrades()
        self.restore.gradebook = self.assignment
        for step in (self.restore, self.save):
            step.notebook_id, step.assignment_id = lesson.name, lesson.id
        # Each cell that a student changed is a warning in nbgrader's log; intake has told the student
        # already.
        for step in (self.deduplicate, self.restore, self.save):
            step.log = _quiet

    def write(self, verdicts: dict[str, Verdict]) -> None:
        submissions = self.assignment.submissions(list(verdicts))
        late = []
        for student, verdict in verdicts.items():
            submission = submissions[student]
            try:
                self._write_one(submission, student, verdict)
            except (
                Exception
            ) as error:  # One broken file must not keep the others' marks out of the gradebook.
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        grade.auto_score, grade.needs_manual_grade = 0.0, True
                self.failed[student] = (
                    f"{self.lesson.id} of {student} has no marked notebook "
                    f"({type(error).__name__}: {error}). 0 points, left for a person."
                )
            else:
                self.recorded.append(student)
                if submission.timestamp is not None and self.assignment.row.duedate is not None:
                    late.append(student)
        self.gradebook.db.commit()
        for student in late:
            self._penalise(student)

    def _write_one(self, submission: api.SubmittedAssignment, student: str, verdict: Verdict) -> None:
        folder = self._folder(self.directory.submitted_directory, student)
        path = folder / f"{self.lesson.name}.ipynb"
        mirrored = next(n for n in submission.notebooks if n.notebook_id == self.assignment.notebook.id)
        scores = SubmissionRows(mirrored, self.names)
        timestamp = self.directory.get_existing_timestamp(str(folder))
        if timestamp:
            submission.timestamp = timestamp
        if not path.is_file() or verdict.nothing_readable:
            for grade in scores.grades.values():
                grade.auto_score, grade.needs_manual_grade = 0.0, True
            self.unreadable.append(student)
            return
        notebook = self._marked(nbformat.read(path, as_version=4), student, verdict)
        self.save.gradebook, self.save.student_id = scores, student
        looked_at = [
            g for g in scores.grades.values() if g.manual_score is not None and not g.needs_manual_grade
        ]
        for index, cell in enumerate(notebook.cells):
            self.save.preprocess_cell(cell, {}, index)
        if not self._write_notebook(notebook, folder, student):
            # Nothing is new since a person looked at it, so nobody is asked to look again.
            for grade in looked_at:
                grade.needs_manual_grade = False

    def _marked(
        self, notebook: nbformat.NotebookNode, student: str, verdict: Verdict
    ) -> nbformat.NotebookNode:
        where = {"nbgrader": {"student": student, "assignment": self.lesson.id, "notebook": self.lesson.name}}
        notebook, _ = self.clear.preprocess(notebook, where)
        notebook, _ = self.deduplicate.preprocess(notebook, where)
        if self.assignment.notebook.kernelspec:
            notebook.metadata["kernelspec"] = nbformat.from_dict(
                json.loads(self.assignment.notebook.kernelspec)
            )
        for index, cell in enumerate(notebook.cells):
            self.restore.preprocess_cell(cell, where, index)
        nbgrader_steps.write_marks(notebook, verdict, self.own)
        return notebook

    def _write_notebook(self, notebook: nbformat.NotebookNode, folder: Path, student: str) -> bool:
        """Write the marked notebook; whether it differs from what stood there."""
        target = self._folder(self.directory.autograded_directory, student)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("timestamp.txt", "submission_secret.txt"):
            if (folder / name).is_file():
                shutil.copyfile(folder / name, target / name)
        path = target / f"{self.lesson.name}.ipynb"
        text = nbformat.v4.writes(notebook) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_text(text, encoding="utf-8")
        # nbgrader's own mode: what was marked is a record, and nobody edits it by accident.
        temporary.chmod(0o664 if self.directory.groupshared else 0o444)
        os.replace(temporary, path)
        return True

    def _penalise(self, student: str) -> None:
        where = {"student": student, "assignment": self.lesson.id, "notebook": self.lesson.name}
        where["db_url"] = self.directory.db_url
        step = AssignLatePenalties(config=self.config)
        step.log = _quiet
        step.preprocess(nbformat.v4.new_notebook(), {"nbgrader": where})

    def _folder(self, directory: str, student: str) -> Path:
        return Path(self.directory.format_path(directory, student, self.lesson.id))


_quiet = logging.getLogger("autograder.gradebook.quiet")
_quiet.setLevel(logging.ERROR)
