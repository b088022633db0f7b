"""What goes wrong with lesson 2's filters, and how each mistake is recognised: by its value, or by the answer's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.comparison import Misconception

from .filters_oracles import cosines, pairs, scaled, tiled

NAN = Misconception(
    "zero_by_zero",
    "0 divided by 0 gives NaN. A filter whose weights are all equal becomes zeros.",
    when=lambda got: bool(got.isnan().any()),
)


def normalize_mistakes(weight: Tensor, right: Tensor) -> list[Misconception]:
    """Mistakes of ``normalize_filters``, less those that give the right answer on this weight."""
    top = weight.amax((1, 2, 3), keepdim=True)
    size = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    low = weight.amin((1, 2, 3), keepdim=True)
    constant = (top == low).expand_as(weight)
    mistakes = [
        (
            "one_scale_for_all",
            "One minimum and maximum was used for all filters together. Each filter has its own.",
            scaled(weight, (0, 1, 2, 3)),
        ),
        (
            "each_channel_by_itself",
            "Each channel was scaled by itself, which changes the colours. One range for the whole filter.",
            scaled(weight, (2, 3)),
        ),
        (
            "scaled_across_the_filters",
            "The range was taken over the filters. Take it within each filter: over channels, rows, columns.",
            scaled(weight, (0,)),
        ),
        (
            "minimum_not_subtracted",
            "The weights were divided by their largest magnitude. Subtract the minimum, divide by the range.",
            weight / size,
        ),
        (
            "divided_by_the_maximum",
            "The minimum is subtracted. Divide by the range, maximum minus minimum.",
            (weight - low) / top,
        ),
        ("range_missing", "The minimum is subtracted. Divide by the range as well.", weight - low),
        ("negatives_cut_off", "Negative weights became 0. They count too.", weight.relu() / size),
        ("absolute_values", "The sign of the weights got lost.", weight.abs() / size),
        ("zero_in_the_middle", "0 became 0.5. Scale by each filter's own range.", weight / size / 2 + 0.5),
        ("constant_not_zero", "A filter whose weights are all equal should become zeros.", right + constant),
        (
            "constant_not_zero",
            "A filter whose weights are all equal should become zeros.",
            right + constant * 0.5,
        ),
        (
            "constant_not_zero",
            "A filter whose weights are all equal should become zeros; these kept their value.",
            torch.where(constant, weight, right),
        ),
        ("upside_down", "The largest weight became 0. It should become 1.", 1 - right),
    ]
    return [
        *(Misconception(n, m, v) for n, m, v in mistakes if not torch.allclose(v, right, atol=1e-3)),
        NAN,
    ]


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


def similar_mistakes(weight: Tensor, limit: float, right: list[tuple[int, int]]) -> list[Misconception]:
    """Mistakes of ``similar_filters``, less those that give the right pairs on this weight."""
    values = cosines(weight)
    flat = weight.flatten(1).double()
    centred = cosines(weight - weight.mean((1, 2, 3), keepdim=True))
    dead_at_zero = np.nan_to_num(values)
    mistakes: list[tuple[str, str, Any]] = [
        (
            "opposites_counted",
            "A filter and its opposite were paired. Their cosine is -1: do not take the absolute value.",
            pairs(np.abs(values), limit),
        ),
        (
            "dot_product",
            "This compares dot products, which grow with the weights. Divide by both lengths.",
            pairs((flat @ flat.T).numpy(), limit),
        ),
        (
            "threshold_ignored",
            "This is the answer for 0.95. Use the argument `threshold`.",
            pairs(values, 0.95),
        ),
        (
            "mean_subtracted",
            "The filters' means were subtracted first. Take the plain cosine of the weights.",
            pairs(centred, limit),
        ),
        (
            "first_channel_only",
            "Only the first channel was compared. Flatten all of a filter's weights.",
            pairs(cosines(weight[:, :1]), limit),
        ),
        (
            "dead_filter_paired",
            "A filter of zeros was paired. It has no direction, so it is similar to nothing.",
            pairs(dead_at_zero, limit),
        ),
        ("larger_index_first", "The smaller index comes first in each pair.", [(j, i) for i, j in right]),
        (
            "neighbours_only",
            "Only neighbours were compared. Compare each filter with every later one.",
            [pair for pair in right if pair[1] == pair[0] + 1],
        ),
        (
            "last_filter_missing",
            "The last filter was left out.",
            [pair for pair in right if pair[1] < len(weight) - 1],
        ),
        (
            "below_the_threshold",
            "These are the pairs below the threshold.",
            [(i, j) for i in range(len(weight)) for j in range(i + 1, len(weight)) if (i, j) not in right],
        ),
    ]
    found = [Misconception(n, m, v) for n, m, v in mistakes if v != right]
    return [
        Misconception(
            "paired_with_itself",
            "A filter is paired with itself. Only i < j.",
            when=lambda got: any(i == j for i, j in got),
        ),
        Misconception(
            "both_orders",
            "Each pair is there twice. Give it once, the smaller index first.",
            when=lambda got: len(got) == 2 * len(right) > 0 and {tuple(sorted(p)) for p in got} == set(right),
        ),
        Misconception(
            "not_sorted",
            "These are the right pairs in another order. Sort the list.",
            when=lambda got: sorted(map(tuple, got)) == right and [tuple(p) for p in got] != right,
        ),
        Misconception(
            "lists_for_tuples",
            "The pairs are right, and they are no tuples of ints: return a list of tuples (i, j).",
            when=lambda got: [tuple(int(n) for n in pair) for pair in got] == right,
        ),
        *found,
    ]
