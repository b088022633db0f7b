"""Cut the expected pictures of lesson 1 out of its executed solution.

    python solutions/01_image_to_activations/pictures/make_expected.py path/to/image_to_activations.ipynb

Execute the solution with the teaching ResNet-18 (COURSE_BACKBONE=teaching_resnet18): the text names that model.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

import nbformat
from PIL import Image

# The cell, which of its pictures, and the file.
WANTED = (("show_edges", 2, "expected_kernels.webp"), ("show_change", 0, "expected_change.webp"))


def pictures(notebook: nbformat.NotebookNode, grade_id: str) -> list[Image.Image]:
    """The stored pictures of the cell with this grade_id."""
    found = []
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            for output in cell.get("outputs", []):
                for kind in ("image/png", "image/jpeg"):
                    if kind in output.get("data", {}):
                        content = base64.b64decode(output["data"][kind])
                        found.append(Image.open(io.BytesIO(content)).convert("RGB"))
    if not found:
        raise SystemExit(f"The notebook holds no picture of the cell {grade_id}: execute it first.")
    return found


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(
            "Give the path of the executed solution: make_expected.py image_to_activations.ipynb"
        )
    notebook = nbformat.read(sys.argv[1], as_version=4)
    for grade_id, index, name in WANTED:
        path = Path(__file__).parent / name
        pictures(notebook, grade_id)[index].save(path, quality=80, method=6)
        print(f"{name}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
