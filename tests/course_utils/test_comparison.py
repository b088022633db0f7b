"""How large an answer may be for a predicate to look into it, and that size takes nothing from a right answer."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course_utils.comparison import Misconception, compare

LARGE = torch.zeros(2_000_001, dtype=torch.int8)
LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("got", "expected", "asked"),
    [
        (torch.zeros(224, 224), torch.ones(4, 6), True),
        (torch.zeros(200_000, dtype=torch.int8), torch.ones(4, 6), False),
        (torch.zeros(200_000), torch.ones(60_000), True),
        (torch.zeros(200_000).numpy(), torch.ones(4), False),
        ((torch.ones(3, 3), LARGE), (torch.ones(3, 3), [1]), False),
        ({"a": [LARGE]}, {"a": torch.ones(2)}, False),
        ([[0] * 5_000] * 3, [0], False),
        ([0] * 9_000, [0], True),
        ([0] * 30_000, [1] * 9_000, True),
        ("x" * 200_000, 1, False),
        (LOOP, [0], False),
        (torch.zeros(1_000_000), None, True),
        (LARGE, None, False),
        ([0] * 20_000, None, False),
    ],
    ids=range(14),
)
def test_a_predicate_sees_answers_of_bounded_size_alone(got: Any, expected: Any, asked: bool) -> None:
    known = Misconception("seen", "Seen.", when=lambda answer: True)
    found = compare(got, expected, [known])
    assert found is not None
    assert (found.misconception == "seen") is asked
    assert found.message


def test_a_known_value_is_recognised_whatever_its_size() -> None:
    known = Misconception("zeros", "These are zeros.", torch.zeros(300_000))
    found = compare(torch.zeros(300_000), torch.ones(3), [known])
    assert found is not None and found.misconception == "zeros"
    assert compare(torch.ones(300_000), torch.ones(300_000), [known]) is None
