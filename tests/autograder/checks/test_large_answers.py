"""Answers far larger than the expected ones cost the marker neither time nor memory: no predicate takes them apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autograder.checks import judging
from autograder.checks.draw import Draw
from autograder.course import this_course
from autograder.lesson_material import checks_of

# Just what the comparison lets predicates look into, and far more.
SIZES = (90_000, 3_000_000)
CHECKS = {
    lesson.name: checks_of(lesson)
    for lesson in this_course().lessons.values()
    if any(cell.kind == "task" for cell in lesson.marked)
}
TASKS = [(lesson, task) for lesson, checks in CHECKS.items() for task in checks.tasks]


class Taken(Exception):
    pass


@pytest.mark.parametrize(("lesson", "task"), TASKS, ids=lambda name: name)
def test_no_check_takes_a_large_tensor_apart(lesson: str, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [i for i in CHECKS[lesson].tasks[task](Draw(b"k", "large", task)) if not i.raises]
    taken: list[int] = []
    unbind = torch.Tensor.__iter__

    def counted(tensor: torch.Tensor) -> Any:
        if tensor.numel() > 10_000:
            taken.append(len(tensor))
        return unbind(tensor)

    monkeypatch.setattr(torch.Tensor, "__iter__", counted)
    for size in SIZES:
        flat, pairs = torch.zeros(size, dtype=torch.int8), torch.zeros(size // 2, 2)
        for value in (
            flat,
            pairs,
            pairs.T,
            (flat, flat),
            (torch.ones(4, 4), flat),
            [flat, flat],
            {"a": flat},
        ):
            for item in items:
                assert judging._difference(item, value) is not None or item.expected is None
    assert not taken


@pytest.mark.parametrize("size", SIZES)
def test_names_with_large_values_cost_no_broadcast(size: int) -> None:
    """Each value against a map of its own shape alone: `allclose` would otherwise spread one over the other."""
    for item in CHECKS["hooks"].tasks["capture_activations"](Draw(b"k", "large", "capture_activations")):
        if item.raises:
            continue
        spread = {name: torch.zeros(size // len(item.expected), 1, 1, 1, 1) for name in item.expected}
        assert judging._difference(item, spread) is not None
