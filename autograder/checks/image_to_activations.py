"""Hidden checks of lesson 1. Oracles: torchvision's pipeline, torch's convolution, a count from the end."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image
from torch import Tensor

from course_utils.forbidden import CONVOLUTIONS

from .draw import Draw, Layer
from .image_to_activations_mistakes import PREPROCESS_ATOL, convolution_mistakes, preprocess_mistakes
from .image_to_activations_more_mistakes import MISTAKEN_FIELDS, change_mistakes, field_mistakes
from .image_to_activations_oracles import change, correlated, field, pipeline
from .items import Item, LessonChecks

CHECKS = LessonChecks("01_image_to_activations")

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
            expected=pipeline(image),
            atol=PREPROCESS_ATOL,
            misconceptions=list(preprocess_mistakes(image)),
            next_step="Resize (shorter side to 256, bilinear, antialiased), crop the middle 224×224, scale "
            "to [0, 1], normalise.",
        )


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
            expected=correlated(image, kernel, bias or 0.0),
            misconceptions=list(convolution_mistakes(image, kernel, bias or 0.0)),
            next_step="Lay the kernel on image[:, i:i+k, j:j+k], multiply, add everything up, add the bias "
            "once.",
            forbid=tuple(sorted(CONVOLUTIONS)),
        )


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
            expected=field(layers),
            misconceptions=field_mistakes(layers),
            next_step="Walk from the input: a layer adds (k-1) steps of the distance so far; then its stride "
            "multiplies that distance.",
        )
    for name, layers in (
        ("ResNet-18 up to its last layer", [(7, 2), (3, 2)] + [(3, 1)] * 4 + ([(3, 2)] + [(3, 1)] * 3) * 3),
        ("a stride larger than its kernel", [(1, 2), (3, 1), (1, 3), (2, 1)]),
    ):
        yield Item(name, [layers], expected=field(layers), misconceptions=field_mistakes(layers))
    yield Item("a single layer", [[(5, 3)]], expected=5, misconceptions=field_mistakes([(5, 3)]), edge=True)
    yield Item(
        "no layer at all",
        [[]],
        expected=1,
        edge=True,
        next_step="Without a layer, one value is one pixel: 1.",
    )


def _clear_stack(draw: Draw, name: str, depth: int) -> list[tuple[int, int]]:
    """A drawn stack on which every listed mistake gives a number of its own, drawn again until one does."""
    for attempt in range(500):
        kernels = draw.integers(f"{name} kernels {attempt}", 2, 8, depth).tolist()
        strides = draw.integers(f"{name} strides {attempt}", 1, 4, depth).tolist()
        layers = list(zip(kernels, strides, strict=True))
        answers = [field(layers), *(value(layers) for _, _, value in MISTAKEN_FIELDS)]
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
        expected=change(plain.layer("conv1"), x, (17, 30, 18, 31)),
        misconceptions=change_mistakes(plain.layer("conv1"), x, (17, 30, 18, 31)),
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
        expected=change(layer, x, box),
        misconceptions=change_mistakes(layer, x, box),
        next_step="Two runs: x as it is, and a copy with 0 inside the box. Then |difference|, mean over the "
        "channels.",
    )
