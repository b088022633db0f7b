"""`dead_channels`: channels that stay silent over several pictures, and what known mistakes list."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    yield _dead_item(draw, "a batch of three, the threshold left as it is", 3, 10, (4, 5), None)
    yield _dead_item(draw, "a batch of four, a threshold of 0.5", 4, 9, (3, 6), 0.5)
    yield _dead_item(draw, "one picture", 1, 8, (5, 4), None)
    alive = draw.normal("all alive", 2, 6, 4, 3) + 3 * torch.tensor([1.0, -1, 1, -1, 1, -1])[:, None, None]
    yield Item(
        "no channel is dead: an empty LongTensor",
        [alive],
        expected=torch.zeros(0, dtype=torch.long),
        misconceptions=none_dead_mistakes(torch.tensor([1, 3, 5])),
        edge=True,
    )
    yield Item(
        "every channel is dead",
        [torch.zeros(2, 5, 3, 3)],
        expected=torch.arange(5),
        edge=True,
    )


def _dead_item(
    draw: Draw, name: str, pictures: int, channels: int, size: tuple[int, int], threshold: float | None
) -> Item:
    limit = 1e-6 if threshold is None else threshold
    values = torch.zeros(pictures, channels, *size)
    _zero, tiny, negative, once, balanced, pixel, *rest = draw.permutation(f"{name} roles", channels).tolist()
    quiet = draw.uniform(f"{name} quiet", pictures, *size) * 0.6 * limit
    loud = draw.uniform(f"{name} loud", pictures, channels, *size) + 2 * max(limit, 0.2)
    values[:, tiny] = quiet
    values[:, tiny, 0, 0] *= -1
    values[:, negative] = -loud[:, negative]
    # One is alive in the last picture alone, one in a single cell of the first.
    values[-1, once] = loud[-1, once]
    flat = loud[:, balanced].flatten(1)
    signs = torch.ones(flat.shape[1])
    signs[1::2] = -1
    even = flat[:, :1] * signs
    values[:, balanced] = even.view(pictures, *size)
    values[0, pixel, -1, 0] = loud[0, pixel, -1, 0]
    for channel in rest:
        values[:, channel] = loud[:, channel]
    peaks = np.abs(values.numpy()).astype(np.float64).max(axis=(0, 2, 3))
    expected = numbers(peaks <= limit)
    return Item(
        name,
        [values] if threshold is None else [values, threshold],
        expected=expected,
        misconceptions=dead_mistakes(values, limit),
        next_step="For each channel the largest absolute value over pictures, rows and columns; dead if that "
        "is no larger "
        "than the threshold.",
    )


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


def numbers(mask: np.ndarray) -> Tensor:
    """Numbers of the channels for which a mask holds."""
    return torch.from_numpy(np.flatnonzero(mask).copy())
