"""The secret is made once, kept private, and refused where it is useless."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from autograder.course import CourseError
from autograder.secret import load_secret


def test_made_on_first_use_and_kept(tmp_path: Path) -> None:
    first = load_secret(tmp_path / "grading")
    path = tmp_path / "grading" / "secret"
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secret(tmp_path / "grading") == first


def test_two_places_have_two_secrets(tmp_path: Path) -> None:
    assert load_secret(tmp_path / "a") != load_secret(tmp_path / "b")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(CourseError, match="too short"):
        load_secret(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "grading").write_text("a file where the folder should be")
    with pytest.raises(CourseError, match="cannot be used"):
        load_secret(tmp_path / "grading")
