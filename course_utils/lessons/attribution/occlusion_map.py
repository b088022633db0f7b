"""What the score loses where a patch is covered."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor

BLUE_DROPS = [[-0.08039, -0.21703, 0.04021], [-0.04124, -0.0307, 0.27985]]
OCCLUSION = Task(
    name="occlusion_map",
    points=5,
    examples=(
        Example(
            "the colour spotter, class 0 (blue), patches of 2×2 side by side",
            lambda: (colour_spotter(), colour_picture(), 0, 2, 2),
            tensor(BLUE_DROPS),
            (
                Misconception(
                    "sign_reversed",
                    "The sign is the other way round: the probability on `x` minus the one on the covered picture.",
                    -tensor(BLUE_DROPS),
                ),
                Misconception(
                    "logit_for_probability",
                    "These are differences of logits. In this task the softmax probability is compared.",
                    tensor([[-0.16667, -0.16667, 0.0], [-0.16667, 0.16667, 1.16667]]),
                ),
                Misconception(
                    "covered_probability",
                    "These are the probabilities of the covered pictures. Subtract them from the one on `x`.",
                    tensor([[0.5328, 0.66944, 0.4122], [0.49365, 0.48311, 0.17256]]),
                ),
                Misconception(
                    "patches_pile_up",
                    "Each picture still has the earlier patches in it. Start each from a fresh copy: `x.clone()`.",
                    tensor([[-0.08039, -0.27523, -0.24398], [-0.27476, -0.24686, 0.20241]]),
                ),
                Misconception(
                    "one_channel_covered",
                    "Only the first colour channel was covered. Cover all of them.",
                    tensor([[-0.07754, -0.20832, 0.0], [-0.03916, -0.11436, 0.0]]),
                ),
                Misconception(
                    "negatives_cut",
                    "The negative values became 0. They say that covering raised the probability; keep them.",
                    tensor([[0.0, 0.0, 0.04021], [0.0, 0.0, 0.27985]]),
                ),
                Misconception(
                    "class_ignored",
                    "This is the map of the predicted class. Class 0 is a class.",
                    tensor([[0.08345, 0.24352, -0.04081], [0.04081, 0.05135, -0.2389]]),
                ),
                Misconception(
                    "lies_on_its_side",
                    "The map lies on its side: rows belong to the height, columns to the width.",
                    when=lambda got: tuple(got.shape) == (3, 2),
                ),
            ),
        ),
        Example(
            "class 1 (red), overlapping patches: patch 2, stride 1, filled with 1",
            lambda: (colour_spotter(), colour_picture(), 1, 2, 1, 1.0),
            tensor(
                [
                    [0.08205, 0.16481, 0.2413, 0.10492, -0.0422],
                    [0.06086, 0.10492, 0.14922, -0.01238, -0.16416],
                    [0.03961, 0.04289, 0.0482, -0.11961, -0.247],
                ]
            ),
            (
                Misconception(
                    "fill_ignored",
                    "The patches are filled with 0. Use the argument `fill`.",
                    tensor(
                        [
                            [0.08345, 0.16663, 0.24352, 0.10683, -0.04081],
                            [0.06216, 0.10683, 0.15198, -0.00887, -0.16053],
                            [0.04081, 0.04484, 0.05135, -0.11393, -0.2389],
                        ]
                    ),
                ),
                Misconception(
                    "stride_ignored",
                    "The patches lie side by side, as if `stride` were `patch`. Move by `stride`.",
                    when=lambda got: tuple(got.shape) == (2, 3),
                ),
                Misconception(
                    "full_size",
                    "The map has the picture's size. Return one value for each patch.",
                    when=lambda got: tuple(got.shape) == (4, 6),
                ),
            ),
        ),
        Example(
            "patch 4, stride 2: as high as the picture, two places side by side",
            lambda: (colour_spotter(), colour_picture(), 0, 4, 2),
            tensor([[-0.2776, 0.227]]),
            (
                Misconception(
                    "squeezed",
                    "A row was squeezed away. With one row the map is still [1, cols].",
                    when=lambda got: tuple(got.shape) == (2,),
                ),
            ),
        ),
    ),
    hints=(
        "How many rows fit? Write down the first and the last top edge for H = 4, patch = 2, stride = 1.",
        "The probability on `x` is needed once, before the loops. Nothing here needs gradients: `torch.no_grad()`.",
        "For each place: a fresh clone of `x`, then a slice of it over all channels set to `fill`. Where does the slice "
        "start, and where does it end?",
        "The number to store is the first probability minus the new one. Its place is `[r, c]`, its patch begins at "
        "`(r * stride, c * stride)`.",
    ),
)
