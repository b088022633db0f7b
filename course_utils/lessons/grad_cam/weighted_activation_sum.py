"""The weighted sum of the maps, before the ReLU."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import WIDE_MAPS, WIDE_SUM, has_shape

tensor = torch.tensor

WORKED_MAPS = [[[[1.0, 0.0], [2.0, 1.0]], [[0.0, 3.0], [1.0, 0.0]], [[2.0, 1.0], [0.0, 4.0]]]]

WEIGHTED_SUM = Task(
    name="weighted_activation_sum",
    points=3,
    examples=(
        Example(
            "the worked example: 3 maps of 2×2, weights 0.8, 0.1, 0.5",
            lambda: (tensor([[0.8, 0.1, 0.5]]), tensor(WORKED_MAPS)),
            tensor([[[[1.8, 0.8], [1.7, 2.8]]]]),
            (
                Misconception(
                    "mean_for_sum",
                    "This is a third of the answer: the mean over the 3 channels. Add them up instead.",
                    tensor([[[[0.6, 0.26667], [0.56667, 0.93333]]]]),
                ),
                Misconception(
                    "weights_unused",
                    "The maps were added without their weights.",
                    tensor([[[[3.0, 4.0], [3.0, 5.0]]]]),
                ),
                Misconception(
                    "already_scaled",
                    "This is the weighted sum divided by its maximum. Scaling comes last, in `grad_cam`.",
                    tensor([[[[0.64286, 0.28571], [0.60714, 1.0]]]]),
                ),
                Misconception(
                    "dropped_dimensions",
                    "The answer has lost an axis. Keep the axes of picture and channel: [1, 1, h, w].",
                    when=lambda got: got.numel() == 4 and got.ndim != 4,
                ),
                Misconception(
                    "channels_kept",
                    "Each channel is still there. Add the weighted maps over the channel axis.",
                    when=has_shape(1, 3, 2, 2),
                ),
            ),
            errors=(
                (
                    "must match the size",
                    "Weights of shape [1, C] need two more axes of length 1 to meet the maps.",
                ),
            ),
        ),
        Example(
            "2 maps of 2×3, weights -0.5 and 2.5",
            lambda: (tensor([[-0.5, 2.5]]), tensor(WIDE_MAPS)),
            tensor([[WIDE_SUM]]),
            (
                Misconception(
                    "relu_too_early",
                    "The negative values are gone. Here they stay: the ReLU is the next step.",
                    tensor([[[[0.0, 1.5, 0.0], [3.0, 0.0, 0.0]]]]),
                ),
                Misconception(
                    "absolute_weights",
                    "The weight -0.5 was used as 0.5. Keep its sign.",
                    tensor([[[[0.5, 3.5, 1.5], [7.0, 2.5, 5.5]]]]),
                ),
            ),
            errors=(
                (
                    "must match the size",
                    "Weights of shape [1, C] need two more axes of length 1 to meet the maps.",
                ),
            ),
        ),
    ),
    hints=(
        "Write out one cell of the worked example by hand: three products, one sum.",
        "`weights[:, :, None, None]` has shape [1, C, 1, 1]. What does it give when multiplied by [1, C, h, "
        "w]?",
        "Then add over the channel axis, and keep that axis with length 1 (`keepdim=True`).",
    ),
)
