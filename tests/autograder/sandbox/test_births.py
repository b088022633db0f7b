"""New processes wait for the template's leave: so many live ones at a time, threads not counted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox import levels
from autograder.sandbox.client import Template
from autograder.sandbox.worker import births

MOST = 12

_FORKS = (
    "import os, signal, time\n"
    "children = []\n"
    "for _ in range(40):\n"
    "    try:\n"
    "        child = os.fork()\n"
    "    except BlockingIOError:\n"
    "        break\n"
    "    if child == 0:\n"
    "        time.sleep(5); os._exit(0)\n"
    "    children.append(child)\n"
    "for child in children:\n"
    "    os.kill(child, signal.SIGKILL); os.waitpid(child, 0)\n"
    "print(len(children))\n"
)


@pytest.fixture(scope="module")
def small() -> Iterator[Template]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "PROCESSES", MOST)
        with Template(levels.choose("full")) as template:
            yield template


def printed(template: Template, code: str) -> str:
    with template.worker() as worker:
        (answer,) = worker.run_cells([("1", code)])
    assert answer["status"] == "ok", answer
    return answer["printed"]


def test_a_fork_beyond_the_limit_fails(small: Template) -> None:
    # The submission's own process is one of them.
    assert printed(small, _FORKS) == f"{MOST - 1}\n"


def test_the_limit_is_on_those_that_live(small: Template) -> None:
    code = (
        "import subprocess\nfor _ in range(40):\n    subprocess.run(['/bin/true'], check=True)\nprint('done')"
    )
    assert printed(small, code) == "done\n"


def test_the_next_submission_starts_from_nothing(small: Template) -> None:
    assert printed(small, _FORKS) == printed(small, _FORKS)


def test_threads_are_no_processes(small: Template) -> None:
    code = (
        "import threading\n"
        "gate = threading.Event()\n"
        "threads = [threading.Thread(target=gate.wait) for _ in range(40)]\n"
        "[t.start() for t in threads]\n"
        "print(threading.active_count() >= 40)\n"
        "gate.set()\n"
        "[t.join() for t in threads]\n"
    )
    assert printed(small, code) == "True\n"


def test_a_shell_that_forks_without_end_stops_at_the_limit(small: Template) -> None:
    code = (
        "import subprocess\n"
        "script = 'i=0; while [ $i -lt 60 ]; do sleep 3 & i=$((i+1)); done; echo all of them'\n"
        "done = subprocess.run(['/bin/sh', '-c', script], capture_output=True, text=True)\n"
        "print('all of them' in done.stdout)\n"
    )
    assert printed(small, code) == "False\n"


def test_without_the_limit_all_are_born() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "PROCESSES", 1000)
        with Template(levels.choose("full")) as template:
            assert printed(template, _FORKS) == "40\n"


def test_descendants_are_found_to_the_last() -> None:
    before = set(births.descendants())
    code = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', 'input()'])"
    process = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE)
    try:
        found: set[int] = set()
        for _ in range(2000):
            found = set(births.descendants()) - before
            if len(found) == 2:
                break
        assert process.pid in found and len(found) == 2 and os.getpid() not in found
    finally:
        process.communicate(b"\n")
