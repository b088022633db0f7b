"""The two directions of most spread, on points whose axes can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from course_utils.comparison import as_tensor
from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

LINE = [[1.0, 2], [4, 6], [7, 10]]
ON_THE_LINE = [[-5.0, 0], [0, 0], [5, 0]]
# mean (10, 20, 5) + a·(2, 2, 1)/3 + b·(1, -2, 2)/3 with a = 6, -6, 3, -3 and b = 3, 3, -3, -3
SPACE = [[15.0, 22, 9], [7, 14, 5], [11, 24, 4], [7, 20, 2]]
IN_SPACE = [[6.0, 3], [-6, 3], [3, -3], [-3, -3]]
# 7 in the last column, a·(1, 1, 1, 1)/2 + b·(1, -1, 1, -1)/2 in the others, a = 4, -2, -2 and b = 0, 1.5, -1.5
WIDE = [[2.0, 2, 2, 2, 7], [-0.25, -1.75, -0.25, -1.75, 7], [-1.75, -0.25, -1.75, -0.25, 7]]
IN_WIDE = [[4.0, 0], [-2, 1.5], [-2, -1.5]]


def _turned_like(expected: list[list[float]]) -> Callable[[Any, tuple[Any, ...]], Any]:
    """A reader that turns each column's sign to fit the expected one, for a direction may point either way."""

    def read(result: Any, args: tuple[Any, ...]) -> Any:
        got = as_tensor(result, floating=True)
        if got is None or tuple(got.shape) != (len(expected), 2):
            return result
        return torch.where((got * tensor(expected)).sum(0) < 0, -got, got)

    return read


def _pca_example(
    name: str, rows: list[list[float]], expected: list[list[float]], *more: Misconception
) -> Example:
    right = tensor(expected)
    return Example(
        name,
        lambda: (tensor(rows),),
        right,
        (
            *more,
            Misconception(
                "smallest_first",
                "The columns have changed places. The direction with the larger variance comes first.",
                when=lambda got: torch.allclose(got.abs(), right.flip(1).abs(), atol=1e-3),
            ),
            Misconception(
                "transposed",
                "The shape is turned round: each picture is a row, [N, 2].",
                when=lambda got: tuple(got.shape) == (2, len(rows)),
            ),
            Misconception(
                "directions_returned",
                "These are the two directions, [D, 2]. Project the centred rows on them: one pair of numbers a picture.",
                when=lambda got: len(rows[0]) != len(rows) and tuple(got.shape) == (len(rows[0]), 2),
            ),
        ),
        errors=(
            (
                "cannot be multiplied",
                "For `rows @ directions` the directions must be columns, [D, 2]. `svd` gives them as rows of its third result.",
            ),
        ),
        read=_turned_like(expected),
    )


PCA_2D = Task(
    name="pca_2d",
    points=4,
    examples=(
        _pca_example(
            "the worked example: three points on a line",
            LINE,
            ON_THE_LINE,
            Misconception(
                "not_centred",
                "The middle point is the mean and should land at 0. Subtract the mean of each column before you project.",
                when=lambda got: tuple(got.shape) == (3, 2) and abs(float(got[1, 0])) > 0.1,
            ),
        ),
        _pca_example(
            "4 points in 3 dimensions",
            SPACE,
            IN_SPACE,
            Misconception(
                "not_centred",
                "The directions are right, and the rows were projected before the mean was subtracted.",
                tensor(IN_SPACE) + tensor([21.66667, -6.66667]),
            ),
            Misconception(
                "not_centred",
                "The columns do not have mean 0. Subtract the mean of each column first.",
                when=lambda got: tuple(got.shape) == (4, 2) and bool(got.mean(0).abs().max() > 0.1),
            ),
            Misconception(
                "whitened",
                "Both columns have length 1. Keep the spread: the singular values belong to the projection.",
                tensor([[0.63246, 0.5], [-0.63246, 0.5], [0.31623, -0.5], [-0.31623, -0.5]]),
            ),
            Misconception(
                "weakest_directions",
                "The first column hardly varies: these are the weakest directions. `eigh` sorts from small to large.",
                when=lambda got: tuple(got.shape) == (4, 2) and bool(got[:, 0].abs().max() < 1e-3),
            ),
        ),
        _pca_example("3 points in 5 dimensions", WIDE, IN_WIDE),
    ),
    hints=(
        "PCA asks: along which direction do the points spread most? Spread is measured from their mean.",
        "So first subtract the mean of each column. Then `torch.linalg.svd` of the centred rows, "
        "`full_matrices=False`, gives three results.",
        "The third result holds the directions as rows, the strongest first. Take two of them, and turn them into columns.",
        "The coordinates are the centred rows times these columns. The sign of a column is free: no check looks at it.",
    ),
)
