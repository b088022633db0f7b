"""Hidden checks of lesson 4, activation maps: which channels, how large, dead or alive, and where they "
"answer most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.comparison import Misconception

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

    def ranked(values: np.ndarray, count: int = k) -> Tensor:
        return torch.from_numpy(np.argsort(-values, kind="stable")[:count].copy())

    variance = ((maps - maps.mean(1, keepdims=True)) ** 2).mean(1)
    ordered = np.sort(variance)[::-1]
    if (ordered[:-1] / ordered[1:]).min() < 1.05:
        return None
    right = ranked(variance)
    mistakes = [
        Misconception(
            "by_mean",
            "These are the channels with the largest mean. An even, bright map has a large mean and tells "
            "nothing about "
            "places: take the variance over height and width.",
            ranked(maps.mean(1)),
        ),
        Misconception(
            "by_maximum",
            "These are the channels with the largest single value. Take the variance over height and width.",
            ranked(maps.max(1)),
        ),
        Misconception(
            "by_energy",
            "These are the channels with the largest squares. A variance is measured from the map's own "
            "mean.",
            ranked((maps**2).mean(1)),
        ),
        Misconception(
            "by_magnitude",
            "These are the channels with the largest absolute values. Take the variance over height and "
            "width.",
            ranked(np.abs(maps).mean(1)),
        ),
        Misconception(
            "least_first", "The order is reversed: the largest variance comes first.", right.flip(0)
        ),
        Misconception(
            "least_first",
            "These are the channels that vary least. The largest come first.",
            ranked(-variance),
        ),
        Misconception(
            "sorted_indices",
            "The channels are right and sorted by number. Sort them by variance, largest first.",
            right.sort().values,
        ),
        Misconception(
            "values_for_indices",
            "These are variances. Return the channels' numbers: `topk` and `argsort` know them.",
            when=lambda got: got.is_floating_point(),
        ),
        Misconception(
            "wrong_count",
            "The number of channels is not k.",
            when=lambda got: got.ndim == 1 and len(got) != k,
        ),
        Misconception(
            "batch_axis_kept",
            "There is an axis too many. The shape to return is [k].",
            when=lambda got: got.ndim > 1 or (k == 1 and got.ndim == 0),
        ),
    ]
    if k == channels:
        mistakes = [m for m in mistakes if m.name != "least_first"] + [mistakes[4]]
    return Item(
        name,
        [activation] if k == 4 else [activation, k],
        expected=right,
        misconceptions=[m for m in mistakes if not (k == 1 and m.name == "sorted_indices")],
        next_step="One variance for each channel, over its rows and columns; then the numbers of the k "
        "largest.",
    )


# --- resize_map ---------------------------------------------------------------------------------------------


def bilinear(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear resampling with pixel centres at half-integers, each axis by its own weights; no "
    "antialiasing."""

    def weights(old: int, new: int) -> np.ndarray:
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        below = np.minimum(place.astype(int), max(old - 2, 0))
        share = place - below
        matrix = np.zeros((new, old))
        matrix[np.arange(new), below] += 1 - share
        matrix[np.arange(new), np.minimum(below + 1, old - 1)] += share
        return matrix

    return weights(values.shape[0], height) @ values @ weights(values.shape[1], width).T


def min_max(values: Tensor) -> Tensor:
    """Moved and scaled to [0, 1]; a constant map becomes zeros."""
    span = values.max() - values.min()
    return (values - values.min()) / span if span > 0 else torch.zeros_like(values)


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
            misconceptions=[
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. Where maximum and minimum are equal, return zeros.",
                    when=lambda got: bool(torch.as_tensor(got).isnan().any()),
                ),
                Misconception(
                    "not_scaled",
                    "A constant map tells of no place: return zeros.",
                    torch.full((9, 12), value),
                )
                if value
                else Misconception(
                    "zero_by_zero", "Return zeros of the size asked for.", when=lambda got: False
                ),
            ],
            edge=True,
        )


def _resize_item(name: str, small: Tensor, size: tuple[int, int]) -> Item:
    def resized(
        values: Tensor, mode: str = "bilinear", corners: bool | None = False, smooth: bool = False
    ) -> Tensor:
        options = {} if mode in ("nearest", "area") else {"align_corners": corners, "antialias": smooth}
        return F.interpolate(values[None, None], size=size, mode=mode, **options)[0, 0]

    unit = min_max(small)
    expected = torch.from_numpy(bilinear(unit.double().numpy(), *size)).float()
    enlarged = size[0] >= small.shape[0]
    corners = F.interpolate(unit[None, None], size=size, mode="bilinear", align_corners=True)[0, 0]
    mistakes = [
        Misconception(
            "scaled_after_resizing",
            "The map was scaled after the resizing. First bring the small map to [0, 1], then resize.",
            min_max(expected),
        ),
        Misconception("not_scaled", "The map was not brought to [0, 1].", resized(small)),
        Misconception(
            "divided_by_maximum",
            "The map was divided by its maximum. Subtract the minimum first, and divide by maximum minus "
            "minimum.",
            resized(small / small.max()),
        ),
        Misconception(
            "minimum_only", "The minimum was subtracted and nothing divided.", resized(small - small.min())
        ),
        Misconception(
            "align_corners", "The map is stretched to the corners. Use `align_corners=False`.", corners
        ),
        Misconception("nearest", "The map comes in blocks: use `mode='bilinear'`.", resized(unit, "nearest")),
        Misconception(
            "bicubic", "This was resized with `bicubic`. Use `mode='bilinear'`.", resized(unit, "bicubic")
        ),
        Misconception(
            "relu_first",
            "Negative values were cut before the scaling. Keep them.",
            resized(min_max(small.relu())),
        ),
        Misconception(
            "absolute_first",
            "The sign was dropped before the scaling. Keep it.",
            resized(min_max(small.abs())),
        ),
        Misconception(
            "sides_swapped",
            "Height and width are swapped. `size` is (H, W).",
            when=lambda got: tuple(got.shape) == (size[1], size[0]) and size[0] != size[1],
        ),
        Misconception(
            "axes_kept",
            "There are axes of length 1 in front. The shape to return is [H, W].",
            when=lambda got: got.ndim > 2 and tuple(got.shape[-2:]) == size,
        ),
        Misconception(
            "not_resized",
            "The map still has its old size.",
            when=lambda got: tuple(got.shape) == tuple(small.shape),
        ),
    ]
    if not enlarged:
        smooth = resized(unit, smooth=True)
        mistakes.append(
            Misconception(
                "antialiased",
                "The map was smoothed on the way down. Resize without antialiasing.",
                smooth,
            )
        )
    shown = [m for m in mistakes if m.value is None or bool(torch.isfinite(m.value).all())]
    # On a map of one sign these are other mistakes' values, or none.
    if bool((small > 0).all()) or bool((small < 0).all()):
        shown = [m for m in shown if m.name not in ("relu_first", "absolute_first")]
    return Item(
        name,
        [small, size],
        expected=expected,
        misconceptions=shown,
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
        misconceptions=[
            Misconception(
                "empty_float",
                "An empty tensor of floats came back. `torch.tensor([], dtype=torch.long)` is an empty "
                "LongTensor.",
                when=lambda got: got.numel() == 0 and got.is_floating_point(),
            ),
            _positive_only(torch.tensor([1, 3, 5])),
        ],
        edge=True,
    )
    yield Item(
        "every channel is dead",
        [torch.zeros(2, 5, 3, 3)],
        expected=torch.arange(5),
        edge=True,
    )


def _positive_only(value: Tensor) -> Misconception:
    return Misconception(
        "positive_only",
        "A channel with negative values counts as dead here. Compare absolute values with the threshold.",
        value,
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
    magnitude = np.abs(values.numpy()).astype(np.float64)
    peaks = magnitude.max(axis=(0, 2, 3))

    def where(mask: np.ndarray) -> Tensor:
        return torch.from_numpy(np.flatnonzero(mask).copy())

    expected = where(peaks <= limit)
    mistakes = [
        _positive_only(where(values.numpy().max(axis=(0, 2, 3)) <= limit)),
        Misconception(
            "by_mean",
            "A channel whose values cancel, or are few, counts as dead here. Look at the largest absolute "
            "value, not at a "
            "mean.",
            where(np.abs(values.numpy().mean(axis=(0, 2, 3))) <= limit),
        ),
        Misconception("threshold_ignored", "The threshold that was given is not used.", where(peaks <= 1e-6)),
        Misconception(
            "exactly_zero",
            "A channel whose values are tiny counts as alive here. Compare with the threshold, not with 0.",
            where(peaks == 0),
        ),
        Misconception("alive_returned", "These are the channels that are alive.", where(peaks > limit)),
        Misconception(
            "first_picture_only",
            "A channel that answers in a later picture counts as dead here. Look at the whole batch.",
            where(magnitude[0].max(axis=(1, 2)) <= limit),
        ),
        Misconception(
            "any_picture",
            "A channel that is silent in one picture counts as dead here. It must be silent in all of them.",
            where((magnitude.max(axis=(2, 3)) <= limit).any(axis=0)),
        ),
        Misconception(
            "any_cell",
            "A channel with one silent cell counts as dead here. It must be silent everywhere.",
            where((magnitude <= limit).any(axis=(0, 2, 3))),
        ),
        Misconception(
            "mask_returned",
            "A mask came back. Return the dead channels' numbers: `torch.nonzero` or `torch.where` knows "
            "them.",
            when=lambda got: len(got) == channels,
        ),
        Misconception(
            "axis_kept",
            "There is an axis too many. The shape to return is [number of dead channels].",
            when=lambda got: got.ndim > 1,
        ),
    ]
    return Item(
        name,
        [values] if threshold is None else [values, threshold],
        expected=expected,
        misconceptions=mistakes,
        next_step="For each channel the largest absolute value over pictures, rows and columns; dead if that "
        "is no larger "
        "than the threshold.",
    )


# --- max_activating_patches -----------------------------------------------------------------------------------


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

    def places(score: np.ndarray, swap: bool = False) -> list[tuple[int, int, int]]:
        found = []
        for image, one in enumerate(score):
            row, column = np.unravel_index(int(one.argmax()), one.shape)
            found.append((float(one.max()), image, int(row), int(column)))
        found.sort(key=lambda place: -place[0])
        return [(image, column, row) if swap else (image, row, column) for _, image, row, column in found]

    peaks = np.sort(maps.max(axis=(1, 2)))[::-1]
    if len(peaks) > 1 and (peaks[:-1] - peaks[1:]).min() < 0.02:
        return None
    right = places(maps)[:k]
    order = np.argsort(-maps, axis=None)[:k]
    together = [tuple(int(i) for i in np.unravel_index(int(o), maps.shape)) for o in order]
    mistakes = [
        Misconception(
            "several_of_one_picture",
            "A picture appears more than once. Take the best place of each picture first, then the k best "
            "pictures.",
            when=lambda got: len({int(place[0]) for place in got}) < len(got),
        ),
        Misconception("weakest_first", "The order is reversed: the strongest comes first.", right[::-1]),
        Misconception(
            "weakest_first",
            "These are the pictures that answer least. The strongest come first.",
            places(maps)[::-1][:k],
        ),
        Misconception(
            "sides_swapped",
            "Row and column are swapped. A place is (image, row, column).",
            places(maps, True)[:k],
        ),
        Misconception(
            "by_magnitude",
            "Strong negative values were taken for strong answers. Take the values as they are.",
            places(np.abs(maps))[:k],
        ),
        Misconception(
            "picture_order",
            "The places are in the order of the pictures. Sort them by strength, strongest first.",
            sorted(right),
        ),
        Misconception(
            "other_channel",
            "These are places of another channel. Use `activations[:, channel]`.",
            places(values[:, (channel + 1) % sides[1]].numpy())[:k],
        ),
        Misconception(
            "mean_over_channels",
            "These are places of the mean over all channels. Use `activations[:, channel]`.",
            places(values.mean(1).numpy())[:k],
        ),
        Misconception(
            "wrong_count",
            "The number of places is not k.",
            when=lambda got: isinstance(got, list) and len(got) != k,
        ),
        Misconception(
            "flat_index",
            "A place has three numbers: image, row and column. `divmod(index, width)` turns a flat index "
            "into the last two.",
            when=lambda got: any(len(place) == 2 for place in got),
        ),
        Misconception(
            "no_list",
            "Return a list of tuples (image, row, column) of ints.",
            when=lambda got: not isinstance(got, list) or not all(isinstance(place, tuple) for place in got),
        ),
    ]
    if k > 1 and together == right:
        return None
    mistakes = [m for m in mistakes if m.value is None or m.value != right]
    return Item(
        name,
        [values, channel, k],
        expected=right,
        misconceptions=mistakes,
        next_step="For each picture its strongest place in this channel; sort the pictures by that value; "
        "keep the first k.",
    )
