"""What a call left behind: hooks, gradients, flags, changed parameters, buffers or inputs.

The report is made in the student's process and can be forged, so the marker lets it lower a mark and never raise one.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as _module

_HOOK_TABLES = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks_with_kwargs",
)
# What models compute with, whoever made them: a class that was changed spoils the whole notebook.
_SHARED = ((nn.ReLU, "forward"), (nn.ReLU6, "forward"), (F, "relu"), (F, "relu6"), (torch, "relu"))
_GLOBAL_HOOK_TABLES = (
    "_global_forward_hooks",
    "_global_forward_pre_hooks",
    "_global_backward_hooks",
    "_global_backward_pre_hooks",
)


class Snapshot:
    """The state of all models and tensors among the arguments of one call."""

    def __init__(self, arguments: list[Any]) -> None:
        self.models = [
            _ModelState(a) for a in arguments if isinstance(a, nn.Module) and _is_whole(a, arguments)
        ]
        self.inputs = [_InputState(a) for a in _tensors_in(arguments)]
        self.global_hooks = _global_hooks()
        self.shared = _shared()

    def changes(self) -> list[str]:
        """The codes of what is different now, sorted; an empty list where nothing is."""
        found: set[str] = set()
        for state in (*self.models, *self.inputs):
            found |= state.changes()
        if _global_hooks() != self.global_hooks:
            found.add("hook_left")
        if any(is_now is not was for is_now, was in zip(_shared(), self.shared, strict=True)):
            found.add("class_changed")
        return sorted(found)


def _global_hooks() -> list[int]:
    """How many hooks there are for all modules at once (``register_module_forward_hook`` and its kin)."""
    return [len(getattr(_module, table, ())) for table in _GLOBAL_HOOK_TABLES]


def _shared() -> list[Any]:
    """What all models share: the functions behind torch's ReLUs."""
    return [getattr(owner, name, None) for owner, name in _SHARED]


def _is_whole(module: nn.Module, arguments: list[Any]) -> bool:
    """Whether a module is no part of another argument, so that a layer's state is looked at once."""
    others = [a for a in arguments if isinstance(a, nn.Module) and a is not module]
    return not any(module is part for other in others for part in other.modules())


def _tensors_in(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors_in(item)]
    return []


class _ModelState:
    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.modules = dict(model.named_modules())
        self.types = {name: (id(m), type(m), m.__dict__.get("forward")) for name, m in self.modules.items()}
        self.hooks = self._hooks()
        self.flags = self._flags()
        self.requires_grad = self._requires_grad()
        self.parameters = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.buffers = {name: b.detach().clone() for name, b in model.named_buffers()}
        self.grads = {name: copy.copy(p.grad) for name, p in model.named_parameters()}

    def _hooks(self) -> dict[str, int]:
        counts = {
            f"{name}.{table}": len(getattr(module, table, ()))
            for name, module in self.modules.items()
            for table in _HOOK_TABLES
        }
        for name, parameter in self.model.named_parameters():
            for table in ("_backward_hooks", "_post_accumulate_grad_hooks"):
                counts[f"{name}.{table}"] = len(getattr(parameter, table, None) or ())
        return counts

    def _flags(self) -> dict[str, tuple[bool, Any]]:
        return {name: (m.training, getattr(m, "inplace", None)) for name, m in self.modules.items()}

    def _requires_grad(self) -> dict[str, bool]:
        return {name: p.requires_grad for name, p in self.model.named_parameters()}

    def changes(self) -> set[str]:
        found: set[str] = set()
        now = dict(self.model.named_modules())
        if {n: (id(m), type(m), m.__dict__.get("forward")) for n, m in now.items()} != self.types:
            found.add("modules_changed")
        if self._hooks() != self.hooks:
            found.add("hook_left")
        flags = self._flags()
        if {n: f[0] for n, f in flags.items()} != {n: f[0] for n, f in self.flags.items()}:
            found.add("training_changed")
        if {n: f[1] for n, f in flags.items()} != {n: f[1] for n, f in self.flags.items()}:
            found.add("inplace_changed")
        if self._requires_grad() != self.requires_grad:
            found.add("requires_grad_changed")
        if not _same(self.parameters, dict(self.model.named_parameters())):
            found.add("parameters_changed")
        if not _same(self.buffers, dict(self.model.named_buffers())):
            found.add("buffers_changed")
        if any(p.grad is not None and self.grads.get(n) is None for n, p in self.model.named_parameters()):
            found.add("grad_left")
        return found


class _InputState:
    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor, self.before = tensor, tensor.detach().clone()
        self.requires_grad = tensor.requires_grad

    def changes(self) -> set[str]:
        found: set[str] = set()
        if self.tensor.shape != self.before.shape or not _equal(self.tensor.detach(), self.before):
            found.add("input_changed")
        if self.tensor.requires_grad != self.requires_grad:
            found.add("input_requires_grad")
        if self.tensor.is_leaf and self.tensor.grad is not None:
            found.add("input_grad")
        return found


def _same(before: dict[str, torch.Tensor], now: dict[str, torch.Tensor]) -> bool:
    return before.keys() == now.keys() and all(
        before[name].shape == now[name].shape and _equal(before[name], now[name].detach()) for name in before
    )


def _equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    if left.is_floating_point():
        return bool(((left == right) | (left.isnan() & right.isnan())).all())
    return bool(torch.equal(left, right))
