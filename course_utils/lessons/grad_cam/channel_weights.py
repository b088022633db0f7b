"""A channel's weight, the mean of its gradients."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import has_shape

tensor = torch.tensor

WORKED_GRADIENTS = [[[[1.0, 0.6], [0.8, 0.8]], [[0.4, -0.2], [0.1, 0.1]], [[0.5, 0.9], [0.1, 0.5]]]]
WIDE_GRADIENTS = [[[[1.0, 2, 3], [4, 5, 6]], [[-1.0, -1, -1], [0, -3, 0]]]]

CHANNEL_WEIGHTS = Task(
    name="channel_weights",
    points=2,
    examples=(
        Example(
            "the worked example: gradients of shape [1, 3, 2, 2]",
            lambda: (tensor(WORKED_GRADIENTS),),
            tensor([[0.8, 0.1, 0.5]]),
            (
                Misconception(
                    "sum_for_mean",
                    "These are sums over the cells of each map. A weight is their mean.",
                    tensor([[3.2, 0.4, 2.0]]),
                ),
                Misconception(
                    "absolute_gradients",
                    "These are means of absolute values. Keep the sign: a negative gradient is evidence, "
                    "too.",
                    tensor([[0.8, 0.2, 0.5]]),
                ),
                Misconception(
                    "max_for_mean",
                    "These are the largest gradients of each map. A weight is the mean over the map.",
                    tensor([[1.0, 0.4, 0.9]]),
                ),
                Misconception(
                    "kept_dimensions",
                    "The values are one per channel; two axes of length 1 are left over. Return [1, C].",
                    when=has_shape(1, 3, 1, 1),
                ),
                Misconception(
                    "wrong_axes",
                    "This is a mean over the channels, a map. Average over the two axes of space, rows and "
                    "columns.",
                    when=has_shape(1, 2, 2),
                ),
            ),
        ),
        Example(
            "gradients of shape [1, 2, 2, 3], some of them negative",
            lambda: (tensor(WIDE_GRADIENTS),),
            tensor([[3.5, -1.0]]),
            (
                Misconception(
                    "relu_too_early",
                    "A negative weight became zero. The ReLU comes later, on the weighted sum.",
                    tensor([[3.5, 0.0]]),
                ),
                Misconception(
                    "absolute_gradients",
                    "A negative weight lost its sign. Average the gradients as they are.",
                    tensor([[3.5, 1.0]]),
                ),
            ),
        ),
    ),
    hints=(
        "How many numbers go in for one channel, and how many come out?",
        "`gradients` has four axes: picture, channel, row, column. Which of them are space?",
        "A tensor's `mean` takes the axes to average over, several at once, as `dim=(..., ...)`.",
    ),
)
