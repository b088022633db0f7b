"""What goes wrong with lesson 4's `top_channels` and `dead_channels`: which channels."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from course_utils.comparison import Misconception

from .activation_maps_oracles import numbers, ranked

# --- top_channels -------------------------------------------------------------------------------------------


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


# --- dead_channels ------------------------------------------------------------------------------------------


def _positive_only(value: Tensor) -> Misconception:
    return Misconception(
        "positive_only",
        "A channel with negative values counts as dead here. Compare absolute values with the threshold.",
        value,
    )


def none_dead_mistakes(negative: Tensor) -> list[Misconception]:
    """Mistakes of ``dead_channels`` where no channel is dead, and these have negative values alone."""
    return [
        Misconception(
            "empty_float",
            "An empty tensor of floats came back. `torch.tensor([], dtype=torch.long)` is an empty "
            "LongTensor.",
            when=lambda got: got.numel() == 0 and got.is_floating_point(),
        ),
        _positive_only(negative),
    ]


def dead_mistakes(values: Tensor, limit: float) -> list[Misconception]:
    """Mistakes of ``dead_channels`` on a batch ``[N, C, h, w]``."""
    channels = values.shape[1]
    magnitude = np.abs(values.numpy()).astype(np.float64)
    peaks = magnitude.max(axis=(0, 2, 3))
    return [
        _positive_only(numbers(values.numpy().max(axis=(0, 2, 3)) <= limit)),
        Misconception(
            "by_mean",
            "A channel whose values cancel, or are few, counts as dead here. Look at the largest absolute "
            "value, not at a "
            "mean.",
            numbers(np.abs(values.numpy().mean(axis=(0, 2, 3))) <= limit),
        ),
        Misconception(
            "threshold_ignored", "The threshold that was given is not used.", numbers(peaks <= 1e-6)
        ),
        Misconception(
            "exactly_zero",
            "A channel whose values are tiny counts as alive here. Compare with the threshold, not with 0.",
            numbers(peaks == 0),
        ),
        Misconception("alive_returned", "These are the channels that are alive.", numbers(peaks > limit)),
        Misconception(
            "first_picture_only",
            "A channel that answers in a later picture counts as dead here. Look at the whole batch.",
            numbers(magnitude[0].max(axis=(1, 2)) <= limit),
        ),
        Misconception(
            "any_picture",
            "A channel that is silent in one picture counts as dead here. It must be silent in all of them.",
            numbers((magnitude.max(axis=(2, 3)) <= limit).any(axis=0)),
        ),
        Misconception(
            "any_cell",
            "A channel with one silent cell counts as dead here. It must be silent everywhere.",
            numbers((magnitude <= limit).any(axis=(0, 2, 3))),
        ),
        Misconception(
            "mask_returned",
            "A mask came back. Return the dead channels' numbers: `torch.nonzero` or `torch.where` knows "
            "them.",
            when=lambda got: len(got) == channels,
        ),
        Misconception(
            "axis_kept",
            "There is an axis too many. The shape to return is [number of dead channels].",
            when=lambda got: got.ndim > 1,
        ),
    ]
