"""What lesson 8's tasks share: batches as a list or as an iterable without a length."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from autograder.checks.draw import Loader, Stay


def loader(batches: list[tuple[Tensor, Tensor]], bare: bool) -> Any:
    stay = [(Stay(images), Stay(labels)) for images, labels in batches]
    return Loader(stay) if bare else stay
