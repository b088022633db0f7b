"""Weights that give each group the same say."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

WORKED_LABELS, WORKED_PLACES = [0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0, 1, 1]
GAP_LABELS, GAP_PLACES = [0, 1, 0, 0, 1], [0, 1, 0, 1, 1]
THREE_LABELS, THREE_PLACES = [2, 0, 1, 2, 2, 0, 1, 2], [3, 3, 1, 1, 3, 3, 1, 3]

BALANCED_WEIGHTS = Task(
    name="balanced_weights",
    points=4,
    examples=(
        Example(
            "the worked example: cells of 4, 1, 1 and 2 pictures",
            lambda: (tensor(WORKED_LABELS), tensor(WORKED_PLACES)),
            tensor([1 / 16] * 4 + [1 / 4, 1 / 4] + [1 / 8] * 2),
            (
                Misconception(
                    "not_normalised",
                    "Each cell has the same total, but all weights together sum to 4. Make that sum 1.",
                    tensor([0.25] * 4 + [1.0, 1.0] + [0.5] * 2),
                ),
                Misconception(
                    "all_alike",
                    "Every picture has the same weight, so a cell of 4 counts four times a cell of 1.",
                    tensor([1 / 8] * 8),
                ),
                Misconception(
                    "labels_only",
                    "The labels are balanced, the backgrounds are not. A cell is a label together with a group.",
                    tensor([0.1] * 5 + [1 / 6] * 3),
                ),
                Misconception(
                    "groups_only",
                    "The backgrounds are balanced, the labels are not. A cell is a label together with a group.",
                    tensor([0.1] * 4 + [1 / 6, 0.1] + [1 / 6] * 2),
                ),
                Misconception(
                    "by_frequency",
                    "The large cells got large weights. It is the other way round: divide by the cell's size.",
                    tensor([4 / 22] * 4 + [1 / 22] * 2 + [2 / 22] * 2),
                ),
                Misconception(
                    "cells_not_pictures",
                    "One number for each cell. Return one weight for each picture, in the pictures' order.",
                    when=lambda got: got.numel() == 4,
                ),
            ),
        ),
        Example(
            "only three of the four cells have pictures",
            lambda: (tensor(GAP_LABELS), tensor(GAP_PLACES)),
            tensor([1 / 6, 1 / 6, 1 / 6, 1 / 3, 1 / 6]),
            (
                Misconception(
                    "four_cells_assumed",
                    "These sum to 3/4: a quarter went to a cell without pictures. Count the cells that there are.",
                    tensor([1 / 8, 1 / 8, 1 / 8, 1 / 4, 1 / 8]),
                ),
            ),
        ),
        Example(
            "three labels, and groups called 1 and 3",
            lambda: (tensor(THREE_LABELS), tensor(THREE_PLACES)),
            tensor([1 / 12, 1 / 8, 1 / 8, 1 / 4, 1 / 12, 1 / 8, 1 / 8, 1 / 12]),
            (
                # The two that come to mind first: label + group, and 2·label + group.
                *(
                    Misconception(
                        "cells_confused",
                        "Two different cells were taken for one: `label + group`, say, is 3 for (0, 3) and for "
                        "(2, 1). Keep the two numbers apart.",
                        tensor(value),
                    )
                    for value in (
                        [1 / 9, 1 / 9, 1 / 6, 1 / 9, 1 / 9, 1 / 9, 1 / 6, 1 / 9],
                        [1 / 9, 1 / 12, 1 / 12, 1 / 3, 1 / 9, 1 / 12, 1 / 12, 1 / 9],
                    )
                ),
                Misconception(
                    "zero_or_one_assumed",
                    "Labels and groups are any integers here, not only 0 and 1. Count the cells that there are.",
                    when=lambda got: abs(float(torch.as_tensor(got).sum()) - 1) >= 1e-3,
                ),
            ),
        ),
    ),
    hints=(
        "How much weight does a whole cell get, if there are 4 cells? And one picture of it?",
        "For each picture you need the number of pictures in its own cell.",
        "`torch.stack([labels, groups], dim=1).unique(dim=0, return_inverse=True, return_counts=True)` names the "
        "cells, says which one each picture is in, and how many are in each.",
        "A weight is 1 / (number of cells × size of the picture's cell).",
    ),
)
