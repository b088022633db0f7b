"""Arguments of a call as data, and back: tensors, models and layers by recipe, pictures, loaders, optimizers.

The marker writes a spec for each argument; :func:`build_arguments` makes the real objects in the worker. The marker uses
the same function to make the objects for its own oracle, so both sides see the same inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from PIL import Image
from torch import nn

from .recipes import build


class Loader:
    """Batches that can be gone through again and again and that have no length and no index, as a bare iterable has."""

    def __init__(self, batches: list[Any]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return (batch for batch in self._batches)


def build_arguments(
    specs: list[dict[str, Any]], tensors: dict[str, torch.Tensor], device: str = "cpu"
) -> list[Any]:
    """The objects that a list of specs stands for.

    Args:
        specs: one dict an argument: ``{"kind": "plain", "value": …}``, ``{"kind": "tensor", "name": …}``,
            ``{"kind": "model", "recipe": …}``, ``{"kind": "layer", "model": 0, "name": "block2"}`` (a layer of
            the model that is argument 0), ``{"kind": "image", "name": …}`` (a uint8 tensor ``[H, W, 3]`` as a PIL
            picture), ``{"kind": "list"|"tuple", "items": […]}``, ``{"kind": "sgd", "model": 0, "lr": 0.1}``,
            ``{"kind": "loader", "items": […]}`` (the items as an iterable without a length).
        tensors: the tensors that the specs name.
        device: where models and tensors go.
    """
    built: list[Any] = []
    for spec in specs:
        built.append(_build_one(spec, tensors, device, built))
    return built


def _build_one(spec: dict[str, Any], tensors: dict[str, torch.Tensor], device: str, built: list[Any]) -> Any:
    kind = spec["kind"]
    if kind == "plain":
        return spec["value"]
    if kind == "tensor":
        # Loader batches stay on the CPU (`"stay": true`): moving them is the student's task there.
        value = tensors[spec["name"]].clone()
        return value if spec.get("stay") else value.to(device)
    if kind == "model":
        return build(spec["recipe"]).to(device)
    if kind == "layer":
        model: nn.Module = built[spec["model"]]
        return model.get_submodule(spec["name"])
    if kind == "image":
        return Image.fromarray(tensors[spec["name"]].numpy())
    if kind in ("list", "tuple"):
        items = [_build_one(item, tensors, device, built) for item in spec["items"]]
        return items if kind == "list" else tuple(items)
    if kind == "loader":
        return Loader([_build_one(item, tensors, device, built) for item in spec["items"]])
    if kind == "sgd":
        trainable = [p for p in built[spec["model"]].parameters() if p.requires_grad]
        return torch.optim.SGD(trainable, lr=spec["lr"])
    raise ValueError(f"no argument of kind {kind!r}")
