"""The visible side of lesson 6: Grad-CAM on examples that a pencil can follow."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network

tensor = torch.tensor

# --- the numbers of the worked example, and a second set whose sides all differ -----------------------------

WORKED_GRADIENTS = [[[[1.0, 0.6], [0.8, 0.8]], [[0.4, -0.2], [0.1, 0.1]], [[0.5, 0.9], [0.1, 0.5]]]]
WORKED_MAPS = [[[[1.0, 0.0], [2.0, 1.0]], [[0.0, 3.0], [1.0, 0.0]], [[2.0, 1.0], [0.0, 4.0]]]]
WIDE_GRADIENTS = [[[[1.0, 2, 3], [4, 5, 6]], [[-1.0, -1, -1], [0, -3, 0]]]]
WIDE_MAPS = [[[[1.0, 2, 3], [4, 5, 6]], [[0.0, 1, 0], [2, 0, 1]]]]
WIDE_SUM = [[-0.5, 1.5, -1.5], [3.0, -2.5, -0.5]]
HEAD = [[1.0, 0.0], [-0.5, 2.5], [0.0, 1.0]]


def _has_shape(*shape: int) -> Any:
    return lambda got: tuple(got.shape) == shape


# --- 1. channel_weights -------------------------------------------------------------------------------------

CHANNEL_WEIGHTS = Task(
    name="channel_weights",
    points=2,
    examples=(
        Example(
            "the worked example: gradients of shape [1, 3, 2, 2]",
            lambda: (tensor(WORKED_GRADIENTS),),
            tensor([[0.8, 0.1, 0.5]]),
            (
                Misconception(
                    "sum_for_mean",
                    "These are sums over the cells of each map. A weight is their mean.",
                    tensor([[3.2, 0.4, 2.0]]),
                ),
                Misconception(
                    "absolute_gradients",
                    "These are means of absolute values. Keep the sign: a negative gradient is evidence, "
                    "too.",
                    tensor([[0.8, 0.2, 0.5]]),
                ),
                Misconception(
                    "max_for_mean",
                    "These are the largest gradients of each map. A weight is the mean over the map.",
                    tensor([[1.0, 0.4, 0.9]]),
                ),
                Misconception(
                    "kept_dimensions",
                    "The values are one per channel; two axes of length 1 are left over. Return [1, C].",
                    when=_has_shape(1, 3, 1, 1),
                ),
                Misconception(
                    "wrong_axes",
                    "This is a mean over the channels, a map. Average over the two axes of space, rows and "
                    "columns.",
                    when=_has_shape(1, 2, 2),
                ),
            ),
        ),
        Example(
            "gradients of shape [1, 2, 2, 3], some of them negative",
            lambda: (tensor(WIDE_GRADIENTS),),
            tensor([[3.5, -1.0]]),
            (
                Misconception(
                    "relu_too_early",
                    "A negative weight became zero. The ReLU comes later, on the weighted sum.",
                    tensor([[3.5, 0.0]]),
                ),
                Misconception(
                    "absolute_gradients",
                    "A negative weight lost its sign. Average the gradients as they are.",
                    tensor([[3.5, 1.0]]),
                ),
            ),
        ),
    ),
    hints=(
        "How many numbers go in for one channel, and how many come out?",
        "`gradients` has four axes: picture, channel, row, column. Which of them are space?",
        "A tensor's `mean` takes the axes to average over, several at once, as `dim=(..., ...)`.",
    ),
)

# --- 2. weighted_activation_sum -----------------------------------------------------------------------------

WEIGHTED_SUM = Task(
    name="weighted_activation_sum",
    points=3,
    examples=(
        Example(
            "the worked example: 3 maps of 2×2, weights 0.8, 0.1, 0.5",
            lambda: (tensor([[0.8, 0.1, 0.5]]), tensor(WORKED_MAPS)),
            tensor([[[[1.8, 0.8], [1.7, 2.8]]]]),
            (
                Misconception(
                    "mean_for_sum",
                    "This is a third of the answer: the mean over the 3 channels. Add them up instead.",
                    tensor([[[[0.6, 0.26667], [0.56667, 0.93333]]]]),
                ),
                Misconception(
                    "weights_unused",
                    "The maps were added without their weights.",
                    tensor([[[[3.0, 4.0], [3.0, 5.0]]]]),
                ),
                Misconception(
                    "already_scaled",
                    "This is the weighted sum divided by its maximum. Scaling comes last, in `grad_cam`.",
                    tensor([[[[0.64286, 0.28571], [0.60714, 1.0]]]]),
                ),
                Misconception(
                    "dropped_dimensions",
                    "The answer has lost an axis. Keep the axes of picture and channel: [1, 1, h, w].",
                    when=lambda got: got.numel() == 4 and got.ndim != 4,
                ),
                Misconception(
                    "channels_kept",
                    "Each channel is still there. Add the weighted maps over the channel axis.",
                    when=_has_shape(1, 3, 2, 2),
                ),
            ),
            errors=(
                (
                    "must match the size",
                    "Weights of shape [1, C] need two more axes of length 1 to meet the maps.",
                ),
            ),
        ),
        Example(
            "2 maps of 2×3, weights -0.5 and 2.5",
            lambda: (tensor([[-0.5, 2.5]]), tensor(WIDE_MAPS)),
            tensor([[WIDE_SUM]]),
            (
                Misconception(
                    "relu_too_early",
                    "The negative values are gone. Here they stay: the ReLU is the next step.",
                    tensor([[[[0.0, 1.5, 0.0], [3.0, 0.0, 0.0]]]]),
                ),
                Misconception(
                    "absolute_weights",
                    "The weight -0.5 was used as 0.5. Keep its sign.",
                    tensor([[[[0.5, 3.5, 1.5], [7.0, 2.5, 5.5]]]]),
                ),
            ),
            errors=(
                (
                    "must match the size",
                    "Weights of shape [1, C] need two more axes of length 1 to meet the maps.",
                ),
            ),
        ),
    ),
    hints=(
        "Write out one cell of the worked example by hand: three products, one sum.",
        "`weights[:, :, None, None]` has shape [1, C, 1, 1]. What does it give when multiplied by [1, C, h, "
        "w]?",
        "Then add over the channel axis, and keep that axis with length 1 (`keepdim=True`).",
    ),
)

# --- 3. grad_cam --------------------------------------------------------------------------------------------

# Two classes of the colour spotter on its picture, and the four ways of going wrong that numbers give away.
RED = [
    [0.25, 0.5, 1.0, 0.9375, 0.3125, 0.0],
    [0.1875, 0.40625, 0.84375, 0.796875, 0.265625, 0.0],
    [0.0625, 0.21875, 0.53125, 0.515625, 0.171875, 0.0],
    [0.0, 0.125, 0.375, 0.375, 0.125, 0.0],
]
BLUE = [
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.00893, 0.02679, 0.08929, 0.19643, 0.25],
    [0.0, 0.02679, 0.08036, 0.26786, 0.58929, 0.75],
    [0.0, 0.03571, 0.10714, 0.35714, 0.78571, 1.0],
]
RED_RELU_AFTER = [
    [0.25, 0.5, 1.0, 0.875, 0.125, 0.0],
    [0.1875, 0.40625, 0.84375, 0.734375, 0.078125, 0.0],
    [0.0625, 0.21875, 0.53125, 0.453125, 0.0, 0.0],
    [0.0, 0.125, 0.375, 0.3125, 0.0, 0.0],
]
RED_ALIGNED = [
    [0.2381, 0.61905, 1.0, 0.95238, 0.47619, 0.0],
    [0.15873, 0.47619, 0.79365, 0.7619, 0.38095, 0.0],
    [0.07937, 0.33333, 0.5873, 0.57143, 0.28571, 0.0],
    [0.0, 0.19048, 0.38095, 0.38095, 0.19048, 0.0],
]
RED_NEAREST = [[0.2, 0.2, 1.0, 1.0, 0.0, 0.0]] * 2 + [[0.0, 0.0, 0.4, 0.4, 0.0, 0.0]] * 2
RED_PROBABILITY = [
    [0.39415, 0.5961, 1.0, 0.90146, 0.30049, 0.0],
    [0.34366, 0.4972, 0.80428, 0.71837, 0.23946, 0.0],
    [0.24268, 0.2994, 0.41284, 0.35217, 0.11739, 0.0],
    [0.19219, 0.2005, 0.21712, 0.16907, 0.05636, 0.0],
]
RED_MEAN_ACTIVATION = [
    [0.33333, 0.44444, 0.66667, 0.63889, 0.36111, 0.22222],
    [0.30556, 0.41667, 0.63889, 0.66667, 0.5, 0.41667],
    [0.25, 0.36111, 0.58333, 0.72222, 0.77778, 0.80556],
    [0.22222, 0.33333, 0.55556, 0.75, 0.91667, 1.0],
]
# The two-filter network before its ReLU: maps with negative values and gradients that differ from cell to
# cell.
ORACLE = [
    [0.5, 0.525, 0.575, 0.6],
    [0.6, 0.625, 0.675, 0.7],
    [0.8, 0.825, 0.875, 0.9],
    [0.9, 0.925, 0.975, 1.0],
]
ORACLE_MIN_MAX = [
    [0.0, 0.05, 0.15, 0.2],
    [0.2, 0.25, 0.35, 0.4],
    [0.6, 0.65, 0.75, 0.8],
    [0.8, 0.85, 0.95, 1.0],
]
ORACLE_ELEMENTWISE = [
    [0.0, 0.04, 0.12, 0.16],
    [0.25, 0.28, 0.34, 0.37],
    [0.75, 0.76, 0.78, 0.79],
    [1.0, 1.0, 1.0, 1.0],
]


def _spotter(class_index: int | None, *, frozen: bool = False) -> tuple[Any, ...]:
    model = colour_spotter().requires_grad_(not frozen)
    return model, model.relu, colour_picture(), class_index


def _oracle() -> tuple[Any, ...]:
    model, x = oracle_network(), torch.zeros(1, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return model, model.conv, x, 0


def _heatmap_like(condition: Any) -> Any:
    """A predicate on the heatmap of a returned (heatmap, class index)."""
    return lambda got: bool(condition(torch.as_tensor(got[0]).detach()))


COMMON = (
    Misconception(
        "wrong_shape",
        "The heatmap has axes of length 1 left over. Return a plain [H, W].",
        when=_heatmap_like(lambda h: h.ndim > 2 and h.squeeze().ndim == 2),
    ),
    Misconception(
        "not_upsampled",
        "The heatmap has the size of the layer's maps. Step 6 brings it to the height and width of `x`.",
        when=_heatmap_like(lambda h: h.squeeze().numel() in (4, 6)),
    ),
    Misconception(
        "relu_left_out",
        "Some values of the heatmap are negative: was the ReLU left out?",
        when=_heatmap_like(lambda h: h.min() < -1e-6),
    ),
    Misconception(
        "scale_before_upsampling",
        "The largest value of the heatmap is not 1. Upsample first, then divide by the maximum of what came "
        "out.",
        when=_heatmap_like(lambda h: h.ndim == 2 and 1e-6 < h.max() < 0.999),
    ),
    Misconception(
        "not_scaled",
        "The largest value of the heatmap is above 1. Divide by the maximum at the end.",
        when=_heatmap_like(lambda h: h.ndim == 2 and h.max() > 1.001),
    ),
)
NO_GRAPH = (
    "does not require grad",
    "Nothing here asks for gradients, for example because all parameters are frozen. Give the forward pass a "
    "copy "
    "of `x` that asks for them.",
)

GRAD_CAM = Task(
    name="grad_cam",
    points=6,
    examples=(
        Example(
            "the colour spotter's first choice (class_index left at None)",
            lambda: _spotter(None),
            (tensor(RED), 1),
            (
                Misconception(
                    "relu_after_upsampling",
                    "The ReLU came after the upsampling. Apply it to the small map, then upsample.",
                    (tensor(RED_RELU_AFTER), 1),
                ),
                Misconception(
                    "align_corners",
                    "The values fit bilinear upsampling with `align_corners=True`. Use "
                    "`align_corners=False`.",
                    (tensor(RED_ALIGNED), 1),
                ),
                Misconception(
                    "nearest",
                    "The heatmap comes in blocks: it was upsampled with `nearest`. Use `bilinear`.",
                    (tensor(RED_NEAREST), 1),
                ),
                Misconception(
                    "probability_for_logit",
                    "These values come from the softmax probability. The score is the logit: no softmax "
                    "before the gradient.",
                    (tensor(RED_PROBABILITY), 1),
                ),
                Misconception(
                    "activations_only",
                    "This is the mean of the activation maps; the gradients play no part in it yet.",
                    (tensor(RED_MEAN_ACTIVATION), 1),
                ),
                Misconception(
                    "wrong_class",
                    "This is the heatmap of class 0. With None, the class is the one with the largest logit.",
                    (tensor(BLUE), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "the same picture, class 0 asked for",
            lambda: _spotter(0),
            (tensor(BLUE), 0),
            (
                Misconception(
                    "zero_taken_for_none",
                    "This is the heatmap of the predicted class. Class 0 is a class: test `class_index is "
                    "None`.",
                    (tensor(RED), 1),
                ),
                Misconception(
                    "index_ignored",
                    "The index is right, and the heatmap is that of the predicted class. Take the gradient "
                    "of the class asked for.",
                    (tensor(RED), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "the two-filter network, whose gradients differ from cell to cell",
            _oracle,
            (tensor(ORACLE), 0),
            (
                Misconception(
                    "min_max_scaling",
                    "The smallest value was moved to 0. Divide by the maximum alone; do not subtract the "
                    "minimum.",
                    (tensor(ORACLE_MIN_MAX), 0),
                ),
                Misconception(
                    "elementwise",
                    "Gradients and maps were multiplied cell by cell. First average the gradients to one "
                    "weight a channel.",
                    (tensor(ORACLE_ELEMENTWISE), 0),
                ),
                Misconception(
                    "probability_for_logit",
                    "The heatmap is empty. Does the gradient start at the logit of the class, without a "
                    "softmax?",
                    (torch.zeros(4, 4), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "a class with no positive evidence anywhere",
            lambda: _spotter(3),
            (torch.zeros(4, 6), 3),
            (
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. Divide only where the maximum is above 0.",
                    when=_heatmap_like(lambda h: h.isnan().any()),
                ),
                Misconception(
                    "relu_left_out",
                    "Every cell speaks against this class, and yet the heatmap is bright: was the ReLU left "
                    "out?",
                    when=_heatmap_like(lambda h: h.min() > 1e-6),
                ),
                *COMMON[:3],
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "a model whose parameters are all frozen",
            lambda: _spotter(1, frozen=True),
            (tensor(RED), 1),
            COMMON,
            errors=(NO_GRAPH,),
        ),
    ),
    hints=(
        "Two things must be kept from one forward pass: the layer's output, and the logits.",
        "A forward hook can put the layer's output into a dict; `try: ... finally: handle.remove()` takes it "
        "off again.",
        "`torch.autograd.grad(score, activations)` gives the gradients (a tuple of one) and leaves no "
        "`.grad` anywhere.",
        "Frozen parameters build no graph. Run the model on `x.detach().clone().requires_grad_()`.",
        "Then the small map: your two functions, and the ReLU. `F.interpolate` wants four axes and "
        "`size=x.shape[-2:]`. "
        "Divide by the maximum only if it is above 0, and return the heatmap detached, on the CPU.",
    ),
)

# --- 4. class_heatmaps --------------------------------------------------------------------------------------


def _top(k: int) -> tuple[Any, ...]:
    return (*_spotter(None)[:3], k)


CLASS_HEATMAPS = Task(
    name="class_heatmaps",
    points=4,
    examples=(
        Example(
            "the two most probable classes of the colour spotter",
            lambda: _top(2),
            (tensor([RED, BLUE]), [1, 0]),
            (
                Misconception(
                    "ascending",
                    "The classes are in the wrong order: the most probable one comes first.",
                    (tensor([BLUE, RED]), [0, 1]),
                ),
                Misconception(
                    "one_map_repeated",
                    "Both maps are the predicted class's. Hand each class's index on to `grad_cam`.",
                    (tensor([RED, RED]), [1, 0]),
                ),
                Misconception(
                    "scaled_together",
                    "The maps were divided by one maximum together. Each map has a maximum of its own.",
                    (tensor([RED, BLUE]) * tensor([4 / 7, 1.0])[:, None, None], [1, 0]),
                ),
                Misconception(
                    "lowest_classes",
                    "These are the least probable classes. Sort with the largest first.",
                    when=lambda got: sorted(int(i) for i in got[1]) == [2, 3],
                ),
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "k=1 gives one map, still [1, H, W]",
            lambda: _top(1),
            (tensor([RED]), [1]),
            (
                Misconception(
                    "dropped_dimension",
                    "With k=1 the answer is still a stack, of one map: [1, H, W].",
                    when=lambda got: tuple(got[0].shape) == (4, 6),
                ),
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "all four classes, two of them without positive evidence",
            lambda: _top(4),
            (tensor([RED, BLUE, [[0.0] * 6] * 4, [[0.0] * 6] * 4]), [1, 0, 2, 3]),
            errors=(NO_GRAPH,),
        ),
    ),
    hints=(
        "Which classes? One forward pass without gradients tells you.",
        "A tensor's `topk(k)` returns values and indices, largest first; `.tolist()` makes plain ints.",
        "Call your `grad_cam` once for each class, with its index, and `torch.stack` the maps.",
    ),
)

# --- 5. cam -------------------------------------------------------------------------------------------------

CAM = Task(
    name="cam",
    points=3,
    examples=(
        Example(
            "2 maps of 2×3, three classes, class 1",
            lambda: (tensor(WIDE_MAPS), tensor(HEAD), 1),
            tensor(WIDE_SUM),
            (
                Misconception(
                    "relu_added",
                    "The negative values are gone. The original class activation map has no ReLU.",
                    tensor([[0.0, 1.5, 0.0], [3.0, 0.0, 0.0]]),
                ),
                Misconception(
                    "mean_for_sum",
                    "This is half of the answer: the mean over the 2 channels. Add them up instead.",
                    tensor([[-0.25, 0.75, -0.75], [1.5, -1.25, -0.25]]),
                ),
                Misconception(
                    "scaled",
                    "This was scaled. The original map keeps the values as they come.",
                    when=lambda got: tuple(got.shape) == (2, 3) and abs(float(got.max()) - 1) < 1e-4,
                ),
                Misconception(
                    "wrong_shape",
                    "The map has axes of length 1 left over. Return a plain [h, w].",
                    when=lambda got: got.ndim > 2 and got.squeeze().ndim == 2,
                ),
            ),
            errors=(
                (
                    "must match",
                    "`classifier_weight` is [K, C]: one row for each class, one column for each channel.",
                ),
                (
                    "out of bounds",
                    "`classifier_weight` is [K, C]: one row for each class, one column for each channel.",
                ),
            ),
        ),
        Example(
            "the same maps, class 0",
            lambda: (tensor(WIDE_MAPS), tensor(HEAD), 0),
            tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        ),
    ),
    hints=(
        "Which row of `classifier_weight` belongs to the class? How many numbers does it hold?",
        "The map is a weighted sum of the feature maps, and that row holds the weights.",
        "`features[0]` is [C, h, w]; give the row two axes of length 1 behind it, multiply, add over the "
        "channels.",
    ),
)

# --- 6. guided_grad_cam -------------------------------------------------------------------------------------

SHARP = [[[1.0, -2, 4], [3, -4, 1]], [[0.5, 0.5, 2], [-0.5, 1, 1]], [[0.0, 2, -2], [4, -1, 1]]]
SOFT = [[0.0, 0.5, 1.0], [1.0, 0.25, 0.5]]

GUIDED_GRAD_CAM = Task(
    name="guided_grad_cam",
    points=2,
    examples=(
        Example(
            "a sharp map [3, 2, 3] and a heatmap [2, 3]",
            lambda: (tensor(SHARP), tensor(SOFT)),
            tensor(
                [
                    [[0.0, -1, 4], [3, -1, 0.5]],
                    [[0.0, 0.25, 2], [-0.5, 0.25, 0.5]],
                    [[0.0, 1, -2], [4, -0.25, 0.5]],
                ]
            ),
            (
                Misconception(
                    "negatives_lost",
                    "The negative values are gone. This is a product and nothing else.",
                    tensor(
                        [
                            [[0.0, 0, 4], [3, 0, 0.5]],
                            [[0.0, 0.25, 2], [0, 0.25, 0.5]],
                            [[0.0, 1, 0], [4, 0, 0.5]],
                        ]
                    ),
                ),
                Misconception(
                    "channels_merged",
                    "The three colour channels have become one. Keep them: [3, H, W].",
                    when=lambda got: got.squeeze().ndim == 2,
                ),
            ),
        ),
        Example(
            "a heatmap of zeros",
            lambda: (tensor(SHARP), torch.zeros(2, 3)),
            torch.zeros(3, 2, 3),
        ),
    ),
    hints=(
        "Elementwise: each pixel of the heatmap scales the three numbers at that pixel.",
        "PyTorch lines up shapes from the right. Do [3, H, W] and [H, W] fit as they are?",
    ),
)

QUESTIONS = (
    Question(
        "q_resolution",
        "93bf4012a3cd9b75$9bafe877e7f3f0f9ca32b02d830a4ed26c2b4572b92150dbe8a4e927965eeac9",
        {
            "A": "One pixel would need a 224×224 map. The last layer has 7×7 cells for the whole picture.",
            "B": "7 is the number of cells along a side, not the size of one. Divide 224 by it.",
            "C": "224 / 7 = 32. And each cell has looked at far more than its own square: its receptive "
            "field overlaps its "
            "neighbours'. The smooth edges of a heatmap come from upsampling, not from the network.",
            "D": "That would be a map of one cell: what is left after global average pooling, where all "
            "place is lost.",
        },
    ),
    Question(
        "q_relu",
        "344af606b734de0a$8d71e2bbb176678257c6cc41c91f7ca7297a74ab8d0424d4dbe8f01614e7b938",
        {
            "A": "The network has looked at every cell; a cell that adds nothing would have a sum near 0.",
            "B": "To first order, more of what was found there lowers this class's score. It may well be "
            "evidence for "
            "another class. The ReLU drops it, so a heatmap shows evidence in favour, and that alone.",
            "C": "It is no error: weights are mean gradients, and gradients have a sign.",
            "D": "The size of one cell says nothing about the class as a whole; the other cells may outweigh "
            "it.",
        },
    ),
    Question(
        "q_two_classes",
        "91cb844dd902059d$3b66f5bc6e1092930dd174a49fcb04364cbba7930e088e83e86ebad9cd6d3714",
        {
            "A": "The backward pass starts at the score you choose, not at the largest one. So the weights "
            "change with it.",
            "B": "The maps are the same, the weights are not: they are the gradients of the score asked for. "
            "That is what makes the method class-specific.",
            "C": "That is what the bare activation maps would show: everything that was found, for whichever "
            "class.",
            "D": "A small probability is no small logit's gradient, and the division by the maximum removes "
            "the scale. "
            "A blank map means no positive evidence.",
        },
    ),
    Question(
        "q_right_place",
        "2a46184de3df17fc$ad21299f8a54e344ae4868dc3b4990bb4021c14f7b3259d42f24ea07a25ee03f",
        {
            "A": "Where is not what. Colour, texture and shape all lie at the same place.",
            "B": "The heatmap would look the same for a model that knows the object by its colour alone.",
            "C": "A heatmap says nothing about the other pictures a model has not seen yet.",
            "D": "The heatmap answers where. To learn what was used there, change that one thing and look at "
            "the score, "
            "as the next cells do.",
        },
    ),
)

GUIDE = LessonGuide(
    id="06_grad_cam",
    title="What mattered for this prediction?",
    tasks=(CAM, CHANNEL_WEIGHTS, WEIGHTED_SUM, GRAD_CAM, CLASS_HEATMAPS, GUIDED_GRAD_CAM),
    questions=QUESTIONS,
)
