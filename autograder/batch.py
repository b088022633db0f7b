"""Marks many submissions: what is new or changed, side by side, one template a process, resuming after a kill.

Each verdict is stored as soon as it is there, so a batch that is stopped goes on where it was. The gradebook is written by
the caller's process alone.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

from .course import Course, CourseError, Lesson
from .inbox import ALSO_THERE, handed_in
from .lesson_material import checks_version, still_holds
from .marking import Marker
from .reading import shown
from .sandbox import levels
from .sandbox.client import TemplateFailed
from .sandbox.levels import SandboxUnavailable
from .sandbox.watch import Limits
from .secret import load_secret
from .verdicts import Verdict, VerdictStore


@dataclass(frozen=True)
class How:
    """How a batch is marked; plain data, so that it crosses to another process or machine."""

    sandbox: str | None = None
    device: str = "cpu"
    all_cells: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Job:
    """One submission to mark; ``note`` is what its verdict says besides."""

    lesson: str
    student: str
    path: Path
    note: str = ""


def stale(course: Course, lesson: Lesson, student: str | None = None) -> tuple[list[Job], list[Verdict]]:
    """What of a lesson's inbox wants marking, and the verdicts that still hold.

    A verdict holds while the file, the checks and the lesson's source are those it was made from, and while the clean
    notebook is there: without it the gradebook would take the submission for one that nobody could read.
    """
    store, version = VerdictStore(course.verdicts), checks_version(lesson)
    jobs, holding = [], []
    for entry in handed_in(course, lesson, student):
        verdict = store.get(lesson.id, entry.student)
        clean = _clean(course, lesson, entry.student)
        if (
            verdict is not None
            and still_holds(verdict, entry.path, version)
            and (clean.is_file() or verdict.nothing_readable)
        ):
            noted = _with_note(verdict, entry.note)
            if noted != verdict:  # another file came beside it, or went
                store.put(noted)
            holding.append(noted)
        else:
            jobs.append(Job(lesson.id, entry.student, entry.path, entry.note))
    return jobs, holding


def _clean(course: Course, lesson: Lesson, student: str) -> Path:
    """The clean notebook, which is what nbgrader reads."""
    return course.submitted / student / lesson.id / f"{lesson.name}.ipynb"


def _with_note(verdict: Verdict, note: str) -> Verdict:
    kept = tuple(line for line in verdict.notes if not line.startswith(ALSO_THERE))
    return replace(verdict, notes=(*kept, note) if note else kept)


def mark_all(course: Course, jobs: list[Job], *, how: How, workers: int = 1) -> Iterator[Verdict]:
    """Mark jobs in local processes; yields each verdict as it is stored.

    Args:
        course: the checkout.
        jobs: from :func:`stale`.
        how: sandbox, device, limits.
        workers: processes side by side, each with a template of its own.
    """
    levels.choose(how.sandbox)  # refused once, here, and not by every process
    load_secret(course.grading)  # made before several processes ask for it: one could read it half written
    if not jobs:
        return
    if workers <= 1 or len(jobs) == 1:
        with _marker(course, how) as marker:
            for job in jobs:
                yield _mark_and_store(course, marker, job)
        return
    yield from _in_processes(course, jobs, how, min(workers, len(jobs)))


def _marker(course: Course, how: How) -> Marker:
    return Marker(course, sandbox=how.sandbox, device=how.device, limits=how.limits, all_cells=how.all_cells)


def _mark_and_store(course: Course, marker: Marker, job: Job) -> Verdict:
    lesson = course.lesson(job.lesson)
    clean = _clean(course, lesson, job.student)
    try:
        verdict = marker.mark_submission(lesson, job.path, job.student, clean)
    except (ConnectionError, TimeoutError) as error:  # of the talk with a worker, before other OSErrors
        verdict = _failed(course, job, error)
    except (CourseError, SandboxUnavailable, TemplateFailed, OSError):
        raise  # a fault of the machine or the checkout is no student's, and the next would meet it too
    except Exception as error:  # whatever a submission brought about, the others are marked
        verdict = _failed(course, job, error)
    verdict = _with_note(verdict, job.note)
    VerdictStore(course.verdicts).put(verdict)
    return verdict


def _failed(course: Course, job: Job, error: Exception) -> Verdict:
    """A verdict for a submission on which the marker itself failed; how it did is kept for whoever looks."""
    verdict = crashed(
        course, job, f"The marker itself failed ({type(error).__name__}). A person should look."
    )
    trace = shown("".join(traceback.format_exception(error)))
    return replace(verdict, log=({"cell": "marking", "status": "crashed", "traceback": trace},))


# The marker of this process, kept warm between its jobs.
_here: tuple[tuple[Path, Path], How, Marker] | None = None


def mark_one(root: Path, place: Path, job: Job, how: How) -> dict[str, Any]:
    """Mark one job in this process, whose template stays warm for the next; the verdict as plain data.

    Args:
        root: the checkout, as a path that this process sees.
        place: the folder of students' work and marks, likewise.
        job: what to mark.
        how: sandbox, device, limits.
    """
    global _here
    if _here is None or _here[:2] != ((root, place), how):
        import torch

        torch.set_num_threads(1)
        _here = (root, place), how, _marker(Course(root, place), how)
        # Not atexit, whose functions a process of a pool never runs.
        Finalize(None, _here[2].close, exitpriority=10)
    course = Course(root, place)
    return _mark_and_store(course, _here[2], job).to_dict()


def _in_processes(course: Course, jobs: list[Job], how: How, workers: int) -> Iterator[Verdict]:
    # Forked, so that torch's pages are shared; safe, since nothing here has run torch with more than one thread.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(mark_one, course.root, course.grading, job, how): job for job in jobs}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                waiting.pop(future)
                yield Verdict.from_dict(future.result())


def crashed(course: Course, job: Job, reason: str) -> Verdict:
    """A verdict for a submission whose marking itself ended: no points, and a person is asked to look."""
    lesson = course.lesson(job.lesson)
    items = (ItemOutcome("marking", Status.CRASHED, reason),)
    tasks = tuple(TaskOutcome(c.name, Status.CRASHED, 0.0, c.points, items) for c in lesson.marked)
    return Verdict(
        lesson=lesson.id,
        student=job.student,
        file=job.path.name,
        status=Status.CRASHED,
        earned=0.0,
        possible=lesson.possible,
        sandbox="",
        seconds=0.0,
        tasks=tasks,
        notes=(reason,),
    )


__all__ = ["How", "Job", "crashed", "mark_all", "mark_one", "stale"]
