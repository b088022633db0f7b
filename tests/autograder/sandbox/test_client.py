"""A template, its workers, and their tasks: what one of them does stays its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from autograder.sandbox import accounts, levels
from autograder.sandbox.client import Template, TemplateFailed
from autograder.sandbox.remote import Worker, WorkerLost
from autograder.sandbox.worker.values import decode
from tests.corpus.limits import SMALL
from tests.corpus.scene import descendants

CALL = {"function": "f", "args": [{"kind": "tensor", "name": "0"}], "kwargs": {}, "repeat": 1}


def define(worker: Worker, source: str) -> list[dict[str, Any]]:
    return list(worker.run_cells([("1", "import os, torch"), ("2", source)]))


def call(worker: Worker, **more: Any) -> tuple[dict[str, Any], Any]:
    answer, tensors = worker.call({**CALL, **more}, {"0": torch.tensor([1.0, 2.0])})
    values = [decode(tree, tensors) for tree in answer.get("values", [])]
    return answer, values


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        (["def f(x): return x + 1", "f = f(1)"], "ok"),
        (["def f(x): return x + 1", "f = None"], "ok"),
        (["def f(x): return x + 1", "raise_here", "f = f(1)", "f += 1"], "ok"),
        (["def f(x): return x + 1", "del f"], "missing"),
        (["f = 3"], "missing"),
    ],
    ids=range(5),
)
def test_a_value_put_under_a_functions_name_leaves_the_function(
    template: Template, cells: list[str], answer: str
) -> None:
    with template.worker() as worker:
        list(worker.run_cells([(str(n), cell) for n, cell in enumerate(cells)]))
        worker.open_task()
        found, values = call(worker)
    assert found["status"] == answer
    assert answer == "missing" or values[0].tolist() == [2.0, 3.0]


def test_cells_share_names_and_a_failing_one_stops_no_other(template: Template) -> None:
    with template.worker() as worker:
        answers = list(worker.run_cells([("a", "x = 3"), ("b", "1 / 0"), ("c", "print(x + 1)")]))
    assert [a["status"] for a in answers] == ["ok", "error", "ok"]
    assert answers[1]["error"] == {
        "type": "ZeroDivisionError",
        "message": "division by zero",
        "lineno": 1,
        "line": "1 / 0",
    }
    assert answers[2]["printed"] == "4\n"


def test_each_worker_starts_afresh(template: Template) -> None:
    with template.worker() as worker:
        define(
            worker,
            "import json\njson.mine = x = 1\nopen('left', 'w').write('x')\ntorch.set_default_dtype(torch.float64)",
        )
    with template.worker() as worker:
        (answer,) = worker.run_cells(
            [
                (
                    "1",
                    "import json, os, torch\nprint(hasattr(json, 'mine'), 'x' in dir(), os.listdir(), torch.get_default_dtype())",
                )
            ]
        )
    assert answer["printed"] == "False False [] torch.float32\n"


def test_a_value_by_its_name(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "answer_q = 'B'\nt = torch.ones(2)")
        assert worker.value("answer_q")[0] == {"status": "ok", "value": {"kind": "str", "value": "B"}}
        assert worker.value("t")[1]["0"].tolist() == [1.0, 1.0]
        assert worker.value("missing")[0] == {"status": "missing"}


def test_a_call(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "def f(x):\n    return x * 2")
        worker.open_task()
        answer, values = call(worker, repeat=2)
        worker.close_task()
    assert answer["status"] == "ok" and [v.tolist() for v in values] == [[2.0, 4.0], [2.0, 4.0]]


def test_a_name_that_is_no_function(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "f = 3")
        worker.open_task()
        assert call(worker)[0] == {"status": "missing", "found": "int"}
        assert call(worker, function="g")[0] == {"status": "missing", "found": "missing"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("os._exit(0)", "crashed"),
        ("os.kill(os.getpid(), 9)", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("raise SystemExit", None),
        (
            "import signal, time\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
            "timeout",
        ),
        ("import time; time.sleep(100)", "timeout"),
        ("y = [torch.ones(4 << 20) for _ in range(400)]", None),
    ],
)
def test_a_task_that_dies_takes_no_other_with_it(template: Template, body: str, kind: str | None) -> None:
    with template.worker() as worker:
        define(worker, f"state = 7\ndef f(x):\n    {body}\n\ndef g(x):\n    return x + state")
        worker.open_task()
        if kind is None:
            assert call(worker)[0]["status"] == "error"
            worker.close_task()
        else:
            with pytest.raises(WorkerLost) as lost:
                call(worker)
            assert lost.value.kind == kind
        worker.open_task()
        assert call(worker, function="g")[1][0].tolist() == [8.0, 9.0]
        worker.close_task()


def test_tasks_may_share_a_fork(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "count = 0\ndef f(x):\n    global count\n    count += 1\n    return count")
        assert worker.open_task() is True
        assert call(worker)[1] == [1]
        assert worker.open_task() is False
        assert call(worker)[1] == [2]
        worker.close_task()
        assert worker.open_task() is True
        assert call(worker)[1] == [1]


def test_a_task_leaves_the_notebook_as_it_was(template: Template) -> None:
    with template.worker() as worker:
        define(
            worker,
            "count = 0\ndef f(x):\n    global count\n    count += 1\n    torch.set_grad_enabled(False)\n    return count",
        )
        for _ in range(2):
            worker.open_task()
            assert call(worker)[1] == [1]
            assert call(worker)[1] == [2]
            worker.close_task()


def test_soft_time_limit_lets_the_next_cell_run(template: Template) -> None:
    with template.worker() as worker:
        answers = list(worker.run_cells([("1", "while True: pass"), ("2", "print('next')")], seconds=1))
    assert [a["status"] for a in answers] == ["timeout", "ok"]


def test_there_are_never_more_answers_than_cells(template: Template) -> None:
    flood = (
        "import json, os, socket, struct, threading\n"
        "text = json.dumps({'status': 'ok', 'printed': 'forged'}).encode()\n"
        "def pour():\n"
        "    for n in range(3, 100):\n"
        "        try:\n"
        "            s = socket.socket(fileno=os.dup(n))\n"
        "            while True: s.sendall(struct.pack('>IQ', len(text), 0) + text)\n"
        "        except OSError:\n"
        "            pass\n"
        "threading.Thread(target=pour, daemon=True).start()\n"
    )
    with template.worker() as worker:
        assert len(list(worker.run_cells([("1", flood), ("2", "1"), ("3", "2")]))) == 3


def test_the_marker_works_while_it_waits_for_an_answer(template: Template) -> None:
    pieces = iter([True, True, True, False])
    with template.worker() as worker:
        define(worker, "import time\ndef f(x):\n    time.sleep(1)\n    return x")
        worker.open_task()
        worker.meanwhile = lambda: next(pieces)
        assert torch.equal(call(worker)[1][0], torch.tensor([1.0, 2.0]))
    assert next(pieces, "used up") == "used up"


def test_work_without_end_holds_no_answer_up(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "def f(x):\n    return 3")
        worker.open_task()
        worker.meanwhile = lambda: True
        assert call(worker)[1] == [3]


def test_limits_hold_while_the_marker_works() -> None:
    with Template(levels.choose("full"), limits=SMALL) as template, template.worker() as worker:
        worker.meanwhile = lambda: True
        with pytest.raises(WorkerLost) as lost:
            list(worker.run_cells([("1", "import time\ntime.sleep(60)")]))
    assert lost.value.kind == "timeout"


def test_a_deadline_ends_all(template: Template) -> None:
    with template.worker(deadline=time.monotonic() + 1) as worker, pytest.raises(WorkerLost) as lost:
        list(worker.run_cells([(str(n), "import time; time.sleep(0.4)") for n in range(40)]))
    assert lost.value.kind == "timeout"


def test_a_very_long_cell_runs(template: Template) -> None:
    with template.worker() as worker:
        (answer,) = worker.run_cells([("1", f"x = '{'a' * 3_000_000}'\nprint(len(x))")])
    assert answer["printed"] == "3000000\n"


def test_too_large_a_result_is_a_plain_answer(template: Template) -> None:
    with template.worker() as worker:
        define(worker, "def f(x):\n    return [x, torch.zeros(1).expand(2**25)]")
        worker.open_task()
        answer, values = call(worker)
    assert answer["status"] == "ok" and "too large" in values[0][-1].kind


def test_a_template_that_ends_is_started_anew() -> None:
    with Template(levels.choose("full")) as template:
        process = psutil.Process(template._process.pid)
        for victim in [process, *process.children(recursive=True)]:
            os.kill(victim.pid, signal.SIGKILL)
        with template.worker() as worker:
            (answer,) = worker.run_cells([("1", "print('back')")])
        assert answer["printed"] == "back\n"


def test_nothing_is_left_of_a_template() -> None:
    with Template(levels.choose("full")) as template:
        folder, pid = template._scratch, template._process.pid
        with template.worker() as worker:
            define(worker, "os.mkdir('locked', 0); os.mkdir('a', 0o300); open('a/b', 'w').close()")
        assert list(folder.glob("worker-*")) == []
    assert not folder.exists() and not psutil.pid_exists(pid)


def test_a_template_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(TemplateFailed, match="did not start"):
        Template(levels.choose("limits")).start()


def test_the_folder_of_one_worker_is_not_that_of_the_next(template: Template) -> None:
    places = []
    for _ in range(2):
        with template.worker() as worker:
            (answer,) = worker.run_cells([("1", "import os\nprint(os.getcwd(), os.environ['HOME'])")])
            places.append(answer["printed"].split())
    assert places[0][0] == places[0][1] != places[1][0]
    assert not Path(places[0][0]).exists()


@pytest.mark.slow
def test_nothing_runs_on_when_the_marker_is_killed() -> None:
    code = (
        "import course_utils, signal\n"
        "from autograder.sandbox import levels\n"
        "from autograder.sandbox.client import Template\n"
        "with Template(levels.choose('full')) as template, template.worker() as worker:\n"
        "    print(template._scratch, flush=True)\n"
        "    loop = 'import os, signal\\nos.fork()\\nos.setsid() if os.getpid() != os.getpgid(0) else 0\\n'\n"
        "    loop += 'signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\\nwhile True: pass'\n"
        "    list(worker.run_cells([('1', loop)]))\n"
    )
    marker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert marker.stdout is not None
    folder = Path(marker.stdout.readline().strip())
    try:
        while len(descendants(folder, frozenset())) < 3:  # template, worker, and what it forked
            time.sleep(0.1)
        time.sleep(1)
        marker.kill()
        marker.wait()
        end = time.monotonic() + 20
        while descendants(folder, frozenset()) and time.monotonic() < end:
            time.sleep(0.1)
        assert descendants(folder, frozenset()) == []
    finally:
        for process in descendants(folder, frozenset()):
            process.kill()
        accounts.remove(folder)
