"""The nearest by cosine, on vectors of three numbers."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

GALLERY = [[2.0, 2], [5, 10], [0.5, 0.75], [-1, -2]]
LONG = [[1.0, 0, 1], [0, 0, 0.1], [4, 0, 2], [0, 5, -1]]
NO_INDICES = Misconception(
    "values_returned",
    "These are the similarities. Return the positions in the gallery: `topk` gives values and indices.",
    when=lambda got: torch.as_tensor(got).is_floating_point(),
)

NEAREST = Task(
    name="nearest_neighbours",
    points=3,
    examples=(
        Example(
            "query (1, 2), four rows of different length, k=2",
            lambda: (tensor([1.0, 2]), tensor(GALLERY), 2),
            tensor([1, 2]),
            (
                NO_INDICES,
                Misconception(
                    "dot_product",
                    "These are the largest dot products, which grow with a row's length. Divide by the lengths first.",
                    tensor([1, 0]),
                ),
                Misconception(
                    "euclidean",
                    "These are the smallest distances. Cosine similarity compares directions, not positions.",
                    tensor([0, 2]),
                ),
                Misconception(
                    "best_left_out",
                    "The best match was left out. Here the query is no part of the gallery: nothing is to be skipped.",
                    tensor([2, 0]),
                ),
                Misconception(
                    "absolute_cosine",
                    "Row 3 points the opposite way: its cosine is -1, the least similar of all.",
                    when=lambda got: 3 in list(got) and 1 in list(got),
                ),
                Misconception("best_last", "The best match comes first.", tensor([2, 1])),
                Misconception(
                    "worst_matches",
                    "These are the least similar rows. A larger cosine means more similar.",
                    tensor([3, 0]),
                ),
            ),
        ),
        Example(
            "query (0, 0, 3), k=4: the whole gallery in order",
            lambda: (tensor([0.0, 0, 3]), tensor(LONG), 4),
            tensor([1, 0, 2, 3]),
            (
                NO_INDICES,
                Misconception(
                    "dot_product",
                    "Row 2 is long, and therefore its dot product is large. Divide each row by its length.",
                    tensor([2, 0, 1, 3]),
                ),
                Misconception("best_last", "The best match comes first.", tensor([3, 2, 0, 1])),
                Misconception(
                    "sorted_by_position",
                    "These are positions in ascending order. Sort by similarity, the best first.",
                    tensor([0, 1, 2, 3]),
                ),
            ),
        ),
        Example(
            "the same, k=1",
            lambda: (tensor([0.0, 0, 3]), tensor(LONG), 1),
            tensor([1]),
            (
                NO_INDICES,
                Misconception(
                    "k_ignored",
                    "More than k positions came back.",
                    when=lambda got: len(got) > 1,
                ),
            ),
        ),
    ),
    hints=(
        "The cosine of two vectors is their dot product divided by both lengths.",
        "`gallery @ query` gives all dot products at once. Which lengths are still to be divided by?",
        "`topk(k)` gives the largest values in order, and where they stand: you want the places.",
    ),
)
