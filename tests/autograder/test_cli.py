"""The command line as an instructor meets it: exit statuses, one-line errors, one JSON object a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.course import Course, this_course
from autograder.pages.rendering import write_page
from tests.autograder.tiny_course import tiny_course

ROOT = this_course().root
ANSWERS = ROOT / "tests" / "answers" / "06_grad_cam" / "channel_weights"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file for each thing that a person may hand to ``mark``."""
    folder = tmp_path_factory.mktemp("handed in")
    release = ROOT / "notebooks" / "06_grad_cam" / "grad_cam.ipynb"
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def something_else():\n    pass")])
    nbformat.write(other, folder / "other.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), folder / "empty.ipynb")
    (folder / "text.ipynb").write_text("hello")
    return {
        "blank": release,
        "solved": release.parents[2] / "solutions" / "06_grad_cam" / "grad_cam.ipynb",
        "other": folder / "other.ipynb",
        "empty": folder / "empty.ipynb",
        "text": folder / "text.ipynb",
    }


@pytest.fixture(scope="module")
def marked(notebooks: dict[str, Path]) -> dict[str, dict]:
    done = run("mark", "06_grad_cam", *notebooks.values(), "--json")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(row["file"]).name for row in rows] == [path.name for path in notebooks.values()]
    return dict(zip(notebooks, rows, strict=True))


def test_mark_gives_full_marks_to_the_solution(marked: dict[str, dict]) -> None:
    row = marked["solved"]
    assert (row["status"], row["earned"], row["possible"]) == ("passed", 24.0, 24.0)
    assert row["tasks"][-1]["status"] == "needs_person"


def test_mark_gives_nothing_to_the_blank_release(marked: dict[str, dict]) -> None:
    row = marked["blank"]
    assert (row["status"], row["earned"]) == ("not_attempted", 0.0)
    assert {task["status"] for task in row["tasks"]} == {"not_attempted", "needs_person"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("other", "another lesson"),
        ("empty", "holds no cells"),
        ("text", "no valid JSON"),
    ],
)
def test_mark_says_what_is_wrong_with_a_file(marked: dict[str, dict], name: str, says: str) -> None:
    row = marked[name]
    assert (row["status"], row["earned"]) == ("error", 0.0)
    assert says in row["notes"][0]


def test_try_answers_in_order_and_never_with_a_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def channel_weights(gradients:\n    return 1")
    nothing = tmp_path / "nothing.py"
    nothing.write_text("x = 1\n")
    files = [sorted(ANSWERS.glob("right_*.py"))[0], broken, nothing]
    done = run("try", "channel_weights", *files, "--json")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["file"] for row in rows] == [str(path) for path in files]
    assert [row["status"] for row in rows] == ["passed", "error", "not_attempted"]
    assert list(rows[0]) == ["task", "file", "status", "earned", "possible", "items"]
    assert "SyntaxError" in rows[1]["items"][0]["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["try", "no_such_task", "x.py"], "There is no task 'no_such_task'"),
        (["mark", "no_such_lesson", "x.ipynb"], "There is no lesson 'no_such_lesson'"),
        (["mark", "06_grad_cam", "x.ipynb", "--device", "tpu"], "There is no device 'tpu'"),
        (["mark", "06_grad_cam", "x.ipynb", "--sandbox", "foo"], "There is no sandbox 'foo'"),
        (["try", "grad_cam", "x.py", "--sandbox", "foo"], "There is no sandbox 'foo'"),
        (["grade", "06_grad_cam", "--sandbox", "foo"], "There is no sandbox 'foo'"),
        (["mark", "06_grad_cam", "x.ipynb", "--sandbox", "limits"], "There is no file x.ipynb"),
        (["mark", "06_grad_cam", ".", "--sandbox", "limits"], ". is a folder"),
        (["try", "grad_cam", "x.py", "--sandbox", "limits"], "There is no file x.py"),
        (["mark", "06_grad_cam", os.fsdecode(b"caf\xe9.ipynb"), "--sandbox", "limits"], "no file caf\\xe9"),
        (["export", "--lms", "blackboard"], "There is no export for 'blackboard'"),
    ],
)
def test_unusable_arguments_are_one_line_and_status_2(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_typo_in_the_settings_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_course(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.course\n")
    monkeypatch.setattr(cli, "this_course", lambda: Course(tmp_path))
    for command in (["build", "--check"], ["release"]):
        result = CliRunner().invoke(cli.app, command)
        assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
        assert "pyproject.toml cannot be read" in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_marks_that_cannot_be_written_where_they_should_be_are_one_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("autograder.export.export", lambda course, lms, out, _: write_page(out, "marks"))
    result = CliRunner().invoke(cli.app, ["export", "--lms", "csv", "--out", str(tmp_path)])
    assert result.exit_code == 1
    (line,) = result.stderr.strip().splitlines()
    assert f"{tmp_path} cannot be read or written" in line
    assert not list(tmp_path.parent.glob(".*.part"))


def test_a_sandbox_that_is_not_there_is_said_and_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.sandbox import levels

    monkeypatch.setattr(levels, "problem_with", lambda name: None if name == "limits" else "a reason")
    result = CliRunner().invoke(cli.app, ["mark", "06_grad_cam", "x.ipynb"])
    assert result.exit_code == 1
    assert "--sandbox limits" in result.stderr and "a reason" in result.stderr


def test_doctor_names_what_there_is() -> None:
    result = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["marking uses"]["good"] is True
    assert {"GPU", "backbone resnet18", "backbone efficientnet_lite0"} <= set(found)
