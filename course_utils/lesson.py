"""The object a notebook talks to: checks, hints, answers, progress, and what to hand in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch

from course_utils.comparison import describe
from course_utils.feedback_display import Shown, show_note, show_outcome, show_table
from course_utils.guide import LessonGuide
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

if TYPE_CHECKING:
    from course_utils.backbones import Backbone

AFTER_PASS = "The marking calls your function on other inputs, sizes and models."


class LessonError(Exception):
    """A lesson could not be opened; the message is one line: what, and the remedy."""


def open_lesson(lesson_id: str) -> Lesson:
    """Open the lesson ``lesson_id`` (e.g. ``"06_grad_cam"``), say on which device it runs, and return it.

    Raises:
        LessonError: there is no such lesson in this version of ``course_utils``.
    """
    number, _, name = str(lesson_id).partition("_")
    module = f"course_utils.lessons.{name}"
    if not (number.isdigit() and name.isidentifier() and find_spec(module)):
        raise LessonError(
            f"There is no lesson {lesson_id!r}: use its folder's name, for example '06_grad_cam'."
        )
    lesson = Lesson(import_module(module).GUIDE)
    kind = "a GPU" if lesson.device.type == "cuda" else "the CPU"
    print(
        f"Lesson {number}: {lesson.guide.title}\nThis session runs on {kind}; the model loads when it is "
        f"first used."
    )
    return lesson


class Lesson:
    """One open lesson of one student."""

    def __init__(self, guide: LessonGuide) -> None:
        self.guide = guide
        self._outcomes: dict[str, TaskOutcome] = {}
        self._hints_seen: Counter[str] = Counter()

    @cached_property
    def device(self) -> torch.device:
        """CUDA where there is a GPU, else the CPU."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def backbone(self) -> Backbone:
        """The classifier to look into, loaded on first use; loading prints which one it is and why."""
        from course_utils.backbones import load_backbone

        return load_backbone(device=self.device, stand_in=self.guide.stand_in)

    def check(self, function: Callable[..., Any]) -> Shown:
        """Try a function on its task's visible examples; display and return how it went.

        A mistake in the function, or something that is no function, is reported and never raised.
        """
        name = getattr(function, "__name__", "")
        task = self.guide.task(name)
        if task is None or not callable(function):
            return show_outcome(self._not_a_task(function, name))
        outcome = task.check(function)
        self._outcomes[name] = outcome
        note = AFTER_PASS if outcome.status is Status.PASSED else f'Stuck? `lesson.hint("{name}")`'
        return show_outcome(outcome, note)

    def hint(self, task: str | Callable[..., Any], number: int | None = None) -> None:
        """Display the next hint on a task (or hint ``number``, from 1)."""
        name = task if isinstance(task, str) else getattr(task, "__name__", "")
        found = self.guide.task(name)
        if found is None:
            show_note("No such task", f"{name!r} is none of: {self._task_names()}.")
            return
        last = len(found.hints)
        wanted = number if isinstance(number, int) else self._hints_seen[name] + 1
        shown = min(max(wanted, 1), last)
        self._hints_seen[name] = shown
        more = "" if shown < last else "\nThat was the last hint."
        show_note(f"Hint {shown} of {last} for `{name}`", found.hints[shown - 1] + more)

    def answer(self, question_id: str, answer: Any) -> Shown:
        """Mark the answer to a question at once; display and return the outcome with its explanation."""
        question = self.guide.question(question_id)
        if question is None:
            ids = ", ".join(q.id for q in self.guide.questions)
            item = ItemOutcome(
                str(question_id), Status.ERROR, f"There is no such question; there are: {ids}."
            )
            return show_outcome(TaskOutcome(str(question_id), Status.ERROR, 0.0, 0.0, (item,)))
        outcome = question.mark(answer)
        self._outcomes[question_id] = outcome
        return show_outcome(outcome)

    @contextmanager
    def reveal(self, *tasks: str) -> Iterator[None]:
        """``with lesson.reveal("grad_cam"): ...`` runs cells that show what a student's functions give.

        While one of ``tasks`` is still TODO, or goes wrong here, a line says so in place of the picture, and
        the notebook runs on. Without a name it wraps an ungraded cell of the student's own. With
        ``COURSE_STRICT=1`` in the environment the error is raised as it is.
        """
        try:
            yield
        except Exception as error:
            if os.environ.get(
                "COURSE_STRICT"
            ):  # the build executes the solutions so: nothing may go wrong unseen
                raise
            needed = " and ".join(f"`{task}`" for task in tasks)
            if isinstance(error, NotImplementedError) and "TODO" in str(error):
                first = "gives: write that" if len(tasks) == 1 else "give: write them"
                text = f"This cell shows what your {needed} {first} first, then run it again."
                show_note("Not yet", text if tasks else "This cell is still TODO. It is not graded.")
            else:
                said = " ".join(str(error).split())[:200]
                next_step = f"\nDo the checks of {needed} pass? Then run this cell again." if tasks else ""
                text = f"{type(error).__name__}: {said}{next_step}"
                show_note("This cell could not show its result", text)

    def progress(self) -> None:
        """Display where every task and question of the lesson stands in this session."""
        rows = []
        for entry in (*self.guide.tasks, *self.guide.questions):
            name = getattr(entry, "name", None) or entry.id
            seen = self._outcomes.get(name)
            state = f"{seen.status.symbol} {seen.status.words}" if seen else "– not checked in this session"
            rows.append((name, f"{entry.points:g}", state))
        note = f"{self._done()} of {len(rows)} done. The reflection is read by a person and is not listed."
        show_table(f"Progress: {self.guide.title}", ("task", "points", "visible checks"), rows, note)

    def hand_in(self) -> None:
        """Display how to hand this notebook in. Nothing is sent or saved by this call."""
        name = f"{self.guide.id.partition('_')[2]}.ipynb"
        open_ones = [task.name for task in self.guide.tasks if not self._passed(task.name)]
        open_ones += [q.id for q in self.guide.questions if not self._answered(q.id)]
        steps = [
            "1. Run the whole notebook once from the top (Restart and run all).",
            "2. Save it. In Colab: File, Download, Download .ipynb.",
            f"3. Hand in that one file, `{name}`, where your instructor asks for it. Keep its name.",
        ]
        if open_ones:
            steps.insert(
                0, f"Not yet correct or not yet checked: {', '.join(open_ones)}. Partial work counts too."
            )
        show_note("Hand in", "\n".join(steps))

    def _passed(self, name: str) -> bool:
        return name in self._outcomes and self._outcomes[name].status is Status.PASSED

    def _answered(self, id: str) -> bool:
        return id in self._outcomes and self._outcomes[id].status is not Status.NOT_ATTEMPTED

    def _done(self) -> int:
        return sum(outcome.status is Status.PASSED for outcome in self._outcomes.values())

    def _task_names(self) -> str:
        return ", ".join(task.name for task in self.guide.tasks)

    def _not_a_task(self, function: Any, name: str) -> TaskOutcome:
        if callable(function):
            message = f"The function is called {name or 'nothing'!r}; a task is one of: {self._task_names()}."
            if name == "<lambda>":
                message = (
                    f"A lambda has no name of its own. Write it with `def`, as one of: {self._task_names()}."
                )
        else:
            message = (
                f"This is {describe(function)}, not a function. A variable may have taken the function's "
                f"name: "
                "rename the variable, run the function's cell again, then this one."
            )
        item = ItemOutcome("what was handed to lesson.check", Status.ERROR, message)
        return TaskOutcome(name or "lesson.check", Status.ERROR, 0.0, 0.0, (item,))
