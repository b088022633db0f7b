"""The gradient's size at each pixel."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import ERRORS, extra_axis, twice, two_filters

tensor = torch.tensor

SALIENCY = Task(
    name="saliency_map",
    points=4,
    examples=(
        Example(
            "the two-filter network on the numbers 0 to 15",
            two_filters,
            tensor([[0.0, 1, 1, 1]] * 3 + [[0.0] * 4]),
            (
                Misconception(
                    "probability_for_logit",
                    "The map is empty. Does the gradient start at the logit of the class, without a softmax?",
                    torch.zeros(4, 4),
                ),
                Misconception(
                    "mean_for_maximum",
                    "This is a third of the answer: the mean over the channels. Take their maximum.",
                    tensor([[0.0, 1, 1, 1]] * 3 + [[0.0] * 4]) / 3,
                ),
                extra_axis((4, 4)),
                Misconception(
                    "channels_kept",
                    "The three channels are still there. The map is their maximum, [H, W].",
                    when=lambda got: got.numel() == 48,
                ),
            ),
            errors=ERRORS,
        ),
        Example(
            "a picture of 2×3 pixels in three colours, class 2",
            lambda: twice(2),
            tensor([[1.0, 2.25, 0.5], [2.5, 0.5, 2.25]]),
            (
                Misconception(
                    "absolute_value_forgotten",
                    "The largest gradient was taken with its sign. Take the absolute value first, then the maximum.",
                    tensor([[1.0, 2.25, 0.25], [2.5, 0.25, 0.75]]),
                ),
                Misconception(
                    "sum_for_maximum",
                    "These are sums over the channels. The map is their maximum.",
                    tensor([[2.0, 3.75, 1.0], [4.25, 1.0, 3.75]]),
                ),
                Misconception(
                    "first_channel",
                    "This is the first channel alone. Take the maximum over all of them.",
                    tensor([[1.0, 0.75, 0.5], [1.25, 0.5, 0.75]]),
                ),
                Misconception(
                    "scaled",
                    "This was divided by its maximum. Return the gradient's own values.",
                    tensor([[0.4, 0.9, 0.2], [1.0, 0.2, 0.9]]),
                ),
                Misconception(
                    "times_picture",
                    "The gradient was multiplied by the picture. Saliency is the gradient alone.",
                    tensor([[2.0, 4.5, 1.5], [1.5, 2.0, 2.25]]),
                ),
                Misconception(
                    "class_ignored",
                    "This is the map of the predicted class. Use `class_index`.",
                    tensor([[0.5, 4.5, 1.0], [2.5, 0.5, 4.5]]),
                ),
            ),
            errors=ERRORS,
        ),
        Example(
            "a model whose parameters are all frozen, class 0",
            lambda: twice(0, frozen=True),
            tensor([[0.5, 4.5, 1.0], [2.5, 0.5, 4.5]]),
            errors=ERRORS,
        ),
    ),
    hints=(
        "In lesson 3 you took the gradient of a score for a layer's output. Here it is for the picture itself.",
        "`x.detach().clone().requires_grad_()` is a copy of the picture that asks for gradients. Run the model on it.",
        "`torch.autograd.grad(score, copy)` gives a tuple of one: the gradient, [1, 3, H, W].",
        "Absolute value first, then the maximum over the channel axis: `amax(dim=...)`. Detached, on the CPU.",
    ),
)
