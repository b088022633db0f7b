"""Two networks, Captum's two filters and one whose ReLU module runs twice, and mistakes that several tasks share."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Misconception
from course_utils.tiny_models import oracle_network

tensor = torch.tensor

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


def two_filters(inplace: bool = False) -> tuple[Any, ...]:
    """Arguments: the two-filter network, 0 to 15 in the first channel of its picture, class 0."""
    model, x = oracle_network(), torch.zeros(1, 3, 4, 4)
    model.relu.inplace = inplace
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return model, x, 0


def twice(
    class_index: int,
    kind: type[nn.Module] = nn.ReLU,
    scale: float = 1.0,
    frozen: bool = False,
    inside: bool = False,
) -> tuple[Any, ...]:
    """Arguments: the network of :func:`twice_network`, alone or inside another, its picture times ``scale``, a class."""
    model = twice_network(kind, frozen)
    return nn.Sequential(model) if inside else model, scale * tensor(PICTURE)[None], class_index


def in_red_alone(values: list[list[float]]) -> torch.Tensor:
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


def extra_axis(shape: tuple[int, ...]) -> Misconception:
    """The answer has this shape with an axis of length 1 before it."""
    return Misconception(
        "batch_axis_kept",
        "An axis of length 1 is left over. The one picture is `[0]` of the batch.",
        when=lambda got: tuple(got.shape) == (1, *shape),
    )


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
PLAIN_CLASS_0 = [
    [[0.5, -1.5, 1.0], [-1.25, 0.5, -1.5]],
    [[-0.25, 4.5, -0.5], [2.5, -0.25, 4.5]],
    [[0.25, 1.5, 0.5], [0.5, 0.25, 1.5]],
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


def plain(value: torch.Tensor, relu6: bool = False) -> Misconception:
    """The answer is the plain gradient, ``value``."""
    more = (
        "Look for `nn.ReLU6`, too: it is a class of its own."
        if relu6
        else "Does it reach every ReLU, also inside blocks?"
    )
    return Misconception(
        "plain_gradient", f"This is the plain gradient: the rule acted nowhere. {more}", value
    )


def cut(value: torch.Tensor) -> Misconception:
    """The answer is the plain gradient, ``value``, without what is negative."""
    return Misconception(
        "clamped_at_the_end",
        "This is the plain gradient without its negative values. The rule acts at each ReLU, not at the end.",
        value.clamp(min=0),
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
