"""The heatmap's share inside the mask, on a network that sees colours."""

from __future__ import annotations

import math
from typing import Any

import torch

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_picture, colour_spotter


def _row_mask(row: int) -> torch.Tensor:
    mask = torch.zeros(4, 6, dtype=torch.bool)
    mask[row] = True
    return mask


def _energy(labels: list[int], rows: tuple[int, int], *, frozen: bool = False) -> tuple[Any, ...]:
    model = colour_spotter().requires_grad_(not frozen)
    return (
        model,
        model.relu,
        colour_picture().repeat(2, 1, 1, 1),
        torch.stack([_row_mask(r) for r in rows]),
        labels,
    )


ENERGY = Task(
    name="mean_energy_inside",
    points=4,
    examples=(
        Example(
            "one picture twice: red in the second row, blue in the last",
            lambda: _energy([1, 0], (1, 3)),
            0.40625,
            (
                Misconception(
                    "pooled",
                    "The heatmaps were added up before the division. Take each picture's share, then the mean.",
                    0.38068,
                ),
                Misconception(
                    "predicted_class",
                    "Both heatmaps are those of the predicted class. Ask for the class that `labels` gives.",
                    0.21875,
                ),
                Misconception("outside", "This is the share outside the masks.", 0.59375),
                Misconception("area", "This is the masks' share of the area, not of the heatmap.", 0.25),
                Misconception("not_averaged", "The shares were added up. Divide by the pictures.", 0.8125),
            ),
        ),
        Example(
            "a frozen model, and one of two heatmaps empty",
            lambda: _energy([3, 1], (0, 1), frozen=True),
            0.15625,
            (
                Misconception(
                    "empty_left_out",
                    "The picture with the empty heatmap was left out. It counts 0.0.",
                    0.3125,
                ),
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 is NaN. A heatmap without energy counts 0.0.",
                    when=lambda got: math.isnan(float(got)),
                ),
            ),
        ),
    ),
    hints=(
        "For one picture: the heatmap of its label's class, its sum inside the mask, its sum everywhere.",
        "`grad_cam_batch(model, layer, images, labels)` gives all heatmaps at once; it wants the model in eval mode.",
        "Where the sum everywhere is 0, the share is 0.0. Then take the mean over the pictures.",
    ),
)
