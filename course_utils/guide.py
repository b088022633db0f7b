"""What a lesson's visible checks are made of: examples, tasks, questions; and how an example is run.

A lesson's own package (``course_utils/lessons/grad_cam/``) is data in these terms. Examples are small,
fixed and meant to be seen: their answers are written down as numbers, never computed, so that nothing here
is a solution.
"""

from __future__ import annotations

import hashlib
import linecache
import secrets
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from course_utils.comparison import Misconception, as_number, compare, describe
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome, summarise
from course_utils.side_effects import Watch

OPTIONS = ("A", "B", "C", "D")
REVEAL_UP_TO = 9
"""An answer with at most this many numbers is shown beside a wrong one."""


@dataclass(frozen=True)
class Raises:
    """As an example's answer: the call is to raise this exception, with ``contains`` in its message."""

    exception: type[Exception]
    contains: str = ""


@dataclass(frozen=True)
class Example:
    """One visible example: a call with known arguments and a known answer.

    Args:
        name: what is looked at, as the student reads it, e.g. ``"gradients of shape [1, 2, 2, 3]"``.
        args: makes the arguments, fresh at every call, so that no call can spoil the next.
        expected: the answer, written down (see :func:`course_utils.comparison.compare` for its types), or
            ``Raises``.
        misconceptions: known mistakes, by the answer they give on this example or by a property of the
            answer.
        errors: pairs (part of an error's message, advice): advice shown when the call raises such an error.
        kwargs: keyword arguments of the call.
        read: turns (returned value, args) into what is compared, for tasks whose effect is not what they
            return.
        atol: absolute tolerance where the course's own is not the right one.
    """

    name: str
    args: Callable[[], tuple[Any, ...]]
    expected: Any
    misconceptions: tuple[Misconception, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    read: Callable[[Any, tuple[Any, ...]], Any] | None = None
    atol: float | None = None


@dataclass(frozen=True)
class Task:
    """The visible side of one graded function.

    Args:
        name: the function's name.
        points: what it is worth in the lesson.
        examples: two to five.
        hints: from a nudge to nearly the answer, never code to copy.
        tidy: add an item on side effects (model, inputs, graph); False where changing things is the task's
            job.
    """

    name: str
    points: float
    examples: tuple[Example, ...]
    hints: tuple[str, ...]
    tidy: bool = True

    def check(self, function: Callable[..., Any]) -> TaskOutcome:
        """Call ``function`` on every example; a mistake in it never raises here.

        The outcome counts examples, not points: points come from the marking, which uses other inputs.
        """
        items, watch = [], Watch()
        for example in self.examples:
            # Whatever mode the notebook is in, an example starts with gradients on, and ends with the mode
            # as it was.
            with torch.enable_grad():
                item = _run(example, function, watch if self.tidy else None)
            items.append(item)
            if item.status is Status.NOT_ATTEMPTED:
                item = replace(item, name="your function")
                return TaskOutcome(self.name, Status.NOT_ATTEMPTED, 0.0, float(len(self.examples)), (item,))
        status = summarise([item.status for item in items])
        # Tidiness alone is no success: it is worth a line where the values are right, or where it is missing.
        if self.tidy and watch.calls and (status is Status.PASSED or watch.problems):
            items.append(_tidy_item(watch))
            if status is Status.PASSED and watch.problems:
                status = Status.PARTIAL
        return TaskOutcome(self.name, status, sum(i.earned for i in items), float(len(items)), tuple(items))


@dataclass(frozen=True)
class Question:
    """A multiple-choice question, marked at once.

    Args:
        id: e.g. ``"q_relu"``.
        key: the sealed right option, made by :func:`seal`.
        explanations: option → what the student reads after choosing it.
        points: what it is worth.
    """

    id: str
    key: str
    explanations: dict[str, str]
    points: float = 1.0

    def is_right(self, answer: Any) -> bool:
        """Whether ``answer`` (a letter, in any case, blanks around it allowed) is the right option."""
        salt, _, _ = self.key.partition("$")
        return isinstance(answer, str) and seal(self.id, answer.strip().upper(), salt) == self.key

    def mark(self, answer: Any) -> TaskOutcome:
        """The outcome of an answer; None, and an empty string, count as not attempted."""
        if answer is None or answer == "":
            status, text = (
                Status.NOT_ATTEMPTED,
                'Commit to a guess first: put "A", "B", "C" or "D" in quotes.',
            )
        elif not isinstance(answer, str) or answer.strip().upper() not in OPTIONS:
            status, text = Status.FAILED, f'{answer!r:.40} is no option; answer with "A", "B", "C" or "D".'
        else:
            status = Status.PASSED if self.is_right(answer) else Status.FAILED
            text = self.explanations[answer.strip().upper()]
        earned = self.points if status is Status.PASSED else 0.0
        item = ItemOutcome(f"your answer: {answer}", status, text, earned=earned, possible=self.points)
        return TaskOutcome(self.id, status, earned, self.points, (item,))


def seal(question_id: str, option: str, salt: str | None = None) -> str:
    """``salt$hash`` of a question's right option: keeps the key out of plain sight, and no more than that."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}${hashlib.sha256(f'{salt}|{question_id}|{option}'.encode()).hexdigest()}"


@dataclass(frozen=True)
class LessonGuide:
    """All that a lesson shows beside its notebook: tasks with examples and hints, questions."""

    id: str
    title: str
    tasks: tuple[Task, ...]
    questions: tuple[Question, ...]
    stand_in: str = "efficientnet_lite0"
    """Which network takes ResNet-18's place where its weights are not to be had; see ``backbones.load_backbone``."""

    def task(self, name: str) -> Task | None:
        """The task of this name, or None."""
        return next((task for task in self.tasks if task.name == name), None)

    def question(self, id: str) -> Question | None:
        """The question with this id, or None."""
        return next((question for question in self.questions if question.id == id), None)


def _run(example: Example, function: Callable[..., Any], watch: Watch | None) -> ItemOutcome:
    args = example.args()
    before = watch.look(args) if watch else None
    try:
        result = function(*args, **example.kwargs)
    except (Exception, SystemExit) as error:
        if watch and isinstance(example.expected, Raises):
            watch.compare(before, args, None)
        return _raised(example, function, error)
    if watch:
        watch.compare(before, args, result)
        torch.set_grad_enabled(True)
    if isinstance(example.expected, Raises):
        wanted = example.expected.exception.__name__
        message = (
            f"Nothing was raised; the call came back with {describe(result)}. Here a {wanted} is wanted."
        )
        return _item(example, Status.FAILED, message)
    try:
        value = example.read(result, args) if example.read else result
    except Exception:  # `read` expects a value of the right kind; anything else is a wrong answer
        return _item(
            example,
            Status.FAILED,
            f"The returned value is {describe(result)}, which is not what is asked for.",
        )
    difference = compare(value, example.expected, example.misconceptions, atol=example.atol)
    if difference:
        message = difference.message + _reveal(example.expected)
        return _item(example, Status.FAILED, message, difference.misconception)
    if watch and not watch.problems:
        _call_again(example, function, args, watch)
    return _item(example, Status.PASSED)


def _call_again(example: Example, function: Callable[..., Any], args: tuple[Any, ...], watch: Watch) -> None:
    """The same call once more: what a first call left behind may change or break the second."""
    try:
        again = function(*args, **example.kwargs)
        value = example.read(again, args) if example.read else again
        same = compare(value, example.expected, atol=example.atol) is None
    except (Exception, SystemExit):
        same = False
    if not same:
        watch.problems.append("a second call on the same input does not give the same answer")


def _tidy_item(watch: Watch) -> ItemOutcome:
    name = "leaves model and inputs as they were" if watch.saw_model else "leaves its inputs as they were"
    if not watch.problems:
        return ItemOutcome(name, Status.PASSED, earned=1.0, possible=1.0)
    problems = "; ".join(dict.fromkeys(watch.problems))
    return ItemOutcome(name, Status.FAILED, f"After your function ran: {problems}.", "side_effect", 0.0, 1.0)


def _item(
    example: Example, status: Status, message: str = "", misconception: str | None = None
) -> ItemOutcome:
    earned = 1.0 if status is Status.PASSED else 0.0
    return ItemOutcome(example.name, status, message, misconception, earned, 1.0)


def _reveal(expected: Any) -> str:
    parts = expected if isinstance(expected, (list, tuple)) else [expected]
    size = sum(part.numel() if isinstance(part, torch.Tensor) else 1 for part in parts)
    if size > REVEAL_UP_TO or isinstance(expected, dict):
        return ""
    return f" For this example the answer is `{_written(expected)}`."


def _written(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return _written(value.tolist())
    if isinstance(value, (list, tuple)):
        return ("[%s]" if isinstance(value, list) else "(%s)") % ", ".join(_written(part) for part in value)
    number = as_number(value, integer=False)
    return f"{number:.4g}" if number is not None else repr(value)


def _raised(example: Example, function: Callable[..., Any], error: BaseException) -> ItemOutcome:
    if isinstance(example.expected, Raises) and isinstance(error, example.expected.exception):
        if example.expected.contains in str(error):
            return _item(example, Status.PASSED)
        text = f"{type(error).__name__} is right; its message should contain {example.expected.contains!r}."
        return _item(example, Status.FAILED, text)
    place, line, source = _where(error.__traceback__)
    own_name = getattr(function, "__name__", "your function")
    if isinstance(error, NotImplementedError) and "TODO" in str(error):
        if place in (own_name, "") or not place.isidentifier():
            return _item(
                example, Status.NOT_ATTEMPTED, "Still TODO: write it in the cell above, run that, then this."
            )
        return _item(example, Status.ERROR, f"It calls `{place}`, which is still TODO: write that one first.")
    said = " ".join(str(error).split())
    said = said if len(said) <= 300 else said[:300] + " ..."
    where = f" (in `{place}`, line {line}: `{source}`)" if source else ""
    advice = next((f" {advice}" for part, advice in example.errors if part in str(error)), "")
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return _item(example, Status.ERROR, f"{what}{where}.{advice}")


def _where(trace: TracebackType | None) -> tuple[str, int, str]:
    """Function, line number and source line of the last frame of the student's own code."""
    foreign = {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    foreign |= {str(Path(torch.__file__).parent), str(Path(__file__).parent)}
    found = ("", 0, "")
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(tuple(foreign)):
            found = (
                code.co_name,
                trace.tb_lineno,
                linecache.getline(code.co_filename, trace.tb_lineno).strip(),
            )
        trace = trace.tb_next
    return found


__all__ = ["Example", "LessonGuide", "Misconception", "Question", "Raises", "Task", "seal"]
