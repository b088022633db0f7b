"""The one vocabulary in which this course says how a piece of work went.

The checks that a student sees and the hidden checks of the autograder report in the same words, so that a
message read in the notebook and a message read in the feedback mean the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a task, or one item of it, went."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    NEEDS_PERSON = "needs_person"

    @property
    def words(self) -> str:
        """The status as it is shown to a person."""
        return _WORDS[self]

    @property
    def symbol(self) -> str:
        """A one-character mark that does not lean on colour."""
        return _SYMBOLS[self]


_WORDS = {
    Status.PASSED: "correct",
    Status.PARTIAL: "partly correct",
    Status.FAILED: "not yet correct",
    Status.NOT_ATTEMPTED: "not attempted",
    Status.ERROR: "ended with an error",
    Status.TIMEOUT: "ran out of time",
    Status.CRASHED: "stopped the Python process",
    Status.NEEDS_PERSON: "to be read by a person",
}
_SYMBOLS = {
    Status.PASSED: "✔",
    Status.PARTIAL: "◐",
    Status.FAILED: "✘",
    Status.NOT_ATTEMPTED: "○",
    Status.ERROR: "!",
    Status.TIMEOUT: "◷",
    Status.CRASHED: "!",
    Status.NEEDS_PERSON: "✎",
}


@dataclass(frozen=True)
class ItemOutcome:
    """One thing that was looked at: what it was, what came back, the next step."""

    name: str
    status: Status
    message: str = ""
    misconception: str | None = None
    earned: float = 0.0
    possible: float = 0.0


@dataclass(frozen=True)
class TaskOutcome:
    """The outcome of one graded task or question, with the items that led to it."""

    task: str
    status: Status
    earned: float
    possible: float
    items: tuple[ItemOutcome, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary, in the field order of the command line's ``--json``."""
        return {
            "task": self.task,
            "status": str(self.status),
            "earned": self.earned,
            "possible": self.possible,
            "items": [
                {
                    "name": item.name,
                    "status": str(item.status),
                    "earned": item.earned,
                    "possible": item.possible,
                    "message": item.message,
                    "misconception": item.misconception,
                }
                for item in self.items
            ],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TaskOutcome:
        """Rebuild an outcome from :meth:`to_dict`'s dictionary."""
        items = tuple(ItemOutcome(**{**item, "status": Status(item["status"])}) for item in data["items"])
        return cls(data["task"], Status(data["status"]), data["earned"], data["possible"], items)


def summarise(statuses: list[Status]) -> Status:
    """The status of a task from the statuses of its items.

    All passed is ``passed``; some passed is ``partial``; where nothing passed, the commonest reason that
    explains itself best is named: nothing attempted, an error, a time-out or a crash before a plain ``failed``.
    """
    if not statuses or all(status is Status.NOT_ATTEMPTED for status in statuses):
        return Status.NOT_ATTEMPTED
    if all(status is Status.PASSED for status in statuses):
        return Status.PASSED
    if any(status in (Status.PASSED, Status.PARTIAL) for status in statuses):
        return Status.PARTIAL
    for status in (Status.CRASHED, Status.TIMEOUT, Status.ERROR):
        if status in statuses and Status.FAILED not in statuses:
            return status
    return Status.FAILED


__all__ = ["ItemOutcome", "Status", "TaskOutcome", "summarise"]
