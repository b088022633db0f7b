"""Verdicts: the outcome of marking one submission, and the store that keeps them.

A verdict is one JSON file, ``grading/verdicts/LESSON/STUDENT.json``, written whole or not at all. It names the hash of
the notebook it speaks of and of the checks that made it, so that what is new or changed is known without marking.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.outcomes import Status, TaskOutcome

from .whole_file import write_whole


@dataclass(frozen=True)
class Verdict:
    """The outcome of marking one submission.

    Args:
        lesson: the lesson's id.
        student: who handed it in.
        file: the file as handed in, relative to the checkout where it lies inside it.
        status: ``passed``, ``partial``, ``failed``, ``not_attempted``, or why nothing could be marked.
        earned: points over what is marked automatically.
        possible: points that are marked automatically.
        sandbox: the confinement it was marked under, e.g. ``"full"``.
        seconds: wall time of marking.
        tasks: outcomes of tasks, questions and reflections in the order of the lesson.
        notes: what intake did to make the file markable, one sentence each.
        log: what happened to each cell that did not simply run: printed tail, error.
        submission: SHA-256 of the file as handed in.
        checks: SHA-256 over the checks and the lesson's source that made this verdict.
    """

    lesson: str
    student: str
    file: str
    status: Status
    earned: float
    possible: float
    sandbox: str
    seconds: float
    tasks: tuple[TaskOutcome, ...]
    notes: tuple[str, ...] = ()
    log: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    submission: str = ""
    checks: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, in the field order of the command line's ``--json``, store-only fields last."""
        return {
            "lesson": self.lesson,
            "file": self.file,
            "student": self.student,
            "status": str(self.status),
            "earned": self.earned,
            "possible": self.possible,
            "sandbox": self.sandbox,
            "seconds": self.seconds,
            "tasks": [task.to_dict() for task in self.tasks],
            "notes": list(self.notes),
            "log": list(self.log),
            "submission": self.submission,
            "checks": self.checks,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """Rebuild from :meth:`to_dict`'s dictionary."""
        return cls(
            **{
                **data,
                "status": Status(data["status"]),
                "tasks": tuple(TaskOutcome.from_dict(task) for task in data["tasks"]),
                "notes": tuple(data["notes"]),
                "log": tuple(data["log"]),
            }
        )

    @property
    def nothing_readable(self) -> bool:
        """Whether there was no notebook to mark, so that intake wrote no clean one."""
        statuses = {task.status for task in self.tasks} - {Status.NEEDS_PERSON}
        return self.status is Status.ERROR and statuses <= {Status.NOT_ATTEMPTED}

    def task(self, name: str) -> TaskOutcome | None:
        """The outcome of one task, question or reflection by its name."""
        return next((task for task in self.tasks if task.task == name), None)


@dataclass(frozen=True)
class VerdictStore:
    """Verdicts as files under one folder."""

    folder: Path

    def path(self, lesson: str, student: str) -> Path:
        return self.folder / lesson / f"{student}.json"

    def get(self, lesson: str, student: str) -> Verdict | None:
        """The stored verdict, or ``None``; a file that cannot be read counts as none, so that it is made anew."""
        try:
            return Verdict.from_dict(json.loads(self.path(lesson, student).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, verdict: Verdict) -> Path:
        """Write a verdict whole: a kill in the middle leaves the old one or none, never half a file."""
        text = json.dumps(verdict.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        return write_whole(self.path(verdict.lesson, verdict.student), text)

    def all(self, lesson: str) -> list[Verdict]:
        """All readable verdicts of a lesson, by student."""
        students = sorted(path.stem for path in (self.folder / lesson).glob("*.json"))
        found = [self.get(lesson, student) for student in students]
        return [verdict for verdict in found if verdict is not None]
