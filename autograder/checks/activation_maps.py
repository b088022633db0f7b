"""Hidden checks of lesson 4, activation maps: which channels, how large, dead or alive, and where they answer most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .activation_maps_mistakes import dead_mistakes, none_dead_mistakes, top_mistakes
from .activation_maps_more_mistakes import constant_mistakes, patch_mistakes, resize_mistakes
from .activation_maps_oracles import bilinear, min_max, numbers, places, ranked
from .draw import Draw
from .items import Item, LessonChecks
from .telling import first_telling

CHECKS = LessonChecks("04_activation_maps")

# --- top_channels -------------------------------------------------------------------------------------------


@CHECKS.task("top_channels")
def top_channels(draw: Draw) -> Iterator[Item]:
    for name, channels, height, width, k in (
        ("k left at 4, some channels bright and even", 9, 5, 7, 4),
        ("k=2, maps that are higher than wide", 6, 8, 3, 2),
        ("k=1", 12, 4, 6, 1),
        ("all channels in order", 5, 6, 4, 5),
    ):
        yield first_telling(
            lambda n, name=name, sides=(channels, height, width), k=k: _top_item(
                draw, f"{name} {n}", name, sides, k
            ),
            hides=("least_first",) if k == 1 else ("by_energy", "by_magnitude", "sorted_indices"),
        )


def _top_item(draw: Draw, purpose: str, name: str, sides: tuple[int, int, int], k: int) -> Item | None:
    channels = sides[0]
    # Variances far apart, and means that have nothing to do with them.
    spread = 0.3 * 1.35 ** draw.permutation(f"{purpose} spread", channels).float()
    mean = draw.normal(f"{purpose} mean", channels) * 4 + 1
    activation = draw.normal(f"{purpose} maps", 1, *sides) * spread[:, None, None] + mean[:, None, None]
    maps = activation[0].flatten(1).numpy().astype(np.float64)
    variance = ((maps - maps.mean(1, keepdims=True)) ** 2).mean(1)
    ordered = np.sort(variance)[::-1]
    if (ordered[:-1] / ordered[1:]).min() < 1.05:
        return None
    right = ranked(variance, k)
    return Item(
        name,
        [activation] if k == 4 else [activation, k],
        expected=right,
        misconceptions=top_mistakes(maps, variance, right),
        next_step="One variance for each channel, over its rows and columns; then the numbers of the k "
        "largest.",
    )


# --- resize_map ---------------------------------------------------------------------------------------------


@CHECKS.task("resize_map")
def resize_map(draw: Draw) -> Iterator[Item]:
    for name, old, new, scale, shift in (
        ("enlarged, values of both signs", (7, 5), (20, 33), 3.0, 0.0),
        ("enlarged, all values far above zero", (4, 6), (30, 22), 0.5, 9.0),
        ("enlarged, all values negative", (5, 3), (11, 17), 2.0, -12.0),
        ("made smaller: no antialiasing", (21, 16), (8, 7), 4.0, 1.0),
    ):
        yield first_telling(
            lambda n, name=name, old=old, new=new, scale=scale, shift=shift: _resize_item(
                name, draw.normal(f"{name} {n}", *old) * scale + shift, new
            ),
            hides=("antialiased",),
        )
    for name, value in (("a constant map becomes zeros", 3.5), ("a map of zeros stays zeros", 0.0)):
        yield Item(
            name,
            [torch.full((4, 5), value), (9, 12)],
            expected=torch.zeros(9, 12),
            misconceptions=constant_mistakes(value),
            edge=True,
        )


def _resize_item(name: str, small: Tensor, size: tuple[int, int]) -> Item:
    unit = min_max(small)
    expected = torch.from_numpy(bilinear(unit.double().numpy(), *size)).float()
    return Item(
        name,
        [small, size],
        expected=expected,
        misconceptions=resize_mistakes(small, unit, size, expected),
        next_step="(map − minimum) / (maximum − minimum), then `F.interpolate` on a tensor with four axes.",
    )


# --- dead_channels ------------------------------------------------------------------------------------------


@CHECKS.task("dead_channels")
def dead_channels(draw: Draw) -> Iterator[Item]:
    yield _dead_item(draw, "a batch of three, the threshold left as it is", 3, 10, (4, 5), None)
    yield _dead_item(draw, "a batch of four, a threshold of 0.5", 4, 9, (3, 6), 0.5)
    yield _dead_item(draw, "one picture", 1, 8, (5, 4), None)
    alive = draw.normal("all alive", 2, 6, 4, 3) + 3 * torch.tensor([1.0, -1, 1, -1, 1, -1])[:, None, None]
    yield Item(
        "no channel is dead: an empty LongTensor",
        [alive],
        expected=torch.zeros(0, dtype=torch.long),
        misconceptions=none_dead_mistakes(torch.tensor([1, 3, 5])),
        edge=True,
    )
    yield Item(
        "every channel is dead",
        [torch.zeros(2, 5, 3, 3)],
        expected=torch.arange(5),
        edge=True,
    )


def _dead_item(
    draw: Draw, name: str, pictures: int, channels: int, size: tuple[int, int], threshold: float | None
) -> Item:
    limit = 1e-6 if threshold is None else threshold
    values = torch.zeros(pictures, channels, *size)
    _zero, tiny, negative, once, balanced, pixel, *rest = draw.permutation(f"{name} roles", channels).tolist()
    quiet = draw.uniform(f"{name} quiet", pictures, *size) * 0.6 * limit
    loud = draw.uniform(f"{name} loud", pictures, channels, *size) + 2 * max(limit, 0.2)
    values[:, tiny] = quiet
    values[:, tiny, 0, 0] *= -1
    values[:, negative] = -loud[:, negative]
    # One is alive in the last picture alone, one in a single cell of the first.
    values[-1, once] = loud[-1, once]
    flat = loud[:, balanced].flatten(1)
    signs = torch.ones(flat.shape[1])
    signs[1::2] = -1
    even = flat[:, :1] * signs
    values[:, balanced] = even.view(pictures, *size)
    values[0, pixel, -1, 0] = loud[0, pixel, -1, 0]
    for channel in rest:
        values[:, channel] = loud[:, channel]
    peaks = np.abs(values.numpy()).astype(np.float64).max(axis=(0, 2, 3))
    expected = numbers(peaks <= limit)
    return Item(
        name,
        [values] if threshold is None else [values, threshold],
        expected=expected,
        misconceptions=dead_mistakes(values, limit),
        next_step="For each channel the largest absolute value over pictures, rows and columns; dead if that "
        "is no larger "
        "than the threshold.",
    )


# --- max_activating_patches ---------------------------------------------------------------------------------


@CHECKS.task("max_activating_patches")
def max_activating_patches(draw: Draw) -> Iterator[Item]:
    for name, sides, channel, k, shift in (
        ("three of six pictures", (6, 4, 5, 8), 2, 3, 0.0),
        ("all pictures, channel 0", (4, 3, 7, 3), 0, 4, 0.0),
        ("a channel whose values are all negative", (5, 3, 4, 6), 1, 2, -9.0),
        ("the one strongest place", (7, 2, 3, 5), 1, 1, 0.0),
    ):
        yield first_telling(
            lambda n, name=name, sides=sides, channel=channel, k=k, shift=shift: _patch_item(
                draw, name, n, sides, channel, k, shift
            ),
            hides=(
                "several_of_one_picture",
                "weakest_first",
                "by_magnitude",
                "sides_swapped",
                "picture_order",
            ),
        )


def _patch_item(
    draw: Draw, name: str, number: int, sides: tuple[int, int, int, int], channel: int, k: int, shift: float
) -> Item | None:
    purpose = f"{name} {number}"
    values = draw.normal(f"{purpose} values", *sides)
    # The strongest picture's second place beats all other pictures; some strong negative values besides.
    best = draw.integer(f"{purpose} best", 0, sides[0])
    flat = values[best, channel].flatten()
    first, second = flat.argsort(descending=True)[:2].tolist()
    flat[first], flat[second] = 7.0, 6.0
    values[:, channel] *= 1.5
    values[(best + 1) % sides[0], channel, 0, 0] = -14.0
    values[:, channel] += shift
    maps = values[:, channel].numpy().astype(np.float64)
    peaks = np.sort(maps.max(axis=(1, 2)))[::-1]
    if len(peaks) > 1 and (peaks[:-1] - peaks[1:]).min() < 0.02:
        return None
    right = places(maps)[:k]
    order = np.argsort(-maps, axis=None)[:k]
    together = [tuple(int(i) for i in np.unravel_index(int(o), maps.shape)) for o in order]
    if k > 1 and together == right:
        return None
    return Item(
        name,
        [values, channel, k],
        expected=right,
        misconceptions=patch_mistakes(values, channel, right),
        next_step="For each picture its strongest place in this channel; sort the pictures by that value; "
        "keep the first k.",
    )
