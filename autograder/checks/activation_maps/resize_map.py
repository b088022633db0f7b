"""`resize_map`: items with bilinear values by NumPy, and the maps that known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
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


def resize_mistakes(
    small: Tensor, unit: Tensor, size: tuple[int, int], expected: Tensor
) -> list[Misconception]:
    """Mistakes of ``resize_map``; ``unit`` is the small map in [0, 1]."""

    def resized(
        values: Tensor, mode: str = "bilinear", corners: bool | None = False, smooth: bool = False
    ) -> Tensor:
        options = {} if mode in ("nearest", "area") else {"align_corners": corners, "antialias": smooth}
        return F.interpolate(values[None, None], size=size, mode=mode, **options)[0, 0]

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
    return shown


def constant_mistakes(value: float) -> list[Misconception]:
    """Mistakes of ``resize_map`` on a map that has one value everywhere."""
    return [
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
        else Misconception("zero_by_zero", "Return zeros of the size asked for.", when=lambda got: False),
    ]


def bilinear(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear resampling with pixel centres at half-integers, each axis by its own weights; no antialiasing."""

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
