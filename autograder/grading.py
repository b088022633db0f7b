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
from .course import Course, CourseError, Lesson
from .inbox import ALSO_THERE, handed_in, left_out, speakable
from .pages import feedback
from .pages.report import class_table, write_report
from .verdicts import Verdict

MOST_LINES = 20


@dataclass(frozen=True)
class Graded:
    """What a run of ``grade`` did.

    Args:
        table: the class.
        where: where to look.
        marked: how many were marked anew.
        left_out: a line for each thing in the inbox that is not marked, and what to do about it.
        beside: a line for each submission beside which other notebooks lay.
    """

    table: Table
    where: str
    marked: int
    left_out: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


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
        CourseError: if there is no such student, or the gradebook cannot be used.
    """
    if student is not None and not _has_folder(course, student):
        raise CourseError(
            f"There is no folder {speakable(student)} in {_short(course, course.inbox)}/. See how the student's is written."
        )
    jobs: list[Job] = []
    holding: list[Verdict] = []
    for lesson in lessons:
        if lesson_was_handed_in(course, lesson, student):
            new, old = stale(course, lesson, student)
            jobs += new
            holding += old
    not_marked = _at_most(left_out(course, student), "more are not marked for such reasons.")
    if not jobs and not holding:
        return Graded(Table(title="Nothing to mark"), _nothing(course, student), 0, not_marked)
    marked = list(_with_progress(_mark(course, jobs, how, workers, dask), len(jobs), console))
    recorded = gradebook.record(course, [*holding, *marked])
    for line in recorded.failed.values():
        console.print(line, highlight=False, markup=False)
    feedback.write_all(course, [*holding, *marked])
    page = write_report(course, None)
    where = f"Feedback: {_short(course, course.feedback)}/STUDENT/LESSON/\nReport:   {_short(course, page)}"
    beside = [
        f"{speakable(verdict.student)}, {verdict.lesson}: {note}"
        for verdict in [*holding, *marked]
        for note in verdict.notes
        if note.startswith(ALSO_THERE)
    ]
    return Graded(
        class_table([*holding, *marked]),
        where,
        len(marked),
        not_marked,
        _at_most(
            beside, "more have other notebooks beside the one that was marked; their feedback names them."
        ),
    )


def _has_folder(course: Course, student: str) -> bool:
    return course.inbox.is_dir() and any(p.name == student and p.is_dir() for p in course.inbox.iterdir())


def _at_most(lines: list[str], further: str) -> tuple[str, ...]:
    """The first lines, and how many there are besides: a class in the wrong place must not flood the terminal."""
    more = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], f"{more} {further}") if more > 0 else tuple(lines)


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
