"""The visible side of lesson 4: activation maps of a few cells, checked with a pencil."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task

tensor = torch.tensor


def _axes(wanted: int) -> Any:
    return lambda got: got.ndim > wanted


# --- 1. top_channels ----------------------------------------------------------------------------------------

# Variances 0, 4, 1.69, 0.5; means 9, 2, 5.75, 2.
FOUR = [[[[9.0, 9], [9, 9]], [[0.0, 4], [4, 0]], [[5.0, 5], [8, 5]], [[1.0, 2], [2, 3]]]]
# Variances 1, 16, 0, 9, 4; means -3, 0, 5, 3, -8.
FIVE = [[[[-4.0, -2]], [[-4.0, 4]], [[5.0, 5]], [[0.0, 6]], [[-10.0, -6]]]]

TOP_CHANNELS = Task(
    name="top_channels",
    points=3,
    examples=(
        Example(
            "four channels of 2×2, k=2",
            lambda: (tensor(FOUR), 2),
            tensor([1, 2]),
            (
                Misconception(
                    "by_mean",
                    "Channel 0 is bright, and the same everywhere: it tells nothing about places. Take the "
                    "variance, not the mean or the maximum.",
                    tensor([0, 2]),
                ),
                Misconception(
                    "least_first",
                    "These vary least. The largest variance comes first.",
                    tensor([0, 3]),
                ),
                Misconception(
                    "least_first",
                    "The right channels in the wrong order: the largest variance comes first.",
                    tensor([2, 1]),
                ),
                Misconception(
                    "wrong_count", "The number of channels is not k.", when=lambda got: len(got) > 2
                ),
                Misconception(
                    "values_for_indices",
                    "These are variances. Return the channels' numbers, as a LongTensor.",
                    when=lambda got: got.is_floating_point(),
                ),
                Misconception("batch_axis_kept", "An axis too many: return [k].", when=_axes(1)),
            ),
        ),
        Example(
            "five channels, some values negative, k left at 4",
            lambda: (tensor(FIVE),),
            tensor([1, 3, 4, 0]),
            (
                Misconception(
                    "sorted_indices",
                    "The right channels, sorted by number. Sort them by variance, largest first.",
                    tensor([0, 1, 3, 4]),
                ),
                Misconception(
                    "least_first",
                    "The right channels in the wrong order: the largest variance comes first.",
                    tensor([0, 4, 3, 1]),
                ),
                Misconception(
                    "by_energy",
                    "These are the largest squares. A variance is measured from the map's own mean.",
                    tensor([4, 2, 3, 1]),
                ),
                Misconception(
                    "by_mean",
                    "These are the largest means. An even map tells nothing about places: take the variance.",
                    tensor([2, 3, 1, 0]),
                ),
                Misconception(
                    "wrong_count", "The number of channels is not k.", when=lambda got: len(got) != 4
                ),
            ),
        ),
        Example("k=1 gives one number, still [1]", lambda: (tensor(FOUR), 1), tensor([1])),
    ),
    hints=(
        "One number for each channel: how much do its cells differ from their own mean?",
        "`activation[0]` is [C, H, W]. A tensor's `var` takes the axes to run over, several at once, as "
        "`dim=(..., ...)`.",
        "`topk(k)` gives values and indices, the largest first. Which of the two is asked for?",
    ),
)

# --- 2. resize_map ------------------------------------------------------------------------------------------

SQUARE = [[2.0, 4], [6, 10]]
SQUARE_UP = [
    [0.0, 0.0625, 0.1875, 0.25],
    [0.125, 0.203125, 0.359375, 0.4375],
    [0.375, 0.484375, 0.703125, 0.8125],
    [0.5, 0.625, 0.875, 1.0],
]
CORNERS = [
    [0.0, 1 / 12, 2 / 12, 0.25],
    [1 / 6, 5 / 18, 7 / 18, 0.5],
    [2 / 6, 17 / 36, 22 / 36, 0.75],
    [0.5, 4 / 6, 5 / 6, 1.0],
]
PEAK_UP = [[0.0, 0.25, 0.75, 0.8125, 0.4375, 0.25]] * 2

RESIZE_MAP = Task(
    name="resize_map",
    points=4,
    examples=(
        Example(
            "a map of 2×2, enlarged to 4×4",
            lambda: (tensor(SQUARE), (4, 4)),
            tensor(SQUARE_UP),
            (
                Misconception(
                    "not_scaled",
                    "The values lie outside [0, 1]. Scale first: minus the minimum, divided by maximum minus "
                    "minimum.",
                    when=lambda got: tuple(got.shape) == (4, 4) and float(got.max()) > 1.01,
                ),
                Misconception(
                    "divided_by_maximum",
                    "The smallest value should be 0: subtract the minimum before you divide.",
                    tensor(SQUARE_UP) * 0.8 + 0.2,
                ),
                Misconception(
                    "align_corners",
                    "The map is stretched to the corners. Use `align_corners=False`.",
                    tensor(CORNERS),
                ),
                Misconception(
                    "nearest",
                    "The map comes in blocks. Use `mode='bilinear'`.",
                    tensor([[0.0, 0, 0.25, 0.25]] * 2 + [[0.5, 0.5, 1, 1]] * 2),
                ),
                Misconception("axes_kept", "Axes of length 1 are left over: return [H, W].", when=_axes(2)),
            ),
            errors=(
                (
                    "Input Error: Only 3D, 4D and 5D",
                    "`F.interpolate` wants four axes for pictures: `m[None, None]` adds two.",
                ),
            ),
        ),
        Example(
            "one row, -1, 3, 0, to two rows of six",
            lambda: (tensor([[-1.0, 3, 0]]), (2, 6)),
            tensor(PEAK_UP),
            (
                Misconception(
                    "scaled_after_resizing",
                    "The map was scaled after the resizing. Scale the small map, then resize.",
                    tensor([[0.0, 4 / 13, 12 / 13, 1, 7 / 13, 4 / 13]] * 2),
                ),
                Misconception(
                    "relu_first",
                    "The negative value was cut before the scaling. Keep it.",
                    tensor([[0.0, 0.25, 0.75, 0.75, 0.25, 0]] * 2),
                ),
                Misconception(
                    "sides_swapped",
                    "Height and width are swapped. `size` is (H, W).",
                    when=lambda got: tuple(got.shape) == (6, 2),
                ),
            ),
        ),
        Example(
            "one row of eight, made smaller",
            lambda: (tensor([[0.0, 0, 0, 0, 8, 0, 0, 0]]), (1, 4)),
            tensor([[0.0, 0, 0.5, 0]]),
            (
                Misconception(
                    "antialiased",
                    "The map was smoothed on the way down. Leave antialiasing out.",
                    when=lambda got: float(torch.as_tensor(got)[0, 1]) > 0.01,
                ),
            ),
        ),
        Example(
            "a constant map",
            lambda: (torch.full((2, 3), 7.0), (4, 5)),
            torch.zeros(4, 5),
            (
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. Where maximum and minimum are equal, return zeros.",
                    when=lambda got: bool(torch.as_tensor(got).isnan().any()),
                ),
            ),
        ),
    ),
    hints=(
        "Two steps, in this order: bring the small map to [0, 1], then resize it.",
        "Which map has maximum minus minimum equal to 0? Look at that case before you divide.",
        "`F.interpolate(four_axes, size=..., mode='bilinear', align_corners=False)`: give the map two axes "
        "of "
        "length 1 in front, and take them off again.",
    ),
)

# --- 3. dead_channels ---------------------------------------------------------------------------------------

# Two pictures, five channels of 1×2: dead, alive in the second picture, negative, cancelling, tiny.
PAIR = [
    [[[0.0, 0]], [[0.0, 0]], [[-2.0, -1]], [[3.0, -3]], [[1e-8, 0]]],
    [[[0.0, 0]], [[0.0, 5]], [[-1.0, -4]], [[-2.0, 2]], [[0, -1e-8]]],
]

DEAD_CHANNELS = Task(
    name="dead_channels",
    points=3,
    examples=(
        Example(
            "two pictures, five channels",
            lambda: (tensor(PAIR),),
            tensor([0, 4]),
            (
                Misconception(
                    "positive_only",
                    "Channel 2 has negative values and is alive. Compare absolute values.",
                    tensor([0, 2, 4]),
                ),
                Misconception(
                    "by_mean",
                    "Channel 3 has values that cancel in the mean, and is alive. Take the largest absolute "
                    "value.",
                    tensor([0, 3, 4]),
                ),
                Misconception(
                    "first_picture_only",
                    "Channel 1 answers in the second picture. Look at the whole batch.",
                    tensor([0, 1, 4]),
                ),
                Misconception(
                    "exactly_zero",
                    "Channel 4 never exceeds the threshold. Compare with it, not with 0.",
                    tensor([0]),
                ),
                Misconception("alive_returned", "These are the channels that are alive.", tensor([1, 2, 3])),
                Misconception(
                    "mask_returned",
                    "A mask came back. Return the numbers of the dead channels.",
                    when=lambda got: len(got) == 5,
                ),
                Misconception(
                    "axis_kept", "An axis too many: return [number of dead channels].", when=_axes(1)
                ),
            ),
        ),
        Example(
            "the same with a threshold of 3.5",
            lambda: (tensor(PAIR), 3.5),
            tensor([0, 3, 4]),
            (
                Misconception(
                    "threshold_ignored", "The threshold that was given is not used.", tensor([0, 4])
                ),
            ),
        ),
        Example(
            "all channels alive: an empty LongTensor",
            lambda: (torch.ones(2, 3, 2, 2),),
            torch.zeros(0, dtype=torch.long),
            (
                Misconception(
                    "empty_float",
                    "It is empty, and its type is float. `torch.tensor([], dtype=torch.long)` is an empty "
                    "LongTensor.",
                    when=lambda got: got.numel() == 0,
                ),
            ),
        ),
    ),
    hints=(
        "What is the largest absolute value of a channel, over all pictures and all cells?",
        "`amax` takes several axes at once. Which three of the four?",
        "A comparison gives a mask; `torch.nonzero(mask)` gives the numbers, with one axis more than you "
        "need.",
    ),
)

# --- 4. max_activating_patches ------------------------------------------------------------------------------

# Channel 1 of three pictures of 2×3 cells. The first picture has the strongest and the second strongest cell.
THREE = [
    [[[9.0, 0, 0], [0, 0, 0]], [[0.0, 1, 8], [7, 0, 0]]],
    [[[0.0, 0, 0], [0, 9, 0]], [[3.0, 0, -9], [0, 0, 0]]],
    [[[0.0, 9, 0], [0, 0, 0]], [[0.0, 0, 0], [0, 5, 0]]],
]

MAX_ACTIVATING_PATCHES = Task(
    name="max_activating_patches",
    points=4,
    examples=(
        Example(
            "three pictures, channel 1, k=2",
            lambda: (tensor(THREE), 1, 2),
            [(0, 0, 2), (2, 1, 1)],
            (
                Misconception(
                    "several_of_one_picture",
                    "Picture 0 appears twice. At most one place for each picture.",
                    [(0, 0, 2), (0, 1, 0)],
                ),
                Misconception(
                    "by_magnitude",
                    "A strong negative value was taken for a strong answer. Take the values as they are.",
                    [(1, 0, 2), (0, 0, 2)],
                ),
                Misconception(
                    "sides_swapped",
                    "Row and column are swapped. A place is (image, row, column).",
                    [(0, 2, 0), (2, 1, 1)],
                ),
                Misconception(
                    "picture_order",
                    "These are the first pictures, not the strongest. Sort by strength.",
                    [(0, 0, 2), (1, 0, 0)],
                ),
                Misconception("weakest_first", "The strongest comes first.", [(2, 1, 1), (0, 0, 2)]),
                Misconception(
                    "flat_index",
                    "A place has three numbers: image, row, column. `divmod(index, width)` gives the last "
                    "two.",
                    when=lambda got: any(len(place) == 2 for place in got),
                ),
                Misconception(
                    "no_list",
                    "Return a list of tuples (image, row, column) of ints.",
                    when=lambda got: not isinstance(got, list) or not all(isinstance(p, tuple) for p in got),
                ),
            ),
        ),
        Example(
            "the same, k=3: every picture once",
            lambda: (tensor(THREE), 1, 3),
            [(0, 0, 2), (2, 1, 1), (1, 0, 0)],
            (
                Misconception(
                    "picture_order",
                    "The places are in the order of the pictures. Sort them by strength.",
                    [(0, 0, 2), (1, 0, 0), (2, 1, 1)],
                ),
                Misconception(
                    "weakest_first",
                    "The order is reversed: the strongest comes first.",
                    [(1, 0, 0), (2, 1, 1), (0, 0, 2)],
                ),
            ),
        ),
        Example(
            "channel 0, k=1",
            lambda: (tensor(THREE) * tensor([1.0, 2, 3]).view(3, 1, 1, 1), 0, 1),
            [(2, 0, 1)],
            (
                Misconception(
                    "other_channel", "This is a place of channel 1. Use the channel asked for.", [(2, 1, 1)]
                ),
            ),
        ),
    ),
    hints=(
        "First the best place of each picture, then the best pictures.",
        "`activations[:, channel]` is [N, h, w]. Flattened to [N, h·w], its `max(dim=1)` gives each "
        "picture's "
        "largest value and where it is.",
        "`divmod(index, width)` turns a flat index into row and column.",
        "Sort the pictures by their largest value, descending, and keep the first k. `int(...)` makes plain "
        "ints.",
    ),
)

QUESTIONS = (
    Question(
        "q_class_free",
        "c97442c5f1b94a53$f7f212cb1f0e02015a116d1bd37e182f88b6bf3e249a0109766cc14129c86c37",
        {
            "A": "The maps are made on the way to the scores, before any class comes into play. They say "
            "what was "
            "found, for no class in particular.",
            "B": "There is one set of maps for a picture. Only the last step, the head, tells classes apart.",
            "C": "Nothing in a forward pass depends on the class that you have in mind.",
            "D": "That is what Grad-CAM will do in lesson 6, with the help of gradients. The bare maps "
            "cannot.",
        },
    ),
    Question(
        "q_shift",
        "a183ab2aa6ca0c63$9c2daf93ce34818d25a437f2f50f2aa059a6902e6645f650f83e244abd38c23c",
        {
            "A": "Convolutions and strides carry places along: what moves in the picture moves in the maps. "
            "Only "
            "an average over the whole map would lose it.",
            "B": "224 / 7 = 32: one cell of the last maps stands for a square of 32×32 pixels.",
            "C": "That would be right for a map of 224×224 cells. These have 7×7.",
            "D": "7 cells are the whole width of the map, 224 pixels.",
        },
    ),
    Question(
        "q_dead",
        "037003e8ad1429a7$8fad22a258c8ab776402b9b413211e3d8fbf90ca020c600f34f98199142c36a0",
        {
            "A": "Silence on one picture is common deep in a network: a channel may wait for something that this "
            "picture does not show.",
            "B": "A ReLU gives 0 wherever its input is negative. That is its job, and no damage.",
            "C": "One picture cannot tell. A channel that stays silent on many different pictures is "
            "suspicious.",
            "D": "No need to look into the weights: more pictures will tell.",
        },
    ),
)

GUIDE = LessonGuide(
    id="04_activation_maps",
    title="What did this layer find here?",
    tasks=(TOP_CHANNELS, RESIZE_MAP, DEAD_CHANNELS, MAX_ACTIVATING_PATCHES),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
