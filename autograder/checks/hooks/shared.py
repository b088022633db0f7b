"""What lesson 3's tasks share: what a layer gives, a model that fails, a value overwritten in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from course_utils.comparison import Misconception


def layer_values(model: Model, names: list[str], x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """For each layer its input and its output as they were then, taken from one pass of a fresh copy."""
    module = model.fresh()
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name in names:
        layer = module.get_submodule(name)
        inside: list[Tensor] = []
        handles = [
            layer.register_forward_pre_hook(
                lambda _, inputs, inside=inside: inside.append(inputs[0].clone())
            ),
            layer.register_forward_hook(
                lambda _, __, output, name=name, inside=inside: found.update(
                    {name: (inside.pop(), output.clone())}
                )
            ),
        ]
        with torch.no_grad():
            module(x)
        for handle in handles:
            handle.remove()
    return found


def failing(draw: Draw, arguments: Callable[[Model, Tensor], list[Any]]) -> Item:
    """A model whose head raises: the error must come through, and the hooks be gone then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, inplace=True, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        arguments(model, draw.normal("x failing", 1, 3, 30, 44)),
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


def overwritten_in_place(value: Any) -> Misconception:
    """What an in-place ReLU behind the layer leaves of its output: ``value``."""
    return Misconception(
        "overwritten_in_place",
        "No negative value is left: an in-place ReLU behind the layer wrote over what you kept, because "
        "`detach()` "
        "shares memory. Keep `output.detach().clone()`.",
        value,
    )
