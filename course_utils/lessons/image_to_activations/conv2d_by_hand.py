"""A convolution by hand, on pictures of nine pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from course_utils.forbidden import CONVOLUTIONS, forbidden
from course_utils.guide import Example, Misconception, Task
from course_utils.outcomes import TaskOutcome

tensor = torch.tensor

SMALL_IMAGE = [[[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]]
SMALL_KERNEL = [[[1.0, 2], [0, -1]]]
TWO_CHANNELS = [
    [[1.0, 2, 0, 1], [0, 1, 3, 2], [2, 0, 1, 1]],
    [[0.0, 1, 1, 0], [2, 0, 1, 3], [1, 1, 0, 2]],
]
TWO_KERNELS = [[[1.0, 0], [2, -1]], [[0.0, 3], [-2, 1]]]

FLIPPED = (
    "The kernel was turned by 180 degrees. That is the convolution of mathematics; the layers of a CNN do "
    "not flip: kernel[0, 0] meets the upper left pixel."
)
PADDED = Misconception(
    "padded",
    "The answer is as large as the image: it was padded. Here the kernel stays inside: [H-k+1, W-k+1].",
    when=lambda got: tuple(got.shape)[-2:] in ((3, 3), (3, 4)),
)
NOT_SUMMED = Misconception(
    "channels_kept",
    "There is one map for each channel. One kernel looks at all channels together and gives one map: add "
    "them up.",
    when=lambda got: got.ndim == 3 and got.shape[0] == 2,
)
EXTRA_AXIS = Misconception(
    "extra_axes",
    "There are axes of length 1 left over. Return a plain [H-k+1, W-k+1].",
    when=lambda got: got.ndim > 2 and got.squeeze().ndim == 2,
)


class _ByHand(Task):
    """A task whose checks run with the libraries' convolutions switched off."""

    def check(self, function: Callable[..., Any]) -> TaskOutcome:
        with forbidden(CONVOLUTIONS, getattr(function, "__globals__", None)):
            return super().check(function)


CONV2D = _ByHand(
    name="conv2d_by_hand",
    points=4,
    examples=(
        Example(
            "an image [1, 3, 3], a kernel [1, 2, 2]",
            lambda: (tensor(SMALL_IMAGE), tensor(SMALL_KERNEL)),
            tensor([[4.0, -1.0], [2.0, 6.0]]),
            (
                Misconception("flipped_kernel", FLIPPED, tensor([[0.0, 3.0], [4.0, 0.0]])),
                Misconception(
                    "transposed_kernel",
                    "The kernel's rows and columns have changed places.",
                    tensor([[0.0, 1.0], [4.0, 0.0]]),
                ),
                Misconception(
                    "relu_added",
                    "The negative value became zero. A convolution has no ReLU; that is the next layer.",
                    tensor([[4.0, 0.0], [2.0, 6.0]]),
                ),
                Misconception(
                    "one_row_short",
                    "The last row and column are missing: there are H-k+1 places, not H-k.",
                    when=lambda got: tuple(got.shape) == (1, 1),
                ),
                PADDED,
                EXTRA_AXIS,
            ),
        ),
        Example(
            "two channels, 3×4 pixels, bias 0.5",
            lambda: (tensor(TWO_CHANNELS), tensor(TWO_KERNELS)),
            tensor([[-0.5, 5.5, 5.5], [3.5, 1.5, 15.5]]),
            (
                Misconception("flipped_kernel", FLIPPED, tensor([[8.5, 0.5, 8.5], [7.5, 7.5, -2.5]])),
                Misconception(
                    "bias_left_out",
                    "The bias is missing: it is added to every place.",
                    tensor([[-1.0, 5.0, 5.0], [3.0, 1.0, 15.0]]),
                ),
                Misconception(
                    "bias_too_often",
                    "The bias was added once for each channel. It is added once for each place.",
                    tensor([[0.0, 6.0, 6.0], [4.0, 2.0, 16.0]]),
                ),
                Misconception(
                    "mean_for_sum",
                    "These are means. A convolution adds the products up.",
                    tensor([[0.375, 1.125, 1.125], [0.875, 0.625, 2.375]]),
                ),
                Misconception(
                    "first_channel_only",
                    "Only the first channel was looked at. The kernel has a slice for each.",
                    tensor([[0.5, 1.5, 4.5], [4.5, 0.5, 4.5]]),
                ),
                Misconception(
                    "same_slice_for_all",
                    "The kernel's first slice was used for every channel. Each channel has its own.",
                    tensor([[4.5, 1.5, 4.5], [7.5, 2.5, 3.5]]),
                ),
                NOT_SUMMED,
                PADDED,
                EXTRA_AXIS,
            ),
            kwargs={"bias": 0.5},
        ),
        Example(
            "a kernel of one pixel, [2, 1, 1]: the channels are mixed, place by place",
            lambda: (tensor(TWO_CHANNELS), tensor([[[2.0]], [[-1.0]]])),
            tensor([[2.0, 3, -1, 2], [-2, 2, 5, 1], [3, -1, 2, 0]]),
            (NOT_SUMMED,),
        ),
    ),
    hints=(
        "Do the first place of the first example on paper: four products, one sum. How far can the kernel "
        "then move to the right before it leaves the image?",
        "At the place (i, j) the kernel lies on `image[:, i : i + k, j : j + k]`. What shape has that, and "
        "what shape has the kernel?",
        "Make an empty result of [H-k+1, W-k+1] and fill it in two loops. Each entry is the sum of the "
        "window times the kernel, over all three axes, plus the bias.",
        "Faster, with only k·k steps: for each offset (a, b) in the kernel, take the part of the image that "
        "this offset meets as the kernel moves, times that one column of weights `kernel[:, a, b]`, and "
        "add up.",
    ),
)
