"""Each defence earns its place: with it an attack fails, and the same attack succeeds once it is switched off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from autograder.course import this_course
from autograder.sandbox import accounts, levels
from autograder.sandbox.client import Template
from autograder.sandbox.remote import WorkerLost
from autograder.sandbox.watch import Limits
from autograder.sandbox.worker import wire
from autograder.sandbox.worker.values import Strange, decode, encode
from autograder.verdicts import Verdict, VerdictStore
from course_utils.comparison import compare
from course_utils.outcomes import Status
from tests.corpus import notebooks
from tests.corpus.hostile.all import FAMILIES
from tests.corpus.limits import SMALL
from tests.corpus.scene import Scene, descendants


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(tmp_path_factory.mktemp("scene"))
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def full() -> Iterator[Template]:
    with Template(levels.choose("full"), limits=SMALL) as template:
        yield template


@pytest.fixture(scope="module")
def bare() -> Iterator[Template]:
    """Limits alone: files and network open."""
    with Template(levels.choose("limits"), limits=SMALL) as template:
        yield template


@pytest.fixture(scope="module")
def weakened(scene: Scene) -> Iterator[Template]:
    """The full sandbox without the forks' own filter, without their second confinement, with the marker's environment."""

    def launch(level: Any, reach: Any, control: int, settings: dict, environment: dict[str, str]) -> Any:
        open_settings = {**settings, "filter": False, "landlock": False}
        return real(level, reach, control, open_settings, {**environment, "COURSE_TEST_TOKEN": scene.token})

    real = levels.launch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "launch", launch)
        with Template(levels.choose("full"), limits=SMALL) as template:
            yield template


def played(template: Template, code: str) -> str:
    """What a cell printed, or how it was lost."""
    with template.worker() as worker:
        try:
            (answer,) = worker.run_cells([("1", "import torch\n" + code)])
        except WorkerLost as lost:
            return f"lost: {lost.kind}"
    return answer["printed"] + str(answer.get("error", ""))


def payload(name: str, scene: Scene) -> str:
    """The text of a payload of the corpus."""
    lesson = notebooks.lessons()[0]
    attack = next(a for attacks in FAMILIES.values() for a in attacks if a.name == name)
    ours = {cell.source for cell in notebooks.half_done(lesson).cells}
    (cell,) = [c for c in attack.build(lesson).cells if c.source not in ours]
    return scene.fill_in(cell.source, lesson)


def test_files_can_be_read_without_landlock(full: Template, bare: Template, scene: Scene) -> None:
    code = payload("read_the_checkout", scene)
    assert "LEAK" not in played(full, code)
    printed = played(bare, code)
    assert f"LEAK {scene.planted}" in printed and f"LEAK {this_course().root}/autograder" in printed


def test_solutions_can_be_copied_without_landlock(full: Template, bare: Template, scene: Scene) -> None:
    assert "LEAK" not in played(full, payload("copy_the_solution", scene))
    assert "grad_cam.py" in played(bare, payload("copy_the_solution", scene))


def test_the_network_is_open_without_the_sandbox(full: Template, bare: Template, scene: Scene) -> None:
    played(full, payload("call_home", scene))
    assert scene._heard() == []
    played(bare, payload("call_home", scene))
    heard = scene._heard()
    # TCP, UDP, and a stream and a datagram each to a path and to an abstract name.
    assert len(heard) == 6, heard
    while scene._heard():
        pass


def test_modes_and_times_change_without_the_refused_calls(
    full: Template, bare: Template, tmp_path: Path
) -> None:
    scene = Scene(tmp_path)
    try:
        played(full, payload("change_mode_owner_times", scene))
        assert scene.harm() == []
        played(bare, payload("change_mode_owner_times", scene))
        assert f"{scene.gradebook} has changed" in scene.harm()
    finally:
        scene.close()


def test_others_are_slowed_down_without_the_filter(
    full: Template, weakened: Template, tmp_path: Path
) -> None:
    scene = Scene(tmp_path)
    code = (
        payload("slow_others_down", scene)
        .replace(f", {os.getpid()})", ")")
        .replace("os.getppid()", str(scene.sleeper.pid))
    )
    code = code.partition("for who in")[0]
    try:
        played(full, code)
        assert scene.harm() == []
        played(weakened, code)
        assert {harm.partition(" of ")[0] for harm in scene.harm()} >= {"limits", "priority"}
    finally:
        scene.close()


def test_names_of_new_files_are_seen_without_the_refused_calls(
    full: Template, weakened: Template, tmp_path: Path
) -> None:
    code = (
        "import ctypes, os, time\n"
        "libc = ctypes.CDLL(None)\n"
        "news = libc.inotify_init1(os.O_NONBLOCK)\n"
        f"print('watched', libc.inotify_add_watch(news, {str(tmp_path)!r}.encode(), 0xFFF) >= 0)\n"
    )
    assert "watched False" in played(full, code)
    assert "watched True" in played(weakened, code)


def test_buffers_grow_without_the_refused_calls(full: Template, weakened: Template) -> None:
    code = (
        "import fcntl, os, socket\n"
        "def can(call):\n"
        "    try:\n"
        "        call()\n"
        "        return True\n"
        "    except OSError:\n"
        "        return False\n"
        "one, other = socket.socketpair()\n"
        "end, _ = os.pipe()\n"
        "print(can(lambda: one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)),\n"
        "      can(lambda: fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 1 << 17)), fcntl.fcntl(end, fcntl.F_GETFD) >= 0)\n"
    )
    assert played(full, code) == "False False True\n"
    assert played(weakened, code) == "True True True\n"


def test_memory_of_nobody_without_the_filter(full: Template, weakened: Template) -> None:
    code = "import ctypes\nprint('made', ctypes.CDLL(None).syscall(319, b'x', 0) >= 0)"
    assert "made False" in played(full, code)
    assert "made True" in played(weakened, code)


def test_the_environment_without_a_clean_one(full: Template, weakened: Template, scene: Scene) -> None:
    code = payload("look_at_the_environment", scene)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_TEST_TOKEN", scene.token)
        assert "LEAK" not in played(full, code)
    assert "LEAK environment" in played(weakened, code)


def test_other_folders_without_the_second_confinement(
    full: Template, weakened: Template, scene: Scene
) -> None:
    code = payload("read_other_submissions", scene)
    assert "LEAK" not in played(full, code)
    assert "LEAK" in played(weakened, code)


@pytest.mark.parametrize("name", ["daemon_forked_twice", "daemon_without_its_first_thread"])
def test_daemons_stay_without_the_sweep(
    name: str, full: Template, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = payload(name, scene) + "\nimport time\ntime.sleep(1)\n"
    played(full, code)
    assert _live(full) == []
    monkeypatch.setattr(Template, "_end", lambda self, what: True)
    if name != "daemon_forked_twice":  # as if a process whose first thread has ended were none
        monkeypatch.setattr(accounts, "threads", lambda pid: 0)
    try:
        assert "lost" not in played(full, code)
        assert _live(full) != []
    finally:
        for process in _live(full):
            process.kill()


def _live(template: Template) -> list[psutil.Process]:
    return descendants(template._scratch, template._baseline) + [
        p for p in psutil.Process(template._process.pid).children(recursive=True) if _headless(p)
    ]


def _headless(process: psutil.Process) -> bool:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{process.pid}/task")) > 1 and process.status() == psutil.STATUS_ZOMBIE
    return False


def test_deleted_files_fill_the_disk_unseen(
    full: Template, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = payload("write_and_unlink", scene)
    assert played(full, code) == "lost: disk"
    monkeypatch.setattr(accounts, "size_of_deleted", lambda pids: 0)
    assert "LEAK 30" in played(full, code)


def test_many_programs_fill_the_memory_unseen(full: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import subprocess, sys, time\n"
        "code = \"import time; x = b'1' * (100 << 20); time.sleep(8)\"\n"
        "parts = [subprocess.Popen([sys.executable, '-S', '-c', code]) for _ in range(8)]\n"
        "time.sleep(2)\n"
        "print('all there')\n"
    )
    assert played(full, code) == "lost: memory"
    monkeypatch.setattr(accounts, "memory", lambda pids, enough: 0)
    assert "all there" in played(full, code)


def test_a_deep_folder_stops_the_usual_way_of_removing(tmp_path: Path) -> None:
    def dig(folder: Path) -> Path:
        folder.mkdir()
        here = os.getcwd()
        os.chdir(folder)
        try:
            for _ in range(1200):
                os.mkdir("d" * 8)
                os.chdir("d" * 8)
            Path("file").write_text("x")
        finally:
            os.chdir(here)
        return folder

    deep = dig(tmp_path / "deep")
    with pytest.raises((RecursionError, OSError)):
        shutil.rmtree(deep)
    accounts.remove(deep)
    assert not deep.exists()
    assert (
        accounts.size_of(dig(tmp_path / "again"), 10**9) > 10**9
    )  # what cannot be counted counts as too much
    accounts.remove(tmp_path / "again")


class _Yes:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_an_always_equal_object_passes_where_values_are_not_decoded() -> None:
    expected = torch.arange(4.0)
    assert _Yes() == expected and [_Yes()] == [expected]
    tensors: dict[str, torch.Tensor] = {}
    value = decode(encode(_Yes(), tensors), tensors)
    assert isinstance(value, Strange)
    assert compare(value, expected) is not None


def test_half_a_character_stops_the_store_where_text_is_not_tamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verdict(text: bytes) -> Verdict:
        log = ({"printed": wire._parse(text)["printed"]},)
        return Verdict("06", "a", "a.ipynb", Status.FAILED, 0.0, 1.0, "full", 0.1, (), log=log)

    text = b'{"printed": "\\ud800"}'
    assert VerdictStore(tmp_path).put(verdict(text)).is_file()
    monkeypatch.setattr(wire, "_tame", lambda value, depth: value)
    with pytest.raises(UnicodeEncodeError):
        VerdictStore(tmp_path).put(verdict(text))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "off", "kind"),
    [
        (
            "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nend = time.time() + 14\n"
            "while time.time() < end:\n    pass\nprint('came through')",
            {"cell_seconds": 1000},
            "timeout",
        ),
        ("import time\ntime.sleep(8)\nprint('came through')", {"idle_seconds": 1000}, "timeout"),
        (
            "import os, time\nfor _ in range(70):\n    try:\n        if os.fork() == 0:\n            time.sleep(6); os._exit(0)\n"
            "    except OSError:\n        break\ntime.sleep(2)\nprint('came through')",
            {"processes": 1000, "memory": 8 * 2**30},
            "processes",
        ),
    ],
    ids=["blocked signals", "sleep", "processes"],
)
def test_limits(code: str, off: dict[str, Any], kind: str) -> None:
    limits = {"cell_seconds": 3, "call_seconds": 2, "wall_factor": 6, "idle_seconds": 3, "processes": 16}
    with Template(levels.choose("full"), limits=Limits(**limits)) as template:
        assert played(template, code) == f"lost: {kind}"
    with Template(levels.choose("full"), limits=Limits(**limits | off)) as template:
        assert "came through" in played(template, code)


def test_without_the_kinds_of_seconds_nothing_else_changes(full: Template) -> None:
    """The same template serves on after all that was done to its forks."""
    assert played(full, "print(6 * 7)") == "42\n"
