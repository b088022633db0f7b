"""`cam`: maps weighted by the classifier's own row (Zhou et al. 2016), and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, shape in (
        ("one class's row of weights over the feature maps", (5, 4, 6, 5)),
        ("another shape", (3, 7, 2, 4)),
    ):
        for zero in (False, True):
            title = f"{name}, class {'0' if zero else 'not 0'}"
            yield first_telling(
                lambda n, title=title, shape=shape, zero=zero: _cam_item(draw, title, n, *shape, zero)
            )


def _cam_item(
    draw: Draw, name: str, number: int, channels: int, height: int, width: int, classes: int, zero: bool
) -> Item:
    features = draw.uniform(f"{name} features {number}", 1, channels, height, width)
    weight = draw.normal(f"{name} weight {number}", classes, channels)
    index = 0 if zero else draw.integer(f"{name} class {number}", 1, classes)

    plain = torch.einsum("c,chw->hw", weight[index], features[0])
    mistakes = cam_mistakes(features, weight, index, plain)
    step = "Row `class_index` of the weights, one number a channel, times features[0], added up over the channels."
    return Item(name, [features, weight, index], expected=plain, misconceptions=mistakes, next_step=step)


def cam_mistakes(features: Tensor, weight: Tensor, index: int, plain: Tensor) -> list[Misconception]:
    """Mistakes of ``cam``."""
    classes = len(weight)

    def summed(row: Tensor) -> Tensor:
        return torch.einsum("c,chw->hw", row, features[0])

    scaled = Misconception("scaled_cam", "The map was scaled. The original CAM is the plain weighted sum.")
    mistakes = [
        Misconception(
            "relu_in_cam", "Negative values became zero. The original CAM has no ReLU.", plain.relu()
        ),
        Misconception(scaled.name, scaled.message, plain / plain.max()),
        Misconception(scaled.name, scaled.message, (plain - plain.min()) / (plain.max() - plain.min())),
        Misconception(scaled.name, scaled.message, plain.relu() / plain.max()),
        Misconception(
            "mean_instead_of_sum",
            "This is a mean over the channels; CAM is the sum.",
            plain / features.shape[1],
        ),
        Misconception(
            "absolute_weights",
            "The weights lost their sign. A map with a negative weight speaks against the class.",
            summed(weight[index].abs()),
        ),
        Misconception(
            "all_classes",
            "One map for every class came back. Take the row of `class_index` alone.",
            when=lambda got: got.ndim >= 3 and classes in got.shape and classes != got.shape[-1],
        ),
        Misconception(
            "not_summed",
            "The channels are still apart. Add the weighted maps over the channel axis.",
            when=lambda got: got.ndim >= 3 and got.numel() == features.numel(),
        ),
        Misconception(
            "batch_axis_kept",
            "There is an axis of length 1 in front. The shape to return is [h, w].",
            when=lambda got: got.ndim > 2 and got.numel() == plain.numel(),
        ),
    ]
    if index:
        mistakes.append(
            Misconception(
                "class_ignored",
                "This is the map of class 0, whatever class was asked for. Take the row of `class_index`.",
                summed(weight[0]),
            )
        )
    if classes == features.shape[1]:
        mistakes.append(
            Misconception(
                "column_instead_of_row",
                "The weights are a column. `classifier_weight` is [K, C]: the class is the first index.",
                summed(weight[:, index]),
            )
        )
    return mistakes
