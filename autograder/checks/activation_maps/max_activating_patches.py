"""`max_activating_patches`: the strongest cells and their boxes in the picture, and where known mistakes point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
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


def patch_mistakes(values: Tensor, channel: int, right: list[tuple[int, int, int]]) -> list[Misconception]:
    """Mistakes of ``max_activating_patches``, less those that give the right places on this input."""
    k, maps = len(right), values[:, channel].numpy().astype(np.float64)
    mistakes = [
        Misconception(
            "several_of_one_picture",
            "A picture appears more than once. Take the best place of each picture first, then the k best "
            "pictures.",
            when=lambda got: isinstance(got, list) and len({int(place[0]) for place in got}) < len(got),
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
            places(values[:, (channel + 1) % values.shape[1]].numpy())[:k],
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
            when=lambda got: isinstance(got, list) and any(len(place) == 2 for place in got),
        ),
        Misconception(
            "no_list",
            "Return a list of tuples (image, row, column) of ints.",
            when=lambda got: not isinstance(got, list) or not all(isinstance(place, tuple) for place in got),
        ),
    ]
    return [m for m in mistakes if m.value is None or m.value != right]


def places(score: np.ndarray, swap: bool = False) -> list[tuple[int, int, int]]:
    """Each map's largest place as (image, row, column), the strongest first."""
    found = []
    for image, one in enumerate(score):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        found.append((float(one.max()), image, int(row), int(column)))
    found.sort(key=lambda place: -place[0])
    return [(image, column, row) if swap else (image, row, column) for _, image, row, column in found]
