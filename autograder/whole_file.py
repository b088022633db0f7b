"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a text file, its folder included: a kill or a fault in the middle leaves the old file or none.

    Args:
        path: the file.
        text: what it shall hold, written as UTF-8.
        mode: who may read and write it.

    Returns:
        The path.

    Raises:
        OSError: if it cannot be written; it names ``path`` and not the temporary file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if temporary is not None:
            os.unlink(temporary)
    return path
