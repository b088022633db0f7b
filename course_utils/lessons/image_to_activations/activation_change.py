"""Where a layer's answer changes when the picture does."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor


def _shifted(layer: str, box: tuple[int, int, int, int]) -> tuple[Any, ...]:
    """The colour spotter on its picture minus 2.5, so that there are values of either sign."""
    model = colour_spotter()
    return model, model.get_submodule(layer), colour_picture() - 2.5, box


def _plain_picture(box: tuple[int, int, int, int]) -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.relu, colour_picture(), box


AXES_LEFT = (
    Misconception(
        "channels_kept",
        "Each channel is still there. Take the mean over the channels: [h, w].",
        when=lambda got: 3 in tuple(got.shape)[:-2],
    ),
    Misconception(
        "extra_axes",
        "There are axes of length 1 left over. Return a plain [h, w].",
        when=lambda got: got.ndim > 2 and got.squeeze().ndim == 2,
    ),
    Misconception(
        "input_sized",
        "The answer has the size of the picture. It should have that of the layer's maps, [h, w].",
        when=lambda got: tuple(got.shape)[-2:] == (4, 6),
    ),
    Misconception(
        "nothing_changed",
        "Nothing changed at all. Is the first output taken from the untouched picture, and the second from a "
        "copy with the box at 0?",
        when=lambda got: float(torch.as_tensor(got).abs().max()) == 0,
    ),
)


def _only(value: float, row: int, col: int) -> torch.Tensor:
    out = torch.zeros(2, 3)
    out[row, col] = value
    return out


ACTIVATION_CHANGE = Task(
    name="activation_change",
    points=4,
    examples=(
        Example(
            "the colour spotter's convolution, box (0, 2, 2, 4): one whole cell",
            lambda: _shifted("conv", (0, 2, 2, 4)),
            _only(2.5, 0, 1),
            (
                Misconception(
                    "mean_before_abs",
                    "The mean was taken first, so that changes up and down cancelled. Take absolute values "
                    "first.",
                    _only(0.16667, 0, 1),
                ),
                Misconception(
                    "signed_change",
                    "This is the signed change, averaged. Take the absolute change before the mean.",
                    _only(-0.16667, 0, 1),
                ),
                Misconception(
                    "squared",
                    "These are squared changes. Take absolute values.",
                    _only(6.91667, 0, 1),
                ),
                Misconception(
                    "sum_for_mean",
                    "This is the sum over the channels. Take their mean.",
                    _only(7.5, 0, 1),
                ),
                Misconception(
                    "max_for_mean",
                    "This is the largest change among the channels. Take their mean.",
                    _only(3.5, 0, 1),
                ),
                Misconception(
                    "first_channel_only",
                    "Only the red channel was set to 0. Hide all three.",
                    _only(1.16667, 0, 1),
                ),
                Misconception(
                    "box_order",
                    "The box was read as (left, top, right, bottom). It is (top, left, bottom, right).",
                    _only(1.83333, 1, 0),
                ),
                Misconception(
                    "end_inclusive",
                    "One row and one column too many were hidden: bottom and right are no longer inside.",
                    tensor([[0.0, 2.5, 0.91667], [0.0, 0.41667, 0.79167]]),
                ),
                Misconception(
                    "outside_hidden",
                    "Everything but the box was hidden.",
                    when=lambda got: (
                        tuple(got.shape) == (2, 3) and float(got[0, 1]) == 0 and float(got[1, 2]) > 0
                    ),
                ),
                Misconception(
                    "filled_with_one",
                    "The box seems to be filled with something else than 0.",
                    _only(2.83333, 0, 1),
                ),
                *AXES_LEFT,
            ),
        ),
        Example(
            "after the ReLU, box (1, 0, 3, 3): cells are covered in part",
            lambda: _plain_picture((1, 0, 3, 3)),
            tensor([[0.5, 0.58333, 0.0], [0.33333, 0.5, 0.0]]),
            (
                Misconception(
                    "end_inclusive",
                    "One row and one column too many were hidden: bottom and right are no longer inside.",
                    tensor([[0.5, 1.16667, 0.0], [0.66667, 2.0, 0.0]]),
                ),
                *AXES_LEFT,
            ),
        ),
        Example(
            "the whole picture hidden, after the ReLU",
            lambda: _shifted("relu", (0, 0, 4, 6)),
            tensor([[0.0, 1.16667, 0.0], [0.0, 0.16667, 1.83333]]),
            (
                Misconception(
                    "another_layer",
                    "These are changes of another layer. `layer` says which output to look at.",
                    tensor([[1.5, 2.5, 1.83333], [1.83333, 0.83333, 3.16667]]),
                ),
                *AXES_LEFT,
            ),
        ),
    ),
    hints=(
        "An experiment with a control: the layer's output on the picture as it is, and on the picture with "
        "the box hidden. What do you subtract from what?",
        "`layer_output(model, layer, x)` from the cell above gives the layer's output, [1, C, h, w].",
        "Hide the box in a copy: `x.clone()`. A slice such as `[..., top:bottom, left:right]` reaches all "
        "channels, and its ends are exclusive, as the box's are.",
        "Difference, absolute value, then the mean over the channel axis. Two axes must be left.",
    ),
)
