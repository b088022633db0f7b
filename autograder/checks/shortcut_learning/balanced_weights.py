"""`balanced_weights`: weights that give each group the same sum, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    zero_one = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for name, count, cells in (
        ("95 pictures in four cells", 95, zero_one),
        ("another number of pictures: 40", 40, zero_one),
        ("one of the four cells is empty", 33, [(0, 0), (1, 0), (1, 1)]),
        (
            "three labels and groups with other numbers, some cells empty",
            52,
            [(0, 4), (1, 3), (2, 2), (2, 4), (0, 7)],
        ),
        (
            "labels and groups where 3·label + group is the same in two cells",
            37,
            [(1, 3), (2, 0), (0, 0), (5, -2)],
        ),
        (
            "labels and groups where 2·label + group, or their digits side by side, are the same in two cells",
            44,
            [(0, 3), (1, 1), (1, 12), (11, 2)],
        ),
    ):
        yield first_telling(
            lambda n, name=name, count=count, cells=cells: _weights_item(draw, name, n, count, cells)
        )
    yield Item(
        "all pictures in one cell: all weights alike",
        [torch.ones(9, dtype=torch.long), torch.zeros(9, dtype=torch.long)],
        expected=torch.full((9,), 1 / 9),
        edge=True,
    )


def _weights_item(
    draw: Draw, name: str, number: int, count: int, cells: list[tuple[int, int]]
) -> Item | None:
    # Each cell gets its own share of the pictures, and at least one.
    shares = draw.uniform(f"{name} shares {number}", len(cells)) ** 2 + 0.02
    which = torch.cat(
        [
            torch.arange(len(cells)),
            torch.multinomial(
                shares, count - len(cells), True, generator=draw.generator(f"{name} which {number}")
            ),
        ]
    )[draw.permutation(f"{name} order {number}", count)]
    sizes = torch.bincount(which, minlength=len(cells))
    if len(set(sizes.tolist())) < len(cells):
        return None
    labels, groups = (torch.tensor([cells[i][axis] for i in which.tolist()]) for axis in (0, 1))
    expected = torch.tensor([1 / (len(cells) * int(sizes[i])) for i in which.tolist()])
    return Item(
        name,
        [labels, groups],
        expected=expected,
        misconceptions=weight_mistakes(labels.numpy(), groups.numpy(), expected),
        next_step="1 / (number of cells that have pictures × number of pictures in the picture's own cell).",
    )


def weight_mistakes(labels: np.ndarray, groups: np.ndarray, expected: Tensor) -> list[Misconception]:
    """Mistakes of ``balanced_weights``."""
    count = len(labels)

    def by(*keys: np.ndarray) -> np.ndarray:
        """For each picture, how many share its value of all keys."""
        rows = list(zip(*(key.tolist() for key in keys), strict=True))
        return np.array([rows.count(row) for row in rows], dtype=float)

    def scaled(weights: np.ndarray) -> Tensor:
        return torch.tensor(weights / weights.sum()).float()

    cells = by(labels, groups)
    number = len(set(zip(labels.tolist(), groups.tolist(), strict=True)))
    confused = "Two different cells were taken for one. Keep label and group apart when you count."
    mistakes = [
        Misconception(
            "not_normalised",
            "Each cell has the same total, but all weights together do not sum to 1.",
            torch.tensor(1 / cells).float(),
        ),
        Misconception(
            "not_normalised",
            "Each cell has the same total, but all weights together do not sum to 1.",
            torch.tensor(count / (number * cells)).float(),
        ),
        Misconception(
            "all_alike",
            "Every picture has the same weight, so large cells count more.",
            scaled(np.ones(count)),
        ),
        Misconception(
            "labels_only",
            "The labels are balanced, the groups are not. A cell is a label together with a group.",
            scaled(1 / by(labels)),
        ),
        Misconception(
            "groups_only",
            "The groups are balanced, the labels are not. A cell is a label together with a group.",
            scaled(1 / by(groups)),
        ),
        Misconception(
            "product_of_both",
            "Labels and groups were balanced one after the other. Count the pictures of each cell, label and group "
            "together.",
            scaled(1 / (by(labels) * by(groups))),
        ),
        Misconception(
            "by_frequency",
            "Large cells got large weights. It is the other way round: divide by the cell's size.",
            scaled(cells),
        ),
        Misconception(
            "matches_only",
            "Only two kinds of picture were told apart: label equal to group, or not. There are more cells.",
            scaled(1 / by(labels == groups)),
        ),
        Misconception("cells_confused", confused, scaled(1 / by(labels + groups))),
        Misconception("cells_confused", confused, scaled(1 / by(2 * labels + groups))),
        Misconception("cells_confused", confused, scaled(1 / by(3 * labels + groups))),
        Misconception(
            "cells_confused", confused, scaled(1 / by(np.char.add(labels.astype(str), groups.astype(str))))
        ),
        Misconception(
            "four_cells_assumed",
            "A share of the weight went to cells without pictures. Count the cells that there are.",
            torch.tensor(1 / (4 * cells)).float(),
        ),
        Misconception(
            "four_cells_assumed",
            "A share of the weight went to cells without pictures. Count the cells that there are.",
            torch.tensor(1 / (len(set(labels.tolist())) * len(set(groups.tolist())) * cells)).float(),
        ),
        Misconception(
            "cells_not_pictures",
            "One number for each cell came back. Return one weight for each picture, in their order.",
            when=lambda got: got.numel() != count,
        ),
    ]
    # Where a mistake changes nothing on this input (four full cells, say), it is no mistake here.
    return [m for m in mistakes if m.value is None or not torch.allclose(m.value, expected, rtol=0.02)]
