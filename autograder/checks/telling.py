"""Inputs on which a mistake shows: an input that hides one is drawn again.

On a map without negative values a forgotten ReLU gives the right answer. Whether a draw hides a mistake is known before
any student's code has run, because the value of each known mistake is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from course_utils.comparison import ATOL_SHARE, RTOL

from .items import Item

# How many tolerances a mistake's value must be away from the right one.
MARGIN = 5.0
TRIES = 60


def hidden_mistakes(item: Item) -> set[str]:
    """Names of the known mistakes whose value on this item would pass, or be taken for another mistake's.

    The same question as asking :func:`course_utils.comparison.compare` for each, but all at once: a submission waits for
    it. Tests hold the two against each other.
    """
    mistakes = [m for m in item.misconceptions if m.value is not None]
    rtol = MARGIN * (RTOL if item.rtol is None else item.rtol)
    share = MARGIN * (ATOL_SHARE if item.atol_share is None else item.atol_share)
    fixed = None if item.atol is None else MARGIN * item.atol
    alike = torch.ones(len(mistakes), len(mistakes) + 1, dtype=torch.bool)
    form = _parts(item.expected)
    if form is None or any(_shapes(m.value) != _shapes(item.expected) for m in mistakes):
        raise ValueError(f"a mistake of {item.name!r} has another form than what is expected")
    for index in range(len(form)):
        values = torch.stack([_parts(m.value)[index] for m in mistakes] + [form[index]])  # type: ignore[index]
        largest = values.abs().amax(1, keepdim=True)
        allowed = rtol * values.abs() + share * largest if fixed is None else torch.full_like(values, fixed)
        alike &= ((values[:-1, None] - values[None]).abs() <= allowed[None]).all(2)
    hidden = {m.name for m, passes in zip(mistakes, alike[:, -1].tolist()) if passes}
    for later, row in enumerate(alike.tolist()):
        if any(row[earlier] and mistakes[earlier].name != mistakes[later].name for earlier in range(later)):
            hidden.add(mistakes[later].name)
    return hidden


def _parts(value: Any) -> list[Tensor] | None:
    """The numbers of a value as flat tensors, one for each tensor or number in it."""
    if isinstance(value, Tensor):
        return [value.detach().flatten().to(torch.float64)]
    if isinstance(value, (int, float)):
        return [torch.tensor([value], dtype=torch.float64)]
    if isinstance(value, (list, tuple)):
        parts = [_parts(item) for item in value]
        return None if None in parts else [p for part in parts for p in part or ()]
    return None


def _shapes(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_shapes(item) for item in value]
    return tuple(value.shape) if isinstance(value, Tensor) else ()


def first_telling(make: Callable[[int], Item | None], hides: Collection[str] = ()) -> Item:
    """The first draw on which every known mistake shows.

    Args:
        make: from the number of the try to an item, or to ``None`` where the draw is of no use at all.
        hides: names of mistakes that cannot show on this kind of item; another item of the task shows them.

    Returns:
        That item, or after many tries the one that hides least.

    Raises:
        ValueError: if no try gives an item at all.
    """
    best: tuple[int, Item] | None = None
    for number in range(TRIES):
        item = make(number)
        if item is None:
            continue
        hidden = len(hidden_mistakes(item) - set(hides))
        if best is None or hidden < best[0]:
            best = hidden, item
        if hidden == 0:
            break
    if best is None:
        raise ValueError(f"none of {TRIES} draws gives an item that can be used")
    return best[1]
