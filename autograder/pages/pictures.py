"""The pictures that a student's notebook stored, decoded and encoded anew, so that only pixels get through.

Nothing of the file but its PNG and JPEG outputs is read, and nothing of those but their pixels is kept: no
HTML, no SVG, no metadata, no bytes behind the picture.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from autograder.reading import MAX_PARTS

MOST_PICTURES = 24
# Pictures that fail after they were unpacked count, too.
MOST_ATTEMPTS = 2 * MOST_PICTURES
MOST_FILE_BYTES = 64 * 2**20
MOST_PICTURE_BYTES = 8 * 2**20
MOST_PIXELS = 12_000_000
MOST_TOTAL_BYTES = 6 * 2**20
LONGEST_EDGE = 900
# Each scan of a progressive JPEG costs a pass over the whole picture; cameras and plots write about ten.
MOST_SCANS = 64
_START_OF_SCAN = b"\xff\xda"

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


@dataclass(frozen=True)
class Picture:
    """One stored picture.

    Args:
        uri: ``data:`` URI of the picture as encoded here.
        width: pixels.
        height: pixels.
        cell: number of the cell it was stored under, the first is 1.
        after: name of the last graded task above that cell, or ``""``.
    """

    uri: str
    width: int
    height: int
    cell: int
    after: str


def stored_pictures(path: Path) -> tuple[Picture, ...]:
    """The pictures stored in a notebook file, in its order; none where the file cannot be read.

    At most :data:`MOST_PICTURES` of the first :data:`MOST_ATTEMPTS`, together at most :data:`MOST_TOTAL_BYTES`, none longer than
    :data:`LONGEST_EDGE`.
    """
    found: list[Picture] = []
    total = 0
    for cell, after, kind, data in _candidates(path)[:MOST_ATTEMPTS]:
        encoded = _encode_anew(data, kind)
        if encoded is None:
            continue
        uri, width, height = encoded
        total += len(uri)
        if total > MOST_TOTAL_BYTES:
            break
        found.append(Picture(uri, width, height, cell, after))
        if len(found) == MOST_PICTURES:
            break
    return tuple(found)


def _candidates(path: Path) -> list[tuple[int, str, str, str]]:
    """(cell number, task above, MIME type, base64 text) of each output that says it is a PNG or JPEG."""
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            return []
        text = path.read_text(encoding="utf-8-sig")
        if text.count("[") + text.count("{") > MAX_PARTS:
            return []
        notebook = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return []
    found, after = [], ""
    for number, cell in enumerate(_cells(notebook), start=1):
        grade_id = _dict(_dict(cell.get("metadata")).get("nbgrader")).get("grade_id")
        if isinstance(grade_id, str) and grade_id.startswith("test_"):
            after = grade_id.removeprefix("test_")
        for output in _list(cell.get("outputs")):
            # nbformat 4 keeps pictures under "data"; nbformat 3 kept them as "png" and "jpeg" in the output
            # itself.
            output = _dict(output)
            data = _dict(output.get("data")) or {
                f"image/{key}": output[key] for key in ("png", "jpeg") if key in output
            }
            for kind in _FORMATS:
                value = data.get(kind)
                if isinstance(value, list) and all(isinstance(part, str) for part in value):
                    value = "".join(value)
                if isinstance(value, str):
                    found.append((number, after, kind, value))
                    break
    return found


# The same cell on the same bundled pictures draws the same in a whole class.
@lru_cache(maxsize=256)
def _encode_anew(data: str, kind: str) -> tuple[str, int, int] | None:
    if len(data) > MOST_PICTURE_BYTES * 4 // 3:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
        # A scan's own bytes cannot look like the marker, so that counting is enough.
        if kind == "image/jpeg" and raw.count(_START_OF_SCAN) > MOST_SCANS:
            return None
        with Image.open(io.BytesIO(raw), formats=[_FORMATS[kind]]) as opened:
            # The size is in the header: a picture that would unpack into gigabytes is refused before it is
            # unpacked.
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            pixels = opened.convert(
                "RGBA" if "A" in opened.getbands() or "transparency" in opened.info else "RGB"
            )
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError, MemoryError):
        return None
    if pixels.mode == "RGBA":
        # Plots are often transparent; on a dark page their black axes would vanish.
        ground = Image.new("RGB", pixels.size, "white")
        ground.paste(pixels, mask=pixels.getchannel("A"))
        pixels = ground
    pixels.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    clean = Image.new("RGB", pixels.size)
    clean.paste(pixels)
    buffer = io.BytesIO()
    clean.save(buffer, "WEBP", quality=86, method=0)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}", clean.width, clean.height


def _cells(notebook: Any) -> list[dict]:
    cells = _list(_dict(notebook).get("cells"))
    for sheet in _list(_dict(notebook).get("worksheets")):
        cells = cells + _list(_dict(sheet).get("cells"))
    return [cell for cell in cells if isinstance(cell, dict)]


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []
