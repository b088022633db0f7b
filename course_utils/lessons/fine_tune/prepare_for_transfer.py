"""A new last layer, and nothing else that learns."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_spotter


def _nested() -> nn.Sequential:
    body = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 2, 1), pool=nn.AdaptiveAvgPool2d(1)))
    head = nn.Sequential(nn.Flatten(), nn.Linear(2, 3, bias=False))
    with torch.no_grad():
        head[1].weight.fill_(9.0)
    return nn.Sequential(OrderedDict(body=body, head=head)).eval()


def _read_prepared(result: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    model, name, _ = args
    head = model.get_submodule(name)
    return {
        "the same model came back": result is model,
        "layer at that name": type(head).__name__,
        "inputs": head.in_features,
        "outputs": head.out_features,
        "has a bias": head.bias is not None,
        "has fresh weights": not bool((head.weight == 9).all()),
        "the head can learn": all(p.requires_grad for p in head.parameters()),
        "parameters outside that can learn": sum(
            p.requires_grad for n, p in model.named_parameters() if not n.startswith(name + ".")
        ),
    }


def _prepared(inputs: int, outputs: int) -> dict[str, Any]:
    return {
        "the same model came back": True,
        "layer at that name": "Linear",
        "inputs": inputs,
        "outputs": outputs,
        "has a bias": True,
        "has fresh weights": True,
        "the head can learn": True,
        "parameters outside that can learn": 0,
    }


PREPARED = (
    Misconception(
        "other_object",
        "Another object came back than the model that was given. Change that model, and return it.",
        when=lambda got: not got["the same model came back"],
    ),
    Misconception(
        "head_frozen",
        "The new head is frozen, too. Freeze first, then put the new head in.",
        when=lambda got: not got["the head can learn"],
    ),
    Misconception(
        "not_frozen",
        "Some parameters outside the head can still learn. Freeze everything but the head.",
        when=lambda got: got["parameters outside that can learn"] > 0,
    ),
    Misconception(
        "old_head",
        "The layer at that name is still the old one, or has its weights. Put a fresh `nn.Linear` there.",
        when=lambda got: not got["has fresh weights"],
    ),
)
NO_DOT = (
    "no attribute",
    "A dotted name leads through several modules. `model.get_submodule(name)` follows it.",
)

PREPARE = Task(
    name="prepare_for_transfer",
    points=4,
    examples=(
        Example(
            "the colour spotter, its head `fc`, 2 classes",
            lambda: (colour_spotter(), "fc", 2),
            _prepared(3, 2),
            PREPARED,
            read=_read_prepared,
        ),
        Example(
            "a head with the dotted name `head.1`, as many classes as before",
            lambda: (_nested(), "head.1", 3),
            _prepared(2, 3),
            PREPARED,
            read=_read_prepared,
            errors=(NO_DOT,),
        ),
    ),
    hints=(
        "Three steps: find the old head, freeze every parameter of the model, put a new linear layer in its place.",
        "In `classifier.3` the layer's own name is `3`, and the module that holds it is `classifier`. Split at the last dot.",
        "`model.get_submodule('')` is the model itself, so the same line serves a name without a dot.",
        "A fresh layer's parameters learn unless somebody freezes them. Which of the two steps should come last?",
    ),
    tidy=False,
)
