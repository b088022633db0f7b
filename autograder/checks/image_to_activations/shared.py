"""What lesson 1's tasks share: tolerances of resampling, and how a mistake on a picture is seen."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

import course_utils  # noqa: F401
from course_utils.comparison import Misconception

# Pillow rounds to whole grey levels twice (columns, then rows); a resize in floating point does not.
PREPROCESS_ATOL = 2e-2


def seen(
    name: str, message: str, value: Callable[[], Tensor], atol: float = PREPROCESS_ATOL
) -> Misconception:
    """A mistake whose value is computed only where an answer is known to be wrong: most answers are right."""

    def met(got: Tensor) -> bool:
        mistaken = value()
        return got.shape == mistaken.shape and bool((got - mistaken).abs().max() <= atol)

    return Misconception(name, message, when=met)
