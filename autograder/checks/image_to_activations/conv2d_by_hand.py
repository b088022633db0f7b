"""`conv2d_by_hand`: torch's convolution, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

import course_utils  # noqa: F401
from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception
from course_utils.forbidden import CONVOLUTIONS


def items(draw: Draw) -> Iterator[Item]:
    for name, channels, height, width, side, bias in (
        ("one channel, a kernel of 3×3", 1, 6, 8, 3, None),
        ("three channels, a kernel of 3×3, with a bias", 3, 9, 7, 3, 0.75),
        ("four channels, an even kernel of 2×2", 4, 5, 8, 2, -1.5),
        ("a kernel of one pixel", 3, 4, 6, 1, None),
        ("a kernel as large as the image: one place is left", 2, 5, 5, 5, 0.5),
        ("three channels, a kernel of 7×7", 3, 12, 15, 7, None),
    ):
        image, kernel = (
            draw.normal(f"{name} image", channels, height, width),
            draw.normal(f"{name} kernel", channels, side, side),
        )
        yield Item(
            name,
            [image, kernel],
            kwargs={} if bias is None else {"bias": bias},
            expected=correlated(image, kernel, bias or 0.0),
            misconceptions=list(convolution_mistakes(image, kernel, bias or 0.0)),
            next_step="Lay the kernel on image[:, i:i+k, j:j+k], multiply, add everything up, add the bias "
            "once.",
            forbid=tuple(sorted(CONVOLUTIONS)),
        )


def convolution_mistakes(image: Tensor, kernel: Tensor, bias: float) -> Iterator[Misconception]:
    """Mistakes of ``conv2d_by_hand``."""
    side, channels = kernel.shape[-1], image.shape[0]
    right = correlated(image, kernel, 0.0)
    plain = [
        (
            "flipped_kernel",
            "The kernel was turned by 180 degrees. A CNN's layers do not flip it.",
            correlated(image, kernel.flip(1, 2), bias),
        ),
        (
            "transposed_kernel",
            "The kernel's rows and columns have changed places.",
            correlated(image, kernel.mT, bias),
        ),
        (
            "channels_mixed_up",
            "The kernel's slices met the channels in the wrong order.",
            correlated(image, kernel.flip(0), bias),
        ),
        (
            "channels_mixed_up",
            "The kernel was flipped along its channels, too. Flip nothing.",
            correlated(image, kernel.flip(0, 1, 2), bias),
        ),
        ("bias_left_out", "The bias is missing: it is added at every place.", right),
        ("bias_too_often", "The bias was added once for each channel. Add it once.", right + bias * channels),
        (
            "bias_too_often",
            "The bias was added once for each weight. Add it once.",
            right + bias * kernel.numel(),
        ),
        ("mean_for_sum", "These are means of the products. Add them up.", right / kernel.numel() + bias),
        ("mean_for_sum", "These are means over the channels. Add them up.", right / channels + bias),
        (
            "first_channel_only",
            "Only the first channel counts here. The kernel has a slice for each channel.",
            correlated(image[:1], kernel[:1], bias),
        ),
        (
            "same_slice_for_all",
            "The kernel's first slice was used for every channel.",
            correlated(image, kernel[:1].expand_as(kernel), bias),
        ),
        ("relu_added", "Negative values became zero. A convolution has no ReLU.", (right + bias).relu()),
        (
            "max_for_sum",
            "These are the largest products. Add all of them up.",
            _windows(image, kernel).amax((2, 3, 4)) + bias,
        ),
    ]
    yield from (
        Misconception(name, message, value)
        for name, message, value in plain
        # With one channel, a bias of 0 or a kernel of one pixel some mistakes cannot be seen.
        if not torch.allclose(value, right + bias, rtol=1e-3, atol=1e-4)
    )
    yield Misconception(
        "channels_kept",
        "There is one map for each channel. One kernel gives one map: add the channels up.",
        when=lambda got: got.ndim == 3 and got.shape[0] == channels > 1,
    )
    yield Misconception(
        "extra_axes",
        "There are axes of length 1 in front. Return a plain [H-k+1, W-k+1].",
        when=lambda got: got.ndim > 2 and got.numel() == right.numel(),
    )
    yield Misconception(
        "padded",
        "The answer is as large as the image: it was padded. Keep the kernel inside.",
        when=lambda got: got.shape[-2:] == image.shape[-2:] != right.shape,
    )
    yield Misconception(
        "one_row_short",
        "The last row and column are missing: there are H-k+1 places for the kernel, not H-k.",
        when=lambda got: tuple(got.shape) == tuple(n - side for n in image.shape[-2:]),
    )
    yield Misconception(
        "stride_by_the_kernel",
        "The kernel jumped by its own size. Its stride here is 1.",
        when=lambda got: side > 1 and tuple(got.shape) == tuple(n // side for n in image.shape[-2:]),
    )
    yield Misconception(
        "rows_and_columns_swapped",
        "Rows and columns of the answer have changed places.",
        when=lambda got: (
            got.shape == right.mT.shape and bool(torch.allclose(got, right.mT + bias, rtol=1e-3, atol=1e-3))
        ),
    )


def _windows(image: Tensor, kernel: Tensor) -> Tensor:
    """Every product, [rows, cols, C, k, k]."""
    side = kernel.shape[-1]
    return image.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4) * kernel


def correlated(image: Tensor, kernel: Tensor, bias: float, padding: int = 0) -> Tensor:
    """Cross-correlation, a layer's own operation, by torch (Goodfellow et al. 2016, equation 9.6)."""
    return F.conv2d(image[None], kernel[None], padding=padding)[0, 0] + bias
