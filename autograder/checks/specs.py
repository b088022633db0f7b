"""Arguments of an item as specs and tensors that cross the boundary."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .draw import Layer, Loader, Model, Optimizer, Picture, Stay
from .items import Item


def request_of(item: Item, function: str, *, repeat: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The worker's request for an item: see ``sandbox/worker/calls.py`` for its form."""
    writer = _Writer()
    values = [*item.args, *item.kwargs.values()]
    specs = [writer.spec(value, values) for value in values]
    named = {name: len(item.args) + i for i, name in enumerate(item.kwargs)}
    looks = []
    for look in item.looks:
        asked = {"read": look.read, **look.options}
        if look.argument is not None:
            asked["argument"] = look.argument
        looks.append(asked)
    request = {
        "function": function,
        "args": specs,
        "kwargs": named,
        "repeat": repeat,
        "watch": item.watch,
        "after": looks,
        "expect_error": item.raises is not None,
        "forbid": list(item.forbid),
    }
    return request, writer.tensors


class _Writer:
    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}

    def spec(self, value: Any, values: list[Any]) -> dict[str, Any]:
        if isinstance(value, Tensor):
            return {"kind": "tensor", "name": self._add(value)}
        if isinstance(value, Stay):
            return {"kind": "tensor", "name": self._add(value.tensor), "stay": True}
        if isinstance(value, Picture):
            return {"kind": "image", "name": self._add(value.pixels)}
        if isinstance(value, Model):
            return {"kind": "model", "recipe": value.recipe}
        if isinstance(value, Layer):
            return {"kind": "layer", "model": _position(value.model, values), "name": value.name}
        if isinstance(value, Loader):
            return {"kind": "loader", "items": [self.spec(item, values) for item in value.batches]}
        if isinstance(value, Optimizer):
            return {"kind": "sgd", "model": _position(value.model, values), "lr": value.learning_rate}
        if isinstance(value, (list, tuple)):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"kind": kind, "items": [self.spec(item, values) for item in value]}
        return {"kind": "plain", "value": value}

    def _add(self, tensor: Tensor) -> str:
        name = str(len(self.tensors))
        # Cloned: safetensors refuses two names for one storage.
        self.tensors[name] = tensor.detach().clone()
        return name


def _position(model: Model, values: list[Any]) -> int:
    return next(i for i, value in enumerate(values) if value is model)
