"""Numbers, a network that tells colours apart, and a mistake that several tasks share."""

from __future__ import annotations

from typing import Any

from course_utils.tiny_models import colour_picture, colour_spotter

WIDE_MAPS = [[[[1.0, 2, 3], [4, 5, 6]], [[0.0, 1, 0], [2, 0, 1]]]]
WIDE_SUM = [[-0.5, 1.5, -1.5], [3.0, -2.5, -0.5]]


def has_shape(*shape: int) -> Any:
    """A mistake is met where the answer has this shape."""
    return lambda got: tuple(got.shape) == shape


# The heatmaps of two classes of the colour spotter on its picture.
RED = [
    [0.25, 0.5, 1.0, 0.9375, 0.3125, 0.0],
    [0.1875, 0.40625, 0.84375, 0.796875, 0.265625, 0.0],
    [0.0625, 0.21875, 0.53125, 0.515625, 0.171875, 0.0],
    [0.0, 0.125, 0.375, 0.375, 0.125, 0.0],
]
BLUE = [
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.00893, 0.02679, 0.08929, 0.19643, 0.25],
    [0.0, 0.02679, 0.08036, 0.26786, 0.58929, 0.75],
    [0.0, 0.03571, 0.10714, 0.35714, 0.78571, 1.0],
]


def spotter(class_index: int | None, *, frozen: bool = False) -> tuple[Any, ...]:
    """Arguments: the colour spotter, its ReLU layer, its picture, a class."""
    model = colour_spotter().requires_grad_(not frozen)
    return model, model.relu, colour_picture(), class_index


NO_GRAPH = (
    "does not require grad",
    "Nothing here asks for gradients, for example because all parameters are frozen. Give the forward pass a "
    "copy "
    "of `x` that asks for them.",
)
