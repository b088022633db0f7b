"""Worker and checks against bare execution of the same cells and checks, in pairs in one process.

``python -m benchmarks.marking.bare COUNT`` prints one JSON object with the seconds of each pair.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import torch

from autograder.checks.ahead import Ahead, TaskItems
from autograder.checks.draw import Draw
from autograder.checks.judging import judge_task
from autograder.course import Lesson, this_course
from autograder.intake import take_in
from autograder.lesson_material import checks_of, reference_notebook
from autograder.marking import Marker
from autograder.notebook_run import plan
from autograder.sandbox.worker.shell import make_shell
from autograder.sandbox.worker.stand_ins import install_colab

from .in_process import SECRET, InProcessWorker
from .sample import answered, students


def main(count: int) -> None:
    """Mark each notebook both ways, the order changing from pair to pair."""
    torch.set_num_threads(1)
    course = this_course()
    lesson = course.lesson("06_grad_cam")
    install_colab()
    shell = make_shell()
    pairs = []
    with TemporaryDirectory() as folder, Marker(course, secret=SECRET) as marker:
        cells = []
        for student in students(count + 1):
            path = Path(folder) / f"{student}.ipynb"
            nbformat.write(answered(course, lesson, student), path)
            submission = take_in(path, lesson, reference_notebook(course, lesson))
            cells.append((student, plan(submission.notebook, all_cells=False).cells))
        for number, (student, sources) in enumerate(cells):
            ways = (partial(_sandboxed, marker), partial(_bare, shell))
            seconds = [0.0, 0.0]
            for way in (0, 1) if number % 2 else (1, 0):
                begun = time.perf_counter()
                ways[way](lesson, sources, student)
                seconds[way] = time.perf_counter() - begun
            if number:  # the first pair warms both up
                pairs.append(seconds)
    print(json.dumps({"pairs": pairs}))


def _sandboxed(marker: Marker, lesson: Lesson, cells: list[tuple[str, str]], student: str) -> None:
    with marker.template(lesson).worker() as worker:
        _judge(worker, lesson, cells, student)


def _bare(shell, lesson: Lesson, cells: list[tuple[str, str]], student: str) -> None:
    shell.reset(new_session=False)
    _judge(InProcessWorker(shell.user_ns, shell), lesson, cells, student)


def _judge(worker, lesson: Lesson, cells: list[tuple[str, str]], student: str) -> None:
    checks = checks_of(lesson)
    marked = sorted(lesson.marked, key=lambda cell: cell.kind != "question")
    ahead = Ahead(
        [cell.name for cell in marked if cell.kind == "task"],
        lambda task: TaskItems.of(checks, task, Draw(SECRET, student, task)),
    )
    worker.meanwhile = ahead.draw_one  # a worker in this process has nobody beside it who could use it
    for _ in worker.run_cells(cells):
        pass
    for cell in marked:
        if cell.kind == "task":
            outcome, _ = judge_task(worker, ahead.of(cell.name), cell.points)
            assert outcome.earned == cell.points, outcome
        else:
            worker.value(f"answer_{cell.name}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
