"""Guided backpropagation, whose values differ from the gradient's at every ReLU."""

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

GUIDED_IS_DECONV = (
    "deconvnet_rule",
    "This is deconvnet's rule. In guided backpropagation a ReLU that was closed passes nothing, either.",
)

GUIDED_BACKPROP = Task(
    name="guided_backprop",
    points=5,
    examples=(
        Example(
            "the two-filter network, its ReLU in place",
            lambda: two_filters(inplace=True),
            in_red_alone(GUIDED_TWO_FILTERS),
            (
                plain(in_red_alone(PLAIN_TWO_FILTERS)),
                Misconception(*GUIDED_IS_DECONV, in_red_alone(DECONV_TWO_FILTERS)),
                MERGED,
                extra_axis((3, 4, 4)),
            ),
            errors=ERRORS,
        ),
        Example(
            "one in-place ReLU module that runs twice, class 2",
            lambda: twice(2),
            tensor(GUIDED),
            (
                plain(tensor(PLAIN)),
                cut(tensor(PLAIN)),
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
            lambda: twice(2, nn.ReLU6, 0.4),
            tensor(GUIDED_SIX),
            (
                plain(tensor(PLAIN_SIX), relu6=True),
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
            "class 0, all parameters frozen, the ReLU inside a block",
            lambda: twice(0, frozen=True, inside=True),
            tensor(GUIDED_CLASS_0),
            (Misconception(*GUIDED_IS_DECONV, tensor(DECONV_CLASS_0)), plain(tensor(PLAIN_CLASS_0))),
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
