"""Items drawn ahead: drawing one takes the marker as long as a call takes the worker, so the two go on side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .draw import Draw
from .items import Item, LessonChecks


class TaskItems:
    """The items of one task for one submission, each drawn once, at the latest when it is asked for.

    Args:
        task: the task's name.
        repeat: how many calls an item makes on the same input.
        source: gives the items; drawing is what it does between two of them.
    """

    def __init__(self, task: str, repeat: int, source: Iterable[Item]) -> None:
        self.task, self.repeat = task, repeat
        self._source = iter(source)
        self._drawn: list[Item] = []

    @classmethod
    def of(cls, checks: LessonChecks, task: str, draw: Draw) -> TaskItems:
        """The items that a lesson's checks draw for a task."""
        return cls(task, 2 if checks.repeats[task] else 1, checks.tasks[task](draw))

    def draw_one(self) -> bool:
        """Draw the next item; ``False`` where there are no more."""
        item = next(self._source, None)
        if item is not None:
            self._drawn.append(item)
        return item is not None

    def __iter__(self) -> Iterator[Item]:
        number = 0
        while number < len(self._drawn) or self.draw_one():
            yield self._drawn[number]
            number += 1


class Ahead:
    """The items of a submission's tasks, in the order in which they will be judged.

    Args:
        tasks: their names.
        items_of: starts the drawing of a task.
    """

    def __init__(self, tasks: Iterable[str], items_of: Callable[[str], TaskItems]) -> None:
        self._waiting, self._items_of = list(tasks), items_of
        self._started: dict[str, TaskItems] = {}

    def of(self, task: str) -> TaskItems:
        """The items of the task that is judged now; those of the tasks before it are let go."""
        self._waiting = self._waiting[self._waiting.index(task) :]
        self._started = {name: items for name, items in self._started.items() if name in self._waiting}
        return self._start(task)

    def draw_one(self) -> bool:
        """Draw one item of this task or else of the next, for more would fill the memory; ``False`` if there is none."""
        return any(self._start(task).draw_one() for task in self._waiting[:2])

    def _start(self, task: str) -> TaskItems:
        if task not in self._started:
            self._started[task] = self._items_of(task)
        return self._started[task]
