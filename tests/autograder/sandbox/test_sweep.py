"""Nothing of a submission is there beside the next one, however it forks while it is being ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import levels
from autograder.sandbox.client import Template
from autograder.sandbox.remote import WorkerLost
from autograder.sandbox.watch import Limits, Watch
from tests.corpus.scene import descendants

# A chain: each link forks and exits at once, so that no two looks at the processes see the same ones. What is left of it
# when no more forks are to be had stays for some seconds. The first waits until the marker hangs up, or for a moment.
_LINK = """
import os, select, sys, time
poll = select.poll()
poll.register(200, 0)
start, end = float(sys.argv[1]), time.time() + 10
while time.time() < min(start, end) and not poll.poll(1):
    pass
for _ in range(28):
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        break
    time.sleep(0.0004)
time.sleep(4)
"""
_CHAINS = f"""
import os, socket, subprocess, sys, time
def chains(start):
    for n in range(3, 200):
        try:
            socket.socket(fileno=os.dup(n)).detach()
            os.dup2(n, 200)
            break
        except OSError:
            pass
    for _ in range(4):
        subprocess.Popen([sys.executable, "-S", "-c", {_LINK!r}, str(start)], pass_fds=[200], start_new_session=True)
    time.sleep(0.3)
"""


def _live(template: Template) -> list[psutil.Process]:
    return descendants(template._scratch, template._baseline)


@pytest.mark.parametrize("cue", ["the hang-up", "a moment"])
def test_a_chain_of_forks_is_ended_to_the_last_link(template: Template, cue: str) -> None:
    folder = template._scratch
    for round_ in range(8):
        with template.worker() as worker:
            start = time.time() + (9 if cue == "the hang-up" else 0.7)
            (answer,) = worker.run_cells([("1", _CHAINS + f"chains({start})")])
            assert answer["status"] == "ok", answer
            if cue == "a moment":
                time.sleep(max(0.0, start - time.time() + 0.002 * round_))
        assert _live(template) == []
    assert template._scratch == folder  # and it took no new template


def test_a_chain_that_a_task_started_ends_with_it(template: Template) -> None:
    with template.worker() as worker:
        list(
            worker.run_cells(
                [
                    ("1", _CHAINS),
                    (
                        "2",
                        "def f():\n    chains(time.time() + 8)\n    import signal\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
                    ),
                ]
            )
        )
        (first,) = worker._watch.processes()
        for _ in range(2):
            worker.open_task()
            with pytest.raises(WorkerLost, match="timeout"):
                worker.call({"function": "f", "args": [], "kwargs": {}, "seconds": 0.5}, {})
            assert _live(template) == [first]
        (answer,) = worker.run_cells([("3", "print(subprocess.run(['/bin/true']).returncode)")])
    assert answer["printed"] == "0\n"  # births are answered again


def test_what_does_not_end_costs_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.client.END_SECONDS", 0.5)
    with Template(levels.choose("full")) as template:
        folder, pid = template._scratch, template._process.pid
        with template.worker() as worker:
            list(worker.run_cells([("1", "import os, time\nif os.fork() == 0: time.sleep(20); os._exit(0)")]))
            psutil.Process(pid).suspend()
            left = _live(template)
            assert len(left) == 2
        assert not folder.exists() and not psutil.pid_exists(pid)
        assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in left)
        with template.worker() as worker:
            (answer,) = worker.run_cells([("1", "print('back')")])
    assert answer["printed"] == "back\n"


def test_a_template_that_dies_in_the_middle_holds_nobody_up() -> None:
    with Template(levels.choose("full")) as template:
        with template.worker() as worker:
            list(worker.run_cells([("1", "x = 1")]))
            psutil.Process(template._process.pid).kill()
            begun = time.monotonic()
        assert time.monotonic() - begun < 10
        with template.worker() as worker:
            (answer,) = worker.run_cells([("1", "print('back')")])
    assert answer["printed"] == "back\n"


def test_a_worker_is_not_met_in_company(tmp_path: Path) -> None:
    code = "import subprocess\nparts = [subprocess.Popen(['sleep', '20']) for _ in range(2)]\nprint(flush=True)\ninput()"
    launcher = subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert launcher.stdout is not None and launcher.stdout.readline()
        sleepers = psutil.Process(launcher.pid).children()

        def met(own: set[int]) -> bool:
            return Watch(launcher.pid, frozenset(own), tmp_path, Limits()).meet()

        assert not met({launcher.pid})
        assert met({launcher.pid, sleepers[0].pid})
    finally:
        for process in psutil.Process(launcher.pid).children():
            process.kill()
        launcher.communicate(b"\n")


def test_no_fork_beside_what_is_left(template: Template) -> None:
    """As if a sweep had missed something: the template ends it before it forks for the next submission."""
    folder = template._scratch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_end", lambda self, what: True)
        with template.worker() as worker:
            list(worker.run_cells([("1", "import os, time\nif os.fork() == 0: time.sleep(20); os._exit(0)")]))
    assert _live(template) != [] and os.path.isdir(folder)
    with template.worker() as worker:
        list(worker.run_cells([("1", "x = 1")]))
        assert len(_live(template)) == 1
