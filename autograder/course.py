"""Where the course's parts lie, and what each lesson's source says about its graded cells."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode


class CourseError(Exception):
    """A person's mistake or a missing piece, said in one line: what, where, the remedy."""


@dataclass(frozen=True)
class GradedCell:
    """One cell that carries points in a lesson's source.

    Args:
        grade_id: nbgrader's identifier of the cell, e.g. ``"test_grad_cam"``.
        name: the task's or question's own name, e.g. ``"grad_cam"``.
        kind: ``"task"``, ``"question"`` or ``"reflection"``.
        points: what the cell is worth.
    """

    grade_id: str
    name: str
    kind: str
    points: float


@dataclass(frozen=True)
class Lesson:
    """One lesson: ``06_grad_cam`` with its source ``solutions/06_grad_cam/grad_cam.py``."""

    id: str
    source: Path

    @property
    def name(self) -> str:
        """The notebook's name, e.g. ``"grad_cam"``."""
        return self.source.stem

    def guide_files(self, package: Path) -> list[Path]:
        """The files of the lesson's visible side in a ``course_utils`` folder: one module, or a package of them."""
        visible = package / "lessons"
        return [*visible.glob(f"{self.name}.py"), *sorted(visible.glob(f"{self.name}/*.py"))]

    @cached_property
    def notebook(self) -> NotebookNode:
        """The source as a notebook, answers included (never leaves the trusted side)."""
        return jupytext.read(self.source)

    @cached_property
    def graded(self) -> tuple[GradedCell, ...]:
        """The graded cells in the order of the source."""
        found = []
        for cell in self.notebook.cells:
            meta = cell.metadata.get("nbgrader", {})
            if meta.get("grade"):
                found.append(_graded_cell(meta))
        return tuple(found)

    @property
    def marked(self) -> tuple[GradedCell, ...]:
        """The graded cells that are marked automatically: tasks and questions."""
        return tuple(cell for cell in self.graded if cell.kind != "reflection")

    @property
    def possible(self) -> float:
        """Points that are marked automatically."""
        return sum(cell.points for cell in self.marked)

    @property
    def is_appendix(self) -> bool:
        """Whether this is read and run, but has no number, no tasks and no points."""
        return not self.id[:1].isdigit()

    @property
    def may_use_instruments(self) -> bool:
        """Whether the lesson may import Captum and ``course_utils.instruments`` (lessons 7 and later)."""
        return self.id[:2] >= "07"


def _graded_cell(meta: dict[str, Any]) -> GradedCell:
    grade_id = meta["grade_id"]
    if meta.get("solution"):
        return GradedCell(grade_id, grade_id, "reflection", float(meta["points"]))
    name = grade_id.removeprefix("test_")
    kind = "question" if name.startswith("q_") else "task"
    return GradedCell(grade_id, name, kind, float(meta["points"]))


@dataclass(frozen=True)
class Course:
    """The checkout: its folders, its settings (``[tool.course]`` in ``pyproject.toml``), its lessons.

    Args:
        root: the checkout.
        place: the folder of students' work and marks where it is not ``grading/`` in the checkout, as for the demo.
    """

    root: Path
    place: Path | None = None

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def grading(self) -> Path:
        return self.place or self.root / "grading"

    @property
    def inbox(self) -> Path:
        """What students handed in, untouched: ``inbox/STUDENT/LESSON/NAME.ipynb``."""
        return self.grading / "inbox"

    @property
    def submitted(self) -> Path:
        """Clean notebooks after intake, in nbgrader's layout ``submitted/STUDENT/LESSON/NAME.ipynb``."""
        return self.grading / "submitted"

    @property
    def feedback(self) -> Path:
        return self.grading / "feedback"

    @property
    def verdicts(self) -> Path:
        return self.grading / "verdicts"

    @cached_property
    def _pyproject(self) -> dict[str, Any]:
        try:
            return tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:  # TOMLDecodeError says line and column
            reason = error.strerror if isinstance(error, OSError) else error
            raise CourseError(f"pyproject.toml cannot be read: {reason}. Mend it and try again.") from None

    @property
    def settings(self) -> dict[str, Any]:
        """The table ``[tool.course]``: title, version, where the release is published.

        Raises:
            CourseError: if ``pyproject.toml`` cannot be read or has no such table.
        """
        try:
            return self._pyproject["tool"]["course"]
        except KeyError:
            raise CourseError("pyproject.toml has no table [tool.course]. Put it back.") from None

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``: what the packages of this checkout are and need.

        Raises:
            CourseError: if ``pyproject.toml`` cannot be read or has no such table.
        """
        try:
            return self._pyproject["project"]
        except KeyError:
            raise CourseError("pyproject.toml has no table [project]. Put it back.") from None

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        """All lessons by id, in order."""
        folders = sorted(self.solutions.glob("[0-9][0-9]_*"))
        sources = [folder / f"{folder.name[3:]}.py" for folder in folders]
        return {path.parent.name: Lesson(path.parent.name, path) for path in sources if path.is_file()}

    @cached_property
    def appendices(self) -> dict[str, Lesson]:
        """What is built and published like a lesson but never marked, by id; the settings list them."""
        wanted = [Lesson(name, self.solutions / name / f"{name}.py") for name in self._extras]
        return {appendix.id: appendix for appendix in wanted if appendix.source.is_file()}

    @property
    def _extras(self) -> dict[str, str]:
        return self.settings.get("appendices", {})

    def extra(self, lesson: Lesson) -> str:
        """The package, and optional dependency of that name, that an appendix asks for; empty for a lesson."""
        return self._extras.get(lesson.id, "")

    def requirement(self, extra: str) -> str:
        """What pip is asked for to have an optional dependency, e.g. ``"keras>=3.10,<4"``."""
        return self.project["optional-dependencies"][extra][0]

    def lesson(self, wanted: str) -> Lesson:
        """The lesson with this id (``06_grad_cam``), name (``grad_cam``) or number (``6``).

        Raises:
            CourseError: if there is none.
        """
        for lesson in self.lessons.values():
            if wanted in (lesson.id, lesson.name) or (wanted.isdigit() and int(wanted) == int(lesson.id[:2])):
                return lesson
        raise CourseError(f"There is no lesson {wanted!r}. The lessons are: {', '.join(self.lessons)}.")

    def find_task(self, task: str) -> tuple[Lesson, GradedCell]:
        """The lesson and graded cell of a task by its function's name.

        Raises:
            CourseError: if no lesson has it.
        """
        for lesson in self.lessons.values():
            for cell in lesson.marked:
                if cell.kind == "task" and cell.name == task:
                    return lesson, cell
        names = [c.name for lesson in self.lessons.values() for c in lesson.marked if c.kind == "task"]
        raise CourseError(f"There is no task {task!r}. The tasks are: {', '.join(names)}.")


@lru_cache(maxsize=1)
def this_course() -> Course:
    """The course in whose checkout this package stands.

    Raises:
        CourseError: if the package was copied out of its checkout.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / "solutions").is_dir():
        raise CourseError(
            f"No solutions/ beside {root.name}/autograder. Run the autograder from a checkout of the course."
        )
    return Course(root)
