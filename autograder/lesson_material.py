"""What a lesson is marked with: hidden checks, visible keys, the release that cells are found by, and their version."""

from __future__ import annotations

import hashlib
import importlib
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.guide import LessonGuide

from .checks.items import LessonChecks
from .course import Course, CourseError, Lesson
from .verdicts import Verdict


def checks_of(lesson: Lesson) -> LessonChecks:
    """The hidden checks of a lesson.

    Raises:
        CourseError: if the lesson has none.
    """
    module = f"autograder.checks.{lesson.name}"
    try:
        return importlib.import_module(module).CHECKS
    except ModuleNotFoundError as error:
        if error.name != module:  # something that the checks import, which is another fault
            raise
        raise CourseError(
            f"Lesson {lesson.id} has no hidden checks: autograder/checks/{lesson.name}/ is missing."
        ) from None


def guide_of(lesson: Lesson) -> LessonGuide:
    """The visible side of a lesson, which holds the keys of its questions."""
    return importlib.import_module(f"course_utils.lessons.{lesson.name}").GUIDE


@lru_cache(maxsize=32)
def _reference(path: Path, stamp: float) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def reference_notebook(course: Course, lesson: Lesson) -> NotebookNode:
    """The lesson's release notebook, whose cells a submission is laid out by.

    Raises:
        CourseError: if it is not built yet or damaged.
    """
    path = course.notebooks / lesson.id / f"{lesson.name}.ipynb"
    if not path.is_file():
        raise CourseError(
            f"The release of lesson {lesson.id} is not built. Run `autograder build {lesson.id}` first."
        )
    try:
        return _reference(path, path.stat().st_mtime)
    except Exception as error:  # what nbformat raises depends on the damage
        raise CourseError(
            f"The release of lesson {lesson.id} cannot be read ({type(error).__name__} in {path.name}). "
            f"Run `autograder build {lesson.id}` to make it anew."
        ) from None


def checks_version(lesson: Lesson) -> str:
    """SHA-256 over all that decides a mark besides the submission: checks, boundary, visible keys, lesson source."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    visible = Path(importlib.import_module("course_utils").__file__ or "").parent
    files = [*sorted((here / "checks").rglob("*.py")), *sorted((here / "sandbox").rglob("*.py"))]
    files += [
        here / "marking.py",
        here / "notebook_run.py",
        here / "lesson_material.py",
        here / "intake.py",
        here / "sources.py",
        here / "reading.py",
        lesson.source,
    ]
    files += [visible / "comparison.py", visible / "guide.py", *lesson.guide_files(visible)]
    for path in files:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a handed-in file; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def still_holds(verdict: Verdict, path: Path, version: str) -> bool:
    """Whether a stored verdict was made from the file as it is now, with checks of this :func:`checks_version`."""
    return verdict.checks == version and verdict.submission == file_hash(path)
