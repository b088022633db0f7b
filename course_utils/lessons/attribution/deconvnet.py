"""The deconvnet's rule, which looks at the gradient's sign alone."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Task

from .shared import (
    ABSOLUTE,
    DECONV,
    DECONV_CLASS_0,
    DECONV_TWO_FILTERS,
    ERRORS,
    GUIDED,
    GUIDED_CLASS_0,
    GUIDED_SIX,
    GUIDED_TWO_FILTERS,
    MERGED,
    PLAIN,
    PLAIN_CLASS_0,
    PLAIN_SIX,
    PLAIN_TWO_FILTERS,
    cut,
    extra_axis,
    in_red_alone,
    plain,
    twice,
    two_filters,
)

tensor = torch.tensor

DECONV_IS_GUIDED = (
    "guided_rule",
    "This is guided backpropagation. Deconvnet lets a positive gradient through a closed ReLU, too.",
)

DECONVNET = Task(
    name="deconvnet",
    points=4,
    examples=(
        Example(
            "the two-filter network, its ReLU in place",
            lambda: two_filters(inplace=True),
            in_red_alone(DECONV_TWO_FILTERS),
            (
                plain(in_red_alone(PLAIN_TWO_FILTERS)),
                Misconception(*DECONV_IS_GUIDED, in_red_alone(GUIDED_TWO_FILTERS)),
                MERGED,
                extra_axis((3, 4, 4)),
            ),
            errors=ERRORS,
        ),
        Example(
            "one in-place ReLU module that runs twice, class 2",
            lambda: twice(2),
            tensor(DECONV),
            (
                plain(tensor(PLAIN)),
                cut(tensor(PLAIN)),
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
            lambda: twice(2, nn.ReLU6, 0.4),
            tensor(DECONV),
            (
                plain(tensor(PLAIN_SIX), relu6=True),
                Misconception(*DECONV_IS_GUIDED, tensor(GUIDED_SIX)),
            ),
            errors=ERRORS,
        ),
        Example(
            "class 0, all parameters frozen, the ReLU inside a block",
            lambda: twice(0, frozen=True, inside=True),
            tensor(DECONV_CLASS_0),
            (Misconception(*DECONV_IS_GUIDED, tensor(GUIDED_CLASS_0)), plain(tensor(PLAIN_CLASS_0))),
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
