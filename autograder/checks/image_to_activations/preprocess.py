"""`preprocess`: torchvision's own pipeline, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode, functional

import course_utils  # noqa: F401
from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import PREPROCESS_ATOL, seen


def items(draw: Draw) -> Iterator[Item]:
    for name, height, width in (
        ("a wide picture, 341×512 pixels", 341, 512),
        ("a tall picture, 451×300 pixels", 451, 300),
        ("a picture smaller than 224 pixels, 150×181", 150, 181),
        ("a large square picture, 640×640 pixels", 640, 640),
        ("a picture of 260×353 pixels, where halves must be rounded", 260, 353),
    ):
        picture = draw.picture(name, height, width)
        image = Image.fromarray(picture.pixels.numpy())
        yield Item(
            name,
            [picture],
            expected=pipeline(image),
            atol=PREPROCESS_ATOL,
            misconceptions=list(preprocess_mistakes(image)),
            next_step="Resize (shorter side to 256, bilinear, antialiased), crop the middle 224×224, scale "
            "to [0, 1], normalise.",
        )


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


MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def resized(
    image: Image.Image, how: InterpolationMode = InterpolationMode.BILINEAR, side: int = 256
) -> Image.Image:
    """The whole picture with its shorter side made ``side`` pixels long."""
    return functional.resize(image, [side], how)


def finished(image: Image.Image, mean: list[float] = MEAN, std: list[float] = STD) -> Tensor:
    """A picture of the right size as a normalised batch of one."""
    return functional.normalize(functional.to_tensor(image), mean, std)[None]


def pipeline(image: Image.Image) -> Tensor:
    """torchvision's classic pipeline, step by step."""
    return finished(functional.center_crop(resized(image), [224]))
