"""Hidden checks of lesson 1. Oracles: torchvision's pipeline, torch's convolution, a count from the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_utils.comparison import Misconception
from course_utils.forbidden import CONVOLUTIONS

# isort: split
# After course_utils, which makes torchvision importable where its compiled operators are missing.
from torchvision.transforms import InterpolationMode, functional

from . import oracles
from .draw import Draw, Layer
from .items import Item, LessonChecks

CHECKS = LessonChecks("01_image_to_activations")

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# Pillow rounds to whole grey levels twice (columns, then rows); a resize in floating point does not.
PREPROCESS_ATOL = 2e-2

# --- preprocess ---------------------------------------------------------------------------------------------


@CHECKS.task("preprocess")
def preprocess(draw: Draw) -> Iterator[Item]:
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
            expected=_pipeline(image),
            atol=PREPROCESS_ATOL,
            misconceptions=list(_preprocess_mistakes(image)),
            next_step="Resize (shorter side to 256, bilinear, antialiased), crop the middle 224×224, scale "
            "to [0, 1], normalise.",
        )


def _resized(
    image: Image.Image, how: InterpolationMode = InterpolationMode.BILINEAR, side: int = 256
) -> Image.Image:
    return functional.resize(image, [side], how)


def _finished(image: Image.Image, mean: list[float] = MEAN, std: list[float] = STD) -> Tensor:
    return functional.normalize(functional.to_tensor(image), mean, std)[None]


def _pipeline(image: Image.Image) -> Tensor:
    """torchvision's classic pipeline, step by step."""
    return _finished(functional.center_crop(_resized(image), [224]))


def _preprocess_mistakes(image: Image.Image) -> Iterator[Misconception]:
    right = functional.center_crop(_resized(image), [224])
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
        yield _seen(name, message, lambda mean=mean, std=std: _finished(right, mean, std))
    blue = "Red and blue have changed places: keep red, green, blue."
    yield _seen("blue_first", blue, lambda: _finished(right)[:, [2, 1, 0]])
    yield _seen("blue_first", blue, lambda: _finished(_swapped(right)))
    square = "The picture was pressed into a square. Keep its proportions: shorter side to 256, then crop."
    bilinear, mode = Image.Resampling.BILINEAR, InterpolationMode
    for name, message, other in (
        ("squashed", square, lambda: image.resize((224, 224), bilinear)),
        ("squashed", square, lambda: _middle(image.resize((256, 256), bilinear))),
        (
            "resized_to_224",
            "The shorter side was made 224 pixels long. Make it 256; the crop takes 224 of them.",
            lambda: _middle(_resized(image, side=224)),
        ),
        (
            "corner_crop",
            "This is the upper left corner. Crop the middle.",
            lambda: _resized(image).crop((0, 0, 224, 224)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `nearest`. Use bilinear.",
            lambda: _middle(_resized(image, mode.NEAREST)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `bicubic`. Use bilinear.",
            lambda: _middle(_resized(image, mode.BICUBIC)),
        ),
        (
            "wrong_resampling",
            "The picture was resized with `lanczos`. Use bilinear.",
            lambda: _middle(_resized(image, mode.LANCZOS)),
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
        yield _seen(name, message, lambda other=other: _finished(other()))
    yield _seen(
        "no_antialias",
        "The picture was made smaller without antialiasing: use Pillow's resize, or `antialias=True`.",
        lambda: _without_antialias(image),
    )


def _seen(
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
    size = [_resized(image).height, _resized(image).width]
    small = F.interpolate(pixels, size, mode="bilinear", align_corners=False)
    return functional.normalize(functional.center_crop(small, [224]), MEAN, STD)


# --- conv2d_by_hand -----------------------------------------------------------------------------------------


@CHECKS.task("conv2d_by_hand")
def conv2d_by_hand(draw: Draw) -> Iterator[Item]:
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
            expected=_correlated(image, kernel, bias or 0.0),
            misconceptions=list(_convolution_mistakes(image, kernel, bias or 0.0)),
            next_step="Lay the kernel on image[:, i:i+k, j:j+k], multiply, add everything up, add the bias "
            "once.",
            forbid=tuple(sorted(CONVOLUTIONS)),
        )


def _correlated(image: Tensor, kernel: Tensor, bias: float, padding: int = 0) -> Tensor:
    """Cross-correlation, a layer's own operation, by torch (Goodfellow et al. 2016, equation 9.6)."""
    return F.conv2d(image[None], kernel[None], padding=padding)[0, 0] + bias


def _convolution_mistakes(image: Tensor, kernel: Tensor, bias: float) -> Iterator[Misconception]:
    side, channels = kernel.shape[-1], image.shape[0]
    right = _correlated(image, kernel, 0.0)
    plain = [
        (
            "flipped_kernel",
            "The kernel was turned by 180 degrees. A CNN's layers do not flip it.",
            _correlated(image, kernel.flip(1, 2), bias),
        ),
        (
            "transposed_kernel",
            "The kernel's rows and columns have changed places.",
            _correlated(image, kernel.mT, bias),
        ),
        (
            "channels_mixed_up",
            "The kernel's slices met the channels in the wrong order.",
            _correlated(image, kernel.flip(0), bias),
        ),
        (
            "channels_mixed_up",
            "The kernel was flipped along its channels, too. Flip nothing.",
            _correlated(image, kernel.flip(0, 1, 2), bias),
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
            _correlated(image[:1], kernel[:1], bias),
        ),
        (
            "same_slice_for_all",
            "The kernel's first slice was used for every channel.",
            _correlated(image, kernel[:1].expand_as(kernel), bias),
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


# --- receptive_field ----------------------------------------------------------------------------------------


@CHECKS.task("receptive_field")
def receptive_field(draw: Draw) -> Iterator[Item]:
    for name, depth in (
        ("a stack of five layers", 5),
        ("a stack of seven layers", 7),
        ("three layers", 3),
        ("a stack of four layers", 4),
    ):
        layers = _clear_stack(draw, name, depth)
        yield Item(
            name,
            [layers],
            expected=_field(layers),
            misconceptions=_field_mistakes(layers),
            next_step="Walk from the input: a layer adds (k-1) steps of the distance so far; then its stride "
            "multiplies that distance.",
        )
    for name, layers in (
        ("ResNet-18 up to its last layer", [(7, 2), (3, 2)] + [(3, 1)] * 4 + ([(3, 2)] + [(3, 1)] * 3) * 3),
        ("a stride larger than its kernel", [(1, 2), (3, 1), (1, 3), (2, 1)]),
    ):
        yield Item(name, [layers], expected=_field(layers), misconceptions=_field_mistakes(layers))
    yield Item("a single layer", [[(5, 3)]], expected=5, misconceptions=_field_mistakes([(5, 3)]), edge=True)
    yield Item(
        "no layer at all",
        [[]],
        expected=1,
        edge=True,
        next_step="Without a layer, one value is one pixel: 1.",
    )


def _field(layers: list[tuple[int, int]]) -> int:
    """Counted from the output back: n units of a layer need (n-1)·stride + kernel units of its input.

    The other direction than the lesson's (Araujo et al. 2019, equations 1 and 2).
    """
    units = 1
    for kernel, stride in reversed(layers):
        units = (units - 1) * stride + kernel
    return units


def _walk(layers: list[tuple[int, int]], first: int = 1, early: bool = False, add: int = -1) -> int:
    size, step = first, 1
    for kernel, stride in layers:
        step *= stride if early else 1
        size += (kernel + add) * step
        step *= 1 if early else stride
    return size


_MISTAKEN_FIELDS: list[tuple[str, str, Callable[[list[tuple[int, int]]], int]]] = [
    (
        "strides_ignored",
        "This counts the kernels alone. A stride makes every later step wider.",
        lambda s: 1 + sum(k - 1 for k, _ in s),
    ),
    (
        "stride_too_early",
        "A layer's own stride widens the steps of later layers, not its own.",
        lambda s: _walk(s, early=True),
    ),
    (
        "wrong_order",
        "The layers were taken from the output to the input. The list runs from input to output.",
        lambda s: _walk(s[::-1]),
    ),
    (
        "starts_at_zero",
        "One too few: before the first layer, a unit sees one pixel.",
        lambda s: _walk(s, first=0),
    ),
    ("kernel_not_reduced", "A layer adds k-1 steps, not k: its windows overlap.", lambda s: _walk(s, add=0)),
    ("sum_of_kernels", "This is the sum of the kernels.", lambda s: sum(k for k, _ in s)),
    (
        "only_the_last_stride",
        "Strides multiply: keep the product of all strides so far.",
        lambda s: 1 + sum((k - 1) * p for (k, _), p in zip(s, [1] + [t for _, t in s[:-1]], strict=True)),
    ),
    (
        "strides_added",
        "The strides were added. They multiply: after two strides of 2, neighbours lie 4 pixels apart.",
        lambda s: 1 + sum((k - 1) * max(1, sum(t for _, t in s[:i])) for i, (k, _) in enumerate(s)),
    ),
    (
        "product_of_strides",
        "This is the product of the strides: the distance between neighbours, not how far one sees.",
        lambda s: _product(t for _, t in s),
    ),
    ("last_layer_missing", "The last layer is missing.", lambda s: _walk(s[:-1])),
    ("first_layer_missing", "The first layer is missing.", lambda s: _walk(s[1:])),
]


def _product(numbers: Any) -> int:
    out = 1
    for number in numbers:
        out *= number
    return out


def _field_mistakes(layers: list[tuple[int, int]]) -> list[Misconception]:
    found = [(name, text, value(layers)) for name, text, value in _MISTAKEN_FIELDS]
    return [Misconception(name, text, value) for name, text, value in found if value != _field(layers)]


def _clear_stack(draw: Draw, name: str, depth: int) -> list[tuple[int, int]]:
    """A drawn stack on which every listed mistake gives a number of its own, drawn again until one does."""
    for attempt in range(500):
        kernels = draw.integers(f"{name} kernels {attempt}", 2, 8, depth).tolist()
        strides = draw.integers(f"{name} strides {attempt}", 1, 4, depth).tolist()
        layers = list(zip(kernels, strides, strict=True))
        answers = [_field(layers), *(value(layers) for _, _, value in _MISTAKEN_FIELDS)]
        if len(set(answers)) == len(answers):
            return layers
    raise AssertionError(f"no clear stack of {depth} layers was found")


# --- activation_change --------------------------------------------------------------------------------------


@CHECKS.task("activation_change")
def activation_change(draw: Draw) -> Iterator[Item]:
    plain = draw.model("plain", "plain", channels=[5, 8, 7], classes=4)
    x = draw.normal("x plain", 1, 3, 40, 56)
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=4)
    y = draw.normal("x residual", 1, 3, 65, 48)
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 11], classes=6)
    z = draw.normal("x mobile", 1, 3, 52, 36)
    frozen = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True)
    u = draw.normal("x frozen", 1, 3, 33, 49)
    for name, layer, picture, box in (
        ("a plain network's first convolution", plain.layer("conv1"), x, (6, 20, 19, 31)),
        ("its last ReLU, behind two strides", plain.layer("relu3"), x, (6, 20, 19, 31)),
        ("BatchNorm with an in-place ReLU behind it", residual.layer("bn"), y, (30, 5, 52, 16)),
        ("a deep layer of the residual network", residual.layer("block2"), y, (0, 0, 20, 25)),
        (
            "a box at the lower right edge, another architecture",
            mobile.layer("features.7"),
            z,
            (37, 11, 52, 36),
        ),
        ("a network whose parameters are all frozen", frozen.layer("second"), u, (3, 17, 15, 20)),
    ):
        yield _change_item(name, layer, picture, box)
    yield Item(
        "a box of one pixel",
        [plain, plain.layer("conv1"), x, (17, 30, 18, 31)],
        expected=_change(plain.layer("conv1"), x, (17, 30, 18, 31)),
        misconceptions=_change_mistakes(plain.layer("conv1"), x, (17, 30, 18, 31)),
    )
    failing = draw.model("failing", "plain", channels=[5, 8, 7], classes=4, raises="head")
    yield Item(
        "a forward pass that fails: the error comes through, and nothing is left behind",
        [failing, failing.layer("relu2"), x, (6, 20, 19, 31)],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


def _change_item(name: str, layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> Item:
    return Item(
        name,
        [layer.model, layer, x, box],
        expected=_change(layer, x, box),
        misconceptions=_change_mistakes(layer, x, box),
        next_step="Two runs: x as it is, and a copy with 0 inside the box. Then |difference|, mean over the "
        "channels.",
    )


def _hidden(x: Tensor, box: tuple[int, int, int, int], value: float = 0.0) -> Tensor:
    """The picture with its box filled, by a mask and not by a slice."""
    top, left, bottom, right = box
    rows, cols = torch.arange(x.shape[-2])[:, None], torch.arange(x.shape[-1])
    inside = (rows >= top) & (rows < bottom) & (cols >= left) & (cols < right)
    return torch.where(inside, torch.full_like(x, value), x)


def _outputs(layer: Layer, *pictures: Tensor) -> list[Tensor]:
    """The layer's output on each picture, before anything behind it can overwrite it."""
    return [oracles.forward_with(layer.model.module, layer.module, p)[1].detach() for p in pictures]


def _change(layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    before, after = _outputs(layer, x, _hidden(x, box))
    return (before - after).abs().mean(1)[0]


def _change_mistakes(layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> list[Misconception]:
    before, after = _outputs(layer, x, _hidden(x, box))
    difference = (after - before)[0]
    right_answer = difference.abs().mean(0)
    tolerance = 1e-4 * float(right_answer.max())
    found = [
        Misconception(name, message, value)
        for name, message, value in _readings(before, after, difference)
        # Some mistakes cannot be seen everywhere: a ReLU's output is the same behind another ReLU.
        if not torch.allclose(value, right_answer, rtol=1e-3, atol=tolerance)
    ]
    for name, message, picture in _hidings(x, box):
        if not torch.equal(picture(), _hidden(x, box)):
            found.append(
                _seen(
                    name,
                    message,
                    lambda picture=picture: (_outputs(layer, picture())[0] - before).abs().mean(1)[0],
                    tolerance,
                )
            )
    return [
        *found,
        Misconception(
            "channels_kept",
            "Each channel is still there. Take the mean over the channels.",
            when=lambda got: got.ndim > 2 and got.numel() == before.numel(),
        ),
        Misconception(
            "extra_axes",
            "There are axes of length 1 in front. Return a plain [h, w].",
            when=lambda got: got.ndim > 2 and got.numel() == right_answer.numel(),
        ),
        Misconception(
            "input_sized",
            "The answer has the size of the picture. Return the layer's own [h, w].",
            when=lambda got: got.shape[-2:] == x.shape[-2:] != right_answer.shape,
        ),
        Misconception(
            "nothing_changed",
            "Nothing changed at all: was `x` itself changed before the first run, or the box hidden in "
            "neither "
            "copy?",
            when=lambda got: float(got.abs().max()) == 0,
        ),
    ]


def _readings(before: Tensor, after: Tensor, difference: Tensor) -> list[tuple[str, str, Tensor]]:
    """Wrong ways to read the change off two right outputs."""
    signed = "This is the signed change. Take the absolute value before the mean."
    return [
        (
            "mean_before_abs",
            "The mean came before the absolute value, so changes up and down cancelled.",
            difference.mean(0).abs(),
        ),
        ("signed_change", signed, difference.mean(0)),
        ("signed_change", signed, -difference.mean(0)),
        ("signed_change", "Changes downwards became 0. Take the absolute value.", difference.relu().mean(0)),
        ("squared", "These are squared changes. Take absolute values.", difference.square().mean(0)),
        (
            "squared",
            "This is the length of the change over the channels. Take the mean of the absolute changes.",
            difference.norm(dim=0),
        ),
        ("sum_for_mean", "This is the sum over the channels. Take their mean.", difference.abs().sum(0)),
        (
            "max_for_mean",
            "This is the largest change among the channels. Take their mean.",
            difference.abs().amax(0),
        ),
        (
            "scaled",
            "The map was divided by its maximum. Return the change as it is.",
            difference.abs().mean(0) / difference.abs().mean(0).max(),
        ),
        (
            "after_the_inplace_relu",
            "An in-place ReLU behind the layer overwrote what was kept. Keep a `clone()` of the layer's "
            "output.",
            (after.relu() - before.relu()).abs().mean(1)[0],
        ),
    ]


def _hidings(x: Tensor, box: tuple[int, int, int, int]) -> list[tuple[str, str, Callable[[], Tensor]]]:
    """Wrong ways to hide the box."""
    top, left, bottom, right = box
    red_only = torch.cat([_hidden(x, box)[:, :1], x[:, 1:]], dim=1)
    return [
        (
            "box_order",
            "The box was read as (left, top, right, bottom). It is (top, left, bottom, right).",
            lambda: _hidden(x, (left, top, right, bottom)),
        ),
        (
            "box_as_size",
            "The box was read as a corner with height and width. Its last two numbers are bottom and right.",
            lambda: _hidden(x, (top, left, top + bottom, left + right)),
        ),
        (
            "end_inclusive",
            "One row and one column too many were hidden: bottom and right lie outside the box.",
            lambda: _hidden(x, (top, left, bottom + 1, right + 1)),
        ),
        (
            "outside_hidden",
            "Everything but the box was hidden.",
            lambda: torch.where(_hidden(torch.ones_like(x), box) == 0, x, torch.zeros_like(x)),
        ),
        (
            "filled_with_the_mean",
            "The box was filled with the picture's mean. Fill it with 0.",
            lambda: _hidden(x, box, float(x.mean())),
        ),
        ("filled_with_one", "The box was filled with 1. Fill it with 0.", lambda: _hidden(x, box, 1.0)),
        ("first_channel_only", "Only one colour channel was hidden. Hide all three.", lambda: red_only),
    ]
