"""Several layers' outputs by name, from one pass."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network

from .shared import COLOURS, CONV, CONV_OF_ZEROS, MEANS, OVERWRITTEN, RELU, counting_picture, five_channels

tensor = torch.tensor


def _nested(pictures: int = 1) -> tuple[nn.Module, torch.Tensor]:
    """The two-filter network with dotted names, its ReLU in place."""
    parts = dict(oracle_network().named_children())
    parts["relu"].inplace = True
    features = nn.Sequential(OrderedDict(conv=parts["conv"], relu=parts["relu"]))
    head = nn.Sequential(OrderedDict(flatten=parts["flatten"], fc=parts["fc"]))
    model = nn.Sequential(OrderedDict(features=features, head=head)).eval()
    return model, counting_picture(pictures)


def _named(*names: str, pictures: int = 1) -> tuple[Any, ...]:
    model, x = _nested(pictures)
    return model, list(names), x


DICT_MISTAKES = (
    Misconception(
        "late_binding",
        "All hooks wrote under the last name: they share the loop's variable, and read it when they run. "
        "Make "
        "each hook in a function that takes its own name.",
        when=lambda got: len([v for v in got.values() if v is not None]) == 1,
    ),
    Misconception(
        "forward_order",
        "The names are right and their order is not. `layer_names` says the order; hooks run in the order of "
        "the "
        "forward pass.",
        when=lambda got: (
            sorted(got) in (["conv", "pool", "relu"], ["features", "features.conv", "head.fc"])
            and all(value is not None for value in got.values())
            and list(got) not in (["pool", "conv", "relu"], ["head.fc", "features.conv", "features"])
        ),
    ),
    Misconception(
        "keys_not_names",
        "The keys are modules. Use the names from `layer_names` as keys.",
        when=lambda got: any(isinstance(key, nn.Module) for key in got),
    ),
    Misconception(
        "list_instead_of_dict",
        "A list came back. Return a dict from name to output.",
        when=lambda got: isinstance(got, (list, tuple)),
    ),
)

CAPTURE_ACTIVATIONS = Task(
    name="capture_activations",
    points=5,
    examples=(
        Example(
            "three layers of the colour spotter, not in the order of the forward pass",
            lambda: (colour_spotter(), ["pool", "conv", "relu"], colour_picture()),
            {"pool": tensor([MEANS]), "conv": tensor([COLOURS]), "relu": tensor([COLOURS])},
            DICT_MISTAKES,
        ),
        Example(
            "dotted names, and an in-place ReLU behind one of the layers",
            lambda: _named("head.fc", "features.conv", "features"),
            {"head.fc": tensor([[54.0] * 4]), "features.conv": tensor([CONV]), "features": tensor([RELU])},
            (
                Misconception(
                    "overwritten_in_place",
                    OVERWRITTEN,
                    when=lambda got: bool((torch.as_tensor(got["features.conv"]) >= 0).all()),
                ),
                *DICT_MISTAKES,
            ),
        ),
        Example(
            "one layer, a batch of two pictures",
            lambda: _named("features.conv", pictures=2),
            {"features.conv": tensor([CONV, CONV_OF_ZEROS])},
            (
                Misconception(
                    "first_picture_only",
                    "Only the first picture is there. Keep the output for the whole batch.",
                    when=lambda got: got["features.conv"].numel() == 8,
                ),
                Misconception(
                    "overwritten_in_place",
                    OVERWRITTEN,
                    when=lambda got: bool((torch.as_tensor(got["features.conv"]) >= 0).all()),
                ),
            ),
        ),
        Example(
            "an unknown name behind a known one: a KeyError that names it",
            lambda: _named("features.conv", "features.cnov"),
            Raises(KeyError, "features.cnov"),
            errors=(
                (
                    "has no attribute",
                    "`get_submodule` raises an AttributeError for an unknown name. Asked for is a KeyError "
                    "with "
                    "the name in it; `dict(model.named_modules())` raises one by itself.",
                ),
            ),
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (colour_spotter(), ["pool", "relu"], five_channels()),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "`dict(model.named_modules())` maps every dotted name to its module.",
        "One hook for each name, one list of handles, one `model(x)`. How does a hook know its own name? "
        "Write a "
        "function that takes a name and returns a hook.",
        "An unknown name may come last, when other hooks are already set. So registering belongs inside the "
        "`try`, too, and `finally` removes whatever has been registered.",
        "Hooks fill a dict in the order of the forward pass. Build the answer anew, in the order of "
        "`layer_names`.",
    ),
)
