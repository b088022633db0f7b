"""Compare what a function returned with what it should have returned, and say what differs.

Used by the checks that students see and, on values that have crossed the process boundary, by the hidden checks.
Nothing here shows an expected array: a message says what came back and what to look at next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

RTOL = 1e-3
ATOL_SHARE = 1e-4
"""Relative tolerance, and absolute tolerance as a share of the largest expected magnitude."""

# Predicates on an answer run in the marker's process, without a limit on time or memory: they see answers of up to so
# many times the expected size, or of these sizes where they are larger. A map of 224×224 where a small one is asked
# for, a mistake that has its message, holds 50,000 values.
_TIMES_EXPECTED = 4
_MOST_ELEMENTS = 100_000
_MOST_ELEMENTS_OF_ANY = 2_000_000
_MOST_PARTS = 10_000


@dataclass(frozen=True)
class Misconception:
    """A known way of going wrong, recognised by the value it gives or by a property of the answer.

    Args:
        name: short identifier, e.g. ``"relu_left_out"``.
        message: what the student reads: what was seen, and the next step.
        value: the answer that this mistake gives on the same input, in the expected answer's own structure.
        when: a predicate on the (structurally valid) answer, for mistakes that no single value shows; not asked about
            an answer that is far larger than the expected one.
    """

    name: str
    message: str
    value: Any = None
    when: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Difference:
    """Why an answer is not the expected one."""

    message: str
    misconception: str | None = None


def compare(
    got: Any,
    expected: Any,
    misconceptions: Sequence[Misconception] = (),
    *,
    rtol: float = RTOL,
    atol_share: float = ATOL_SHARE,
    atol: float | None = None,
) -> Difference | None:
    """Return ``None`` where ``got`` is ``expected`` within tolerance, else the difference in words.

    Args:
        got: the student's answer.
        expected: tensor, int, float, bool, str, None, or a list, tuple or dict of these. A float tensor accepts
            any floating tensor or NumPy array of its shape; an integer tensor also accepts a list of ints; a
            number also accepts a 0-d tensor or a NumPy number.
        misconceptions: known mistakes, tried in order once the answer is known to differ.
        rtol: relative tolerance.
        atol_share: absolute tolerance as a share of the largest expected magnitude.
        atol: absolute tolerance; replaces ``rtol`` and ``atol_share`` where given.
    """
    tolerance = _Tolerance(rtol, atol_share, atol)
    difference = _difference(got, expected, "", tolerance)
    if difference is None:
        return None
    bounded = _is_bounded(got, expected)
    for misconception in misconceptions:
        if _matches(misconception, got, tolerance, look_inside=bounded):
            return Difference(misconception.message, misconception.name)
    return Difference(difference)


@dataclass(frozen=True)
class _Tolerance:
    rtol: float
    atol_share: float
    atol: float | None

    def allowed(self, expected: torch.Tensor) -> torch.Tensor:
        if self.atol is not None:
            return torch.full_like(expected, self.atol)
        finite = expected[expected.isfinite()]
        largest = float(finite.abs().max()) if finite.numel() else 0.0
        # An expected zero map still needs room for rounding: 1e-8 is far below any value that is shown.
        return self.rtol * expected.abs() + max(self.atol_share * largest, 1e-8)


def _is_bounded(got: Any, expected: Any) -> bool:
    """Whether an answer is of a size that predicates may walk through, whatever they do with it."""
    parts, elements = _extent(expected, _MOST_PARTS * 100)
    room = _MOST_ELEMENTS_OF_ANY if expected is None else max(_MOST_ELEMENTS, _TIMES_EXPECTED * elements)
    most_parts = max(_MOST_PARTS, _TIMES_EXPECTED * parts)
    parts, elements = _extent(got, most_parts)
    return parts <= most_parts and elements <= room


def _extent(value: Any, most_parts: int) -> tuple[int, int]:
    """Parts of nested lists, tuples and dicts, counted to just above ``most_parts``; elements of what holds numbers."""
    parts, elements, waiting = 0, 0, [value]
    while waiting and parts <= most_parts:
        part = waiting.pop()
        if isinstance(part, torch.Tensor):
            elements += part.numel()
        elif isinstance(part, np.ndarray):
            elements += part.size
        elif isinstance(part, str):
            elements += len(part)
        elif isinstance(part, (list, tuple, dict)):
            parts += len(part)
            if parts <= most_parts:
                waiting += part.values() if isinstance(part, dict) else part
    return parts, elements


def _matches(misconception: Misconception, got: Any, tolerance: _Tolerance, *, look_inside: bool) -> bool:
    if misconception.value is not None and _difference(got, misconception.value, "", tolerance) is None:
        return True
    if misconception.when is None or not look_inside:
        return False
    try:
        return bool(misconception.when(got))
    except Exception:  # a predicate may meet any type or shape; one that cannot tell does not match
        return False


def _difference(got: Any, expected: Any, where: str, tolerance: _Tolerance) -> str | None:
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(got, expected, where, tolerance)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return None if type(got) is type(expected) and got == expected else _unexpected(got, expected, where)
    if isinstance(expected, (int, float)):
        return _number_difference(got, expected, where, tolerance)
    if isinstance(expected, dict):
        return _dict_difference(got, expected, where, tolerance)
    return _sequence_difference(got, expected, where, tolerance)


def _tensor_difference(got: Any, expected: torch.Tensor, where: str, tolerance: _Tolerance) -> str | None:
    floating = expected.is_floating_point()
    tensor = as_tensor(got, floating=floating)
    kind = "float tensor" if floating else "LongTensor"
    if tensor is None:
        article = "a"
        return f"{_subject(where)} is {describe(got)}; return {article} {kind} of shape {shape_of(expected)}."
    if tuple(tensor.shape) != tuple(expected.shape):
        return f"{_subject(where)} has shape {shape_of(tensor)}; the shape to return is {shape_of(expected)}."
    left, right = tensor.to(torch.float64), expected.detach().to(torch.float64)
    if floating:
        fine = (left - right).abs() <= tolerance.allowed(right)
        fine |= left.isnan() & right.isnan()
        fine |= left == right  # equal infinities: their difference is NaN
    else:
        fine = left == right
    if bool(fine.all()):
        return None
    strange = int((~left.isfinite() & right.isfinite()).sum())
    if strange:
        return (
            f"{_subject(where)} holds {strange} values that are NaN or infinite; look for a division by zero."
        )
    wrong, total = int((~fine).sum()), fine.numel()
    seen = f"yours run from {_brief(left.min())} to {_brief(left.max())}"
    if total <= 4:
        seen = f"yours: {', '.join(_brief(v) for v in left.flatten())}"
    return f"{wrong} of {total} values of {_object(where)} are not right ({seen})."


def _number_difference(got: Any, expected: float, where: str, tolerance: _Tolerance) -> str | None:
    wants_int = isinstance(expected, Integral)
    number = as_number(got, integer=wants_int)
    if number is None:
        wanted = "an int" if wants_int else "a float"
        return f"{_subject(where)} is {describe(got)}; return {wanted}."
    if wants_int:
        return None if number == expected else f"{_subject(where)} is {number}, which is not right."
    one = torch.tensor([float(expected)], dtype=torch.float64)
    if np.isnan(expected) and np.isnan(number):
        return None
    if abs(number - float(expected)) <= float(tolerance.allowed(one)[0]):
        return None
    return f"{_subject(where)} is {_brief(number)}, which is not right."


def _dict_difference(got: Any, expected: dict, where: str, tolerance: _Tolerance) -> str | None:
    if not isinstance(got, dict):
        return f"{_subject(where)} is {describe(got)}; return a dict with the keys {list(expected)}."
    if list(got) != list(expected):
        return f"{_subject(where)} has the keys {list(got)[:8]}; the keys to return, in order, are {list(expected)}."
    for key, value in expected.items():
        difference = _difference(got[key], value, f"{where}[{key!r}]", tolerance)
        if difference:
            return difference
    return None


def _sequence_difference(got: Any, expected: Sequence, where: str, tolerance: _Tolerance) -> str | None:
    kind = type(expected).__name__
    wanted = f"a {kind} of {len(expected)}"
    if not isinstance(got, type(expected)):
        return f"{_subject(where)} is {describe(got)}; return {wanted}."
    if len(got) != len(expected):
        return f"{_subject(where)} has {len(got)} entries; return {wanted}."
    for index, (left, right) in enumerate(zip(got, expected, strict=True)):
        difference = _difference(left, right, f"{where}[{index}]", tolerance)
        if difference:
            return difference
    return None


def as_tensor(value: Any, *, floating: bool) -> torch.Tensor | None:
    """The value as a detached CPU tensor where the course's rules accept it as one, else ``None``."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in ("f" if floating else "iu"):
            return None
        return torch.from_numpy(np.ascontiguousarray(value).copy())
    if not floating and isinstance(value, (list, tuple)):
        numbers = [as_number(v, integer=True) for v in value]
        return None if None in numbers else torch.tensor(numbers, dtype=torch.long)
    if not isinstance(value, torch.Tensor) or value.is_sparse or value.device.type == "meta":
        return None
    if value.is_floating_point() is not floating or value.dtype is torch.bool or value.is_complex():
        return None
    return value.detach().cpu()


def as_number(value: Any, *, integer: bool) -> int | float | None:
    """A Python number, where the value is one by the course's rules (0-d tensors and NumPy numbers included)."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_)):
        return None
    if integer:
        return int(value) if isinstance(value, Integral) else None
    return float(value) if isinstance(value, Real) else None


def shape_of(value: torch.Tensor | np.ndarray) -> str:
    """A shape in the notation of the lessons, e.g. ``[1, 3, 224, 224]``."""
    return "[" + ", ".join(str(n) for n in value.shape) + "]"


def describe(value: Any) -> str:
    """What a value is, in a few words that fit into a sentence."""
    if value is None:
        return "None (was a `return` left out?)"
    if isinstance(value, (torch.Tensor, np.ndarray)):
        kind = "tensor" if isinstance(value, torch.Tensor) else "NumPy array"
        return f"a {kind} of shape {shape_of(value)} and type {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, (bool, int, float, str)):
        return f"{value!r:.40} ({type(value).__name__})"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"of type {type(value).__name__}"


def _unexpected(got: Any, expected: Any, where: str) -> str:
    wanted = "None" if expected is None else f"a {type(expected).__name__}"
    if type(got) is type(expected):
        return f"{_subject(where)} is {describe(got)}, which is not right."
    return f"{_subject(where)} is {describe(got)}; return {wanted}."


def _subject(where: str) -> str:
    return f"The returned value{where}" if not where else f"`result{where}`"


def _object(where: str) -> str:
    return "the returned tensor" if not where else f"`result{where}`"


def _brief(value: Any) -> str:
    return f"{float(value):.4g}"
