"""What goes wrong with saliency, and what can go wrong with every map of lesson 5: another score, an axis too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.comparison import Misconception

from .draw import Model

# --- gradients of other scores than the class's logit ---------------------------------------------------------

_SCORES = (
    (
        "probability_instead_of_logit",
        "The gradient seems to start at the softmax probability. The score is the logit: no softmax before backward.",
        lambda logits, index: logits.softmax(1)[0, index],
    ),
    (
        "log_probability",
        "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit itself.",
        lambda logits, index: logits.log_softmax(1)[0, index],
    ),
    (
        "all_classes",
        "The gradient starts at the sum of all logits. Pick the one of the class: `logits[0, class_index]`.",
        lambda logits, index: logits.sum(),
    ),
)
CLASS_IGNORED = "This is the map of the predicted class. Use `class_index`; 0 is a class, too."


def input_gradient(module: nn.Module, x: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """Gradient ``[C, H, W]`` of a score with respect to the input."""
    source = x.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(score(module(source)), source)
    return gradient[0]


def score_mistakes(
    of: Callable[[Callable[[Tensor], Tensor]], Tensor], index: int, predicted: int
) -> list[Misconception]:
    """The map of another score: a probability, a loss, all classes, the predicted class."""
    found = [Misconception(name, message, of(lambda z, f=f: f(z, index))) for name, message, f in _SCORES]
    if predicted != index:
        found.append(Misconception("class_ignored", CLASS_IGNORED, of(lambda z: z[0, predicted])))
    return found


def axes_kept(when: Callable[[Any], bool], wanted: str) -> Misconception:
    return Misconception(
        "batch_axis_kept",
        f"An axis of length 1 is still there. The shape to return is {wanted}: pick the picture with `[0]`.",
        when=when,
    )


# --- saliency -------------------------------------------------------------------------------------------------


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
