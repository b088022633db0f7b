"""Hidden checks of lesson 2. Oracles: NumPy for the scaling and the cosines, reshaping for the tiles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .draw import Draw
from .filters_mistakes import NAN, normalize_mistakes, similar_mistakes, tile_mistakes
from .filters_oracles import cosines, pairs, scaled, tiled
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
        misconceptions=[NAN],
        edge=True,
    )


def _normalize_item(name: str, weight: Tensor) -> Item:
    right = scaled(weight, (1, 2, 3))
    return Item(
        name,
        [weight],
        expected=right,
        misconceptions=normalize_mistakes(weight, right),
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
            expected=tiled(filters, columns, padding),
            misconceptions=list(tile_mistakes(filters, columns, padding)),
            next_step="A white canvas; tile i goes to row i // columns, column i % columns, side + padding "
            "apart.",
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
        values = np.nan_to_num(cosines(weight))
        upper = values[np.triu_indices(count, 1)]
        clear = (np.abs(np.abs(upper) - abs(threshold)) > 0.01).all() and (upper >= threshold).sum() >= 2
        right = pairs(values, threshold)
        # Every mistake must show: a last filter left out, neighbours alone compared, means or signs taken away.
        clear &= any(j == count - 1 for _, j in right) and any(j > i + 1 for i, j in right)
        centred = pairs(cosines(weight - weight.mean((1, 2, 3), keepdim=True)), threshold)
        if clear and right not in (centred, pairs(np.abs(values), threshold)):
            return weight
    raise AssertionError(f"no clear set of filters was found for {name}")


def _similar_item(name: str, weight: Tensor, threshold: float | None, *, edge: bool = False) -> Item:
    limit = 0.95 if threshold is None else threshold
    right = pairs(cosines(weight), limit)
    return Item(
        name,
        [weight],
        kwargs={} if threshold is None else {"threshold": threshold},
        expected=right,
        misconceptions=similar_mistakes(weight, limit, right),
        next_step="Flatten each filter, divide by its length; the cosine is the sum of the products.",
        edge=edge,
    )
