"""The visible side of lesson 5: attribution on networks that a pencil can follow."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network

tensor = torch.tensor

# --- two networks: Captum's two filters, and one whose ReLU module runs twice -------------------------------

PICTURE = [[[2.0, -1, 3], [1, 4, -2]], [[1.0, 2, -3], [0.5, -1, 1]], [[-2.0, 1, 1], [3, 2, -1]]]
FIRST = [[2.0, -1, 1], [-1, 3, 1]]
SECOND = [[1.0, -2], [-1, 3]]
HEAD = [
    [1.0, -1, 2, -2, 1, -1, -1, 2, 1, 1, -3, 2],
    [-1.0, 2, -2, 3, -1, 1, 2, -1, 1, -2, 1, 1],
    [2.0, 2, -1, 1, -1, -2, -1, 1, 3, 1, 1, -1],
]


def twice_network(kind: type[nn.Module] = nn.ReLU, frozen: bool = False) -> nn.Sequential:
    """``first``, ``relu``, ``second``, the same in-place ``relu`` again, ``flatten``, ``fc``.

    Both convolutions are 1×1, so that every pixel stays for itself. Takes [1, 3, 2, 3], returns logits [1, 3].
    """
    first, second = nn.Conv2d(3, 2, 1, bias=False), nn.Conv2d(2, 2, 1, bias=False)
    fc, relu = nn.Linear(12, 3, bias=False), kind(inplace=True)
    with torch.no_grad():
        first.weight.copy_(tensor(FIRST)[:, :, None, None])
        second.weight.copy_(tensor(SECOND)[:, :, None, None])
        fc.weight.copy_(tensor(HEAD) / 4)
    parts = [("first", first), ("relu", relu), ("second", second), ("again", relu)]
    model = nn.Sequential(OrderedDict([*parts, ("flatten", nn.Flatten()), ("fc", fc)])).eval()
    return model.requires_grad_(not frozen)


def _two_filters(inplace: bool = False) -> tuple[Any, ...]:
    model, x = oracle_network(), torch.zeros(1, 3, 4, 4)
    model.relu.inplace = inplace
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return model, x, 0


def _twice(
    class_index: int, kind: type[nn.Module] = nn.ReLU, scale: float = 1.0, frozen: bool = False
) -> tuple[Any, ...]:
    return twice_network(kind, frozen), scale * tensor(PICTURE)[None], class_index


def _in_red_alone(values: list[list[float]]) -> torch.Tensor:
    """[3, 4, 4] with the values in the first channel: the two-filter network looks at no other."""
    result = torch.zeros(3, 4, 4)
    result[0] = tensor(values)
    return result


NO_GRAPH = (
    "does not require grad",
    "Nothing here asks for gradients, for example because all parameters are frozen. Let a copy of `x` ask "
    "for them.",
)
LEAF = (
    "leaf Variable",
    "`x` itself is changed in place somewhere. Work on `x.detach().clone()`.",
)
VIEW = (
    "is a view and is being modified inplace",
    "A full backward hook meets an in-place ReLU here. Lesson 3 had a hook that does not mind: one on the "
    "output tensor.",
)
ERRORS = (NO_GRAPH, VIEW, LEAF)


def _extra_axis(shape: tuple[int, ...]) -> Misconception:
    return Misconception(
        "batch_axis_kept",
        "An axis of length 1 is left over. The one picture is `[0]` of the batch.",
        when=lambda got: tuple(got.shape) == (1, *shape),
    )


# --- 1. saliency_map ----------------------------------------------------------------------------------------

SALIENCY = Task(
    name="saliency_map",
    points=4,
    examples=(
        Example(
            "the two-filter network on the numbers 0 to 15",
            _two_filters,
            tensor([[0.0, 1, 1, 1]] * 3 + [[0.0] * 4]),
            (
                Misconception(
                    "probability_for_logit",
                    "The map is empty. Does the gradient start at the logit of the class, without a softmax?",
                    torch.zeros(4, 4),
                ),
                Misconception(
                    "mean_for_maximum",
                    "This is a third of the answer: the mean over the channels. Take their maximum.",
                    tensor([[0.0, 1, 1, 1]] * 3 + [[0.0] * 4]) / 3,
                ),
                _extra_axis((4, 4)),
                Misconception(
                    "channels_kept",
                    "The three channels are still there. The map is their maximum, [H, W].",
                    when=lambda got: got.numel() == 48,
                ),
            ),
            errors=ERRORS,
        ),
        Example(
            "a picture of 2×3 pixels in three colours, class 2",
            lambda: _twice(2),
            tensor([[1.0, 2.25, 0.5], [2.5, 0.5, 2.25]]),
            (
                Misconception(
                    "absolute_value_forgotten",
                    "The largest gradient was taken with its sign. Take the absolute value first, then the maximum.",
                    tensor([[1.0, 2.25, 0.25], [2.5, 0.25, 0.75]]),
                ),
                Misconception(
                    "sum_for_maximum",
                    "These are sums over the channels. The map is their maximum.",
                    tensor([[2.0, 3.75, 1.0], [4.25, 1.0, 3.75]]),
                ),
                Misconception(
                    "first_channel",
                    "This is the first channel alone. Take the maximum over all of them.",
                    tensor([[1.0, 0.75, 0.5], [1.25, 0.5, 0.75]]),
                ),
                Misconception(
                    "scaled",
                    "This was divided by its maximum. Return the gradient's own values.",
                    tensor([[0.4, 0.9, 0.2], [1.0, 0.2, 0.9]]),
                ),
                Misconception(
                    "times_picture",
                    "The gradient was multiplied by the picture. Saliency is the gradient alone.",
                    tensor([[2.0, 4.5, 1.5], [1.5, 2.0, 2.25]]),
                ),
                Misconception(
                    "class_ignored",
                    "This is the map of the predicted class. Use `class_index`.",
                    tensor([[0.5, 4.5, 1.0], [2.5, 0.5, 4.5]]),
                ),
            ),
            errors=ERRORS,
        ),
        Example(
            "a model whose parameters are all frozen, class 0",
            lambda: _twice(0, frozen=True),
            tensor([[0.5, 4.5, 1.0], [2.5, 0.5, 4.5]]),
            errors=ERRORS,
        ),
    ),
    hints=(
        "In lesson 3 you took the gradient of a score for a layer's output. Here it is for the picture itself.",
        "`x.detach().clone().requires_grad_()` is a copy of the picture that asks for gradients. Run the model on it.",
        "`torch.autograd.grad(score, copy)` gives a tuple of one: the gradient, [1, 3, H, W].",
        "Absolute value first, then the maximum over the channel axis: `amax(dim=...)`. Detached, on the CPU.",
    ),
)

# --- 2. occlusion_map ---------------------------------------------------------------------------------------

BLUE_DROPS = [[-0.08039, -0.21703, 0.04021], [-0.04124, -0.0307, 0.27985]]
OCCLUSION = Task(
    name="occlusion_map",
    points=5,
    examples=(
        Example(
            "the colour spotter, class 0 (blue), patches of 2×2 side by side",
            lambda: (colour_spotter(), colour_picture(), 0, 2, 2),
            tensor(BLUE_DROPS),
            (
                Misconception(
                    "sign_reversed",
                    "The sign is the other way round: the probability on `x` minus the one on the covered picture.",
                    -tensor(BLUE_DROPS),
                ),
                Misconception(
                    "logit_for_probability",
                    "These are differences of logits. In this task the softmax probability is compared.",
                    tensor([[-0.16667, -0.16667, 0.0], [-0.16667, 0.16667, 1.16667]]),
                ),
                Misconception(
                    "covered_probability",
                    "These are the probabilities of the covered pictures. Subtract them from the one on `x`.",
                    tensor([[0.5328, 0.66944, 0.4122], [0.49365, 0.48311, 0.17256]]),
                ),
                Misconception(
                    "patches_pile_up",
                    "Each picture still has the earlier patches in it. Start each from a fresh copy: `x.clone()`.",
                    tensor([[-0.08039, -0.27523, -0.24398], [-0.27476, -0.24686, 0.20241]]),
                ),
                Misconception(
                    "one_channel_covered",
                    "Only the first colour channel was covered. Cover all of them.",
                    tensor([[-0.07754, -0.20832, 0.0], [-0.03916, -0.11436, 0.0]]),
                ),
                Misconception(
                    "negatives_cut",
                    "The negative values became 0. They say that covering raised the probability; keep them.",
                    tensor([[0.0, 0.0, 0.04021], [0.0, 0.0, 0.27985]]),
                ),
                Misconception(
                    "class_ignored",
                    "This is the map of the predicted class. Class 0 is a class.",
                    tensor([[0.08345, 0.24352, -0.04081], [0.04081, 0.05135, -0.2389]]),
                ),
                Misconception(
                    "lies_on_its_side",
                    "The map lies on its side: rows belong to the height, columns to the width.",
                    when=lambda got: tuple(got.shape) == (3, 2),
                ),
            ),
        ),
        Example(
            "class 1 (red), overlapping patches: patch 2, stride 1, filled with 1",
            lambda: (colour_spotter(), colour_picture(), 1, 2, 1, 1.0),
            tensor(
                [
                    [0.08205, 0.16481, 0.2413, 0.10492, -0.0422],
                    [0.06086, 0.10492, 0.14922, -0.01238, -0.16416],
                    [0.03961, 0.04289, 0.0482, -0.11961, -0.247],
                ]
            ),
            (
                Misconception(
                    "fill_ignored",
                    "The patches are filled with 0. Use the argument `fill`.",
                    tensor(
                        [
                            [0.08345, 0.16663, 0.24352, 0.10683, -0.04081],
                            [0.06216, 0.10683, 0.15198, -0.00887, -0.16053],
                            [0.04081, 0.04484, 0.05135, -0.11393, -0.2389],
                        ]
                    ),
                ),
                Misconception(
                    "stride_ignored",
                    "The patches lie side by side, as if `stride` were `patch`. Move by `stride`.",
                    when=lambda got: tuple(got.shape) == (2, 3),
                ),
                Misconception(
                    "full_size",
                    "The map has the picture's size. Return one value for each patch.",
                    when=lambda got: tuple(got.shape) == (4, 6),
                ),
            ),
        ),
        Example(
            "patch 4, stride 2: as high as the picture, two places side by side",
            lambda: (colour_spotter(), colour_picture(), 0, 4, 2),
            tensor([[-0.2776, 0.227]]),
            (
                Misconception(
                    "squeezed",
                    "A row was squeezed away. With one row the map is still [1, cols].",
                    when=lambda got: tuple(got.shape) == (2,),
                ),
            ),
        ),
    ),
    hints=(
        "How many rows fit? Write down the first and the last top edge for H = 4, patch = 2, stride = 1.",
        "The probability on `x` is needed once, before the loops. Nothing here needs gradients: `torch.no_grad()`.",
        "For each place: a fresh clone of `x`, then a slice of it over all channels set to `fill`. Where does the slice "
        "start, and where does it end?",
        "The number to store is the first probability minus the new one. Its place is `[r, c]`, its patch begins at "
        "`(r * stride, c * stride)`.",
    ),
)

# --- 3. guided_backprop -------------------------------------------------------------------------------------

GUIDED_TWO_FILTERS = [[0.0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]
DECONV_TWO_FILTERS = [[2.0, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]
PLAIN_TWO_FILTERS = [[0.0, 1, 1, 1]] * 3 + [[0.0] * 4]
GUIDED = [[[1.0, -0.75, 0], [-0.75, 0, 0]], [[-0.5, 2.25, 0], [2.25, 0, 0]], [[0.5, 0.75, 0], [0.75, 0, 0]]]
GUIDED_SIX = [[[1.0, 0, 0], [-0.75, 0, 0]], [[-0.5, 0, 0], [2.25, 0, 0]], [[0.5, 0, 0], [0.75, 0, 0]]]
DECONV = [
    [[1.0, 0.5, -2.25], [-0.25, -0.75, 0]],
    [[-0.5, -0.25, 6.75], [0.75, 2.25, 0]],
    [[0.5, 0.25, 2.25], [0.25, 0.75, 0]],
]
PLAIN = [
    [[1.0, -0.75, -0.5], [-1.25, -0.5, 0.75]],
    [[-0.5, 2.25, 0.25], [2.5, 0.25, -2.25]],
    [[0.5, 0.75, -0.25], [0.5, -0.25, -0.75]],
]
PLAIN_SIX = [
    [[1.0, 0, -0.5], [-1.25, -0.5, 0.75]],
    [[-0.5, 0, 0.25], [2.5, 0.25, -2.25]],
    [[0.5, 0, -0.25], [0.5, -0.25, -0.75]],
]
GUIDED_CLASS_0 = [
    [[0.5, -1.5, 1.0], [-0.75, 0.5, -1.5]],
    [[-0.25, 4.5, -0.5], [2.25, -0.25, 4.5]],
    [[0.25, 1.5, 0.5], [0.75, 0.25, 1.5]],
]
DECONV_CLASS_0 = [
    [[0.5, -1.5, 0.5], [-0.75, 0.5, -1.5]],
    [[-0.25, 4.5, -0.25], [2.25, -0.25, 4.5]],
    [[0.25, 1.5, 0.25], [0.75, 0.25, 1.5]],
]


def _plain(value: torch.Tensor, relu6: bool = False) -> Misconception:
    more = "Look for `nn.ReLU6`, too: it is a class of its own." if relu6 else "Does it reach every ReLU?"
    return Misconception(
        "plain_gradient", f"This is the plain gradient: the rule acted nowhere. {more}", value
    )


def _cut(value: torch.Tensor) -> Misconception:
    return Misconception(
        "clamped_at_the_end",
        "This is the plain gradient without its negative values. The rule acts at each ReLU, not at the end.",
        value.clamp(min=0),
    )


GUIDED_IS_DECONV = (
    "deconvnet_rule",
    "This is deconvnet's rule. In guided backpropagation a ReLU that was closed passes nothing, either.",
)
DECONV_IS_GUIDED = (
    "guided_rule",
    "This is guided backpropagation. Deconvnet lets a positive gradient through a closed ReLU, too.",
)
ABSOLUTE = Misconception(
    "sign_lost",
    "No value is negative. Return what arrives at the picture with its sign.",
    when=lambda got: tuple(got.shape) == (3, 2, 3) and float(got.min()) >= 0,
)
MERGED = Misconception(
    "channels_merged",
    "The colour channels have become one. Keep them: [3, H, W].",
    when=lambda got: got.squeeze().ndim == 2,
)

GUIDED_BACKPROP = Task(
    name="guided_backprop",
    points=5,
    examples=(
        Example(
            "the two-filter network, its ReLU in place",
            lambda: _two_filters(inplace=True),
            _in_red_alone(GUIDED_TWO_FILTERS),
            (
                _plain(_in_red_alone(PLAIN_TWO_FILTERS)),
                Misconception(*GUIDED_IS_DECONV, _in_red_alone(DECONV_TWO_FILTERS)),
                MERGED,
                _extra_axis((3, 4, 4)),
            ),
            errors=ERRORS,
        ),
        Example(
            "one in-place ReLU module that runs twice, class 2",
            lambda: _twice(2),
            tensor(GUIDED),
            (
                _plain(tensor(PLAIN)),
                _cut(tensor(PLAIN)),
                Misconception(*GUIDED_IS_DECONV, tensor(DECONV)),
                Misconception(
                    "class_ignored",
                    "This is for the predicted class. Use `class_index`.",
                    tensor(GUIDED_CLASS_0),
                ),
                ABSOLUTE,
            ),
            errors=ERRORS,
        ),
        Example(
            "the same with a ReLU6",
            lambda: _twice(2, nn.ReLU6, 0.4),
            tensor(GUIDED_SIX),
            (
                _plain(tensor(PLAIN_SIX), relu6=True),
                Misconception(
                    "open_above_six",
                    "A ReLU6 is flat above 6: plain backpropagation passes nothing there, and neither does this rule.",
                    tensor(GUIDED),
                ),
                Misconception(*GUIDED_IS_DECONV, tensor(DECONV)),
            ),
            errors=ERRORS,
        ),
        Example(
            "class 0, all parameters frozen",
            lambda: _twice(0, frozen=True),
            tensor(GUIDED_CLASS_0),
            (Misconception(*GUIDED_IS_DECONV, tensor(DECONV_CLASS_0)),),
            errors=ERRORS,
        ),
    ),
    hints=(
        "The ReLU's own backward already passes nothing where it was closed. What is left for you is one condition on the "
        "gradient that arrives at its output.",
        "In lesson 3: a tensor hook may return a new gradient, which then travels on in place of the old one.",
        "Set the tensor hook inside a forward hook, on `output`. It is set anew each time the module runs, so a module that "
        "runs twice is no special case.",
        "Forward hooks on every module that is an `nn.ReLU` or `nn.ReLU6`; in each, `output.register_hook(...)` with a "
        "function that gives the positive part (`clamp(min=0)`). Then the gradient for a copy of `x`, and the handles "
        "removed in `finally`.",
    ),
)

# --- 4. deconvnet -------------------------------------------------------------------------------------------

DECONVNET = Task(
    name="deconvnet",
    points=4,
    examples=(
        Example(
            "the two-filter network, its ReLU in place",
            lambda: _two_filters(inplace=True),
            _in_red_alone(DECONV_TWO_FILTERS),
            (
                _plain(_in_red_alone(PLAIN_TWO_FILTERS)),
                Misconception(*DECONV_IS_GUIDED, _in_red_alone(GUIDED_TWO_FILTERS)),
                MERGED,
                _extra_axis((3, 4, 4)),
            ),
            errors=ERRORS,
        ),
        Example(
            "one in-place ReLU module that runs twice, class 2",
            lambda: _twice(2),
            tensor(DECONV),
            (
                _plain(tensor(PLAIN)),
                _cut(tensor(PLAIN)),
                Misconception(*DECONV_IS_GUIDED, tensor(GUIDED)),
                Misconception(
                    "class_ignored",
                    "This is for the predicted class. Use `class_index`.",
                    tensor(DECONV_CLASS_0),
                ),
                ABSOLUTE,
            ),
            errors=ERRORS,
        ),
        Example(
            "the same with a ReLU6",
            lambda: _twice(2, nn.ReLU6, 0.4),
            tensor(DECONV),
            (
                _plain(tensor(PLAIN_SIX), relu6=True),
                Misconception(*DECONV_IS_GUIDED, tensor(GUIDED_SIX)),
            ),
            errors=ERRORS,
        ),
        Example(
            "class 0, all parameters frozen",
            lambda: _twice(0, frozen=True),
            tensor(DECONV_CLASS_0),
            (Misconception(*DECONV_IS_GUIDED, tensor(GUIDED_CLASS_0)),),
            errors=ERRORS,
        ),
    ),
    hints=(
        "A hook on the output comes before the ReLU's own backward, and that one closes the door again. So here the "
        "backward of the ReLU itself must be replaced.",
        "The cell above shows how: a `torch.autograd.Function` whose `backward` you write. Which forward values must it "
        "give for a ReLU, and which for a ReLU6?",
        "For the time of the call, give each ReLU a `forward` of its own: `relu.forward = ...` with a function that applies "
        "your Function. `del relu.forward` in `finally` brings the old one back.",
        "`backward` returns one gradient for each argument of `forward`, and None for an argument that is no tensor. A "
        "function made in a loop should take what it needs as an argument (lesson 3).",
    ),
)

QUESTIONS = (
    Question(
        "q_passes",
        "446e840a341360ec$2f61d4a27651c008618d8d98c8b0104a79a6c6ff9449006734e39f72cc913cff",
        {
            "A": "25 is the number of rows: (224 − 32) // 8 + 1. There are as many columns.",
            "B": "49 is what stride 32 needs, with the patches side by side. They overlap here.",
            "C": "(224 − 32) // 8 + 1 = 25 rows and 25 columns: 625 covered pictures, and the uncovered one. Half the stride is "
            "four times the work. A gradient takes one pass forward and one back, whatever the size.",
            "D": "784 would be 28 rows, 224 / 8: the last patches would hang over the edge.",
        },
    ),
    Question(
        "q_negative",
        "c8356f56c7161ca6$0b995d6d06c3664ef897dd3ab2c4b1736b457b29e90cca66d91131ed72f3e4f4",
        {
            "A": "There is no error: a probability can rise as well as fall.",
            "B": "A patch that makes no difference gives a value near 0, not a negative one.",
            "C": "It is the other way round: covering what speaks for the class lowers its probability, and the value is "
            "positive.",
            "D": "What was there spoke against the class, or for a rival: softmax shares one whole among all classes. Take "
            "the rival away, and the share of the class grows.",
        },
    ),
    Question(
        "q_other_animal",
        "a16f0ed522793038$68f6de68a6219757cdf9a63d86d6603837c943d43f36fb53a1099fc138fc945c",
        {
            "A": "The score is another one, and so are some numbers. Look at the two columns of the table: does the energy move?",
            "B": "Much of it stays. The class enters at the top, as one row of weights; every ReLU below keeps positive "
            "parts alone. What gets through are the paths that this picture opens, whatever class you ask for.",
            "C": "No gradient has to vanish: the score of an improbable class is a logit like any other.",
            "D": "The rule keeps what is positive; nothing in it turns the roles of the two animals round.",
        },
    ),
    Question(
        "q_random",
        "1106ee016e72fd64$6ab9e06056c5a0fb3be610a9e8f427ef6f9ad9a78b7e2043d1adb97ea5c7e91e",
        {
            "A": "Its picture hardly moves, although the network no longer knows any class. So fine lines are no proof of "
            "knowledge.",
            "B": "The plain gradient is a product over all layers, the head among them. Change the head, and it changes.",
            "C": "Covering a patch and reading the class's probability asks the head directly. With a random head the "
            "answer is random.",
            "D": "Two of the three do notice. That is what makes the test useful.",
        },
    ),
)

GUIDE = LessonGuide(
    id="05_attribution",
    title="Which pixels matter?",
    tasks=(SALIENCY, OCCLUSION, GUIDED_BACKPROP, DECONVNET),
    questions=QUESTIONS,
)
