"""The expected pictures are cut from the cells that show them, and every lesson's text shows those that are listed."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from autograder.course import CourseError, this_course
from autograder.release import expected_pictures
from autograder.release.expected_pictures import WANTED, Expected


def _output(colour: tuple[int, int, int]):
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8), colour).save(buffer, "PNG")
    return new_output("display_data", {"image/png": base64.b64encode(buffer.getvalue()).decode()})


@pytest.fixture
def notebook():
    cells = [
        new_code_cell(outputs=[_output((255, 0, 0))], metadata={"nbgrader": {"grade_id": "other"}}),
        new_code_cell(
            outputs=[
                _output((0, 255, 0)),
                new_output("stream", text="between them"),
                _output((0, 0, 255)),
            ],
            metadata={"nbgrader": {"grade_id": "show"}},
        ),
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(("index", "colour"), [(0, (0, 255, 0)), (1, (0, 0, 255)), (-1, (0, 0, 255))])
def test_the_picture_asked_for_is_written(notebook, tmp_path: Path, index: int, colour) -> None:
    (path,) = expected_pictures.write(notebook, Expected("any", {"expected": ("show", index)}), tmp_path)
    assert path == tmp_path / "expected.webp"
    got = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert got.shape == (8, 16, 3)
    assert np.abs(got - np.array(colour)).max() < 16  # WebP loses a little


def test_a_cell_without_a_picture_is_named(notebook) -> None:
    with pytest.raises(CourseError, match="no picture of the cell nowhere"):
        expected_pictures.pictures(notebook, "nowhere")


def test_what_is_listed_is_what_the_lessons_show() -> None:
    course = this_course()
    shown = {
        lesson.id: set(re.findall(r"\(pictures/(expected_\w+)\.webp\)", lesson.source.read_text("utf-8")))
        for lesson in course.lessons.values()
    }
    assert {name: names for name, names in shown.items() if names} == {
        name: set(expected.pictures) for name, expected in WANTED.items()
    }
    for name, expected in WANTED.items():
        source = course.lesson(name).source.read_text("utf-8")
        assert all(cell in source for cell, _ in expected.pictures.values())


def test_a_lesson_that_is_not_there_is_one_line() -> None:
    with pytest.raises(CourseError, match="There is no lesson '42'"):
        expected_pictures.main("42")
