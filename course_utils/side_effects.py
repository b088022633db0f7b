"""Notice what a call left behind: hooks, gradients, flags, changed parameters, changed inputs.

A function that looks into a model is an instrument, and an instrument leaves what it measures as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

HOOK_TABLES = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
)


# What every model computes with: changed, it spoils all that runs afterwards.
SHARED = (
    (nn.ReLU, "forward", "`nn.ReLU`"),
    (nn.ReLU6, "forward", "`nn.ReLU6`"),
    (F, "relu", "`F.relu`"),
    (torch, "relu", "`torch.relu`"),
)


class Watch:
    """Compares arguments before and after calls, and collects in words what changed.

    Attributes:
        problems: what was found, each a clause that fits after "After your function ran:".
        calls: how many calls came back.
        saw_model: whether a model was among the arguments.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.calls = 0
        self.saw_model = False

    def look(self, args: tuple[Any, ...]) -> dict[str, Any]:
        """A snapshot of the arguments: call it before the function runs."""
        models = [arg for arg in args if isinstance(arg, nn.Module)]
        self.saw_model |= bool(models)
        tensors = [_tensor_state(tensor) for tensor in _tensors(args)]
        shared = [getattr(owner, name, None) for owner, name, _ in SHARED]
        return {"tensors": tensors, "models": [_model_state(model) for model in models], "shared": shared}

    def compare(self, before: dict[str, Any], args: tuple[Any, ...], result: Any) -> None:
        """Note what differs from the snapshot ``before``, and a result still tied to the graph."""
        self.calls += 1
        if not torch.is_grad_enabled():
            self.problems.append(
                "gradients are switched off for everything that follows (use `with torch.no_grad():`)"
            )
        for (owner, name, shown), was in zip(SHARED, before["shared"], strict=True):
            if getattr(owner, name, None) is not was:
                self.problems.append(
                    f"{shown} itself was changed, for all models (change single modules, put them back, and restart "
                    "the kernel to get the class back)"
                )
        for state, tensor in zip(before["tensors"], _tensors(args), strict=False):
            self._tensor(state, tensor)
        for state, model in zip(
            before["models"], [a for a in args if isinstance(a, nn.Module)], strict=False
        ):
            self._model(state, model)
        if any(
            tensor.requires_grad and not isinstance(tensor, nn.Parameter) for tensor in _tensors((result,))
        ):
            self.problems.append(
                "the result is still attached to the graph (return it detached: `.detach()`)"
            )

    def _tensor(self, before: dict[str, Any], tensor: torch.Tensor) -> None:
        if tensor.shape != before["value"].shape or not torch.equal(tensor.detach(), before["value"]):
            self.problems.append("an input tensor has other values than before (work on a copy: `.clone()`)")
        if tensor.requires_grad != before["requires_grad"]:
            self.problems.append(
                "an input's `requires_grad` was changed (set it on a copy: `x.detach().clone()`)"
            )
        if not before["has_grad"] and tensor.is_leaf and tensor.grad is not None:
            self.problems.append("an input has a `.grad` it did not have before")

    def _model(self, before: dict[str, Any], model: nn.Module) -> None:
        after = _model_state(model)
        if after["hooks"] != before["hooks"]:
            self.problems.append("a hook is still registered (remove it in a `finally:` block)")
        if after["training"] != before["training"]:
            self.problems.append("train/eval mode of the model was changed and not put back")
        if after["requires_grad"] != before["requires_grad"]:
            self.problems.append("`requires_grad` of the model's parameters was changed and not put back")
        if after["modules"] != before["modules"] or after["flags"] != before["flags"]:
            self.problems.append("a module of the model was changed and not put back")
        if after["has_grad"] != before["has_grad"]:
            self.problems.append(
                "the model's parameters hold a `.grad` (`torch.autograd.grad` leaves none; `.backward()` "
                "does)"
            )
        values, earlier = after["values"], before["values"]
        if list(values) != list(earlier) or any(not torch.equal(values[k], earlier[k]) for k in values):
            self.problems.append("parameters or buffers of the model have other values than before")


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple, dict)):
            yield from _tensors(value)


def _tensor_state(tensor: torch.Tensor) -> dict[str, Any]:
    return {
        "value": tensor.detach().clone(),
        "requires_grad": tensor.requires_grad,
        "has_grad": tensor.is_leaf and tensor.grad is not None,
    }


def _model_state(model: nn.Module) -> dict[str, Any]:
    modules = dict(model.named_modules())
    parameters = dict(model.named_parameters())
    return {
        "modules": {name: id(module) for name, module in modules.items()},
        "flags": {
            name: (getattr(m, "inplace", None), getattr(m, "momentum", None), "forward" in vars(m))
            for name, m in modules.items()
        },
        "training": {name: module.training for name, module in modules.items()},
        "hooks": {name: tuple(len(getattr(m, t)) for t in HOOK_TABLES) for name, m in modules.items()},
        "requires_grad": {name: parameter.requires_grad for name, parameter in parameters.items()},
        "has_grad": {name: parameter.grad is not None for name, parameter in parameters.items()},
        "values": {name: value.detach().clone() for name, value in model.state_dict().items()},
    }
