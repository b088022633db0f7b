"""Cuts the expected pictures of a lesson's text out of a fresh run of its solution.

    python -m autograder.release.expected_pictures 06

A text that says what a picture shows holds for one network, so each lesson names the network it was written with. Look
at what was written before it is committed: the alt text beside each picture has to stay true.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from autograder.course import CourseError, this_course
from autograder.release.solution import execute_solution

_KINDS = ("image/png", "image/jpeg")


@dataclass(frozen=True)
class Expected:
    """The pictures that a lesson expects.

    Args:
        backbone: the network that the text speaks of, as ``COURSE_BACKBONE`` names it.
        pictures: by file: the cell that shows it, and which of the cell's pictures it is.
        quality: of WebP; the build takes pictures of at most 60 KB.
    """

    backbone: str
    pictures: dict[str, tuple[str, int]]
    quality: int = 80


WANTED = {
    "01_image_to_activations": Expected(
        "teaching_resnet18",
        {"expected_kernels": ("show_edges", 2), "expected_change": ("show_change", 0)},
    ),
    "02_filters": Expected("teaching_resnet18", {"expected_grid": ("show_grid", 0)}),
    "03_hooks": Expected("teaching_resnet18", {"expected_output": ("show_output", 0)}),
    "04_activation_maps": Expected("teaching_resnet18", {"expected_late": ("show_top", -1)}),
    "05_attribution": Expected("efficientnet_lite0", {"expected_four": ("show_four", 0)}, quality=70),
    "06_grad_cam": Expected(
        "efficientnet_lite0",
        {"expected_cat": ("show_cat", 0), "expected_two_classes": ("show_two_classes", 0)},
    ),
    "07_shortcut_learning": Expected("efficientnet_lite0", {"expected_repairs": ("show_repairs", 0)}),
    "08_fine_tune": Expected("efficientnet_lite0", {"expected_look": ("show_look", 0)}),
    "09_embeddings": Expected(
        "efficientnet_lite0",
        {"expected_pca": ("show_pca", 0), "expected_neighbours": ("show_retrieval", 0)},
        quality=60,
    ),
}


def pictures(notebook: NotebookNode, grade_id: str) -> list[Image.Image]:
    """The stored pictures of the cell with this grade_id, in order.

    Raises:
        CourseError: if there are none.
    """
    found = [
        Image.open(io.BytesIO(base64.b64decode(output["data"][kind]))).convert("RGB")
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
        for output in cell.get("outputs", [])
        for kind in _KINDS
        if kind in output.get("data", {})
    ]
    if not found:
        raise CourseError(f"The notebook holds no picture of the cell {grade_id}.")
    return found


def write(notebook: NotebookNode, expected: Expected, folder: Path) -> list[Path]:
    """Write the expected pictures of an executed solution into a folder; returns the files."""
    paths = []
    for name, (grade_id, index) in expected.pictures.items():
        paths.append(folder / f"{name}.webp")
        pictures(notebook, grade_id)[index].save(paths[-1], quality=expected.quality, method=6)
    return paths


def main(wanted: str) -> None:
    """Execute a lesson's solution with its network and write its expected pictures beside the source."""
    course = this_course()
    lesson = course.lesson(wanted)
    expected = WANTED.get(lesson.id)
    if expected is None:
        raise CourseError(f"Lesson {lesson.id} has no expected pictures. These have: {', '.join(WANTED)}.")
    os.environ["COURSE_BACKBONE"] = expected.backbone
    for path in write(execute_solution(course, lesson), expected, lesson.source.parent / "pictures"):
        print(f"{path.relative_to(course.root)}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give one lesson: python -m autograder.release.expected_pictures 06")
    try:
        main(sys.argv[1])
    except CourseError as error:
        sys.exit(str(error))
