"""The visible side of lesson 1: from pixels to activations, on examples that a pencil can follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image

from course_utils.forbidden import CONVOLUTIONS, forbidden
from course_utils.guide import Example, LessonGuide, Misconception, Question, Task
from course_utils.outcomes import TaskOutcome
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor

# --- 1. preprocess ------------------------------------------------------------------------------------------

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

# --- 2. conv2d_by_hand --------------------------------------------------------------------------------------

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

# --- 3. receptive_field -------------------------------------------------------------------------------------

RECEPTIVE_FIELD = Task(
    name="receptive_field",
    points=3,
    examples=(
        Example("the start of ResNet-18", lambda: ([(7, 2), (3, 2), (3, 1)],), 19, (
            Misconception(
                "strides_ignored",
                "This counts the kernels alone. A stride makes every later step wider, in input pixels.",
                11,
            ),
            Misconception(
                "stride_too_early",
                "A layer's own stride widens the steps of the layers after it, not its own.",
                35,
            ),
            Misconception("sum_of_kernels", "This is the sum of the kernels. The windows overlap.", 13),
            Misconception(
                "starts_at_zero",
                "One too few: before the first layer, a unit sees one pixel.",
                18,
            ),
            Misconception(
                "wrong_order",
                "The layers were taken from the output to the input. The list runs from input to output.",
                17,
            ),
            Misconception(
                "only_the_last_stride",
                "Strides multiply: after two layers of stride 2, neighbours lie four input pixels apart.",
                15,
            ),
        )),
        Example("three layers of 3×3, stride 1", lambda: ([(3, 1), (3, 1), (3, 1)],), 7, (
            Misconception("sum_of_kernels", "This is the sum of the kernels. The windows overlap.", 9),
            Misconception("kernels_multiplied", "Kernels do not multiply: each layer adds a border.", 27),
        )),
        Example("a stride at the end changes nothing", lambda: ([(5, 1), (2, 2)],), 6, (
            Misconception(
                "stride_too_early",
                "The stride of the last layer widens only what would come after it.",
                7,
            ),
        )),
        Example("no layer at all: one pixel", lambda: ([],), 1),
    ),
    hints=(
        "A single unit after one 3×3 layer sees 3 pixels a side. After a second one, stride 1: which "
        "pixels do its three inputs see together?",
        "Keep two numbers while you walk through the list: how wide the field is, and how many input pixels "
        "lie between two neighbouring units (1 at first).",
        "A layer of kernel k adds (k - 1) steps, each as wide as the distance so far. Only then does its "
        "stride multiply that distance.",
    ),
)  # fmt: skip

# --- 4. activation_change -----------------------------------------------------------------------------------


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

QUESTIONS = (
    Question(
        "q_edge",
        "4bc41bf53cd81691$fc0e704fd6820f6153bbc1ddc898a559abce07f081bcff07ed475eae19add98a",
        {
            "A": "An edge is there, and the response is strong. But its sign says which side is bright: here "
            "the bright side lies under the −1s.",
            "B": "The −1s meet bright pixels, the +1s meet dark ones: −3 + 0 = −3. The same edge the other "
            "way round gives +3, and an even area gives 0.",
            "C": "They cancel on an even area. Across the edge the left column meets 1s and the right column "
            "0s.",
            "D": "The same weights are used at every place, so the place of the edge moves the response and "
            "does not change it.",
        },
    ),
    Question(
        "q_receptive",
        "7a97a6d181d92a72$64215e892c4ce27b9660fb843da5c5279c7c1d4e1734f3b409c6602599f31ce7",
        {
            "A": "That is what it sees of the layer before it. Each of those cells has already seen more.",
            "B": "32 pixels is the distance from one cell to the next. The fields are far wider than that, "
            "and overlap.",
            "C": "Nothing stops the field at the picture's edge: the formula gives more, and the rest is "
            "padding.",
            "D": "435 pixels a side. Every cell of the last layer could see the whole picture. Whether it "
            "does so evenly is another question, and the next experiment's.",
        },
    ),
    Question(
        "q_hide",
        "5c383f2e895cde92$dbd06028a0e7693babe8bad4b30547cf8f7ae1d476dd89e0d594e20ff64a9990",
        {
            "A": "The square lies in every cell's receptive field, that is true. But a field's middle "
            "reaches the cell on many paths, its rim on few.",
            "B": "Exactly zero it is only where the square lies outside the receptive field, as in the early "
            "layers. The last layer's fields are wider than the picture.",
            "C": "Many paths lead from the middle of a receptive field to its cell, and few from its rim. So "
            "a cell answers most of all to what lies under it: space survives depth.",
            "D": "The weights are the same at each place, and convolutions keep the order of places. What is "
            "upper left in the picture stays upper left in the maps.",
        },
    ),
)

GUIDE = LessonGuide(
    id="01_image_to_activations",
    title="From image to activations",
    tasks=(PREPROCESS, CONV2D, RECEPTIVE_FIELD, ACTIVATION_CHANGE),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
