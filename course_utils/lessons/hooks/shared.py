"""The two-filter network on 0, 1, ..., 15, what the colour spotter's layers give, and words that two tasks share."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.tiny_models import oracle_network

CONV = [[[-5.0, 4], [31, 40]], [[-30.0, -21], [6, 15]]]
RELU = [[[0.0, 4], [31, 40]], [[0.0, 0], [6, 15]]]
# On a picture of zeros the convolution gives its two biases.
CONV_OF_ZEROS = [[[-50.0, -50], [-50, -50]], [[-75.0, -75], [-75, -75]]]
# The colour spotter on its picture: three maps of 2×3, and their means.
COLOURS = [[[2.0, 6, 0], [1, 3, 0]], [[1.0, 1, 1], [1, 1, 1]], [[0.0, 0, 1], [0, 2, 8]]]
MEANS = [[[2.0]], [[1.0]], [[11 / 6]]]


def counting_picture(pictures: int = 1) -> torch.Tensor:
    """[N, 3, 4, 4]: 0 to 15 in the first picture's first channel, zeros elsewhere."""
    x = torch.zeros(pictures, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return x


def two_filters(layer: str, *, inplace: bool = False, pictures: int = 1) -> tuple[Any, ...]:
    """Arguments: the two-filter network, one of its layers, counting pictures."""
    model = oracle_network()
    model.relu.inplace = inplace
    return model, model.get_submodule(layer), counting_picture(pictures)


def five_channels() -> torch.Tensor:
    """A picture that no model of this course takes: its forward pass raises."""
    return torch.zeros(1, 5, 4, 6)


OVERWRITTEN = (
    "The negative values are gone: an in-place ReLU behind the layer wrote over what your hook kept, because "
    "`detach()` shares memory. Keep a copy: `.clone()`."
)
