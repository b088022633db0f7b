"""`tile_filters`: items by reshaping, and the pictures that known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import scaled


def items(draw: Draw) -> Iterator[Item]:
    for name, count, side, options in (
        ("5 filters of 3×3 in 2 columns", 5, 3, {"columns": 2, "padding": 1}),
        ("7 filters in 3 columns, 2 pixels between", 7, 4, {"columns": 3, "padding": 2}),
        ("the defaults: 8 columns, 1 pixel between", 19, 7, {}),
        ("fewer filters than columns", 3, 2, {"columns": 5, "padding": 1}),
        ("no space between", 6, 3, {"columns": 3, "padding": 0}),
        ("a single column, 3 pixels between", 3, 2, {"columns": 1, "padding": 3}),
    ):
        filters = 0.9 * draw.uniform(name, count, 3, side, side)
        columns, padding = options.get("columns", 8), options.get("padding", 1)
        yield Item(
            name,
            [filters],
            kwargs=options,
            expected=tiled(filters, columns, padding),
            misconceptions=list(tile_mistakes(filters, columns, padding)),
            next_step="A white canvas; tile i goes to row i // columns, column i % columns, side + padding "
            "apart.",
        )


def tile_mistakes(filters: Tensor, columns: int, padding: int) -> Iterator[Misconception]:
    """Mistakes of ``tile_filters``, less those that give the right picture of these filters."""
    right = tiled(filters, columns, padding)
    side, count, rows = filters.shape[-1], len(filters), -(-len(filters) // columns)
    black = tiled(filters, columns, padding, white=0.0)
    empty = torch.ones_like(right)
    for place in range(count, rows * columns):
        top, left = (n * (side + padding) for n in divmod(place, columns))
        empty[top : top + side, left : left + side] = 0
    order = [place for column in range(columns) for place in range(column, rows * columns, columns)]
    down = torch.ones(rows * columns, *filters.shape[1:])
    for tile, place in zip(filters, order, strict=False):
        down[place] = tile
    for name, message, value in (
        ("black_padding", "The space between the tiles is not white. White is 1.0.", black),
        ("empty_place_not_white", "Places without a tile should be white.", right * empty),
        (
            "column_by_column",
            "The tiles run down the columns. Fill row after row, from left to right.",
            tiled(down, columns, padding),
        ),
        (
            "tiles_turned",
            "Rows and columns within the tiles have changed places: `permute(1, 2, 0)`.",
            tiled(filters.mT, columns, padding),
        ),
        (
            "colours_mixed_up",
            "The colours are mixed up: `reshape` does not move axes. Use `permute`.",
            tiled(filters.reshape(count, side, side, 3).permute(0, 3, 1, 2).contiguous(), columns, padding),
        ),
        (
            "blue_first",
            "Red and blue have changed places.",
            tiled(filters.flip(1), columns, padding),
        ),
        (
            "rescaled",
            "The values were scaled again. Tile them as they are.",
            tiled(scaled(filters, (0, 1, 2, 3)), columns, padding),
        ),
        ("last_row_first", "The rows are upside down: the first filters belong to the top.", right.flip(0)),
    ):
        if value.shape != right.shape or not torch.allclose(value, right, atol=1e-3):
            yield Misconception(name, message, value)
    yield Misconception(
        "channels_first",
        "The colours come first. A picture to look at has them last: [H, W, 3].",
        when=lambda got: tuple(got.shape) == (3, *right.shape[:2]),
    )
    yield Misconception(
        "outer_border",
        "There is white around the outside. It goes between the tiles only.",
        when=lambda got: (
            padding > 0
            and got.ndim == 3
            and got.shape[0] in (right.shape[0] + padding, right.shape[0] + 2 * padding)
            and got.shape[1] in (right.shape[1] + padding, right.shape[1] + 2 * padding)
        ),
    )
    yield Misconception(
        "narrower_than_asked",
        "The picture is only as wide as there are filters. It is always `columns` tiles wide.",
        when=lambda got: count < columns and got.shape[1] == count * (side + padding) - padding,
    )
    yield Misconception(
        "last_row_missing",
        "The last row, which is not full, is missing. Round the number of rows up.",
        when=lambda got: count % columns > 0 and got.shape[0] == (rows - 1) * (side + padding) - padding,
    )
    yield Misconception(
        "one_row_too_many",
        "There is an empty row of tiles at the end. Round the number of rows up, and no further.",
        when=lambda got: got.shape[0] == (rows + 1) * (side + padding) - padding,
    )
    yield Misconception(
        "padding_ignored",
        "The tiles touch. Leave `padding` white pixels between them.",
        when=lambda got: padding > 0 and tuple(got.shape[:2]) == (rows * side, columns * side),
    )


def tiled(filters: Tensor, columns: int, padding: int, white: float = 1.0) -> Tensor:
    """By reshaping: each tile gets its space on the right and below, and the last space is cut off again."""
    side, rows = filters.shape[-1], -(-len(filters) // columns)
    tiles = F.pad(filters, (0, padding, 0, padding), value=white)
    cell = side + padding
    missing = tiles.new_full((rows * columns - len(filters), 3, cell, cell), white)
    grid = torch.cat([tiles, missing]).view(rows, columns, 3, cell, cell)
    picture = grid.permute(0, 3, 1, 4, 2).reshape(rows * cell, columns * cell, 3)
    return picture[: rows * cell - padding, : columns * cell - padding].contiguous()
