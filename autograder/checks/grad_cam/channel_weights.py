"""`channel_weights`: means of gradients, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, shape in (
        ("the mean over both axes of space", (1, 5, 3, 4)),
        ("another number of channels and another size", (1, 3, 7, 2)),
    ):
        yield first_telling(
            lambda n, name=name, shape=shape: _pooling(name, draw.normal(f"{name} {n}", *shape) + 0.2)
        )
    # Of one pixel the sum is the mean: right only together with the others.
    yield _pooling("a single channel of one pixel", draw.normal("one pixel", 1, 1, 1, 1), edge=True)


def _pooling(name: str, gradients: Tensor, *, edge: bool = False) -> Item:
    return Item(
        name,
        [gradients],
        expected=gradients.mean((2, 3)),
        misconceptions=[] if edge else pooling_mistakes(gradients),
        next_step="One number a channel: the mean of that channel's gradients over height and width.",
        edge=edge,
    )


def pooling_mistakes(gradients: Tensor) -> list[Misconception]:
    """Mistakes of ``channel_weights``."""
    return [
        Misconception(
            "sum_instead_of_mean",
            "These are sums over space. Grad-CAM averages: divide by h·w, or use `mean`.",
            gradients.sum((2, 3)),
        ),
        Misconception(
            "absolute_gradients",
            "These are means of absolute gradients. A channel that speaks against the class must stay negative.",
            gradients.abs().mean((2, 3)),
        ),
        Misconception(
            "max_instead_of_mean",
            "These are maxima over space. Grad-CAM takes the mean of the gradients.",
            gradients.amax((2, 3)),
        ),
        Misconception(
            "relu_on_gradients",
            "Negative gradients were dropped before the mean. The ReLU comes later, on the map.",
            gradients.relu().mean((2, 3)),
        ),
        Misconception(
            "relu_on_weights",
            "Negative weights became zero. The ReLU comes later, on the map, not on the weights.",
            gradients.mean((2, 3)).relu(),
        ),
        Misconception(
            "absolute_weights",
            "The weights lost their sign. A channel that speaks against the class must stay negative.",
            gradients.mean((2, 3)).abs(),
        ),
        Misconception(
            "mean_over_one_axis",
            "The mean was taken over one axis of space only; average over height and width.",
            when=lambda got: got.ndim == 3 and got.shape[:2] == gradients.shape[:2],
        ),
        Misconception(
            "axes_kept",
            "The axes of space are still there with length 1. The shape to return is [1, C]: leave `keepdim` out.",
            when=lambda got: tuple(got.shape) == (*gradients.shape[:2], 1, 1),
        ),
        Misconception(
            "batch_axis_gone",
            "The first axis is gone. The shape to return is [1, C]: average over the last two axes alone.",
            when=lambda got: tuple(got.shape) == (gradients.shape[1],),
        ),
        Misconception(
            "mean_over_everything",
            "One number came back. There is a weight for each channel: average over the last two axes alone.",
            when=lambda got: got.ndim == 0,
        ),
        Misconception(
            "mean_over_channels",
            "The mean runs over the channels. Keep one number a channel and average over height and width.",
            when=lambda got: got.shape[-2:] == gradients.shape[-2:] and got.numel() != gradients.numel(),
        ),
    ]
