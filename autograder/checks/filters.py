"""Hidden checks of lesson 2. Oracles: NumPy for the scaling and the cosines, reshaping for the tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.comparison import Misconception

from .draw import Draw
from .items import Item, LessonChecks

CHECKS = LessonChecks("02_filters")

# --- normalize_filters --------------------------------------------------------------------------------------


@CHECKS.task("normalize_filters")
def normalize_filters(draw: Draw) -> Iterator[Item]:
    for name, shape, scale, shift in (
        ("filters of 3×7×7", (5, 3, 7, 7), 0.1, 0.0),
        ("another number of channels, filters of different strength", (4, 2, 3, 3), 5.0, 1.0),
        ("a single filter", (1, 3, 5, 5), 1.0, -0.3),
        ("filters whose weights are all negative", (3, 4, 2, 2), 0.2, -4.0),
    ):
        strength = 1 + torch.arange(shape[0]).view(-1, 1, 1, 1)
        weight = draw.normal(name, *shape) * scale * strength + shift
        yield _normalize_item(name, weight)
    weight = draw.normal("with a constant", 4, 3, 3, 3)
    weight[1], weight[3] = float(draw.uniform("constant", 1)) + 0.5, 0.0
    yield _normalize_item("a constant filter and a dead one among others", weight)
    yield Item(
        "all filters constant",
        [torch.full((2, 3, 2, 2), -1.5)],
        expected=torch.zeros(2, 3, 2, 2),
        misconceptions=[_NAN],
        edge=True,
    )


_NAN = Misconception(
    "zero_by_zero",
    "0 divided by 0 gives NaN. A filter whose weights are all equal becomes zeros.",
    when=lambda got: bool(got.isnan().any()),
)


def _scaled(weight: Tensor, axes: tuple[int, ...]) -> Tensor:
    array = weight.double().numpy()
    low, high = array.min(axis=axes, keepdims=True), array.max(axis=axes, keepdims=True)
    width = np.where(high > low, high - low, 1.0)
    return torch.from_numpy((array - low) / width).float()


def _normalize_item(name: str, weight: Tensor) -> Item:
    right = _scaled(weight, (1, 2, 3))
    top = weight.amax((1, 2, 3), keepdim=True)
    size = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    low = weight.amin((1, 2, 3), keepdim=True)
    constant = (top == low).expand_as(weight)
    mistakes = [
        (
            "one_scale_for_all",
            "One minimum and maximum was used for all filters together. Each filter has its own.",
            _scaled(weight, (0, 1, 2, 3)),
        ),
        (
            "each_channel_by_itself",
            "Each channel was scaled by itself, which changes the colours. One range for the whole filter.",
            _scaled(weight, (2, 3)),
        ),
        (
            "scaled_across_the_filters",
            "The range was taken over the filters. Take it within each filter: over channels, rows, columns.",
            _scaled(weight, (0,)),
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
    return Item(
        name,
        [weight],
        expected=right,
        misconceptions=[
            *(Misconception(n, m, v) for n, m, v in mistakes if not torch.allclose(v, right, atol=1e-3)),
            _NAN,
        ],
        next_step="For each filter by itself: subtract its smallest weight, divide by its range.",
    )


# --- tile_filters -------------------------------------------------------------------------------------------


@CHECKS.task("tile_filters")
def tile_filters(draw: Draw) -> Iterator[Item]:
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
            expected=_tiled(filters, columns, padding),
            misconceptions=list(_tile_mistakes(filters, columns, padding)),
            next_step="A white canvas; tile i goes to row i // columns, column i % columns, side + padding "
            "apart.",
        )


def _tiled(filters: Tensor, columns: int, padding: int, white: float = 1.0) -> Tensor:
    """By reshaping: each tile gets its space on the right and below, and the last space is cut off again."""
    side, rows = filters.shape[-1], -(-len(filters) // columns)
    tiles = F.pad(filters, (0, padding, 0, padding), value=white)
    cell = side + padding
    missing = tiles.new_full((rows * columns - len(filters), 3, cell, cell), white)
    grid = torch.cat([tiles, missing]).view(rows, columns, 3, cell, cell)
    picture = grid.permute(0, 3, 1, 4, 2).reshape(rows * cell, columns * cell, 3)
    return picture[: rows * cell - padding, : columns * cell - padding].contiguous()


def _tile_mistakes(filters: Tensor, columns: int, padding: int) -> Iterator[Misconception]:
    right = _tiled(filters, columns, padding)
    side, count, rows = filters.shape[-1], len(filters), -(-len(filters) // columns)
    black = _tiled(filters, columns, padding, white=0.0)
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
            _tiled(down, columns, padding),
        ),
        (
            "tiles_turned",
            "Rows and columns within the tiles have changed places: `permute(1, 2, 0)`.",
            _tiled(filters.mT, columns, padding),
        ),
        (
            "colours_mixed_up",
            "The colours are mixed up: `reshape` does not move axes. Use `permute`.",
            _tiled(filters.reshape(count, side, side, 3).permute(0, 3, 1, 2).contiguous(), columns, padding),
        ),
        (
            "blue_first",
            "Red and blue have changed places.",
            _tiled(filters.flip(1), columns, padding),
        ),
        (
            "rescaled",
            "The values were scaled again. Tile them as they are.",
            _tiled(_scaled(filters, (0, 1, 2, 3)), columns, padding),
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


# --- similar_filters ----------------------------------------------------------------------------------------


@CHECKS.task("similar_filters")
def similar_filters(draw: Draw) -> Iterator[Item]:
    for name, count, shape, threshold in (
        ("copies, stronger copies and opposites among filters of 3×7×7", 9, (3, 7, 7), None),
        ("threshold 0.8", 10, (3, 3, 3), 0.8),
        ("one channel, threshold 0.6", 8, (1, 4, 4), 0.6),
        ("filters of 5 channels, threshold 0.9", 12, (5, 2, 2), 0.9),
    ):
        weight = _with_relatives(draw, name, count, shape, threshold or 0.95)
        yield _similar_item(name, weight, threshold)
    name = "a threshold below 0, and two dead filters"
    weight = _with_relatives(draw, name, 7, (3, 3, 3), -0.2)
    weight[[2, 5]] = 0
    yield _similar_item(name, weight, -0.2)
    name = "filters that have nothing in common"
    weight = torch.linalg.qr(draw.normal(name, 12, 12)).Q[:5].reshape(5, 3, 2, 2).contiguous()
    yield _similar_item(name, weight, None, edge=True)


def _cosines(weight: Tensor) -> np.ndarray:
    """Cosine similarities [N, N] in double precision; NaN where a filter is all zeros."""
    rows = weight.flatten(1).double().numpy()
    lengths = np.sqrt((rows**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (rows @ rows.T) / lengths[:, None] / lengths[None, :]


def _pairs(values: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    count = len(values)
    return [(i, j) for i in range(count) for j in range(i + 1, count) if values[i, j] >= threshold]


def _with_relatives(draw: Draw, name: str, count: int, shape: tuple[int, ...], threshold: float) -> Tensor:
    """Filters with planted relatives, none of whose similarities lies near the threshold."""
    for attempt in range(500):
        weight = draw.normal(f"{name} {attempt}", count, *shape) + 0.15
        noise = draw.normal(f"{name} noise {attempt}", count, *shape)
        order = draw.permutation(f"{name} order {attempt}", count).tolist()
        near = abs(min(threshold + 0.02, 0.995))
        weight[order[1]] = 3.0 * weight[order[0]]
        weight[order[2]] = -weight[order[0]]
        weight[order[3]] = near * weight[order[4]] + (1 - near**2) ** 0.5 * 0.8 * noise[order[3]]
        weight[order[5]] = 0.02 * (weight[order[4]] + 0.05 * noise[order[5]])
        if count > 7:  # two that have their mean in common and nothing else
            weight[order[6]], weight[order[7]] = noise[order[6]] + 9, noise[order[7]] + 9
        if count > 8:  # one that agrees with another in the first channel alone
            weight[order[8]] = torch.cat([weight[order[4]][:1], -weight[order[4]][1:]])
        values = np.nan_to_num(_cosines(weight))
        upper = values[np.triu_indices(count, 1)]
        clear = (np.abs(np.abs(upper) - abs(threshold)) > 0.01).all() and (upper >= threshold).sum() >= 2
        right = _pairs(values, threshold)
        # Every mistake must show: a last filter left out, neighbours alone compared, means or signs taken away.
        clear &= any(j == count - 1 for _, j in right) and any(j > i + 1 for i, j in right)
        centred = _pairs(_cosines(weight - weight.mean((1, 2, 3), keepdim=True)), threshold)
        if clear and right not in (centred, _pairs(np.abs(values), threshold)):
            return weight
    raise AssertionError(f"no clear set of filters was found for {name}")


def _similar_item(name: str, weight: Tensor, threshold: float | None, *, edge: bool = False) -> Item:
    limit = 0.95 if threshold is None else threshold
    values = _cosines(weight)
    right = _pairs(values, limit)
    flat = weight.flatten(1).double()
    centred = _cosines(weight - weight.mean((1, 2, 3), keepdim=True))
    dead_at_zero = np.nan_to_num(values)
    mistakes: list[tuple[str, str, Any]] = [
        (
            "opposites_counted",
            "A filter and its opposite were paired. Their cosine is -1: do not take the absolute value.",
            _pairs(np.abs(values), limit),
        ),
        (
            "dot_product",
            "This compares dot products, which grow with the weights. Divide by both lengths.",
            _pairs((flat @ flat.T).numpy(), limit),
        ),
        (
            "threshold_ignored",
            "This is the answer for 0.95. Use the argument `threshold`.",
            _pairs(values, 0.95),
        ),
        (
            "mean_subtracted",
            "The filters' means were subtracted first. Take the plain cosine of the weights.",
            _pairs(centred, limit),
        ),
        (
            "first_channel_only",
            "Only the first channel was compared. Flatten all of a filter's weights.",
            _pairs(_cosines(weight[:, :1]), limit),
        ),
        (
            "dead_filter_paired",
            "A filter of zeros was paired. It has no direction, so it is similar to nothing.",
            _pairs(dead_at_zero, limit),
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
    return Item(
        name,
        [weight],
        kwargs={} if threshold is None else {"threshold": threshold},
        expected=right,
        misconceptions=[
            Misconception(
                "paired_with_itself",
                "A filter is paired with itself. Only i < j.",
                when=lambda got: any(i == j for i, j in got),
            ),
            Misconception(
                "both_orders",
                "Each pair is there twice. Give it once, the smaller index first.",
                when=lambda got: (
                    len(got) == 2 * len(right) > 0 and {tuple(sorted(p)) for p in got} == set(right)
                ),
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
        ],
        next_step="Flatten each filter, divide by its length; the cosine is the sum of the products.",
        edge=edge,
    )
