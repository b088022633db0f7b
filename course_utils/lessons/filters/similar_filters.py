"""Pairs of filters by cosine, on filters of a few weights."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

# The second is twice the first, the third its opposite, the fourth close to it, the fifth dead.
SIX = [
    [[[1.0, 0], [0, 1]]],
    [[[2.0, 0], [0, 2]]],
    [[[-1.0, 0], [0, -1]]],
    [[[1.0, 0.2], [0, 1]]],
    [[[0.0, 0], [0, 0]]],
    [[[1.0, 1], [1, 1]]],
]
FOUR = [
    [[[1.0, 2], [3, 4]]],
    [[[4.0, 3], [2, 1]]],
    [[[1.0, -1], [0, 0]]],
    [[[1.0, -0.5], [0.5, -1]]],
]


def _six() -> tuple[Any, ...]:
    return (tensor(SIX),)


PAIRS_OF_LISTS = Misconception(
    "lists_for_tuples",
    "The pairs are right, and they are not tuples of ints. Return a list of tuples (i, j).",
    when=lambda got: [tuple(int(n) for n in pair) for pair in got] == [(0, 1), (0, 3), (1, 3)],
)

SIMILAR = Task(
    name="similar_filters",
    points=4,
    examples=(
        Example(
            "six filters, threshold 0.95",
            _six,
            [(0, 1), (0, 3), (1, 3)],
            (
                Misconception(
                    "dot_product",
                    "This compares dot products, which grow with the size of the weights. Divide by both "
                    "lengths.",
                    [(0, 1), (0, 3), (0, 5), (1, 3), (1, 5), (3, 5)],
                ),
                Misconception(
                    "opposites_counted",
                    "A filter and its opposite have cosine similarity -1. They are as different as can be.",
                    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)],
                ),
                Misconception(
                    "both_orders",
                    "Each pair is there twice. Give it once, the smaller index first.",
                    when=lambda got: (
                        len(got) == 6 and {tuple(sorted(p)) for p in got} == {(0, 1), (0, 3), (1, 3)}
                    ),
                ),
                Misconception(
                    "paired_with_itself",
                    "A filter is paired with itself. Only i < j.",
                    when=lambda got: any(i == j for i, j in got),
                ),
                Misconception(
                    "larger_index_first",
                    "The smaller index comes first in each pair.",
                    when=lambda got: any(i > j for i, j in got),
                ),
                Misconception(
                    "not_sorted",
                    "These are the right pairs. Sort the list.",
                    when=lambda got: got != sorted(got) and sorted(got) == [(0, 1), (0, 3), (1, 3)],
                ),
                PAIRS_OF_LISTS,
            ),
        ),
        Example(
            "four other filters, threshold 0.64",
            lambda: (tensor(FOUR),),
            [(0, 1), (2, 3)],
            (
                Misconception(
                    "threshold_ignored",
                    "This is the answer for 0.95. Use the argument `threshold`.",
                    [],
                ),
                Misconception(
                    "mean_subtracted",
                    "The filters' means were subtracted first. That is a correlation; take the plain cosine.",
                    [(1, 3), (2, 3)],
                ),
            ),
            kwargs={"threshold": 0.64},
        ),
        Example(
            "the six filters, threshold -0.5: the dead filter still has no partner",
            _six,
            [(0, 1), (0, 3), (0, 5), (1, 3), (1, 5), (3, 5)],
            (
                Misconception(
                    "dead_filter_paired",
                    "Filter 4 is all zeros. It has no direction, so it is similar to nothing.",
                    when=lambda got: any(4 in pair for pair in got),
                ),
            ),
            kwargs={"threshold": -0.5},
        ),
        Example(
            "two channels: the whole filter is compared",
            lambda: (tensor([[[[1.0]], [[0.0]]], [[[1.0]], [[1.0]]], [[[2.0]], [[2.1]]]]),),
            [(1, 2)],
            (
                Misconception(
                    "first_channel_only",
                    "Only the first channel was compared. Flatten all of a filter's weights.",
                    [(0, 1), (0, 2), (1, 2)],
                ),
            ),
        ),
    ),
    hints=(
        "A filter is a list of numbers, so it is an arrow in a space with C·k·k axes. The cosine of two "
        "arrows "
        "is 1 if they point the same way, however long they are.",
        "Flatten to [N, C·k·k] and divide each row by its length (careful with a length of 0). What does "
        "this "
        "matrix times its own transpose hold?",
        "Walk over all i, and over all j from i + 1, and keep the pairs at or above the threshold. "
        "`int(...)` "
        "makes plain ints.",
    ),
)
