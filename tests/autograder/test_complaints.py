"""What the system refuses is one line with a remedy, and the exit status says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from autograder.complaints import one_line_errors
from autograder.whole_file import write_whole


def _in_a_file(folder: Path) -> None:
    (folder / "feedback").write_text("")
    write_whole(folder / "feedback" / "ada" / "page.html", "text")


def _file_itself(folder: Path) -> None:
    (folder / "dist").write_text("")
    (folder / "dist").mkdir()


def _onto_a_folder(folder: Path) -> None:
    (folder / "report.html").mkdir()
    write_whole(folder / "report.html", "text")


def _no_right(folder: Path) -> None:
    raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(folder / "x.csv"))


def _no_room(folder: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("work", "says"),
    [
        (_in_a_file, "{}/feedback is a file where a folder should be. Move it away."),
        (_file_itself, "{}/dist is a file where a folder should be. Move it away."),
        (_onto_a_folder, "{}/report.html cannot be read or written: Is a directory. Move the folder away"),
        (_no_right, "{}/x.csv cannot be read or written: Permission denied. Give yourself the right"),
        (_no_room, "A file cannot be read or written: No space left on device. Make room"),
    ],
)
def test_a_refusal_of_the_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], work: Callable[[Path], None], says: str
) -> None:
    with pytest.raises(typer.Exit) as stopped, one_line_errors():
        work(tmp_path)
    assert stopped.value.exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"autograder: {says.format(tmp_path)}")
