"""`weighted_activation_sum`: sums over channels, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, *shape in (
        ("each channel times its weight, added up", 4, 3, 5),
        ("another number of channels and another size", 7, 2, 2),
    ):
        yield first_telling(lambda n, name=name, shape=shape: _weighted_sum(draw, name, n, *shape))
    yield _weighted_sum(draw, "one channel", 0, 1, 3, 2, edge=True)


def _weighted_sum(
    draw: Draw, name: str, number: int, channels: int, height: int, width: int, *, edge: bool = False
) -> Item:
    weights = draw.normal(f"{name} weights {number}", 1, channels) - 0.1
    activations = draw.uniform(f"{name} activations {number}", 1, channels, height, width)
    summed = torch.einsum("nc,nchw->nhw", weights, activations)[:, None]
    return Item(
        name,
        [weights, activations],
        expected=summed,
        misconceptions=[] if edge else sum_mistakes(weights, activations, summed),
        next_step="Line the shapes up: weights [1, C, 1, 1] times activations [1, C, h, w], then a sum over C.",
        edge=edge,
    )


def sum_mistakes(weights: Tensor, activations: Tensor, summed: Tensor) -> list[Misconception]:
    """Mistakes of ``weighted_activation_sum``."""
    channels = activations.shape[1]
    without_sign = torch.einsum("nc,nchw->nhw", weights.abs(), activations)[:, None]
    return [
        Misconception(
            "relu_too_early",
            "Negative values became zero. This function returns the sum before the ReLU.",
            summed.relu(),
        ),
        Misconception(
            "mean_instead_of_sum",
            "This is the mean over the channels. Add the weighted channels up: `sum`, not `mean`.",
            summed / channels,
        ),
        Misconception(
            "weights_ignored",
            "The channels were added up without their weights.",
            activations.sum(1, keepdim=True),
        ),
        Misconception(
            "absolute_weights",
            "The sign of the weights got lost. A channel with a negative weight lowers the map.",
            without_sign,
        ),
        Misconception(
            "relu_on_weights",
            "Channels with a negative weight were left out. They lower the map; the ReLU is the next step.",
            torch.einsum("nc,nchw->nhw", weights.relu(), activations)[:, None],
        ),
        Misconception(
            "already_scaled",
            "The sum was divided by its maximum. Scaling comes last, in `grad_cam`.",
            summed / summed.max(),
        ),
        Misconception(
            "weights_rescaled",
            "The weights were made to add up to 1 first. Use them as they come.",
            torch.einsum("nc,nchw->nhw", weights.softmax(1), activations)[:, None],
        ),
        Misconception(
            "channel_axis_gone",
            "The values have no channel axis. The shape to return is [1, 1, h, w]: `keepdim=True`.",
            when=lambda got: got.numel() == summed.numel() and got.ndim != 4,
        ),
        Misconception(
            "not_summed",
            "The weighted channels are still apart. Add them up over the channel axis.",
            when=lambda got: got.shape == activations.shape and channels > 1,
        ),
        Misconception(
            "summed_over_space",
            "The sum runs over space, and the place is lost. Add over the channel axis, and keep height and width.",
            when=lambda got: got.numel() in (1, channels) and got.numel() != summed.numel(),
        ),
    ]
