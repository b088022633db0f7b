"""``autograder grade``: mark what is new or changed, then gradebook, feedback and report, in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from . import gradebook
from .batch import How, Job, mark_all, stale
from .course import Course, Lesson
from .inbox import handed_in
from .pages import feedback
from .pages.report import class_table, write_report
from .verdicts import Verdict


@dataclass(frozen=True)
class Graded:
    """What a run of ``grade`` did: the class's table, where to look, and how many were marked anew."""

    table: Table
    where: str
    marked: int


def grade(
    course: Course,
    lessons: list[Lesson],
    *,
    how: How,
    console: Console,
    student: str | None = None,
    workers: int = 1,
    dask: str | None = None,
) -> Graded:
    """Mark the inbox and write everything that follows from it.

    Verdicts that still hold are not made again, so a run that was stopped goes on where it was.

    Args:
        course: the checkout.
        lessons: which lessons.
        how: sandbox, device, limits.
        console: where progress is shown.
        student: only this student.
        workers: submissions side by side on this machine.
        dask: address of a scheduler, or ``"local"``; then ``workers`` counts only for ``"local"``.

    Raises:
        CourseError: if nothing was handed in, or the gradebook cannot be used.
    """
    jobs: list[Job] = []
    holding: list[Verdict] = []
    for lesson in lessons:
        if lesson_was_handed_in(course, lesson, student):
            new, old = stale(course, lesson, student)
            jobs += new
            holding += old
    if not jobs and not holding:
        return Graded(Table(title="Nothing to mark"), _nothing(course, student), 0)
    marked = list(_with_progress(_mark(course, jobs, how, workers, dask), len(jobs), console))
    recorded = gradebook.record(course, [*holding, *marked])
    for line in recorded.failed.values():
        console.print(line, highlight=False, markup=False)
    feedback.write_all(course, [*holding, *marked])
    page = write_report(course, None)
    where = f"Feedback: {_short(course, course.feedback)}/STUDENT/LESSON/\nReport:   {_short(course, page)}"
    return Graded(class_table([*holding, *marked]), where, len(marked))


def lesson_was_handed_in(course: Course, lesson: Lesson, student: str | None) -> bool:
    """Whether anything lies in the inbox for a lesson."""
    return bool(handed_in(course, lesson, student))


def _mark(course: Course, jobs: list[Job], how: How, workers: int, dask: str | None) -> Iterator[Verdict]:
    if dask is None:
        return mark_all(course, jobs, how=how, workers=workers)
    from .cluster import mark_on_cluster

    return mark_on_cluster(course, jobs, how=how, address=dask, workers=workers)


def _with_progress(verdicts: Iterable[Verdict], total: int, console: Console) -> Iterator[Verdict]:
    columns = (
        TextColumn("marking {task.fields[who]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        task = progress.add_task("", total=total, who="…")
        for verdict in verdicts:
            progress.update(task, advance=1, who=f"{verdict.lesson} {verdict.student}")
            yield verdict


def _nothing(course: Course, student: str | None) -> str:
    whose = f" of {student}" if student else ""
    return f"No notebooks{whose} in {_short(course, course.inbox)}/STUDENT/LESSON/. Put what was handed in there."


def _short(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)
