"""`similar_filters`: pairs by NumPy's cosines, and those that known mistakes name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception

# Rows of a tensor that are taken apart into pairs.
MOST_PAIRS = 10_000


def items(draw: Draw) -> Iterator[Item]:
    for name, count, shape, threshold in (
        ("copies, stronger copies and opposites among filters of 3×7×7", 9, (3, 7, 7), None),
        ("threshold 0.8", 10, (3, 3, 3), 0.8),
        ("one channel, threshold 0.6", 8, (1, 4, 4), 0.6),
        ("filters of 5 channels, threshold 0.9", 12, (5, 2, 2), 0.9),
    ):
        weight = _with_relatives(draw, name, count, shape, threshold or 0.95)
        yield _similar_item(name, weight, threshold)
    name = "a threshold below 0, and two dead filters"
    weight = _with_relatives(draw, name, 7, (3, 3, 3), -0.2)
    weight[[2, 5]] = 0
    yield _similar_item(name, weight, -0.2)
    name = "filters that have nothing in common"
    weight = torch.linalg.qr(draw.normal(name, 12, 12)).Q[:5].reshape(5, 3, 2, 2).contiguous()
    yield _similar_item(name, weight, None, edge=True)


def _with_relatives(draw: Draw, name: str, count: int, shape: tuple[int, ...], threshold: float) -> Tensor:
    """Filters with planted relatives, none of whose similarities lies near the threshold."""
    for attempt in range(500):
        weight = draw.normal(f"{name} {attempt}", count, *shape) + 0.15
        noise = draw.normal(f"{name} noise {attempt}", count, *shape)
        order = draw.permutation(f"{name} order {attempt}", count).tolist()
        near = abs(min(threshold + 0.02, 0.995))
        weight[order[1]] = 3.0 * weight[order[0]]
        weight[order[2]] = -weight[order[0]]
        weight[order[3]] = near * weight[order[4]] + (1 - near**2) ** 0.5 * 0.8 * noise[order[3]]
        weight[order[5]] = 0.02 * (weight[order[4]] + 0.05 * noise[order[5]])
        if count > 7:  # two that have their mean in common and nothing else
            weight[order[6]], weight[order[7]] = noise[order[6]] + 9, noise[order[7]] + 9
        if count > 8:  # one that agrees with another in the first channel alone
            weight[order[8]] = torch.cat([weight[order[4]][:1], -weight[order[4]][1:]])
        values = np.nan_to_num(cosines(weight))
        upper = values[np.triu_indices(count, 1)]
        clear = (np.abs(np.abs(upper) - abs(threshold)) > 0.01).all() and (upper >= threshold).sum() >= 2
        right = pairs(values, threshold)
        # Every mistake must show: a last filter left out, neighbours alone compared, means or signs taken away.
        clear &= any(j == count - 1 for _, j in right) and any(j > i + 1 for i, j in right)
        centred = pairs(cosines(weight - weight.mean((1, 2, 3), keepdim=True)), threshold)
        if clear and right not in (centred, pairs(np.abs(values), threshold)):
            return weight
    raise AssertionError(f"no clear set of filters was found for {name}")


def _similar_item(name: str, weight: Tensor, threshold: float | None, *, edge: bool = False) -> Item:
    limit = 0.95 if threshold is None else threshold
    right = pairs(cosines(weight), limit)
    return Item(
        name,
        [weight],
        kwargs={} if threshold is None else {"threshold": threshold},
        expected=right,
        misconceptions=similar_mistakes(weight, limit, right),
        next_step="Flatten each filter, divide by its length; the cosine is the sum of the products.",
        edge=edge,
    )


def similar_mistakes(weight: Tensor, limit: float, right: list[tuple[int, int]]) -> list[Misconception]:
    """Mistakes of ``similar_filters``, less those that give the right pairs on this weight."""
    values = cosines(weight)
    flat = weight.flatten(1).double()
    centred = cosines(weight - weight.mean((1, 2, 3), keepdim=True))
    dead_at_zero = np.nan_to_num(values)
    mistakes: list[tuple[str, str, Any]] = [
        (
            "opposites_counted",
            "A filter and its opposite were paired. Their cosine is -1: do not take the absolute value.",
            pairs(np.abs(values), limit),
        ),
        (
            "dot_product",
            "This compares dot products, which grow with the weights. Divide by both lengths.",
            pairs((flat @ flat.T).numpy(), limit),
        ),
        (
            "threshold_ignored",
            "This is the answer for 0.95. Use the argument `threshold`.",
            pairs(values, 0.95),
        ),
        (
            "mean_subtracted",
            "The filters' means were subtracted first. Take the plain cosine of the weights.",
            pairs(centred, limit),
        ),
        (
            "first_channel_only",
            "Only the first channel was compared. Flatten all of a filter's weights.",
            pairs(cosines(weight[:, :1]), limit),
        ),
        (
            "dead_filter_paired",
            "A filter of zeros was paired. It has no direction, so it is similar to nothing.",
            pairs(dead_at_zero, limit),
        ),
        ("larger_index_first", "The smaller index comes first in each pair.", [(j, i) for i, j in right]),
        (
            "neighbours_only",
            "Only neighbours were compared. Compare each filter with every later one.",
            [pair for pair in right if pair[1] == pair[0] + 1],
        ),
        (
            "last_filter_missing",
            "The last filter was left out.",
            [pair for pair in right if pair[1] < len(weight) - 1],
        ),
        (
            "below_the_threshold",
            "These are the pairs below the threshold.",
            [(i, j) for i in range(len(weight)) for j in range(i + 1, len(weight)) if (i, j) not in right],
        ),
    ]
    found = [Misconception(n, m, v) for n, m, v in mistakes if v != right]
    return [
        Misconception(
            "paired_with_itself",
            "A filter is paired with itself. Only i < j.",
            when=lambda got: any(i == j for i, j in _pairs_of(got)),
        ),
        Misconception(
            "both_orders",
            "Each pair is there twice. Give it once, the smaller index first.",
            when=lambda got: (
                len(got) == 2 * len(right) > 0 and {tuple(sorted(p)) for p in _pairs_of(got)} == set(right)
            ),
        ),
        Misconception(
            "not_sorted",
            "These are the right pairs in another order. Sort the list.",
            when=lambda got: sorted(_pairs_of(got)) == right != _pairs_of(got),
        ),
        Misconception(
            "lists_for_tuples",
            "The pairs are right, and they are no tuples of ints: return a list of tuples (i, j).",
            when=lambda got: _pairs_of(got) == right,
        ),
        *found,
    ]


def _pairs_of(got: Any) -> list[tuple[int, int]]:
    """The pairs of an answer, rows of a tensor too; an error where it is anything else, before it is taken apart."""
    if isinstance(got, (Tensor, np.ndarray)):
        if got.ndim != 2 or got.shape[1] != 2 or len(got) > MOST_PAIRS:
            raise TypeError("no rows of two")
        got = got.tolist()
    if not isinstance(got, (list, tuple)) or any(len(pair) != 2 for pair in got):
        raise TypeError("no list of pairs")
    return [(int(pair[0]), int(pair[1])) for pair in got]


def cosines(weight: Tensor) -> np.ndarray:
    """Cosine similarities [N, N] in double precision; NaN where a filter is all zeros."""
    rows = weight.flatten(1).double().numpy()
    lengths = np.sqrt((rows**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (rows @ rows.T) / lengths[:, None] / lengths[None, :]


def pairs(values: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """Pairs (i, j) with i < j whose value reaches the threshold, in order."""
    count = len(values)
    return [(i, j) for i in range(count) for j in range(i + 1, count) if values[i, j] >= threshold]
