"""What processes use is read from the outside, however they hide it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import accounts
from autograder.sandbox.watch import LimitReached, Limits, Watch, _alive, end_template


@pytest.fixture
def play(tmp_path: Path) -> Iterator:
    """Starts a program as if it were a submission under a launcher, which is a program that waits."""
    started: list[subprocess.Popen] = []

    def start(code: str, **limits: float) -> Watch:
        launcher = subprocess.Popen(
            [
                sys.executable,
                "-S",
                "-c",
                f"import subprocess, sys\nsubprocess.run([sys.executable, '-S', '-c', {code!r}], cwd={str(tmp_path)!r})",
            ]
        )
        started.append(launcher)
        watch = Watch(launcher.pid, frozenset({launcher.pid}), tmp_path, Limits(**limits))
        while not watch.processes():
            time.sleep(0.002)
        watch.begin(limits.get("cell_seconds", 60))
        return watch

    yield start
    for launcher in started:
        for process in [*psutil.Process(launcher.pid).children(recursive=True), launcher]:
            process.kill()
        launcher.wait()


def ended_by(watch: Watch, seconds: float = 30) -> str:
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            watch.check()
            time.sleep(0.02)
    except LimitReached as reached:
        return reached.kind
    return "nothing"


@pytest.mark.parametrize(
    ("code", "limits", "kind"),
    [
        ("while True: pass", {"cell_seconds": 0.5}, "timeout"),
        ("import time; time.sleep(60)", {"idle_seconds": 0.5}, "timeout"),
        ("import time\nwhile True: time.sleep(0.001)", {"cell_seconds": 0, "wall_factor": 1}, "timeout"),
        ("x = b'1' * (300 << 20)\nimport time; time.sleep(60)", {"memory": 100 << 20}, "memory"),
        (
            "import subprocess, time\nfor _ in range(9): subprocess.Popen(['sleep', '60'])\ntime.sleep(60)",
            {"processes": 5},
            "processes",
        ),
        (
            "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=(60,)).start()",
            {"threads": 50},
            "processes",
        ),
        (
            "import socket, time\npairs = [socket.socketpair() for _ in range(200)]\ntime.sleep(60)",
            {"memory": 64 << 20},
            "memory",
        ),
        (
            "import os, time\npipes = [os.pipe() for _ in range(450)]\ntime.sleep(60)",
            {"memory": 16 << 20},
            "memory",
        ),
        (
            # One page read in each 2 MB: what grows are the tables, whose pages no list of mappings counts.
            "import mmap, time\nm = mmap.mmap(-1, 40 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)\n"
            "for at in range(0, 40 << 30, 2 << 20): m[at]\ntime.sleep(60)",
            {"memory": 50 << 20},
            "memory",
        ),
        ("open('f', 'wb').write(b'1' * (20 << 20))\nimport time; time.sleep(60)", {"disk": 10 << 20}, "disk"),
        (
            "import os, time\nf = open('f', 'wb')\nos.unlink('f')\nf.write(b'1' * (20 << 20))\nf.flush()\ntime.sleep(60)",
            {"disk": 10 << 20},
            "disk",
        ),
        (
            "import os\nos.makedirs('/'.join(['d' * 200] * 18))\nimport time; time.sleep(60)",
            {"disk": 10 << 20},
            "disk",
        ),
        ("while True: open('f', 'wb').write(b'1' * (1 << 20))", {"disk": 4 << 20}, "disk"),
        (
            "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nctypes.CDLL(None).syscall(60, 0)",
            {},
            "processes",
        ),
    ],
    ids=[
        "cpu",
        "idle",
        "wall",
        "memory",
        "processes",
        "threads",
        "sockets",
        "pipes",
        "page tables",
        "disk",
        "deleted",
        "deep",
        "rewritten",
        "no first thread",
    ],
)
def test_limits(play, code: str, limits: dict[str, float], kind: str) -> None:
    assert ended_by(play(code, **limits)) == kind


def test_what_keeps_within_its_limits_is_left_alone(play) -> None:
    watch = play("import time\nopen('f', 'wb').write(b'1' * 1000)\nfor _ in range(40): time.sleep(0.05)")
    assert ended_by(watch, 1.5) == "nothing"


def test_cpu_time_of_processes_that_have_ended_counts(play) -> None:
    code = "import subprocess, sys\nwhile True: subprocess.run([sys.executable, '-S', '-c', 'for _ in range(3 * 10**7): pass'])"
    assert ended_by(play(code, cell_seconds=1)) == "timeout"


@pytest.mark.parametrize(
    "code",
    [
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(60)\ntime.sleep(60)",
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(60)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nctypes.CDLL(None).syscall(60, 0)",
    ],
    ids=["sessions", "blocked", "stopped", "no first thread"],
)
def test_all_of_it_is_ended(play, code: str) -> None:
    watch = play(code)
    time.sleep(0.5)
    assert watch.processes()
    launcher = watch._launcher
    assert end_template(launcher.pid, frozenset({launcher.pid}))
    assert watch.processes() == [] and not _alive(launcher)


def test_size_of(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "full").write_bytes(b"1" * 100_000)
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("/usr")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    size = accounts.size_of(tmp_path, 10**9)
    assert (
        100_000 < size < 140_000
    )  # each entry takes at least a block; a hole and a link's target take nothing
    assert accounts.size_of(tmp_path, 1000) < 10**6
    assert accounts.size_of(tmp_path / "missing", 1000) == 0


def test_many_empty_files_take_room(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert accounts.size_of(tmp_path, 10**9) == 100 * 4096


def test_removing_follows_no_link(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    kept.chmod(0o500)
    folder = tmp_path / "gone"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "to_folder").symlink_to(kept)
    (folder / "a" / "to_file").symlink_to(kept / "file")
    (folder / "a" / "b" / "nowhere").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)
    accounts.remove(folder)
    assert not folder.exists()
    assert (kept / "file").read_text() == "x" and kept.stat().st_mode & 0o777 == 0o500
    kept.chmod(0o700)
    accounts.remove(folder)  # what is gone already is no error


def test_accounts_of_a_process_that_is_gone() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert accounts.threads(process.pid) == 0 and not accounts.has_lost_its_leader(process.pid)
    assert accounts.memory([process.pid], 0) == 0 and accounts.written(process.pid) == 0
    assert accounts.size_of_deleted([process.pid]) == 0 and accounts.anonymous(process.pid) == 0


def test_shared_memory_counts_once() -> None:
    code = "import os, time\nx = b'1' * (64 << 20)\nfor _ in range(3):\n    if os.fork() == 0: break\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-S", "-c", code])
    try:
        time.sleep(1.5)
        pids = [process.pid, *(p.pid for p in psutil.Process(process.pid).children())]
        assert len(pids) == 4
        assert accounts.memory(pids, 10**12) > 4 * (64 << 20)  # the quick upper bound
        assert 64 << 20 < accounts.memory(pids, 0) < 2 * (64 << 20)
    finally:
        for child in psutil.Process(process.pid).children():
            child.kill()
        process.kill()
        process.wait()
