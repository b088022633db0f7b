"""nbgrader's gradebook opened and read: found as nbgrader itself finds it, and the marks that it holds."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alembic.script import ScriptDirectory
from jupyter_core.paths import jupyter_config_path
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config, PyFileConfigLoader

from autograder.course import Course, CourseError, Lesson


@dataclass(frozen=True)
class CellMark:
    """What the gradebook holds of one graded cell.

    Args:
        grade_id: nbgrader's identifier of the cell.
        auto: the automatic score, ``None`` where there is none.
        manual: the score a person gave, ``None`` where nobody did.
        extra: extra credit that a person gave.
        possible: points of the cell.
        needs_person: whether the formgrader asks for a person to look at it.
    """

    grade_id: str
    auto: float | None
    manual: float | None
    extra: float
    possible: float
    needs_person: bool

    @property
    def score(self) -> float:
        """What counts: the person's score before the automatic one."""
        return (self.manual if self.manual is not None else self.auto or 0.0) + self.extra


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds of one submission.

    Args:
        student: who handed it in.
        lesson: the lesson's id.
        penalty: points taken off for lateness.
        cells: marks by grade_id.
        comments: a person's comments by the grade_id of the cell they stand under.
    """

    student: str
    lesson: str
    penalty: float = 0.0
    cells: dict[str, CellMark] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """All points, a person's included, less the penalty; never below 0."""
        return max(0.0, sum(cell.score for cell in self.cells.values()) - self.penalty)

    @property
    def possible(self) -> float:
        return sum(cell.possible for cell in self.cells.values())

    @property
    def needs_person(self) -> bool:
        return any(cell.needs_person for cell in self.cells.values())


def nbgrader_config(course: Course) -> Config:
    """nbgrader's configuration as its own commands read it in this checkout, completed where it says nothing.

    Raises:
        CourseError: if ``nbgrader_config.py`` cannot be run.
    """
    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(course.root)]:
        if (Path(folder) / "nbgrader_config.py").is_file():
            try:
                config.merge(PyFileConfigLoader("nbgrader_config.py", path=folder).load_config())
            except Exception as error:
                raise CourseError(f"{folder}/nbgrader_config.py cannot be read: {error}.") from error
    directory = config.CourseDirectory
    directory.root = str(course.root)
    for name, value in {
        "source_directory": "solutions",
        "release_directory": "notebooks",
        "submitted_directory": "grading/submitted",
        "autograded_directory": "grading/autograded",
        "feedback_directory": "grading/feedback",
        "db_url": "sqlite:///grading/gradebook.db",
        "ignore": [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.py"],
    }.items():
        if name not in directory:
            directory[name] = value
    # A demo's or a benchmark's: nothing of it belongs into the instructor's gradebook.
    if course.place is not None:
        for name in ("submitted", "autograded", "feedback"):
            directory[f"{name}_directory"] = str(course.grading / name)
        directory.db_url = f"sqlite:///{course.grading / 'gradebook.db'}"
    directory.db_url = _absolute(course, directory.db_url)
    if "autograde_preprocessors" not in config.Autograde:
        config.Autograde.autograde_preprocessors = [
            "autograder.nbgrader_steps.FromVerdict",
            "nbgrader.preprocessors.SaveAutoGrades",
            "nbgrader.preprocessors.AssignLatePenalties",
            "nbgrader.preprocessors.CheckCellMetadata",
        ]
    if "root" not in config.FromVerdict:
        config.FromVerdict.root = str(course.root)
    return config


def database_url(course: Course) -> str:
    """The gradebook's address, a relative SQLite path taken from the checkout."""
    return nbgrader_config(course).CourseDirectory.db_url


def _absolute(course: Course, url: str) -> str:
    parsed = make_url(url)
    if (
        parsed.get_backend_name() != "sqlite"
        or not parsed.database
        or parsed.database.startswith((":", "file:"))
    ):
        return url
    path = course.root / parsed.database
    path.parent.mkdir(parents=True, exist_ok=True)
    return parsed.set(database=str(path)).render_as_string(hide_password=False)


@contextlib.contextmanager
def version_in_process() -> Iterator[None]:
    """Answer here what nbgrader starts the program ``alembic`` for: four seconds for each new gradebook.

    In a virtual environment that is not activated the program's name is unknown besides.
    """
    asked = api.get_alembic_version
    scripts = ScriptDirectory(str(Path(api.__file__).parent / "alembic"))
    api.get_alembic_version = scripts.get_current_head
    try:
        yield
    finally:
        api.get_alembic_version = asked


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """nbgrader's own Gradebook, made where there is none.

    Raises:
        CourseError: if the database cannot be reached or does not fit this nbgrader.
    """
    config = nbgrader_config(course)
    url = config.CourseDirectory.db_url
    try:
        with version_in_process(), Gradebook(url, course_id_of(config)) as gradebook:
            yield gradebook
    except SQLAlchemyError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        reason = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise CourseError(f"The gradebook {shown} cannot be used: {reason}. {_remedy(reason)}") from error


def _remedy(reason: str) -> str:
    """What to do about a gradebook, from what SQLite says of it."""
    if "locked" in reason:
        return "Close the formgrader, or wait, and try again."
    if "not a database" in reason or "malformed" in reason:
        return (
            "Restore a backup of it, or move it away and run `autograder grade` again: "
            "verdicts are kept, marks that a person gave are not."
        )
    if re.search(r"no such (table|column)|has no column", reason):
        return "If nbgrader was updated, back it up and run `nbgrader db upgrade`."
    return "See that it is a file that you may read and write, and that the disk has room."


def chosen_lessons(course: Course, wanted: Iterable[Lesson | str] | None) -> list[Lesson]:
    """Lessons from lessons, ids, names or numbers; all of them from ``None``.

    Raises:
        CourseError: if there is no such lesson.
    """
    if wanted is None:
        return list(course.lessons.values())
    return [lesson if isinstance(lesson, Lesson) else course.lesson(lesson) for lesson in wanted]


def course_id_of(config: Config) -> str:
    """The course's id in the gradebook, nbgrader's own default where none is configured."""
    return config.CourseDirectory.get("course_id") or "default_course"


def read_marks(
    course: Course, lessons: Iterable[str] | None = None, students: Iterable[str] | None = None
) -> dict[tuple[str, str], Marks]:
    """What the gradebook holds, by (lesson id, student); a few queries, however large the class.

    Args:
        lessons: ids of the lessons wanted; all by default.
        students: the students wanted; all by default.

    Raises:
        CourseError: if the gradebook cannot be used.
    """
    submitted = (
        select(api.SubmittedNotebook.id, api.Assignment.name, api.SubmittedAssignment.student_id)
        .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
    )
    if lessons is not None:
        submitted = submitted.where(api.Assignment.name.in_(list(lessons)))
    if students is not None:
        submitted = submitted.where(api.SubmittedAssignment.student_id.in_(list(students)))
    wanted = submitted.subquery()
    grade, cell = api.Grade.__table__, api.GradeCell.__table__
    base, comment = api.BaseCell.__table__, api.Comment.__table__
    notebook = api.SubmittedNotebook.__table__
    found: dict[tuple[str, str], Marks] = {}
    with open_gradebook(course) as gradebook:
        for _, lesson, student, penalty in gradebook.db.execute(
            select(wanted, notebook.c.late_submission_penalty).join(notebook, notebook.c.id == wanted.c.id)
        ):
            found[lesson, student] = Marks(student, lesson, penalty or 0.0)
        rows = gradebook.db.execute(
            select(
                wanted.c.name,
                wanted.c.student_id,
                base.c.name,
                grade.c.auto_score,
                grade.c.manual_score,
                grade.c.extra_credit,
                cell.c.max_score,
                grade.c.needs_manual_grade,
            )
            .join(grade, grade.c.notebook_id == wanted.c.id)
            .join(base, base.c.id == grade.c.cell_id)
            .join(cell, cell.c.id == grade.c.cell_id)
        )
        for lesson, student, name, auto, manual, extra, possible, needs_person in rows:
            found[lesson, student].cells[name] = CellMark(
                name, auto, manual, extra or 0.0, possible, needs_person
            )
        rows = gradebook.db.execute(
            select(wanted.c.name, wanted.c.student_id, base.c.name, comment.c.manual_comment)
            .join(comment, comment.c.notebook_id == wanted.c.id)
            .join(base, base.c.id == comment.c.cell_id)
            .where(comment.c.manual_comment.is_not(None))
        )
        for lesson, student, name, text in rows:
            found[lesson, student].comments[name] = text
    return found


def known_students(course: Course) -> dict[str, str]:
    """The students that the gradebook knows and their names (``""`` where it has none)."""
    with open_gradebook(course) as gradebook:
        rows = gradebook.db.execute(select(api.Student.id, api.Student.first_name, api.Student.last_name))
        return {
            student: " ".join(filter(None, (first, last)))
            for student, first, last in sorted(rows, key=lambda r: r[0])
        }
