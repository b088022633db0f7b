"""What goes wrong with lesson 4's `resize_map` and `max_activating_patches`: maps and places in them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.comparison import Misconception

from .activation_maps_oracles import min_max, places

# --- resize_map ---------------------------------------------------------------------------------------------


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


# --- max_activating_patches ---------------------------------------------------------------------------------


def patch_mistakes(values: Tensor, channel: int, right: list[tuple[int, int, int]]) -> list[Misconception]:
    """Mistakes of ``max_activating_patches``, less those that give the right places on this input."""
    k, maps = len(right), values[:, channel].numpy().astype(np.float64)
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
            when=lambda got: any(len(place) == 2 for place in got),
        ),
        Misconception(
            "no_list",
            "Return a list of tuples (image, row, column) of ints.",
            when=lambda got: not isinstance(got, list) or not all(isinstance(place, tuple) for place in got),
        ),
    ]
    return [m for m in mistakes if m.value is None or m.value != right]
