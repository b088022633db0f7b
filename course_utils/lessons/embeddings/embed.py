"""One vector for each picture, on maps of four cells."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor

# What the colour spotter's convolution gives for three pictures: red, green and blue, 1×2 cells each.
# The means are (3, 4, 0), (-2, 1, 2) and (0, 0, 0).
CELLS = [
    [[[6.0, 0]], [[4.0, 4]], [[0.0, 0]]],
    [[[2.0, -6]], [[1.0, 1]], [[2.0, 2]]],
    [[[0.0, 0]], [[0.0, 0]], [[0.0, 0]]],
]
FIRST = [0.6, 0.8, 0.0]
SECOND = [-0.66667, 0.33333, 0.66667]


def _pictures(*which: int) -> tuple[Any, ...]:
    model = colour_spotter()
    small = tensor([CELLS[i] for i in which])
    return model, model.conv, small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def _colour_picture() -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.relu, colour_picture()


def _five_channels() -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.conv, torch.zeros(2, 5, 2, 4)


NOT_POOLED = Misconception(
    "not_pooled",
    "The maps still have their rows and columns. Average over both, so that one number a channel is left: [N, C].",
    when=lambda got: got.ndim == 4,
)
HOOK_NEVER_RAN = (
    "KeyError",
    "Was the hook ever called? It runs when the model runs, so register it before `model(x)`.",
)

EMBED = Task(
    name="embed",
    points=4,
    examples=(
        Example(
            "two pictures, whose channel means are (3, 4, 0) and (-2, 1, 2)",
            lambda: _pictures(0, 1),
            tensor([FIRST, SECOND]),
            (
                NOT_POOLED,
                Misconception(
                    "not_normalised",
                    "These are the means, as they should be. Now divide each row by its length.",
                    tensor([[3.0, 4, 0], [-2, 1, 2]]),
                ),
                Misconception(
                    "one_length_for_all",
                    "All rows were divided by one length together. Each row has a length of its own.",
                    tensor([[0.5145, 0.68599, 0], [-0.343, 0.1715, 0.343]]),
                ),
                Misconception(
                    "columns_normalised",
                    "The columns have length 1. A row stands for a picture: give the rows length 1.",
                    tensor([[0.83205, 0.97014, 0], [-0.5547, 0.24254, 1.0]]),
                ),
                Misconception(
                    "sum_of_magnitudes",
                    "Each row was divided by the sum of its magnitudes. Its length is the root of the sum of squares.",
                    tensor([[0.42857, 0.57143, 0], [-0.4, 0.2, 0.4]]),
                ),
                Misconception(
                    "maximum_for_mean",
                    "These are the largest values of each map, scaled. Take the mean over space.",
                    tensor([[0.83205, 0.5547, 0], [0.66667, 0.33333, 0.66667]]),
                ),
                Misconception(
                    "negatives_lost",
                    "Negative means became 0 or lost their sign. Keep the layer's output as it is.",
                    tensor([FIRST, [0.0, 0.44721, 0.89443]]),
                ),
                Misconception(
                    "negatives_lost",
                    "Negative means became 0 or lost their sign. Keep the layer's output as it is.",
                    tensor([FIRST, [0.66667, 0.33333, 0.66667]]),
                ),
                Misconception(
                    "logits_returned",
                    "These rows come from the model's four scores. Use the output of `layer`.",
                    when=lambda got: tuple(got.shape) == (2, 4),
                ),
                Misconception(
                    "flattened",
                    "Each row holds every cell of every map. Average over space, not flatten.",
                    when=lambda got: tuple(got.shape) == (2, 6),
                ),
                Misconception(
                    "first_picture_only",
                    "Only one picture came back. Return a row for each picture of the batch.",
                    when=lambda got: got.numel() == 3,
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "a picture and a black one, whose row is all zeros",
            lambda: _pictures(0, 2),
            tensor([FIRST, [0.0, 0.0, 0.0]]),
            (
                NOT_POOLED,
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. A row of zeros has no direction, and stays zeros.",
                    when=lambda got: bool(got.isnan().any()),
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "one picture of another size, another layer",
            _colour_picture,
            tensor([[0.69167, 0.34583, 0.63403]]),
            (
                NOT_POOLED,
                Misconception(
                    "batch_axis_gone",
                    "The axis of the batch is gone. Also for one picture the shape is [1, C].",
                    when=lambda got: tuple(got.shape) == (3,),
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "pictures that the model cannot take: its error comes through, and no hook stays",
            _five_channels,
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Three steps: catch the layer's output (lesson 3), average it over space, give each row length 1.",
        "Which axes of [N, C, h, w] are space? After the mean over them, one number a channel is left.",
        "A row's length is the root of the sum of its squares; `norm(dim=1, keepdim=True)` gives all of them at once.",
        "A row of zeros has length 0. `clamp(min=...)` on the lengths, with a tiny number, keeps it from dividing by 0.",
    ),
)
