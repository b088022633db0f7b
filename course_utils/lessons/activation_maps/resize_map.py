"""A map as large as its picture, worked out cell by cell."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import axes

tensor = torch.tensor

SQUARE = [[2.0, 4], [6, 10]]
SQUARE_UP = [
    [0.0, 0.0625, 0.1875, 0.25],
    [0.125, 0.203125, 0.359375, 0.4375],
    [0.375, 0.484375, 0.703125, 0.8125],
    [0.5, 0.625, 0.875, 1.0],
]
CORNERS = [
    [0.0, 1 / 12, 2 / 12, 0.25],
    [1 / 6, 5 / 18, 7 / 18, 0.5],
    [2 / 6, 17 / 36, 22 / 36, 0.75],
    [0.5, 4 / 6, 5 / 6, 1.0],
]
PEAK_UP = [[0.0, 0.25, 0.75, 0.8125, 0.4375, 0.25]] * 2

RESIZE_MAP = Task(
    name="resize_map",
    points=4,
    examples=(
        Example(
            "a map of 2×2, enlarged to 4×4",
            lambda: (tensor(SQUARE), (4, 4)),
            tensor(SQUARE_UP),
            (
                Misconception(
                    "not_scaled",
                    "The values lie outside [0, 1]. Scale first: minus the minimum, divided by maximum minus "
                    "minimum.",
                    when=lambda got: tuple(got.shape) == (4, 4) and float(got.max()) > 1.01,
                ),
                Misconception(
                    "divided_by_maximum",
                    "The smallest value should be 0: subtract the minimum before you divide.",
                    tensor(SQUARE_UP) * 0.8 + 0.2,
                ),
                Misconception(
                    "align_corners",
                    "The map is stretched to the corners. Use `align_corners=False`.",
                    tensor(CORNERS),
                ),
                Misconception(
                    "nearest",
                    "The map comes in blocks. Use `mode='bilinear'`.",
                    tensor([[0.0, 0, 0.25, 0.25]] * 2 + [[0.5, 0.5, 1, 1]] * 2),
                ),
                Misconception("axes_kept", "Axes of length 1 are left over: return [H, W].", when=axes(2)),
            ),
            errors=(
                (
                    "Input Error: Only 3D, 4D and 5D",
                    "`F.interpolate` wants four axes for pictures: `m[None, None]` adds two.",
                ),
            ),
        ),
        Example(
            "one row, -1, 3, 0, to two rows of six",
            lambda: (tensor([[-1.0, 3, 0]]), (2, 6)),
            tensor(PEAK_UP),
            (
                Misconception(
                    "scaled_after_resizing",
                    "The map was scaled after the resizing. Scale the small map, then resize.",
                    tensor([[0.0, 4 / 13, 12 / 13, 1, 7 / 13, 4 / 13]] * 2),
                ),
                Misconception(
                    "relu_first",
                    "The negative value was cut before the scaling. Keep it.",
                    tensor([[0.0, 0.25, 0.75, 0.75, 0.25, 0]] * 2),
                ),
                Misconception(
                    "sides_swapped",
                    "Height and width are swapped. `size` is (H, W).",
                    when=lambda got: tuple(got.shape) == (6, 2),
                ),
            ),
        ),
        Example(
            "one row of eight, made smaller",
            lambda: (tensor([[0.0, 0, 0, 0, 8, 0, 0, 0]]), (1, 4)),
            tensor([[0.0, 0, 0.5, 0]]),
            (
                Misconception(
                    "antialiased",
                    "The map was smoothed on the way down. Leave antialiasing out.",
                    when=lambda got: float(torch.as_tensor(got)[0, 1]) > 0.01,
                ),
            ),
        ),
        Example(
            "a constant map",
            lambda: (torch.full((2, 3), 7.0), (4, 5)),
            torch.zeros(4, 5),
            (
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. Where maximum and minimum are equal, return zeros.",
                    when=lambda got: bool(torch.as_tensor(got).isnan().any()),
                ),
            ),
        ),
    ),
    hints=(
        "Two steps, in this order: bring the small map to [0, 1], then resize it.",
        "Which map has maximum minus minimum equal to 0? Look at that case before you divide.",
        "`F.interpolate(four_axes, size=..., mode='bilinear', align_corners=False)`: give the map two axes "
        "of "
        "length 1 in front, and take them off again.",
    ),
)
