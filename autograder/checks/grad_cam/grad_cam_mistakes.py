"""What goes wrong with Grad-CAM, and how each mistake is recognised: by its value, or by the answer's form."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from autograder.checks import oracles
from course_utils.comparison import Misconception

_STRETCHED = {
    "negative": (
        "min_max_instead_of_relu",
        "The map was stretched from its minimum to its maximum. Apply the ReLU, then divide by the maximum alone.",
    ),
    "positive": (
        "minimum_subtracted",
        "The smallest value was moved to 0. Divide by the maximum alone; subtract nothing.",
    ),
}


def grad_cam_mistakes(
    logits: Tensor, output: Tensor, size: tuple[int, int], target: int
) -> list[Misconception]:
    """Mistakes of ``grad_cam`` by the value that each gives for one class of one picture.

    Args:
        logits: of one picture, from :func:`oracles.forward_with`.
        output: the layer's output in the same pass.
        size: height and width of the picture.
        target: the class asked for.
    """
    up, scaled = oracles.upsample, oracles.divide_by_maximum
    gradient = oracles.gradient_at(output, logits[:, target])
    maps, slopes = output.detach()[0], gradient[0]

    def from_score(score: Tensor) -> Tensor:
        """The heatmap whose gradient starts at something else than the class's logit."""
        return oracles.grad_cam_heatmap(output.detach(), oracles.gradient_at(output, score), size)

    small = oracles.grad_cam_small(output.detach(), gradient)
    positive = small.relu()
    enlarged, enlarged_positive = up(small, size), up(positive, size)

    def weighted(weights: Tensor, of: Tensor = maps) -> Tensor:
        return scaled(up(torch.einsum("c,chw->hw", weights, of).relu(), size))

    def pair(name: str, message: str, value: Tensor) -> Misconception:
        return Misconception(name, message, (value, target))

    mean = slopes.mean((1, 2))
    mistakes = [
        pair(
            "not_scaled",
            "The map is right but not scaled: divide it by its maximum.",
            enlarged_positive,
        ),
        pair(
            "scaled_too_early",
            "The map was divided by its maximum before the upsampling. Upsample first, then divide by the "
            "maximum of that.",
            up(scaled(positive), size),
        ),
        pair(
            "relu_after_upsampling",
            "The ReLU came after the upsampling. Apply it to the small map, then upsample.",
            scaled(enlarged.relu()),
        ),
        pair(
            "relu_left_out",
            "Some values are negative: was the ReLU left out?",
            enlarged / enlarged.max(),
        ),
        pair(
            "absolute_instead_of_relu",
            "Evidence against the class shows as evidence for it: the absolute value was taken. Use the ReLU.",
            scaled(up(small.abs(), size)),
        ),
        pair(*_STRETCHED["negative" if bool((small < 0).any()) else "positive"], _stretched(enlarged)),
        pair(
            "no_pooling_of_gradients",
            "Each place was weighted by its own gradient. Grad-CAM gives each channel one weight: average the "
            "gradients over space first.",
            scaled(up((slopes * maps).sum(0).relu(), size)),
        ),
        pair(
            "gradients_ignored",
            "This is the mean of the feature maps, the same for every class. Weight each channel by its averaged "
            "gradient.",
            weighted(torch.ones_like(mean)),
        ),
        pair(
            "absolute_gradients",
            "The gradients' sign got lost. A channel that speaks against the class must lower the map.",
            weighted(slopes.abs().mean((1, 2))),
        ),
        pair(
            "max_instead_of_mean",
            "The weights are maxima of the gradients; take their mean over space.",
            weighted(slopes.amax((1, 2))),
        ),
        pair(
            "relu_on_weights",
            "Channels that speak against the class were left out. They lower the map; the ReLU comes after the sum.",
            weighted(mean.relu()),
        ),
        pair(
            "nearest_upsampling",
            "The map shows blocks. Upsample with `mode='bilinear', align_corners=False`.",
            scaled(up(positive, size, "nearest")),
        ),
        pair(
            "align_corners",
            "The map is stretched to the corners. Upsample with `align_corners=False`.",
            scaled(up(positive, size, "bilinear", True)),
        ),
        pair(
            "bicubic_upsampling",
            "The map was upsampled with `bicubic`, which overshoots. Use `mode='bilinear', align_corners=False`.",
            scaled(up(positive, size, "bicubic")),
        ),
        pair(
            "probability_instead_of_logit",
            "The gradient seems to come from the softmax probability. Take the class's logit, before the softmax.",
            from_score(logits.softmax(1)[:, target]),
        ),
        pair(
            "all_classes_at_once",
            "The gradient is that of all classes' scores together. Go backward from the score of the one class.",
            from_score(logits),
        ),
    ]
    if bool((maps < 0).any()):
        mistakes.append(
            pair(
                "relu_on_maps",
                "The layer's maps lost their negative values before the sum. Use the layer's output as it is; "
                "the ReLU comes after the sum.",
                weighted(mean, maps.relu()),
            )
        )
    return mistakes


def class_mistakes(of_predicted: Tensor, predicted: int, target: int) -> list[Misconception]:
    """Mistakes with the class: another one's map than asked for."""
    if predicted == target:
        return [
            Misconception(
                "none_is_not_predicted",
                "Without a class, the class that came back is not the predicted one. Take the largest logit.",
                when=lambda got: got[1] is None or int(got[1]) != target,
            )
        ]
    ignored = Misconception(
        "class_ignored",
        "This is the map of the predicted class, not of the class that was asked for. Use `class_index` where "
        "it is given.",
        (of_predicted, target),
    )
    if target == 0:
        falsy = "Class 0 was asked for and the predicted class came back. 0 is false in Python: ask `if class_index is None`."
        return [
            ignored,
            Misconception("class_zero_is_false", falsy, when=lambda got: int(got[1]) == predicted),
        ]
    return [ignored, replace(ignored, value=(of_predicted, predicted))]


def form_mistakes(x: Tensor, target: int) -> list[Misconception]:
    """Mistakes of ``grad_cam`` that the form of the answer shows, whatever its values."""
    height, width = x.shape[2], x.shape[3]
    return [
        Misconception(
            "only_the_heatmap",
            "Only the heatmap came back. Return two things: `return heatmap, class_index`.",
            when=lambda got: hasattr(got, "shape") and got.ndim >= 2,
        ),
        Misconception(
            "order_swapped",
            "The class came first. Return the heatmap first: `return heatmap, class_index`.",
            when=lambda got: getattr(got[0], "ndim", 0) == 0 and got[1].ndim >= 2,
        ),
        Misconception(
            "fixed_size",
            "The map is 224×224 whatever the picture. Upsample to x's own height and width: `x.shape[-2:]`.",
            when=lambda got: tuple(got[0].shape[-2:]) == (224, 224) and (height, width) != (224, 224),
        ),
        Misconception(
            "sides_swapped",
            "Height and width are swapped. `x.shape` is [1, 3, H, W].",
            when=lambda got: tuple(got[0].shape[-2:]) == (width, height) and height != width,
        ),
        Misconception(
            "batch_axes_kept",
            "The heatmap still has axes of length 1 in front. Its shape is [H, W]: index or squeeze them away.",
            when=lambda got: (
                got[0].ndim > 2 and tuple(got[0].shape[-2:]) == (height, width) and len(got[0]) == 1
            ),
        ),
        Misconception(
            "not_upsampled",
            "The map still has the layer's size. Upsample it to x's height and width.",
            when=lambda got: got[0].ndim >= 2 and got[0].shape[-1] < width and got[0].shape[-2] < height,
        ),
        Misconception(
            "division_by_zero",
            "The map is NaN. Where nothing is positive its maximum is 0: return zeros there instead of dividing.",
            when=lambda got: bool((got[0] != got[0]).any()),
        ),
        Misconception(
            "relu_left_out",
            "Some values are negative: was the ReLU left out?",
            when=lambda got: bool((got[0] < 0).any()),
        ),
        Misconception(
            "whole_numbers",
            "The map holds whole numbers. Return floats from 0 to 1; the display turns them into colours.",
            when=lambda got: "int" in str(got[0].dtype),
        ),
        Misconception(
            "not_scaled",
            "The map's largest value is not 1. Divide by the maximum of the upsampled map.",
            when=lambda got: float(got[0].max()) > 1.001,
        ),
        Misconception(
            "class_not_an_int",
            "The class that came back is not an int. Turn it into one: `int(class_index)`.",
            when=lambda got: getattr(got[1], "ndim", 0) > 0 or isinstance(got[1], (float, str, bool, list)),
        ),
        Misconception(
            "wrong_class_returned",
            "The map may be right, but the class that came back with it is not the one it is about.",
            when=lambda got: got[1] is None or int(got[1]) != target,
        ),
    ]


def _stretched(heatmap: Tensor) -> Tensor:
    return (heatmap - heatmap.min()) / (heatmap.max() - heatmap.min())
