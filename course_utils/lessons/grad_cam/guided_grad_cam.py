"""The sharp picture times the soft heatmap."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

SHARP = [[[1.0, -2, 4], [3, -4, 1]], [[0.5, 0.5, 2], [-0.5, 1, 1]], [[0.0, 2, -2], [4, -1, 1]]]
SOFT = [[0.0, 0.5, 1.0], [1.0, 0.25, 0.5]]

GUIDED_GRAD_CAM = Task(
    name="guided_grad_cam",
    points=2,
    examples=(
        Example(
            "a sharp map [3, 2, 3] and a heatmap [2, 3]",
            lambda: (tensor(SHARP), tensor(SOFT)),
            tensor(
                [
                    [[0.0, -1, 4], [3, -1, 0.5]],
                    [[0.0, 0.25, 2], [-0.5, 0.25, 0.5]],
                    [[0.0, 1, -2], [4, -0.25, 0.5]],
                ]
            ),
            (
                Misconception(
                    "negatives_lost",
                    "The negative values are gone. This is a product and nothing else.",
                    tensor(
                        [
                            [[0.0, 0, 4], [3, 0, 0.5]],
                            [[0.0, 0.25, 2], [0, 0.25, 0.5]],
                            [[0.0, 1, 0], [4, 0, 0.5]],
                        ]
                    ),
                ),
                Misconception(
                    "channels_merged",
                    "The three colour channels have become one. Keep them: [3, H, W].",
                    when=lambda got: got.squeeze().ndim == 2,
                ),
            ),
        ),
        Example(
            "a heatmap of zeros",
            lambda: (tensor(SHARP), torch.zeros(2, 3)),
            torch.zeros(3, 2, 3),
        ),
    ),
    hints=(
        "Elementwise: each pixel of the heatmap scales the three numbers at that pixel.",
        "PyTorch lines up shapes from the right. Do [3, H, W] and [H, W] fit as they are?",
    ),
)
