"""The marking benchmark's figures, from seconds that are written down here."""

from __future__ import annotations

import io

from rich.console import Console

from benchmarks.marking.__main__ import _result, _table

COUNTS = {"ours_jobs_1": 60, "ours_jobs_2": 60, "nbgrader": 20}
RUNS = [
    {"ours_jobs_1": (1.0, 2**20), "ours_jobs_2": (0.5, 3 * 2**20), "nbgrader": (20.0, 2 * 2**20)},
    {"ours_jobs_1": (2.0, 2**20), "ours_jobs_2": (1.0, 5 * 2**20), "nbgrader": (30.0, 2 * 2**20)},
    {"ours_jobs_1": (4.0, 2**20), "ours_jobs_2": (0.4, 4 * 2**20), "nbgrader": (40.0, 2 * 2**20)},
]
BARE = [[0.3, 0.2], [0.4, 0.4], [0.9, 0.3]]


def test_ratios_are_taken_within_a_run_and_then_their_median() -> None:
    result = _result(RUNS, BARE, COUNTS)
    assert result["submissions"] == COUNTS
    assert result["ratio_to_nbgrader"] == {"ours_jobs_1": 15.0, "ours_jobs_2": 40.0}
    assert result["ratio_to_bare"] == 1.5
    assert result["seconds_per_submission"] == {
        "ours_jobs_1": 2.0,
        "ours_jobs_2": 0.5,
        "nbgrader": 30.0,
        "worker_and_checks": 0.4,
        "bare": 0.3,
    }
    assert result["peak_memory_mib"] == {"ours_jobs_1": 1, "ours_jobs_2": 5, "nbgrader": 2}


def test_the_table_says_how_many_each_side_marked() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(_table(_result(RUNS, BARE, COUNTS)))
    text = console.export_text()
    assert "nbgrader" in text and " 20 " in text and " 60 " in text and "1.50 times bare" in text
