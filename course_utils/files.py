"""Where the course's own data lies: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
MANIFEST = "pictures.json"


class DataMissing(Exception):
    """The course's data folder is not here; the message says where it was looked for and what to do."""


def data_dir() -> Path:
    """The folder that holds `pictures.json`, `photographs/` and `cutouts/`.

    An installed wheel carries it as `course_utils/data`; in a checkout it is `data/` beside the package. The
    wheel's own comes first. Raises DataMissing where neither holds the manifest.
    """
    places = (PACKAGE / "data", PACKAGE.parent / "data")
    for place in places:
        if (place / MANIFEST).is_file():
            return place
    raise DataMissing(
        f"the course's pictures are neither in {places[0]} nor in {places[1]}: install course_utils again, "
        "or work in a whole checkout of the course"
    )
