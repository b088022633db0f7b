"""Filters side by side in one picture, on filters of one or a few cells."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor


def _colours(count: int, side: int = 1) -> torch.Tensor:
    """Filters [count, 3, side, side] of one colour each: (0.1, 0.2, 0.3), (0.2, 0.3, 0.4), ..."""
    first = torch.arange(1, count + 1)[:, None] / 10
    return (first + tensor([0.0, 0.1, 0.2])).view(count, 3, 1, 1).repeat(1, 1, side, side)


def _picture(height: int, width: int, spots: dict[tuple[int, int], float]) -> torch.Tensor:
    """A white picture [height, width, 3] with single coloured pixels: the place, and how much red."""
    out = torch.ones(height, width, 3)
    for (row, col), red in spots.items():
        out[row, col] = tensor([red, red + 0.1, red + 0.2])
    return out


def _patterned() -> torch.Tensor:
    """Two filters [2, 3, 2, 2] in which every number is another one."""
    return torch.arange(24.0).view(2, 3, 2, 2) / 100


PATTERNED = [
    [[0.0, 0.04, 0.08], [0.01, 0.05, 0.09], [0.12, 0.16, 0.2], [0.13, 0.17, 0.21]],
    [[0.02, 0.06, 0.1], [0.03, 0.07, 0.11], [0.14, 0.18, 0.22], [0.15, 0.19, 0.23]],
]
CHANNELS_FIRST = Misconception(
    "channels_first",
    "The colours come first. A picture to look at has them last: [H, W, 3].",
    when=lambda got: got.ndim == 3 and got.shape[0] == 3 and got.shape[-1] != 3,
)
OUTER_BORDER = "There is a border around the outside. White pixels go between the tiles only."

TILE = Task(
    name="tile_filters",
    points=4,
    examples=(
        Example(
            "3 filters of one pixel, columns=2, padding=1: a picture of 3×3",
            lambda: (_colours(3),),
            _picture(3, 3, {(0, 0): 0.1, (0, 2): 0.2, (2, 0): 0.3}),
            (
                Misconception(
                    "column_by_column",
                    "The tiles run down the columns. Fill the first row from left to right, then the next.",
                    _picture(3, 3, {(0, 0): 0.1, (2, 0): 0.2, (0, 2): 0.3}),
                ),
                Misconception(
                    "black_padding",
                    "The space between the tiles is black. White is 1.0.",
                    when=lambda got: tuple(got.shape) == (3, 3, 3) and float(got[1].max()) == 0,
                ),
                Misconception(
                    "empty_place_not_white",
                    "The last place has no tile; it should be white, like the space between.",
                    when=lambda got: tuple(got.shape) == (3, 3, 3) and float(got[2, 2].min()) < 1,
                ),
                Misconception(
                    "outer_border",
                    OUTER_BORDER,
                    when=lambda got: tuple(got.shape)[:2] in ((5, 5), (4, 4)),
                ),
            ),
            kwargs={"columns": 2, "padding": 1},
        ),
        Example(
            "2 filters of 2×2 pixels side by side, columns=2, padding=0",
            lambda: (_patterned(),),
            tensor(PATTERNED),
            (
                Misconception(
                    "tiles_turned",
                    "Rows and columns within the tiles have changed places: move the colours last, and keep "
                    "rows before columns.",
                    when=lambda got: tuple(got.shape) == (2, 4, 3) and abs(float(got[0, 1, 0]) - 0.02) < 1e-4,
                ),
                Misconception(
                    "colours_mixed_up",
                    "The numbers have the right shape in the wrong order: `reshape` does not move axes. Use "
                    "`permute`.",
                    when=lambda got: tuple(got.shape) == (2, 4, 3) and abs(float(got[0, 0, 1]) - 0.01) < 1e-4,
                ),
                CHANNELS_FIRST,
            ),
            kwargs={"columns": 2, "padding": 0},
        ),
        Example(
            "2 filters, columns=4, padding=2: still four tiles wide",
            lambda: (_colours(2),),
            _picture(1, 10, {(0, 0): 0.1, (0, 3): 0.2}),
            (
                Misconception(
                    "narrower_than_asked",
                    "The picture is only as wide as there are filters. It is always `columns` tiles wide.",
                    when=lambda got: tuple(got.shape)[:2] == (1, 4),
                ),
                Misconception("outer_border", OUTER_BORDER, when=lambda got: got.shape[0] > 1),
            ),
            kwargs={"columns": 4, "padding": 2},
        ),
        Example(
            "9 filters as the defaults have it: 8 columns, 1 pixel between",
            lambda: (_colours(9) / 2,),
            torch.cat(
                [
                    _picture(2, 15, {}).index_put(
                        (tensor([0] * 8), torch.arange(0, 16, 2)),
                        tensor([[n / 20, (n + 1) / 20, (n + 2) / 20] for n in range(1, 9)]),
                    ),
                    _picture(1, 15, {}).index_put((tensor([0]), tensor([0])), tensor([[0.45, 0.5, 0.55]])),
                ]
            ),
        ),
    ),
    hints=(
        "Draw 3 tiles in 2 columns on paper. How many rows of tiles are needed, and how many pixels high and "
        "wide is the picture?",
        "Begin with a white canvas, `torch.ones(height, width, 3)`. With n tiles and p pixels between them "
        "a side is n·side + (n - 1)·p pixels long.",
        "Tile number i stands in row `i // columns` and column `i % columns`. From one tile's corner to the "
        "next it is side + padding pixels.",
        "A filter is [3, k, k]; the canvas has its colours last. `permute(1, 2, 0)` turns the one into the "
        "other.",
    ),
)
