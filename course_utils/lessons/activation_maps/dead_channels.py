"""Channels that answer to no picture."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import axes

tensor = torch.tensor

# Two pictures, five channels of 1×2: dead, alive in the second picture, negative, cancelling, tiny.
PAIR = [
    [[[0.0, 0]], [[0.0, 0]], [[-2.0, -1]], [[3.0, -3]], [[1e-8, 0]]],
    [[[0.0, 0]], [[0.0, 5]], [[-1.0, -4]], [[-2.0, 2]], [[0, -1e-8]]],
]

DEAD_CHANNELS = Task(
    name="dead_channels",
    points=3,
    examples=(
        Example(
            "two pictures, five channels",
            lambda: (tensor(PAIR),),
            tensor([0, 4]),
            (
                Misconception(
                    "positive_only",
                    "Channel 2 has negative values and is alive. Compare absolute values.",
                    tensor([0, 2, 4]),
                ),
                Misconception(
                    "by_mean",
                    "Channel 3 has values that cancel in the mean, and is alive. Take the largest absolute "
                    "value.",
                    tensor([0, 3, 4]),
                ),
                Misconception(
                    "first_picture_only",
                    "Channel 1 answers in the second picture. Look at the whole batch.",
                    tensor([0, 1, 4]),
                ),
                Misconception(
                    "exactly_zero",
                    "Channel 4 never exceeds the threshold. Compare with it, not with 0.",
                    tensor([0]),
                ),
                Misconception("alive_returned", "These are the channels that are alive.", tensor([1, 2, 3])),
                Misconception(
                    "mask_returned",
                    "A mask came back. Return the numbers of the dead channels.",
                    when=lambda got: len(got) == 5,
                ),
                Misconception(
                    "axis_kept", "An axis too many: return [number of dead channels].", when=axes(1)
                ),
            ),
        ),
        Example(
            "the same with a threshold of 3.5",
            lambda: (tensor(PAIR), 3.5),
            tensor([0, 3, 4]),
            (
                Misconception(
                    "threshold_ignored", "The threshold that was given is not used.", tensor([0, 4])
                ),
            ),
        ),
        Example(
            "all channels alive: an empty LongTensor",
            lambda: (torch.ones(2, 3, 2, 2),),
            torch.zeros(0, dtype=torch.long),
            (
                Misconception(
                    "empty_float",
                    "It is empty, and its type is float. `torch.tensor([], dtype=torch.long)` is an empty "
                    "LongTensor.",
                    when=lambda got: got.numel() == 0,
                ),
            ),
        ),
    ),
    hints=(
        "What is the largest absolute value of a channel, over all pictures and all cells?",
        "`amax` takes several axes at once. Which three of the four?",
        "A comparison gives a mask; `torch.nonzero(mask)` gives the numbers, with one axis more than you "
        "need.",
    ),
)
