"""What is run of a notebook, what became of it, and the words for what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

from .checks.messages import explain_error, lost_to
from .course import GradedCell


@dataclass
class NotebookRun:
    """What is known of one notebook while it is marked."""

    cells: list[tuple[str, str]]
    titles: dict[str, str]
    dropped: set[str] = field(default_factory=set)
    log: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, TaskOutcome] = field(default_factory=dict)
    missing_name: bool = False
    # A cell that asked for a name that is not there; of interest only where something then went wrong.
    cell_missed_name: bool = False

    def note(self, name: str, answer: dict[str, Any]) -> None:
        """Keep what a person should know of a cell: errors and time-outs; printed text only with them."""
        if answer.get("status") == "ok":
            return
        error = answer.get("error") if isinstance(answer.get("error"), dict) else {}
        self.cell_missed_name |= error.get("type") == "NameError"
        timed_out = answer.get("status") == "timeout"
        status, message = lost_to("timeout") if timed_out else (Status.ERROR, explain_error(error))
        printed = answer.get("printed") if isinstance(answer.get("printed"), str) else ""
        self._log(name, status, message, printed[-2000:])

    def drop(self, name: str, kind: str) -> None:
        """Leave a cell out from now on: it took the process with it. ``kind`` is that of ``WorkerLost``."""
        self.dropped.add(name)
        self._log(name, *lost_to(kind))

    def _log(self, name: str, status: Status, message: str, printed: str = "") -> None:
        title = self.titles.get(name, name)
        self.log.append(
            {"cell": name, "title": title, "status": str(status), "message": message, "printed": printed}
        )


def plan(notebook: NotebookNode, *, all_cells: bool) -> NotebookRun:
    """The code cells to run: not the course's own checks, and not what merely shows things unless all are asked for."""
    cells, titles = [], {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") and not marks.get("solution"):
            continue
        if "show" in cell.metadata.get("tags", []) and not all_cells:
            continue
        name = f"{number}"
        cells.append((name, cell.source))
        titles[name] = marks.get("grade_id") or f"your own cell {number + 1}"
    return NotebookRun(cells, titles)


def with_cell_error(outcome: TaskOutcome, run: NotebookRun) -> TaskOutcome:
    """Where a task's function is missing because its own cell failed, say that instead."""
    entry = next((e for e in run.log if e["title"] == outcome.task), None)
    if outcome.status is not Status.NOT_ATTEMPTED or entry is None:
        return outcome
    item = ItemOutcome(
        "the cell itself", Status(entry["status"]), entry["message"], possible=outcome.possible
    )
    return TaskOutcome(outcome.task, Status(entry["status"]), 0.0, outcome.possible, (item,))


def whole_task(cell: GradedCell, status: Status, message: str) -> TaskOutcome:
    """An outcome without points that has one thing to say of all of a task."""
    item = ItemOutcome("the whole task", status, message, possible=cell.points)
    return TaskOutcome(cell.name, status, 0.0, cell.points, (item,))
