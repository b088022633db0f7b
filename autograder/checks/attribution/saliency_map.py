"""`saliency_map`: items by autograd, and the maps that known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from autograder.checks import oracles
from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import (
    FROZEN,
    MOBILE,
    PLAIN,
    PREDICTED,
    RESIDUAL,
    ZERO,
    Scene,
    axes_kept,
    drawn,
    failing,
    input_gradient,
    known_by_hand,
    lively,
    score_mistakes,
)

FUNCTIONAL: Scene = (
    "a model without ReLU modules, 33×45 pixels",
    "functional",
    (33, 45),
    "other",
    {},
    1.0,
)


def items(draw: Draw) -> Iterator[Item]:
    for scene in (PLAIN, RESIDUAL, MOBILE, FUNCTIONAL, FROZEN, ZERO, PREDICTED):
        yield drawn(draw, scene, lambda *drawn, scene=scene: _saliency_item(scene[0], *drawn))
    yield known_by_hand("saliency_map")
    yield failing(draw)


def _saliency_item(name: str, model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
    expected = oracles.saliency(model.module, x, index)
    if not lively(expected):
        return None
    return Item(
        name,
        [model, x, index],
        expected=expected,
        misconceptions=saliency_mistakes(model, x, index, predicted),
        next_step="The gradient of `model(x)[0, class_index]` for a copy of `x`; its absolute value; the maximum over "
        "the channels.",
    )


def saliency_mistakes(model: Model, x: Tensor, index: int, predicted: int) -> list[Misconception]:
    """Mistakes of ``saliency_map``."""
    plain = input_gradient(model.module, x, lambda logits: logits[0, index])
    magnitude = plain.abs().amax(0)
    mistakes = [
        Misconception(
            "absolute_value_left_out",
            "The sign was kept: this is the largest gradient, and a strongly negative one counts as small. Take the "
            "absolute value first, then the maximum.",
            plain.amax(0),
        ),
        Misconception(
            "absolute_value_too_late",
            "The absolute value came after the maximum. Take it first, then the maximum over the channels.",
            plain.amax(0).abs(),
        ),
        Misconception(
            "mean_over_channels",
            "This is the mean over the colour channels. The map is their maximum.",
            plain.abs().mean(0),
        ),
        Misconception(
            "sum_over_channels",
            "This is the sum over the colour channels. The map is their maximum.",
            plain.abs().sum(0),
        ),
        Misconception(
            "signed_sum",
            "The channels were added with their signs, so that they cancel. Take absolute values, then the maximum.",
            plain.sum(0).abs(),
        ),
        Misconception(
            "length_over_channels",
            "This is the length of the gradient over the colours (root of the sum of squares). The map is the maximum.",
            plain.norm(dim=0),
        ),
        Misconception(
            "first_channel",
            "Only the first colour channel is in this map. Take the maximum over all three.",
            plain[0].abs(),
        ),
        Misconception(
            "squared", "The gradient was squared. Take its absolute value.", plain.square().amax(0)
        ),
        Misconception(
            "times_input",
            "The gradient was multiplied by the picture. Saliency is the gradient alone.",
            (plain * x[0]).abs().amax(0),
        ),
        Misconception(
            "scaled",
            "The map was divided by its maximum. Return the gradient's own values; a figure can scale them.",
            magnitude / magnitude.max(),
        ),
        Misconception(
            "scaled",
            "The map was stretched to [0, 1]. Return the gradient's own values; a figure can scale them.",
            (magnitude - magnitude.min()) / (magnitude.max() - magnitude.min()),
        ),
        *score_mistakes(lambda score: input_gradient(model.module, x, score).abs().amax(0), index, predicted),
        axes_kept(lambda got: tuple(got.shape) == (1, *magnitude.shape), "[H, W]"),
        Misconception(
            "channels_kept",
            "The three colour channels are still there. Take the maximum over them: the map is [H, W].",
            when=lambda got: got.numel() == plain.numel(),
        ),
        _sides_swapped(x),
    ]
    return mistakes


def _sides_swapped(x: Tensor) -> Misconception:
    height, width = x.shape[2], x.shape[3]
    return Misconception(
        "sides_swapped",
        "Height and width are swapped. `x.shape` is [1, 3, H, W].",
        when=lambda got: tuple(got.shape[-2:]) == (width, height) and height != width,
    )
