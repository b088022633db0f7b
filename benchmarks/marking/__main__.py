"""``make bench``: marks one class with us and with stock nbgrader, in pairs, and prints seconds a submission and ratios.

Everything that each side needs to do is in its figure: start-up, marking, gradebook, feedback. Both mark the same
notebooks; stock nbgrader only the first of them, since each costs it a start of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from autograder.course import Course, this_course

from .sample import hand_in
from .stock import prepare


def main() -> int:
    """Measure and print; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marking", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=60, help="submissions in the class; start-up is shared among them"
    )
    parser.add_argument(
        "--stock", type=int, default=20, help="how many of them stock nbgrader marks, at some 20 seconds each"
    )
    parser.add_argument("--pairs", type=int, default=3, help="how often both sides mark it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    console = Console(stderr=True)
    counts = dict.fromkeys(("ours_jobs_1", "ours_jobs_2"), options.count)
    counts["nbgrader"] = min(options.stock, options.count)
    runs = [_one_run(counts, number, console) for number in range(options.pairs)]
    console.print("bare execution against worker and checks", highlight=False)
    bare = json.loads(
        _output([sys.executable, "-m", "benchmarks.marking.bare", str(max(6, options.count // 2))])
    )["pairs"]
    result = _result(runs, bare, counts)
    print(json.dumps(result, indent=1)) if options.json else Console().print(_table(result))
    return 0


def _one_run(counts: dict[str, int], number: int, console: Console) -> dict[str, tuple[float, float]]:
    """Each side once on a fresh folder: seconds a submission and peak bytes, by side."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        stock = Path(folder) / "stock"
        prepare(stock, counts["nbgrader"])
        for jobs in (1, 2):
            console.print(f"run {number + 1}: ours, --jobs {jobs}", highlight=False)
            place = Path(folder) / f"ours{jobs}"
            course = Course(this_course().root, place)
            hand_in(course, course.lesson("06_grad_cam"), counts[f"ours_jobs_{jobs}"])
            found[f"ours_jobs_{jobs}"] = _measured(
                [sys.executable, "-m", "benchmarks.marking.ours", str(place), str(jobs)], course.root
            )
            shutil.rmtree(place)
        console.print(f"run {number + 1}: stock nbgrader", highlight=False)
        program = str(Path(sys.executable).parent / "nbgrader")
        autograde = _measured([program, "autograde", "06_grad_cam"], stock)
        feedback = _measured([program, "generate_feedback", "06_grad_cam"], stock)
        found["nbgrader"] = autograde[0] + feedback[0], max(autograde[1], feedback[1])
    return {side: (seconds / counts[side], peak) for side, (seconds, peak) in found.items()}


def _measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds of a command, and the peak of its process tree's memory (shared pages counted once, as PSS)."""
    begun, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.25)
        seconds = time.perf_counter() - begun
        if process.returncode:
            log.seek(0)
            raise SystemExit(
                f"{' '.join(command[:4])} failed:\n{log.read().decode(errors='replace')[-2000:]}"
            )
    return seconds, peak


def _memory(pid: int) -> int:
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=this_course().root).stdout


def _result(
    runs: list[dict[str, tuple[float, float]]], bare: list[list[float]], counts: dict[str, int]
) -> dict:
    seconds = {side: statistics.median(run[side][0] for run in runs) for side in counts}
    seconds["worker_and_checks"] = statistics.median(pair[0] for pair in bare)
    seconds["bare"] = statistics.median(pair[1] for pair in bare)
    return {
        "submissions": counts,
        "seconds_per_submission": {side: round(value, 4) for side, value in seconds.items()},
        "ratio_to_nbgrader": {
            side: round(statistics.median(run["nbgrader"][0] / run[side][0] for run in runs), 2)
            for side in counts
            if side != "nbgrader"
        },
        "ratio_to_bare": round(statistics.median(pair[0] / pair[1] for pair in bare), 3),
        "peak_memory_mib": {side: round(max(run[side][1] for run in runs) / 2**20) for side in counts},
    }


def _table(result: dict) -> Table:
    table = Table(title="Marking lesson 6")
    for column in (
        "",
        "submissions",
        "seconds a submission",
        "times faster than nbgrader",
        "peak memory, MiB",
    ):
        table.add_column(column, justify="left" if not column else "right")
    ratios, memory = result["ratio_to_nbgrader"], result["peak_memory_mib"]
    for side, seconds in result["seconds_per_submission"].items():
        table.add_row(
            side,
            str(result["submissions"].get(side, "")),
            f"{seconds:.3f}",
            f"{ratios[side]:.1f}" if side in ratios else "",
            str(memory.get(side, "")),
        )
    table.caption = f"Worker and checks take {result['ratio_to_bare']:.2f} times bare in-process execution."
    return table


if __name__ == "__main__":
    sys.exit(main())
