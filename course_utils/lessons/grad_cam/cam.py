"""CAM, from the classifier's own weights."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import WIDE_MAPS, WIDE_SUM

tensor = torch.tensor

HEAD = [[1.0, 0.0], [-0.5, 2.5], [0.0, 1.0]]

CAM = Task(
    name="cam",
    points=3,
    examples=(
        Example(
            "2 maps of 2×3, three classes, class 1",
            lambda: (tensor(WIDE_MAPS), tensor(HEAD), 1),
            tensor(WIDE_SUM),
            (
                Misconception(
                    "relu_added",
                    "The negative values are gone. The original class activation map has no ReLU.",
                    tensor([[0.0, 1.5, 0.0], [3.0, 0.0, 0.0]]),
                ),
                Misconception(
                    "mean_for_sum",
                    "This is half of the answer: the mean over the 2 channels. Add them up instead.",
                    tensor([[-0.25, 0.75, -0.75], [1.5, -1.25, -0.25]]),
                ),
                Misconception(
                    "scaled",
                    "This was scaled. The original map keeps the values as they come.",
                    when=lambda got: tuple(got.shape) == (2, 3) and abs(float(got.max()) - 1) < 1e-4,
                ),
                Misconception(
                    "wrong_shape",
                    "The map has axes of length 1 left over. Return a plain [h, w].",
                    when=lambda got: got.ndim > 2 and got.squeeze().ndim == 2,
                ),
            ),
            errors=(
                (
                    "must match",
                    "`classifier_weight` is [K, C]: one row for each class, one column for each channel.",
                ),
                (
                    "out of bounds",
                    "`classifier_weight` is [K, C]: one row for each class, one column for each channel.",
                ),
            ),
        ),
        Example(
            "the same maps, class 0",
            lambda: (tensor(WIDE_MAPS), tensor(HEAD), 0),
            tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        ),
    ),
    hints=(
        "Which row of `classifier_weight` belongs to the class? How many numbers does it hold?",
        "The map is a weighted sum of the feature maps, and that row holds the weights.",
        "`features[0]` is [C, h, w]; give the row two axes of length 1 behind it, multiply, add over the "
        "channels.",
    ),
)
