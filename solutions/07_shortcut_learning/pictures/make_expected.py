"""Cut the expected picture of lesson 7 out of its executed solution.

    python solutions/07_shortcut_learning/pictures/make_expected.py path/to/executed/shortcut_learning.ipynb

Execute the solution with EfficientNet-Lite0 (COURSE_BACKBONE=efficientnet_lite0): the text names that model.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

import nbformat
from PIL import Image

WANTED = {"show_repairs": "expected_repairs.webp"}


def first_picture(notebook: nbformat.NotebookNode, grade_id: str) -> Image.Image:
    """The first stored picture of the cell with this grade_id."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            for output in cell.get("outputs", []):
                for kind in ("image/png", "image/jpeg"):
                    if kind in output.get("data", {}):
                        return Image.open(io.BytesIO(base64.b64decode(output["data"][kind]))).convert("RGB")
    raise SystemExit(f"The notebook holds no picture of the cell {grade_id}: execute it first.")


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("Give the path of the executed solution: make_expected.py shortcut_learning.ipynb")
    notebook = nbformat.read(sys.argv[1], as_version=4)
    for grade_id, name in WANTED.items():
        path = Path(__file__).parent / name
        first_picture(notebook, grade_id).save(path, quality=80, method=6)
        print(f"{name}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
