"""Pictures and files made to be slow: refused before they cost anything, and only so many are tried."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autograder.pages import pictures
from autograder.pages.pictures import MOST_ATTEMPTS, MOST_SCANS, stored_pictures
from autograder.reading import MAX_PARTS
from tests.autograder.made_up import png


def store(folder: Path, *data: dict[str, Any]) -> Path:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": each} for each in data]
    cell = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": outputs}
    path = folder / "pictures.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def progressive(more_scans: int) -> dict[str, str]:
    """A progressive JPEG whose last scan stands in it again and again."""
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 40).convert("RGB").save(buffer, "JPEG", progressive=True)
    raw = buffer.getvalue()
    last, end = raw.rindex(b"\xff\xda"), raw.rindex(b"\xff\xd9")
    made = raw[:end] + raw[last:end] * more_scans + raw[end:]
    return {"image/jpeg": base64.b64encode(made).decode()}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a picture was opened."""
    seen: list[int] = []
    first = Image.open
    monkeypatch.setattr(pictures.Image, "open", lambda *a, **k: seen.append(1) or first(*a, **k))
    pictures._encode_anew.cache_clear()
    return seen


def test_a_jpeg_of_thousands_of_scans_is_not_opened(tmp_path: Path, opened: list[int]) -> None:
    assert stored_pictures(store(tmp_path, progressive(MOST_SCANS))) == ()
    assert not opened
    (found,) = stored_pictures(store(tmp_path, progressive(0)))
    assert (found.width, found.height) == (64, 64)


def test_pictures_that_fail_count_too(tmp_path: Path, opened: list[int]) -> None:
    broken = [
        {"image/png": base64.b64encode(base64.b64decode(png())[:-30] + bytes([n])).decode()}
        for n in range(MOST_ATTEMPTS + 20)
    ]
    assert stored_pictures(store(tmp_path, *broken, {"image/png": png()})) == ()
    assert len(opened) == MOST_ATTEMPTS
    assert len(stored_pictures(store(tmp_path, *broken[:5], {"image/png": png()}))) == 1


def test_a_file_of_a_million_parts_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.ipynb"
    path.write_text('{"cells": [' + "[]," * MAX_PARTS + "[]]}")
    monkeypatch.setattr(pictures.json, "loads", lambda text: pytest.fail("it was read"))
    assert stored_pictures(path) == ()
