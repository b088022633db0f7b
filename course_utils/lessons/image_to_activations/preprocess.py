"""A picture as the network takes it, on plain colours, ramps and stripes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

INPUT_SHAPE = (1, 3, 224, 224)
# The contract's own tolerance: Pillow rounds to whole grey levels where tensors do not.
PIXEL_ATOL = 2e-2


def _one_colour() -> tuple[Any, ...]:
    return (Image.new("RGB", (300, 260), (255, 102, 0)),)


def _ramp() -> tuple[Any, ...]:
    """320×256, so that nothing is resized: red grows from left to right, green downwards, blue is 0."""
    pixels = np.zeros((256, 320, 3), dtype=np.uint8)
    pixels[..., 0] = np.clip(np.arange(320) - 32, 0, 255)
    pixels[..., 1] = np.arange(256)[:, None]
    return (Image.fromarray(pixels),)


def _stripes() -> tuple[Any, ...]:
    """1024×1024, one column in four white and the others black: a quarter of white on average."""
    pixels = np.zeros((1024, 1024, 3), dtype=np.uint8)
    pixels[:, ::4] = 255
    return (Image.fromarray(pixels),)


def _halves() -> tuple[Any, ...]:
    """300 wide and 600 high, the upper half black, the lower half white."""
    pixels = np.zeros((600, 300, 3), dtype=np.uint8)
    pixels[300:] = 255
    return (Image.fromarray(pixels),)


def _plain(red: float, green: float, blue: float) -> torch.Tensor:
    return tensor([red, green, blue]).view(1, 3, 1, 1).expand(INPUT_SHAPE).clone()


RAMP = torch.stack(
    [
        torch.linspace(-1.84391, 1.97482, 224).expand(224, 224),
        torch.linspace(-1.75560, 2.14846, 224)[:, None].expand(224, 224),
        torch.full((224, 224), -1.80444),
    ]
)[None]


def _input_like(condition: Callable[[torch.Tensor], Any]) -> Callable[[Any], bool]:
    """A predicate on an answer that has the right shape."""
    return lambda got: tuple(got.shape) == INPUT_SHAPE and bool(condition(torch.as_tensor(got)[0]))


def _away_from_the_edge(got: Any, args: Any) -> torch.Tensor:
    """All rows but those near the edge in the middle, which resizing blurs a little."""
    if tuple(got.shape) != INPUT_SHAPE:
        raise ValueError
    got = torch.as_tensor(got)
    return torch.cat([got[:, :, :104], got[:, :, 120:]], dim=2)


HALVES = torch.cat(
    [tensor([low] * 104 + [high] * 104).view(1, 1, 208, 1).expand(1, 1, 208, 224) for low, high in (
        (-2.11790, 2.24891),
        (-2.03571, 2.42857),
        (-1.80444, 2.64000),
    )],
    dim=1,
)  # fmt: skip

SHAPES = (
    Misconception(
        "batch_axis_missing",
        "The batch axis is missing: a network takes pictures in batches, also a batch of one. Return "
        "[1, 3, 224, 224].",
        when=lambda got: tuple(got.shape) == (3, 224, 224),
    ),
    Misconception(
        "channels_last",
        "The colours are the last axis. PyTorch wants them first: [1, 3, 224, 224].",
        when=lambda got: got.shape[-1] == 3,
    ),
    Misconception(
        "not_cropped",
        "The picture was resized and not cropped. Cut the middle 224×224 out of it.",
        when=lambda got: 256 in tuple(got.shape)[-2:],
    ),
)
PILLOW = (
    (
        "has no attribute 'shape'",
        "A PIL picture has `size`, (width, height). `np.array(image)` gives an array with a shape.",
    ),
    (
        "not writable",
        "Copy the array before you make a tensor of it: `np.array(image)` gives a copy.",
    ),
)

PREPROCESS = Task(
    name="preprocess",
    points=3,
    examples=(
        Example(
            "a picture of one colour, RGB (255, 102, 0)",
            _one_colour,
            _plain(2.24891, -0.24889, -1.80444),
            (
                *SHAPES,
                Misconception(
                    "not_scaled",
                    "The numbers are far too large: divide the pixel values by 255 before the mean is "
                    "subtracted.",
                    when=_input_like(lambda got: got.abs().max() > 20),
                ),
                Misconception(
                    "not_normalised",
                    "The values lie in [0, 1]. The last step is missing: subtract the mean, divide by the "
                    "standard deviation.",
                    _plain(1.0, 0.4, 0.0),
                ),
                Misconception(
                    "std_left_out",
                    "The mean is subtracted; the division by the standard deviation is missing.",
                    _plain(0.515, -0.056, -0.406),
                ),
                Misconception(
                    "mean_left_out",
                    "The values are divided by the standard deviation; the mean was not subtracted.",
                    _plain(4.36681, 1.78571, 0.0),
                ),
                Misconception(
                    "mean_and_std_swapped",
                    "Mean and standard deviation have changed places: subtract the mean, divide by the "
                    "standard deviation.",
                    _plain(1.58969, 0.38596, -0.55419),
                ),
                Misconception(
                    "blue_first",
                    "Red and blue have changed places. PIL and the network agree on red, green, blue.",
                    _plain(-2.11790, -0.24889, 2.64),
                ),
                Misconception(
                    "own_mean",
                    "This picture's own mean was used. A network wants the mean and standard deviation of "
                    "its training pictures, the same for every picture.",
                    when=_input_like(lambda got: got.mean().abs() < 1e-3 or got.isnan().any()),
                ),
            ),
            errors=PILLOW,
            atol=PIXEL_ATOL,
        ),
        Example(
            "320×256 pixels: nothing to resize, 48 columns and 16 rows to cut off on each side",
            _ramp,
            RAMP,
            (
                *SHAPES,
                Misconception(
                    "corner_crop",
                    "This is the upper left corner. Cut off as much on the left as on the right, and as much "
                    "above as below.",
                    when=_input_like(lambda got: got[1, 0, 0] < -2.02 and got[1, -1, 0] < 1.9),
                ),
                Misconception(
                    "squashed",
                    "The whole picture is still there, pressed into a square. Keep its proportions: resize "
                    "the shorter side to 256, then crop.",
                    when=_input_like(lambda got: got[0, 0, 0] < -2.1 and got[0, 0, -1] > 2.22),
                ),
                Misconception(
                    "rows_and_columns_swapped",
                    "Rows and columns have changed places. `image.size` is (width, height); a tensor is "
                    "[..., height, width].",
                    when=_input_like(lambda got: (got[0, 0] - got[0, 0, 0]).abs().max() < 0.1),
                ),
            ),
            errors=PILLOW,
            atol=PIXEL_ATOL,
        ),
        Example(
            "1024×1024 pixels, one column in four white: made smaller, it is an even grey",
            _stripes,
            _plain(-1.02128, -0.91036, -0.68898),
            (
                *SHAPES,
                Misconception(
                    "no_antialias",
                    "The fine stripes were not averaged: most of them fell between the samples. Use a resize "
                    "with antialiasing (Pillow's own always does; in torch say `antialias=True`).",
                    when=_input_like(lambda got: got.abs().max() < 3),
                ),
            ),
            errors=PILLOW,
            atol=PIXEL_ATOL,
        ),
        Example(
            "300 wide and 600 high, the lower half white",
            _halves,
            HALVES,
            errors=PILLOW,
            read=_away_from_the_edge,
            atol=PIXEL_ATOL,
        ),
    ),
    hints=(
        "Four steps in this order: resize, crop, scale to [0, 1], normalise. Write them as four lines.",
        "`image.size` is (width, height). The factor is 256 divided by the shorter of the two; "
        "`image.resize((new_width, new_height), Image.Resampling.BILINEAR)` does the first step.",
        "The offset of the crop is half of what is left over: `round((width - 224) / 2)`; for the height "
        "likewise. `image.crop((left, top, right, bottom))` cuts.",
        "`torch.from_numpy(np.array(image))` is [224, 224, 3] with whole numbers from 0 to 255. Divide by "
        "255, bring the colours to the front with `permute`, give mean and std the shape [3, 1, 1], and add "
        "the batch axis with `[None]`.",
    ),
)
