"""`top_channels`: items with the order that NumPy gives, and what known mistakes answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, channels, height, width, k in (
        ("k left at 4, some channels bright and even", 9, 5, 7, 4),
        ("k=2, maps that are higher than wide", 6, 8, 3, 2),
        ("k=1", 12, 4, 6, 1),
        ("all channels in order", 5, 6, 4, 5),
    ):
        yield first_telling(
            lambda n, name=name, sides=(channels, height, width), k=k: _top_item(
                draw, f"{name} {n}", name, sides, k
            ),
            hides=("least_first",) if k == 1 else ("by_energy", "by_magnitude", "sorted_indices"),
        )


def _top_item(draw: Draw, purpose: str, name: str, sides: tuple[int, int, int], k: int) -> Item | None:
    channels = sides[0]
    # Variances far apart, and means that have nothing to do with them.
    spread = 0.3 * 1.35 ** draw.permutation(f"{purpose} spread", channels).float()
    mean = draw.normal(f"{purpose} mean", channels) * 4 + 1
    activation = draw.normal(f"{purpose} maps", 1, *sides) * spread[:, None, None] + mean[:, None, None]
    maps = activation[0].flatten(1).numpy().astype(np.float64)
    variance = ((maps - maps.mean(1, keepdims=True)) ** 2).mean(1)
    ordered = np.sort(variance)[::-1]
    if (ordered[:-1] / ordered[1:]).min() < 1.05:
        return None
    right = ranked(variance, k)
    return Item(
        name,
        [activation] if k == 4 else [activation, k],
        expected=right,
        misconceptions=top_mistakes(maps, variance, right),
        next_step="One variance for each channel, over its rows and columns; then the numbers of the k "
        "largest.",
    )


def top_mistakes(maps: np.ndarray, variance: np.ndarray, right: Tensor) -> list[Misconception]:
    """Mistakes of ``top_channels`` on maps ``[C, h·w]``, whose variances have no two alike."""
    channels, k = len(maps), len(right)

    def first(values: np.ndarray) -> Tensor:
        return ranked(values, k)

    mistakes = [
        Misconception(
            "by_mean",
            "These are the channels with the largest mean. An even, bright map has a large mean and tells "
            "nothing about "
            "places: take the variance over height and width.",
            first(maps.mean(1)),
        ),
        Misconception(
            "by_maximum",
            "These are the channels with the largest single value. Take the variance over height and width.",
            first(maps.max(1)),
        ),
        Misconception(
            "by_energy",
            "These are the channels with the largest squares. A variance is measured from the map's own "
            "mean.",
            first((maps**2).mean(1)),
        ),
        Misconception(
            "by_magnitude",
            "These are the channels with the largest absolute values. Take the variance over height and "
            "width.",
            first(np.abs(maps).mean(1)),
        ),
        Misconception(
            "least_first", "The order is reversed: the largest variance comes first.", right.flip(0)
        ),
        Misconception(
            "least_first",
            "These are the channels that vary least. The largest come first.",
            first(-variance),
        ),
        Misconception(
            "sorted_indices",
            "The channels are right and sorted by number. Sort them by variance, largest first.",
            right.sort().values,
        ),
        Misconception(
            "values_for_indices",
            "These are variances. Return the channels' numbers: `topk` and `argsort` know them.",
            when=lambda got: got.is_floating_point(),
        ),
        Misconception(
            "wrong_count",
            "The number of channels is not k.",
            when=lambda got: got.ndim == 1 and len(got) != k,
        ),
        Misconception(
            "batch_axis_kept",
            "There is an axis too many. The shape to return is [k].",
            when=lambda got: got.ndim > 1 or (k == 1 and got.ndim == 0),
        ),
    ]
    if k == channels:
        mistakes = [m for m in mistakes if m.name != "least_first"] + [mistakes[4]]
    return [m for m in mistakes if not (k == 1 and m.name == "sorted_indices")]


def ranked(values: np.ndarray, count: int) -> Tensor:
    """Numbers of the largest values, largest first."""
    return torch.from_numpy(np.argsort(-values, kind="stable")[:count].copy())
