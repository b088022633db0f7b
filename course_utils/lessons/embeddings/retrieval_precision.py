"""How many of the nearest share the label, leaving each picture itself out."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

FOUR = [[1.0, 0], [3, 1], [0, 2], [1, 1.2]]
TWINS = [[1.0, 0], [1, 0], [0, 1], [1, 3]]

RETRIEVAL = Task(
    name="retrieval_precision",
    points=4,
    examples=(
        Example(
            "four items, labels 0, 0, 1, 1, k=1",
            lambda: (tensor(FOUR), tensor([0, 0, 1, 1]), 1),
            0.75,
            (
                Misconception(
                    "itself_counted",
                    "Every item found itself. Leave the item itself out of its own neighbours.",
                    1.0,
                ),
                Misconception(
                    "euclidean",
                    "These neighbours are the closest by distance. Use cosine similarity.",
                    0.25,
                ),
                Misconception(
                    "dot_product",
                    "These neighbours have the largest dot products. Divide each row by its length first.",
                    0.5,
                ),
                Misconception("percent", "This is a percentage. Return a share between 0 and 1.", 75.0),
                Misconception(
                    "not_averaged",
                    "This is a sum over the items. Return the mean of their shares.",
                    3.0,
                ),
            ),
        ),
        Example(
            "two items are exact twins with different labels, k=1",
            lambda: (tensor(TWINS), tensor([0, 1, 0, 0]), 1),
            0.5,
            (
                Misconception(
                    "twin_left_out",
                    "A twin counts as a neighbour. Leave the item out by its position, not by its similarity or its rank.",
                    0.75,
                ),
                Misconception(
                    "itself_counted",
                    "Every item found itself. Leave the item itself out of its own neighbours.",
                    1.0,
                ),
            ),
        ),
        Example(
            "labels 5, 5, 9, 2, k=3: all the others are neighbours",
            lambda: (tensor(FOUR), tensor([5, 5, 9, 2]), 3),
            1 / 6,
            (
                Misconception(
                    "recall",
                    "One right neighbour of three is a share of 1/3, also where there is no more than one to be found.",
                    0.5,
                ),
                Misconception(
                    "divided_by_k_plus_one",
                    "The share is taken of k neighbours, not of k + 1.",
                    0.125,
                ),
            ),
        ),
    ),
    hints=(
        "First the table of all cosine similarities, [N, N]. What stands on its diagonal?",
        "An item must never be its own neighbour: give the diagonal a value that cannot win, such as -inf.",
        "`labels[neighbours]` gives the neighbours' labels, [N, k]. Compare them with `labels[:, None]`.",
        "The mean of that table of hits is the mean of the shares, since each item has the same number k of neighbours.",
    ),
)
