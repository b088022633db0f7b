"""The checkout's settings, and what is said where they cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course, CourseError


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[tool.course]\ntitle = "unclosed\n', r"cannot be read: .*line 2"),
        ("", r"no table \[tool\.course\]"),
        (None, "cannot be read: No such file"),
    ],
)
def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(CourseError, match=rf"pyproject\.toml .*{says}|pyproject\.toml has {says}") as caught:
        _ = Course(tmp_path).settings
    assert "\n" not in str(caught.value)
