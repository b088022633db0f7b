"""Python values as data: a JSON tree that refers to tensors by name.

Encoding happens in the student's process, so it decides nothing; :func:`decode` is what the marker relies on.
What has no faithful form as data (a tensor subclass, a sparse or meta tensor, an open file …) becomes a
:class:`Strange` that no check accepts and a message can name.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from .wire import ALLOWED_DTYPES, WireError

MAX_NODES = 50_000
MAX_TEXT = 10_000
MAX_DEPTH = 8
MAX_ELEMENTS = 32 * 1024 * 1024
# All tensors of one answer together; a little under what a message may hold.
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Strange:
    """A value that is not data; ``kind`` says what it is, in words."""

    kind: str


def encode(value: Any, tensors: dict[str, torch.Tensor], notes: set[str] | None = None) -> dict[str, Any]:
    """The JSON tree of a value; its tensors are added to ``tensors``.

    Args:
        value: anything.
        tensors: filled with detached, contiguous CPU tensors by name.
        notes: filled with ``"attached"`` and ``"on_gpu"`` where a tensor had to be detached or moved.
    """
    return _Encoder(tensors, notes if notes is not None else set()).encode(value, 0)


class _Encoder:
    def __init__(self, tensors: dict[str, torch.Tensor], notes: set[str]) -> None:
        self.tensors, self.notes, self.nodes = tensors, notes, 0
        self.room = MAX_BYTES - sum(t.numel() * t.element_size() for t in tensors.values())

    def encode(self, value: Any, depth: int) -> dict[str, Any]:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            return _strange("a value with too many parts")
        kind = type(value)
        if value is None:
            return {"kind": "none"}
        if kind is bool:
            return {"kind": "bool", "value": value}
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if kind is np.ndarray:
            return self._array(value)
        if isinstance(value, (np.bool_, np.generic)):
            return _number(value.item())
        # A named tuple or an enum's member is what it derives from, read by that type's own methods.
        for base, read in _PLAIN:
            if issubclass(kind, base):
                return _text(read(value)) if base is str else _number(read(value))
        for base in (list, tuple):
            if issubclass(kind, base):
                return self._items(base, value, depth)
        if issubclass(kind, dict):
            return self._dict(value, depth)
        return _strange(f"of type {kind.__name__[:80]}")

    def _items(self, base: type, value: Any, depth: int) -> dict[str, Any]:
        if base.__len__(value) > MAX_NODES:
            return _strange("a value with too many parts")
        return {
            "kind": base.__name__,
            "items": [self.encode(item, depth + 1) for item in base.__iter__(value)],
        }

    def _dict(self, value: Any, depth: int) -> dict[str, Any]:
        if dict.__len__(value) > MAX_NODES:
            return _strange("a value with too many parts")
        # An ordered dict keeps an order of its own, which `dict` does not know of.
        ordered = issubclass(type(value), OrderedDict)
        pairs = list(OrderedDict.items(value) if ordered else dict.items(value))
        if not all(issubclass(type(key), str) and str.__len__(key) <= MAX_TEXT for key, _ in pairs):
            return _strange("a dict whose keys are not all texts")
        return {
            "kind": "dict",
            "items": [[str.__str__(key), self.encode(item, depth + 1)] for key, item in pairs],
        }

    def _tensor(self, value: torch.Tensor) -> dict[str, Any]:
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            return _strange(f"a tensor subclass, {type(value).__name__[:80]}")
        if (
            value.layout is not torch.strided
            or value.device.type == "meta"
            or value.dtype not in ALLOWED_DTYPES
        ):
            place = (
                value.device.type if value.device.type == "meta" else str(value.layout).removeprefix("torch.")
            )
            return _strange(f"a {place} tensor of type {str(value.dtype).removeprefix('torch.')}")
        if value.numel() > MAX_ELEMENTS:
            return _strange(f"a tensor of {value.numel()} values")
        if value.requires_grad and value.grad_fn is not None:
            self.notes.add("attached")
        if value.device.type != "cpu":
            self.notes.add("on_gpu")
        if not self._takes(value.numel() * value.element_size()):
            return _strange("a value that is too large in all")
        name = str(len(self.tensors))
        # A copy, since two views of one storage cannot be saved side by side and an expanded one not at all.
        self.tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {"kind": "tensor", "name": name}

    def _takes(self, amount: int) -> bool:
        self.room -= amount
        return self.room >= 0

    def _array(self, value: np.ndarray) -> dict[str, Any]:
        if value.dtype.kind not in "fiub" or value.dtype.itemsize > 8 or value.size > MAX_ELEMENTS:
            return _strange(f"a NumPy array of type {value.dtype}"[:80])
        if not self._takes(value.size * value.dtype.itemsize):
            return _strange("a value that is too large in all")
        plain = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("="), copy=True))
        try:
            tensor = torch.from_numpy(plain).reshape(value.shape)
        except TypeError:  # an unsigned type that torch does not have
            return _strange(f"a NumPy array of type {value.dtype}")
        if tensor.dtype not in ALLOWED_DTYPES:
            return _strange(f"a NumPy array of type {value.dtype}")
        name = str(len(self.tensors))
        self.tensors[name] = tensor
        return {"kind": "array", "name": name}


_PLAIN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
)


def _text(value: str) -> dict[str, Any]:
    return {"kind": "str", "value": value} if len(value) <= MAX_TEXT else _strange("a very long text")


def _number(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"kind": "bool", "value": value}
    if isinstance(value, Integral):
        return {"kind": "int", "value": int(value)} if abs(value) < 2**63 else _strange("a huge integer")
    if isinstance(value, Real):
        number = float(value)
        return {"kind": "float", "value": number if math.isfinite(number) else str(number)}
    return _strange(f"of type {type(value).__name__[:80]}")


def _strange(kind: str) -> dict[str, Any]:
    return {"kind": "strange", "value": kind}


def decode(tree: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """The value of a JSON tree, made of plain types, tensors and NumPy arrays alone.

    Raises:
        WireError: if the tree is not one that :func:`encode` can have made.
    """
    return _Decoder(tensors).decode(tree, 0)


class _Decoder:
    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        self.tensors, self.nodes = tensors, 0

    def decode(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH + 1 or not isinstance(tree, dict):
            raise WireError("not a value")
        kind, value = tree.get("kind"), tree.get("value")
        if kind == "none":
            return None
        if (kind, type(value)) in (("bool", bool), ("str", str)):
            return value
        # What no int64 tensor can hold is no answer, and comparing it with one would raise.
        if kind == "int" and type(value) is int and -(2**63) <= value < 2**63:
            return value
        if kind == "float" and (type(value) in (int, float) or value in ("nan", "inf", "-inf")):
            return float(value)
        if kind == "strange" and type(value) is str:
            return Strange(value[:200])
        if kind in ("tensor", "array"):
            return self._tensor(tree.get("name"), kind)
        items = tree.get("items")
        if isinstance(items, list) and kind in ("list", "tuple"):
            decoded = [self.decode(item, depth + 1) for item in items]
            return decoded if kind == "list" else tuple(decoded)
        if isinstance(items, list) and kind == "dict":
            return {key: self.decode(item, depth + 1) for key, item in map(_pair, items)}
        raise WireError("not a value")

    def _tensor(self, name: Any, kind: str) -> torch.Tensor | np.ndarray:
        if not isinstance(name, str) or name not in self.tensors or self.tensors[name].numel() > MAX_ELEMENTS:
            raise WireError("a value names a tensor that was not sent")
        tensor = self.tensors[name]
        if kind == "tensor":
            return tensor
        if tensor.dtype is torch.bfloat16:
            raise WireError("NumPy has no bfloat16")
        return tensor.numpy()


def _pair(item: Any) -> tuple[str, Any]:
    if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)):
        raise WireError("not a dict entry")
    return item[0], item[1]
