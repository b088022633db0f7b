"""Accuracy by label and place, on five pictures."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor
nan = float("nan")

# Fourteen pictures in mixed order, each as (label, group, prediction): 3 landbirds on land, all right; 4 on
# water, 1 right; 2 waterbirds on land, 1 right; 5 on water, 4 right.
PICTURES = [
    *[(0, 0, 0), (0, 1, 1), (1, 1, 1), (0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)],
    *[(1, 1, 0), (0, 1, 0), (1, 0, 0), (0, 0, 0), (1, 1, 1), (0, 1, 1), (1, 1, 1)],
]
LABELS, PLACES, PREDICTIONS = (list(column) for column in zip(*PICTURES, strict=True))

NO_EXAMPLE_PREDICTIONS = [0, 0, 1, 1, 1]
NO_EXAMPLE_LABELS = [0, 0, 0, 1, 1]
NO_EXAMPLE_PLACES = [0, 0, 0, 0, 1]

GROUP_ACCURACY = Task(
    name="group_accuracy",
    points=4,
    examples=(
        Example(
            "14 pictures: groups of 3, 4, 2 and 5",
            lambda: (tensor(PREDICTIONS), tensor(LABELS), tensor(PLACES)),
            tensor([[1.0, 0.25], [0.5, 0.8]]),
            (
                Misconception(
                    "transposed",
                    "Rows and columns are swapped. The row is the label, the column is the group.",
                    tensor([[1.0, 0.5], [0.25, 0.8]]),
                ),
                Misconception(
                    "share_of_all",
                    "The right answers were divided by all 14 pictures. Divide by the pictures of that cell.",
                    tensor([[3 / 14, 1 / 14], [1 / 14, 4 / 14]]),
                ),
                Misconception(
                    "share_of_label",
                    "The right answers were divided by all pictures of that label. Divide by those of that cell.",
                    tensor([[3 / 7, 1 / 7], [1 / 7, 4 / 7]]),
                ),
                Misconception(
                    "counts",
                    "These are numbers of right answers. Divide each by the number of pictures in its cell.",
                    tensor([[3.0, 1.0], [1.0, 4.0]]),
                ),
                Misconception(
                    "error_rate",
                    "These are shares of wrong answers. Accuracy is the share of right ones.",
                    tensor([[0.0, 0.75], [0.5, 0.2]]),
                ),
                Misconception(
                    "share_of_ones",
                    "This is how often the answer was 1. Ask how often it equals the label.",
                    tensor([[0.0, 0.75], [0.5, 0.8]]),
                ),
                Misconception(
                    "rows_by_prediction",
                    "The rows are sorted by what the model answered. The row is the true label.",
                    tensor([[0.75, 0.5], [1.0, 4 / 7]]),
                ),
                Misconception(
                    "not_two_by_two",
                    "Four numbers in one row. Return [2, 2]: a row for each label, a column for each group.",
                    when=lambda got: got.numel() == 4 and tuple(got.shape) != (2, 2),
                ),
            ),
        ),
        Example(
            "a group without a picture: no landbird on water",
            lambda: (
                tensor(NO_EXAMPLE_PREDICTIONS),
                tensor(NO_EXAMPLE_LABELS),
                tensor(NO_EXAMPLE_PLACES),
            ),
            tensor([[2 / 3, nan], [1.0, 1.0]]),
            (
                Misconception(
                    "zero_for_no_example",
                    "No picture, so no accuracy: 0 would say that the model was always wrong. Return NaN there.",
                    tensor([[2 / 3, 0.0], [1.0, 1.0]]),
                ),
                Misconception(
                    "one_for_no_example",
                    "No picture, so no accuracy: 1 would say that the model was always right. Return NaN there.",
                    tensor([[2 / 3, 1.0], [1.0, 1.0]]),
                ),
            ),
            errors=(
                ("division by zero", "One cell has no picture. Decide what it gets before you divide: NaN."),
            ),
        ),
    ),
    hints=(
        "Which pictures belong to row 0, column 1? Two conditions, both true.",
        "`(labels == 0) & (groups == 1)` is a mask; a tensor indexed with it keeps those pictures alone.",
        "`(predictions == labels)` turned into floats has the accuracy as its mean. What is the mean of nothing?",
        "Fill a [2, 2] tensor in two loops, label and group. PyTorch's mean over no element is NaN by itself.",
    ),
)
