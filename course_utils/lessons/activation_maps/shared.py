"""What the examples of several tasks are made of."""

from __future__ import annotations

from typing import Any


def axes(wanted: int) -> Any:
    """A mistake is met where the answer has more axes than these."""
    return lambda got: got.ndim > wanted
