"""What goes wrong with lesson 1's `preprocess` and `conv2d_by_hand`, and the value that each mistake gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_utils.comparison import Misconception

# isort: split
# After course_utils, which makes torchvision importable where its compiled operators are missing.
from torchvision.transforms import InterpolationMode, functional

from .image_to_activations_oracles import MEAN, STD, correlated, finished, resized

# Pillow rounds to whole grey levels twice (columns, then rows); a resize in floating point does not.
PREPROCESS_ATOL = 2e-2


# --- preprocess ---------------------------------------------------------------------------------------------


def preprocess_mistakes(image: Image.Image) -> Iterator[Misconception]:
    """Mistakes of ``preprocess``."""
    right = functional.center_crop(resized(image), [224])
    size = (1, 3, 224, 224)
    yield Misconception(
        "batch_axis_missing",
        "The batch axis is missing. Return [1, 3, 224, 224].",
        when=lambda got: tuple(got.shape) == size[1:],
    )
    yield Misconception(
        "channels_last",
        "The colours are the last axis; PyTorch wants them first: [1, 3, 224, 224].",
        when=lambda got: got.shape[-1] == 3,
    )
    yield Misconception(
        "not_cropped",
        "The picture was resized and not cropped: cut the middle 224×224 out of it.",
        when=lambda got: 256 in tuple(got.shape)[-2:],
    )
    yield Misconception(
        "not_scaled",
        "The values are far too large: divide the pixels by 255 first, then subtract the mean.",
        when=lambda got: tuple(got.shape) == size and float(got.abs().max()) > 20,
    )
    for name, message, mean, std in (
        (
            "not_normalised",
            "The values lie in [0, 1]: subtract the mean and divide by the standard deviation.",
            [0.0] * 3,
            [1.0] * 3,
        ),
        ("std_left_out", "The division by the standard deviation is missing.", MEAN, [1.0] * 3),
        ("mean_left_out", "The mean was not subtracted.", [0.0] * 3, STD),
        ("mean_and_std_swapped", "Mean and standard deviation have changed places.", STD, MEAN),
        (
            "minus_one_to_one",
            "The values run from −1 to 1. This network wants ImageNet's mean and standard deviation.",
            [0.5] * 3,
            [0.5] * 3,
        ),
        (
            "channel_order",
            "The means and deviations are those of blue, green, red. The order is red, green, blue.",
            MEAN[::-1],
            STD[::-1],
        ),
    ):
        yield seen(name, message, lambda mean=mean, std=std: finished(right, mean, std))
    blue = "Red and blue have changed places: keep red, green, blue."
    yield seen("blue_first", blue, lambda: finished(right)[:, [2, 1, 0]])
    yield seen("blue_first", blue, lambda: finished(_swapped(right)))
    square = "The picture was pressed into a square. Keep its proportions: shorter side to 256, then crop."
    bilinear, mode = Image.Resampling.BILINEAR, InterpolationMode
    for name, message, other in (
        ("squashed", square, lambda: image.resize((224, 224), bilinear)),
        ("squashed", square, lambda: _middle(image.resize((256, 256), bilinear))),
        (
            "resized_to_224",
            "The shorter side was made 224 pixels long. Make it 256; the crop takes 224 of them.",
            lambda: _middle(resized(image, side=224)),
        ),
        (
            "corner_crop",
            "This is the upper left corner. Crop the middle.",
            lambda: resized(image).crop((0, 0, 224, 224)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `nearest`. Use bilinear.",
            lambda: _middle(resized(image, mode.NEAREST)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `bicubic`. Use bilinear.",
            lambda: _middle(resized(image, mode.BICUBIC)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `lanczos`. Use bilinear.",
            lambda: _middle(resized(image, mode.LANCZOS)),
        ),
        (
            "not_resized",
            "The middle was cut out of the picture as it came. Resize first: shorter side to 256.",
            lambda: _middle(image),
        ),
        (
            "crop_by_the_longer_side",
            "The longer side was made 256 pixels long. It is the shorter one.",
            lambda: _by_the_longer_side(image),
        ),
        (
            "rows_and_columns_swapped",
            "Rows and columns have changed places.",
            lambda: right.transpose(Image.Transpose.TRANSPOSE),
        ),
    ):
        yield seen(name, message, lambda other=other: finished(other()))
    yield seen(
        "no_antialias",
        "The picture was made smaller without antialiasing: use Pillow's resize, or `antialias=True`.",
        lambda: _without_antialias(image),
    )


def seen(
    name: str, message: str, value: Callable[[], Tensor], atol: float = PREPROCESS_ATOL
) -> Misconception:
    """A mistake whose value is computed only where an answer is known to be wrong: most answers are right."""

    def met(got: Tensor) -> bool:
        mistaken = value()
        return got.shape == mistaken.shape and bool((got - mistaken).abs().max() <= atol)

    return Misconception(name, message, when=met)


def _middle(image: Image.Image) -> Image.Image:
    return functional.center_crop(image, [224])


def _swapped(image: Image.Image) -> Image.Image:
    return Image.merge("RGB", image.split()[::-1])


def _by_the_longer_side(image: Image.Image) -> Image.Image:
    factor = 256 / max(image.size)
    small = image.resize(
        (round(image.width * factor), round(image.height * factor)), Image.Resampling.BILINEAR
    )
    return functional.center_crop(small, [224])


def _without_antialias(image: Image.Image) -> Tensor:
    pixels = functional.to_tensor(image)[None]
    size = [resized(image).height, resized(image).width]
    small = F.interpolate(pixels, size, mode="bilinear", align_corners=False)
    return functional.normalize(functional.center_crop(small, [224]), MEAN, STD)


# --- conv2d_by_hand -----------------------------------------------------------------------------------------


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
