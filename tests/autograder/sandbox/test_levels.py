"""Which confinement is chosen, what it lets a submission reach, and that nothing is weakened in silence."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

import course_utils
from autograder.sandbox import levels
from autograder.sandbox.client import Template
from autograder.sandbox.worker import syscalls


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """A machine on which these confinements cannot be had."""

    def without(*missing: str) -> None:
        def problem(name: str) -> str | None:
            return "it is not there" if name in missing else None

        monkeypatch.setattr(levels, "problem_with", problem)

    return without


def test_the_best_is_taken(machine) -> None:
    machine()
    assert levels.choose().name == "full"
    machine("full")
    assert levels.choose().name == "bubblewrap"


def test_limits_are_never_chosen_by_themselves(machine) -> None:
    machine("full", "bubblewrap")
    with pytest.raises(levels.SandboxUnavailable, match="--sandbox limits"):
        levels.choose()
    assert levels.choose("limits").name == "limits"


@pytest.mark.parametrize("name", ["full", "bubblewrap"])
def test_what_is_asked_for_and_not_there_is_an_error(machine, name: str) -> None:
    machine(name)
    with pytest.raises(levels.SandboxUnavailable, match="it is not there"):
        levels.choose(name)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(levels.SandboxUnavailable, match="full, bubblewrap, limits"):
        levels.choose("none")


def test_each_level_says_what_it_does_not_give() -> None:
    assert "NOT confined" in levels.choose("limits").detail


def reach(tmp_path: Path, *, instruments: bool = False) -> levels.Reach:
    package = tmp_path / "course_utils"
    package.mkdir(exist_ok=True)
    for name in ("__init__.py", "instruments.py", "images.py"):
        (package / name).touch()
    for name in ("data", "weights", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    return levels.Reach(package, tmp_path / "data", tmp_path / "weights", tmp_path / "scratch", instruments)


def covers(listed: list[str], path: Path) -> bool:
    return any(path == Path(place) or Path(place) in path.parents for place in listed)


def test_instruments_are_out_of_reach_where_they_are_taught(tmp_path: Path) -> None:
    listed = reach(tmp_path).for_a_template()
    assert not covers(listed, tmp_path / "course_utils" / "instruments.py")
    assert covers(listed, tmp_path / "course_utils" / "images.py")
    assert covers(
        reach(tmp_path, instruments=True).for_a_template(), tmp_path / "course_utils" / "instruments.py"
    )


def test_captum_is_out_of_reach_where_instruments_are(tmp_path: Path) -> None:
    import captum
    import torch

    package = Path(captum.__file__).parent
    assert not covers(reach(tmp_path).for_a_template(), package)
    assert covers(reach(tmp_path).for_a_template(), Path(torch.__file__).parent)


@pytest.mark.parametrize("when", ["before", "after"])
def test_compiled_instruments_are_out_of_reach_too(tmp_path: Path, when: str) -> None:
    compiled = tmp_path / "course_utils" / "__pycache__" / "instruments.cpython-312.pyc"
    there = reach(tmp_path)
    compiled.parent.mkdir()
    if when == "before":
        compiled.touch()
    assert not covers(there.for_a_template(), compiled)
    assert covers(reach(tmp_path, instruments=True).for_a_template(), compiled)


@pytest.mark.parametrize("instruments", [False, True])
def test_the_checkout_is_out_of_reach(tmp_path: Path, repository: Path, instruments: bool) -> None:
    listed = reach(tmp_path, instruments=instruments).for_a_template()
    for name in (
        "autograder",
        "autograder/checks",
        "solutions",
        "grading",
        "tests",
        ".git",
        "pyproject.toml",
    ):
        assert not covers(listed, repository / name), name
    worker = Path(levels.__file__).parent / "worker"
    inside = [
        p for p in listed if Path(p).is_relative_to(repository) and not Path(p).is_relative_to(sys.prefix)
    ]
    assert inside == [str(worker)]
    home = [p for p in listed if Path(p) in Path.home().parents or Path(p) == Path.home()]
    assert home == []


@pytest.mark.parametrize("instruments", [False, True])
def test_an_installed_autograder_is_out_of_reach(
    tmp_path: Path, instruments: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    for name in ("autograder", "torch"):
        (packages / name).mkdir(parents=True)
    monkeypatch.setattr(levels.sysconfig, "get_path", lambda name: str(packages))
    monkeypatch.setattr(levels.sys, "prefix", str(packages))
    listed = reach(tmp_path, instruments=instruments).for_a_template()
    assert not covers(listed, packages / "autograder")
    assert covers(listed, packages / "torch")


def test_a_link_leads_to_nothing_hidden(tmp_path: Path) -> None:
    (tmp_path / "lib" / "hidden").mkdir(parents=True)
    (tmp_path / "lib" / "open").mkdir()
    (tmp_path / "lib64").symlink_to("lib")
    listed = levels._without(tmp_path, {tmp_path / "lib" / "hidden"})
    assert listed == [str(tmp_path / "lib" / "open")]


@pytest.mark.parametrize("machine_name", ["x86_64", "aarch64"])
def test_the_filter_for_each_architecture(machine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine_name)
    code = syscalls.program()
    assert code is not None and len(code) % 8 == 0
    assert len(code) // 8 < 4096  # the kernel takes no longer one


def test_without_a_filter_the_sandbox_is_not_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    levels.problem_with.cache_clear()
    try:
        assert "no system-call filter for riscv64" in (levels.problem_with("full") or "")
    finally:
        levels.problem_with.cache_clear()


def test_no_filter_where_the_numbers_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert syscalls.program() is None


@pytest.mark.parametrize("name", ["bubblewrap", "limits"])
def test_the_other_levels_work_where_they_are_there(name: str, tmp_path: Path) -> None:
    if levels.problem_with(name) is not None:  # nothing to try: the choice itself says so
        with pytest.raises(levels.SandboxUnavailable):
            levels.choose(name)
        return
    planted = tmp_path / "planted"
    planted.write_text("x")
    planted.chmod(0o644)
    tries = (
        "import os, socket, sys\n"
        "import course_utils, torch\n"
        "def can(call):\n"
        "    try:\n"
        "        call()\n"
        "        return True\n"
        "    except (OSError, ImportError):\n"
        "        return False\n"
        f"print(can(lambda: open({str(planted)!r})), can(lambda: __import__('captum.attr')), can(lambda: socket.socket()),\n"
        f"      can(lambda: open('mine', 'w')), os.path.exists({str(Path(course_utils.__file__).parent.parent / 'solutions')!r}))\n"
    )
    with Template(levels.choose(name)) as template, template.worker() as worker:
        (answer,) = worker.run_cells([("1", tries)])
    wanted = "False False False True False\n" if name == "bubblewrap" else "True True True True True\n"
    assert answer["printed"] == wanted, answer
    assert os.path.exists(planted)
