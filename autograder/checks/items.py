"""What a hidden check is made of: items, each one call of the student's function and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from course_utils.comparison import Misconception

from .draw import Draw


@dataclass(frozen=True)
class Look:
    """One thing to read on the worker's side once a call is done, and what it should be.

    Args:
        read: ``parameters``, ``buffers``, ``requires_grad``, ``training``, ``layer_type``, ``is_argument``, ``forward``,
            ``linear`` (a linear layer, ``old`` weights it must not have),
            ``passes`` (forward passes so far, of a model whose recipe has ``counts``).
        expected: the value expected, compared as a returned value is.
        message: what the student reads where it is not.
        argument: index of the argument to look at; ``None`` looks at the returned object.
        options: further fields of the request (``name``, ``of``).
        misconception: name of the misconception that a failure shows.
        only: compare these keys of a returned dict alone.
    """

    read: str
    expected: Any
    message: str
    argument: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    misconception: str | None = None
    only: Callable[[str], bool] | None = None


@dataclass(frozen=True)
class Item:
    """One call and what is expected of it.

    Args:
        name: what is looked at, in words that the student reads.
        args: positional arguments: tensors, plain values, and :class:`.draw.Model` and its companions.
        kwargs: keyword arguments, likewise.
        expected: what the function should return; see :func:`course_utils.comparison.compare` for what is accepted.
        judge: instead of ``expected``, a function of the returned value that gives a message, a
            :class:`Misconception` that was met, or ``None`` where all is well.
        misconceptions: known mistakes; their values are on this item's input.
        next_step: said after the difference where no misconception is recognised.
        edge: an item that a trivial answer may pass (all zeros, say): it counts only if some plain item passes.
        raises: instead of a value, the exception type that must be raised; ``mentions`` must be in its message.
        looks: what to read once the call is done.
        watch: whether side effects on the arguments count (not where changing them is the task).
        rtol, atol_share, atol: tolerances where the course's own do not fit.
        forbid: names of library functions that raise during the call, where the task is to work by hand.
    """

    name: str
    args: list[Any]
    kwargs: dict[str, Any] = field(default_factory=dict)
    expected: Any = None
    judge: Callable[[Any], str | Misconception | None] | None = None
    misconceptions: tuple[Misconception, ...] | list[Misconception] = ()
    next_step: str = ""
    edge: bool = False
    raises: str | None = None
    mentions: str = ""
    looks: tuple[Look, ...] | list[Look] = ()
    watch: bool = True
    rtol: float | None = None
    atol_share: float | None = None
    atol: float | None = None
    forbid: tuple[str, ...] = ()


Maker = Callable[[Draw], Iterator[Item]]


class LessonChecks:
    """The hidden checks of one lesson: a function for each task that yields its items."""

    def __init__(self, lesson: str) -> None:
        self.lesson = lesson
        self.tasks: dict[str, Maker] = {}
        self.repeats: dict[str, bool] = {}

    def task(self, name: str, *, repeat: bool = True) -> Callable[[Maker], Maker]:
        """Register the items of a task.

        Args:
            name: the task's function.
            repeat: whether a second call on the same input must give the same result (not where changing it is the task).
        """

        def register(maker: Maker) -> Maker:
            self.tasks[name] = maker
            self.repeats[name] = repeat
            return maker

        return register
