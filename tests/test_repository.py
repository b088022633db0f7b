"""The repository as a whole: versions agree, commands exist, the release is up to date and leaks nothing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires, version
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import Course, this_course
from autograder.lesson_material import guide_of
from autograder.release.building import build
from autograder.release.leaks import leaks, lesson_secrets
from autograder.release.solution import SIZE_LIMIT, execute_solution, solution_path
from autograder.release.wheel import build_wheel


@pytest.fixture(scope="module")
def course(repository: Path) -> Course:
    return Course(repository)


@pytest.fixture(scope="module")
def project(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins(repository: Path) -> dict[str, str]:
    return read_pins(repository / "requirements.lock")


@pytest.fixture(scope="module")
def keras_pins(repository: Path) -> dict[str, str]:
    return read_pins(repository / "requirements-keras.lock")


def read_pins(path: Path) -> dict[str, str]:
    """The exact versions in a lock file by name, of what is wanted on this machine."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(str(pin.specifier).startswith("==") for pin in found)
    return {pin.name: str(pin.specifier)[2:] for pin in found if applies(pin)}


def applies(requirement: Requirement) -> bool:
    """Whether a requirement is one on this machine."""
    return requirement.marker is None or requirement.marker.evaluate()


def sources(root: Path, *folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]


class TestRelease:
    def test_what_is_built_is_up_to_date_and_gives_nothing_away(self, course: Course) -> None:
        assert build(course, check=True, execute=False).problems == ()

    def test_notebooks_and_wheel_hold_no_solution_and_no_hidden_check(
        self, course: Course, tmp_path: Path
    ) -> None:
        assert leaks(course, [course.notebooks, build_wheel(course, tmp_path)]) == []

    def test_every_solution_would_be_found_if_it_leaked(self, course: Course, tmp_path: Path) -> None:
        for lesson in course.lessons.values():
            executed = tmp_path / solution_path(lesson).name
            shutil.copyfile(solution_path(lesson), executed)
            found = "\n".join(leaks(course, [executed]))
            for secret in lesson_secrets(lesson):
                assert f"holds {secret.name}." in found

    def test_executed_solutions_are_small(self, course: Course) -> None:
        built = (*course.lessons.values(), *course.appendices.values())
        sizes = {lesson.id: solution_path(lesson).stat().st_size for lesson in built}
        assert {name: size for name, size in sizes.items() if size > SIZE_LIMIT} == {}

    @pytest.mark.slow
    @pytest.mark.parametrize("network", ["its own", "the other"])
    @pytest.mark.parametrize("lesson", list(this_course().lessons))
    def test_solutions_execute(
        self, course: Course, lesson: str, network: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On the network that a lesson stands on offline and, since none may depend on one, on the other."""
        own = guide_of(course.lesson(lesson)).stand_in
        (other,) = {"teaching_resnet18", "efficientnet_lite0"} - {own}
        monkeypatch.setenv("COURSE_BACKBONE", own if network == "its own" else other)
        notebook = execute_solution(course, course.lesson(lesson))
        assert any(cell.get("outputs") for cell in notebook.cells)


class TestVersions:
    def test_the_version_is_the_same_everywhere(self, project: dict) -> None:
        import course_utils

        assert project["tool"]["course"]["version"] == course_utils.__version__

    def test_the_lock_is_what_is_installed(self, pins: dict[str, str]) -> None:
        # torch may carry its build behind a plus sign: the pin names no build.
        wrong = {
            name: (pin, version(name)) for name, pin in pins.items() if version(name).partition("+")[0] != pin
        }
        assert wrong == {}

    def test_everything_the_project_asks_for_is_pinned(self, project: dict, pins: dict[str, str]) -> None:
        extras = project["project"]["optional-dependencies"]
        wanted = chain(
            project["project"]["dependencies"], *(extras[name] for name in extras if name != "keras")
        )
        names = {found.name.lower() for found in map(Requirement, wanted) if applies(found)}
        assert names <= {name.lower() for name in pins}

    def test_keras_is_pinned_apart_and_changes_no_other_pin(
        self, project: dict, pins: dict[str, str], keras_pins: dict[str, str]
    ) -> None:
        (wanted,) = map(Requirement, project["project"]["optional-dependencies"]["keras"])
        assert wanted.specifier.contains(keras_pins["keras"])
        assert not keras_pins.keys() & pins.keys()

    @pytest.mark.slow
    def test_the_lock_of_keras_is_what_is_installed_and_complete(
        self, pins: dict[str, str], keras_pins: dict[str, str]
    ) -> None:
        assert {name: version(name) for name in keras_pins} == keras_pins
        asked = [Requirement(line) for name in keras_pins for line in requires(name) or []]
        names = {canonicalize_name(one.name) for one in asked if applies(one)}
        assert names <= {canonicalize_name(name) for name in (*pins, *keras_pins)}

    def test_conda_uses_the_same_pins(self, repository: Path) -> None:
        wanted = yaml.safe_load((repository / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
        assert wanted[:2] == ["python=3.11", "pip"]
        assert wanted[2] == {"pip": ["-r requirements.lock", "-e ."]}


class TestImports:
    def test_the_package_for_students_never_imports_the_autograder(self, repository: Path) -> None:
        found = []
        for path in sources(repository, "course_utils"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [f"{path.name}: {name}" for name in names if name.split(".")[0] == "autograder"]
        assert found == []

    def test_no_submission_is_ever_unpickled(self, repository: Path) -> None:
        calls = re.compile(r"\b(pickle\.loads?|torch\.load|eval)\(")
        found = [
            f"{path.relative_to(repository)}: {line.strip()}"
            for path in sources(repository, "autograder")
            for line in path.read_text(encoding="utf-8").splitlines()
            if calls.search(line) and ".eval()" not in line and not line.lstrip().startswith("#")
        ]
        assert found == []


class TestCommands:
    @pytest.mark.parametrize(
        "command", ["build", "release", "grade", "try", "mark", "report", "export", "doctor"]
    )
    def test_the_command_line_has_it(self, command: str) -> None:
        done = CliRunner().invoke(app, [command, "--help"])
        assert done.exit_code == 0, done.output

    def test_it_runs_as_a_module(self, repository: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "autograder", "--help"], cwd=repository, capture_output=True
        )
        assert done.returncode == 0, done.stderr

    def test_every_target_that_the_readme_names_exists(self, repository: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.M))
        named = set(re.findall(r"`?make ([a-z-]+)", (repository / "README.md").read_text(encoding="utf-8")))
        assert {"demo", "test"} <= named
        assert named <= targets | {"and"}

    def test_setup_without_a_fitting_python_says_so(self, repository: Path, tmp_path: Path) -> None:
        for name in ("Makefile", "requirements.lock", "pyproject.toml"):
            shutil.copyfile(repository / name, tmp_path / name)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        done = subprocess.run(
            ["make", "setup", "PYTHON="], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode != 0
        assert "No Python 3.11, 3.12 or 3.13 with venv was found. Install one" in done.stderr


def test_no_path_of_a_machine_is_written_down(repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found = []
    for name in filter(None, listed.split("\0")):
        path = repository / name
        if path.suffix in {".webp", ".png", ".safetensors"} or not path.is_file():
            continue
        if str(repository) in path.read_text(encoding="utf-8", errors="replace"):
            found.append(name)
    assert found == []
