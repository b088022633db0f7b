"""The instructor's secret, from which all hidden inputs are drawn."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from .course import CourseError


def load_secret(grading: Path) -> bytes:
    """Read ``grading/secret``, made on first use: 32 random bytes, readable by its owner alone.

    Raises:
        CourseError: if the file is too short or cannot be read or made.
    """
    path = grading / "secret"
    try:
        grading.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            secret = path.read_bytes()
        else:
            secret = secrets.token_bytes(32)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secret)
    except OSError as error:
        raise CourseError(f"The secret {path.name} in grading/ cannot be used: {error.strerror}.") from None
    if len(secret) < 16:
        raise CourseError(
            "grading/secret is too short. Delete it to have a new one made; all inputs will be drawn anew."
        )
    return secret
