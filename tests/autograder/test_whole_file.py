"""A file is there whole or not at all, and nothing is left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.pages.rendering import write_page
from autograder.whole_file import write_whole


def test_written_with_its_folder_and_its_mode(tmp_path: Path) -> None:
    path = write_page(tmp_path / "new" / "page.html", "<p>é</p>")
    assert path.read_text(encoding="utf-8") == "<p>é</p>"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("write", [write_whole, write_page])
def test_text_that_cannot_be_written_leaves_the_old_file_alone(tmp_path: Path, write) -> None:
    path = tmp_path / "page.html"
    write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "a lone surrogate: \udce9")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_files_place_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(path, "text")
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == [path]
