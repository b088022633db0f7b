"""The channels that answer most, on maps of a few cells."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import axes

tensor = torch.tensor

# Variances 0, 4, 1.69, 0.5; means 9, 2, 5.75, 2.
FOUR = [[[[9.0, 9], [9, 9]], [[0.0, 4], [4, 0]], [[5.0, 5], [8, 5]], [[1.0, 2], [2, 3]]]]
# Variances 1, 16, 0, 9, 4; means -3, 0, 5, 3, -8.
FIVE = [[[[-4.0, -2]], [[-4.0, 4]], [[5.0, 5]], [[0.0, 6]], [[-10.0, -6]]]]

TOP_CHANNELS = Task(
    name="top_channels",
    points=3,
    examples=(
        Example(
            "four channels of 2×2, k=2",
            lambda: (tensor(FOUR), 2),
            tensor([1, 2]),
            (
                Misconception(
                    "by_mean",
                    "Channel 0 is bright, and the same everywhere: it tells nothing about places. Take the "
                    "variance, not the mean or the maximum.",
                    tensor([0, 2]),
                ),
                Misconception(
                    "least_first",
                    "These vary least. The largest variance comes first.",
                    tensor([0, 3]),
                ),
                Misconception(
                    "least_first",
                    "The right channels in the wrong order: the largest variance comes first.",
                    tensor([2, 1]),
                ),
                Misconception(
                    "wrong_count", "The number of channels is not k.", when=lambda got: len(got) > 2
                ),
                Misconception(
                    "values_for_indices",
                    "These are variances. Return the channels' numbers, as a LongTensor.",
                    when=lambda got: got.is_floating_point(),
                ),
                Misconception("batch_axis_kept", "An axis too many: return [k].", when=axes(1)),
            ),
        ),
        Example(
            "five channels, some values negative, k left at 4",
            lambda: (tensor(FIVE),),
            tensor([1, 3, 4, 0]),
            (
                Misconception(
                    "sorted_indices",
                    "The right channels, sorted by number. Sort them by variance, largest first.",
                    tensor([0, 1, 3, 4]),
                ),
                Misconception(
                    "least_first",
                    "The right channels in the wrong order: the largest variance comes first.",
                    tensor([0, 4, 3, 1]),
                ),
                Misconception(
                    "by_energy",
                    "These are the largest squares. A variance is measured from the map's own mean.",
                    tensor([4, 2, 3, 1]),
                ),
                Misconception(
                    "by_mean",
                    "These are the largest means. An even map tells nothing about places: take the variance.",
                    tensor([2, 3, 1, 0]),
                ),
                Misconception(
                    "wrong_count", "The number of channels is not k.", when=lambda got: len(got) != 4
                ),
            ),
        ),
        Example("k=1 gives one number, still [1]", lambda: (tensor(FOUR), 1), tensor([1])),
    ),
    hints=(
        "One number for each channel: how much do its cells differ from their own mean?",
        "`activation[0]` is [C, H, W]. A tensor's `var` takes the axes to run over, several at once, as "
        "`dim=(..., ...)`.",
        "`topk(k)` gives values and indices, the largest first. Which of the two is asked for?",
    ),
)
