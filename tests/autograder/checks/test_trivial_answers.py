"""Answers that take no thought, and cheats that need no knowledge: none may earn a point in any task of any lesson."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.course import this_course
from course_utils.outcomes import Status
from tests.autograder.checks.local_worker import judge_here


class EqualsAll:
    """An object that says yes to every comparison."""

    shape, ndim, dtype = (1,), 1, torch.float32

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: EqualsAll()


class EqualTensor(torch.Tensor):
    """A tensor that says yes to every comparison, and that its difference from anything is nothing."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.eq, torch.Tensor.__eq__, torch.allclose, torch.equal):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})


class EqualArray(np.ndarray):
    """The same for NumPy."""

    def __eq__(self, other: object) -> Any:
        return np.True_


class Grand(int):
    """An int that equals every other."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def first_tensor(arguments: tuple[Any, ...]) -> torch.Tensor:
    flat = [a for a in arguments if isinstance(a, torch.Tensor)]
    return flat[0] if flat else torch.ones(1, 3, 224, 224)


def picture_like(arguments: tuple[Any, ...], value: float) -> torch.Tensor:
    return torch.full(tuple(first_tensor(arguments).shape[-2:]), value)


def tensor_subclass(*arguments: Any, **named: Any) -> Any:
    return first_tensor(arguments).detach().clone().as_subclass(EqualTensor)


def array_subclass(*arguments: Any, **named: Any) -> Any:
    return first_tensor(arguments).detach().numpy().copy().view(EqualArray)


def exits(*arguments: Any, **named: Any) -> Any:
    raise SystemExit(0)


def raises_something(*arguments: Any, **named: Any) -> Any:
    raise KeyError("no such layer: 'nonsense', 'missing', 'unknown'")


def fails_like_the_model(*arguments: Any, **named: Any) -> Any:
    raise RuntimeError("this forward pass is meant to fail")


TRIVIAL = {
    "None": lambda *a, **k: None,
    "True": lambda *a, **k: True,
    "zero": lambda *a, **k: 0,
    "minus_one": lambda *a, **k: -1,
    "nan": lambda *a, **k: float("nan"),
    "text": lambda *a, **k: "right",
    "empty_list": lambda *a, **k: [],
    "empty_dict": lambda *a, **k: {},
    "empty_tensor": lambda *a, **k: torch.empty(0),
    "first_argument": lambda *a, **k: a[0],
    "last_argument": lambda *a, **k: a[-1],
    "all_arguments": lambda *a, **k: a,
    "first_tensor": lambda *a, **k: first_tensor(a),
    "zeros_like_input": lambda *a, **k: torch.zeros_like(first_tensor(a)),
    "ones_like_input": lambda *a, **k: torch.ones_like(first_tensor(a)),
    "zeros_of_picture": lambda *a, **k: picture_like(a, 0.0),
    "ones_of_picture": lambda *a, **k: picture_like(a, 1.0),
    "nan_of_picture": lambda *a, **k: picture_like(a, float("nan")),
    "pair_of_zeros": lambda *a, **k: (picture_like(a, 0.0), 0),
    "pair_of_ones": lambda *a, **k: (picture_like(a, 1.0), 1),
    "pair_with_asked_class": lambda *a, **k: (picture_like(a, 0.0), a[-1] if isinstance(a[-1], int) else 0),
    "equals_all": lambda *a, **k: EqualsAll(),
    "pair_equals_all": lambda *a, **k: (EqualsAll(), EqualsAll()),
    "int_that_equals_all": lambda *a, **k: Grand(3),
    "tensor_subclass": tensor_subclass,
    "array_subclass": array_subclass,
    "a_model": lambda *a, **k: nn.Linear(2, 2),
    "a_function": lambda *a, **k: print,
    "exits": exits,
    "raises_something": raises_something,
    "fails_like_the_model": fails_like_the_model,
}

TASKS = [
    (lesson, cell.name)
    for lesson in this_course().lessons.values()
    for cell in lesson.marked
    if cell.kind == "task"
]


@pytest.mark.parametrize(("lesson", "task"), TASKS, ids=lambda v: getattr(v, "name", v))
def test_trivial_answers_earn_nothing(lesson: Any, task: str) -> None:
    checks = importlib.import_module(f"autograder.checks.{lesson.name}").CHECKS
    earned = {}
    for name, answer in TRIVIAL.items():
        outcome = judge_here(checks, task, answer)
        assert outcome.status is not Status.PASSED
        if outcome.earned:
            earned[name] = (outcome.earned, [i.name for i in outcome.items if i.earned])
    assert not earned


@pytest.mark.parametrize(("lesson", "task"), TASKS, ids=lambda v: getattr(v, "name", v))
def test_what_is_no_function_is_not_attempted(lesson: Any, task: str) -> None:
    checks = importlib.import_module(f"autograder.checks.{lesson.name}").CHECKS
    for found in (None, 3, "text", torch.zeros(1)):
        outcome = judge_here(checks, task, found)
        assert (outcome.status, outcome.earned) == (Status.NOT_ATTEMPTED, 0.0)
