"""From the lessons' sources to what self-learners open and students get.

`build` executes each lesson's solution where it is stale and has nbgrader's own generate_assignment make the
student release; `build(check=True)` says what is stale, leaks or does not fit, and writes nothing;
`gather_release` puts all that is published into one folder.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader
from traitlets.log import get_logger

from autograder.course import Course, CourseError, Lesson
from autograder.release.leaks import leaks
from autograder.release.lint import source_problems, stub_problems
from autograder.release.page import publishing_page
from autograder.release.solution import execute_solution, is_fresh, solution_path
from autograder.release.source import read_source, write_notebook
from autograder.release.wheel import build_wheel


@dataclass(frozen=True)
class LessonReport:
    """What became of one lesson.

    Args:
        lesson: the lesson's id.
        solution: ``executed``, ``fresh``, ``stale``, ``missing``, ``failed`` or ``left out``: an appendix that
            nobody named, where the package that it asks for is not installed.
        release: ``written``, ``unchanged``, ``stale``, ``missing`` or ``failed``.
        seconds: wall time.
        problems: one line each: what, where, the remedy.
    """

    lesson: str
    solution: str
    release: str
    seconds: float
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildReport:
    """What a build or a check of the build found; ``problems`` holds every line, the lessons' included."""

    lessons: tuple[LessonReport, ...]
    problems: tuple[str, ...] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """Whether nothing is stale, leaking or broken."""
        return not self.problems

    @property
    def lines(self) -> list[str]:
        """One line a lesson, for a person."""
        return [
            f"{one.lesson}: solution {one.solution}, release {one.release} ({one.seconds:.0f} s)"
            for one in self.lessons
        ]


def build(
    course: Course,
    lessons: Iterable[Lesson] | None = None,
    *,
    check: bool = False,
    execute: bool | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> BuildReport:
    """Build lessons, or check that what is built is up to date and leaks nothing.

    Args:
        course: the checkout.
        lessons: which ones; all, and the appendices, where ``None``.
        check: write nothing; compare the release byte by byte and the solutions by the hash of their sources.
        execute: ``None`` executes what is stale when building and nothing when checking; ``True`` executes
            all, which a check does aside; ``False`` executes none.
        tell: gets a line whenever something that takes time begins.

    Raises:
        CourseError: where there is nothing to build.
    """
    wanted = list(course.lessons.values()) if lessons is None else list(lessons)
    if lessons is None and wanted:
        wanted += course.appendices.values()
    if not wanted:
        raise CourseError("There is no lesson in solutions/. A lesson's source is solutions/NN_name/name.py.")
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(course, Path(folder))
        for lesson in wanted:
            begun = time.monotonic()
            solution, solution_trouble = _solution(course, lesson, check, execute, tell, lessons is not None)
            release, release_trouble = _release(course, lesson, check, workshop, tell)
            problems = (*solution_trouble, *release_trouble)
            reports.append(
                LessonReport(
                    lesson.id, solution, release, time.monotonic() - begun, tuple(dict.fromkeys(problems))
                )
            )
    problems = [problem for report in reports for problem in report.problems]
    # A source that cannot be read leaves unknown what would be a leak; it is a problem already.
    if not any(report.release == "failed" for report in reports):
        problems.extend(_leaks(course, check))
    return BuildReport(tuple(reports), tuple(dict.fromkeys(problems)))


def _solution(
    course: Course,
    lesson: Lesson,
    check: bool,
    execute: bool | None,
    tell: Callable[[str], None],
    by_name: bool,
) -> tuple[str, list[str]]:
    """State and problems of the executed solution, which is made where that is asked for."""
    state = "fresh" if is_fresh(course, lesson) else "stale" if solution_path(lesson).is_file() else "missing"
    run = execute if execute is not None else not check and state != "fresh"
    extra = course.extra(lesson)
    if run and extra and find_spec(extra) is None:
        line = f"{lesson.id}: not executed, for the package {extra} is not installed. Run: make {extra}"
        if by_name:
            return "failed", [line]
        tell(line)
        return "left out", []
    if run:
        tell(f"{lesson.id}: executing the solution")
        try:
            notebook = execute_solution(course, lesson)
        except CourseError as error:
            return "failed", [str(error)]
        if not check:
            write_notebook(notebook, solution_path(lesson))
            return "executed", []
    if state != "fresh":
        return state, [f"{lesson.id}: the executed solution is {state}. Run: autograder build {lesson.id}"]
    return state, []


def _release(
    course: Course, lesson: Lesson, check: bool, workshop: Workshop, tell: Callable[[str], None]
) -> tuple[str, list[str]]:
    """State and problems of the student notebook, which is written unless this is a check."""
    tell(f"{lesson.id}: making the student notebook")
    try:
        problems = source_problems(lesson, source := read_source(lesson))
        if problems:
            return "failed", problems
        made = workshop.release(lesson)
    except CourseError as error:
        return "failed", [str(error)]
    problems = stub_problems(lesson, source, nbformat.read(made, as_version=nbformat.NO_CONVERT))
    if problems:
        return "failed", problems
    target = release_path(course, lesson)
    if target.is_file() and target.read_bytes() == made.read_bytes():
        return "unchanged", []
    if not check:
        write_notebook(nbformat.read(made, as_version=nbformat.NO_CONVERT), target)
        return "written", []
    state = "stale" if target.is_file() else "missing"
    return state, [f"{lesson.id}: the student notebook is {state}. Run: autograder build {lesson.id}"]


def _leaks(course: Course, check: bool) -> list[str]:
    """Leaks in the student notebooks, and in a check also in the wheel as it would be built now."""
    try:
        if not check:
            return leaks(course, [course.notebooks]) if course.notebooks.is_dir() else []
        with tempfile.TemporaryDirectory() as folder:
            places = [build_wheel(course, Path(folder))]
            return leaks(course, [*places, *([course.notebooks] if course.notebooks.is_dir() else [])])
    except CourseError as error:
        return [str(error)]


def release_path(course: Course, lesson: Lesson) -> Path:
    """Where a lesson's student notebook lies."""
    return course.notebooks / lesson.id / f"{lesson.name}.ipynb"


def gather_release(course: Course) -> Path:
    """Gather what is published to students in ``dist/release``: notebooks, wheel, licences and a page.

    Raises:
        CourseError: if a student notebook is stale, missing or leaks; the folder is then left as it was.
    """
    report = build(course, check=True, execute=False)
    faults = [lesson.lesson for lesson in report.lessons if lesson.release != "unchanged"]
    if faults:
        raise CourseError(f"Not up to date: {', '.join(faults)}. Run: autograder build")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "release"
        build_wheel(course, fresh)
        for lesson in (*course.lessons.values(), *course.appendices.values()):
            target = fresh / "notebooks" / lesson.id / f"{lesson.name}.ipynb"
            target.parent.mkdir(parents=True)
            shutil.copyfile(release_path(course, lesson), target)
        for name in ("LICENSE", "LICENSE-text"):
            shutil.copyfile(course.root / name, fresh / name)
        (fresh / "README.md").write_text(publishing_page(course), encoding="utf-8")
        found = leaks(course, [fresh])
        if found:
            raise CourseError(f"Not gathered, for it would give something away: {found[0]}")
        place = course.root / "dist" / "release"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(fresh, place)
    return place


class Workshop:
    """A course directory of its own for nbgrader, so that nothing of the instructor's is touched."""

    def __init__(self, course: Course, folder: Path) -> None:
        """Use ``folder``, which is empty and the caller's to remove."""
        self.course, self.root = course, folder.resolve()
        shutil.copyfile(course.root / "pyproject.toml", self.root / "pyproject.toml")

    def release(self, lesson: Lesson) -> Path:
        """Make the lesson's student notebook with nbgrader's generate_assignment.

        Raises:
            CourseError: if nbgrader refuses the lesson; the message carries its reason.
        """
        folder = self.root / "solutions" / lesson.id
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lesson.source, folder / lesson.source.name)
        if (lesson.source.parent / "pictures").is_dir():
            shutil.copytree(lesson.source.parent / "pictures", folder / "pictures", dirs_exist_ok=True)
        # nbgrader looks for a notebook; the first step takes its content from the source beside it.
        write_notebook(nbformat.v4.new_notebook(), folder / f"{lesson.name}.ipynb")
        config = nbgrader_config(self.course)
        config.CourseDirectory.root = str(self.root)
        # As `nbgrader generate_assignment --no-db`: the instructor's gradebook has no part in a build.
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        generate(config, lesson)
        made = self.root / "notebooks" / lesson.id / f"{lesson.name}.ipynb"
        write_notebook(nbformat.read(made, as_version=nbformat.NO_CONVERT), made)
        return made


def nbgrader_config(course: Course) -> Config:
    """The checkout's ``nbgrader_config.py``, loaded afresh."""
    path = course.root / "nbgrader_config.py"
    if not path.is_file():
        raise CourseError("nbgrader_config.py is missing from the checkout's root.")
    return PyFileConfigLoader(path.name, path=str(course.root)).load_config()


def generate(config: Config, lesson: Lesson) -> None:
    """Run nbgrader's generate_assignment for one lesson under a configuration.

    With the checkout's own configuration (`nbgrader_config`) the lesson's cells go into its gradebook, too.

    Raises:
        CourseError: if it fails, with the reason from nbgrader's log.
    """
    config.CourseDirectory.assignment_id = lesson.id
    logger, heard = get_logger(), _Heard()
    kept = logger.handlers, logger.level, logger.propagate
    logger.handlers, logger.propagate = [heard], False
    try:
        coursedir = CourseDirectory(config=config)
        GenerateAssignment(coursedir=coursedir, config=config, force=True).start()
    except (NbGraderException, SystemExit) as error:
        raise CourseError(f"{lesson.id}: nbgrader made no release: {heard.reason or error}") from error
    finally:
        logger.handlers, logger.level, logger.propagate = kept


class _Heard(logging.Handler):
    """Keeps the last line of the first traceback that nbgrader logs: its exceptions only point to the log."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.reason = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "Traceback" in text and not self.reason:
            self.reason = text.strip().splitlines()[-1]
