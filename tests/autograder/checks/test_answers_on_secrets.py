"""What holds for an answer holds whatever inputs are drawn: every answer of every lesson under several secrets.

In :mod:`.test_answers` each is marked in the sandbox with one secret; here the same files run in this process.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from autograder.course import this_course
from autograder.lesson_material import checks_of
from course_utils.outcomes import Status
from tests.autograder.checks.local_worker import function_of, judge_here

ANSWERS = Path(__file__).parents[2] / "answers"
FILES = sorted(ANSWERS.glob("*/*/*.py"))
SECRETS = 4


def secret(number: int) -> bytes:
    return hashlib.sha256(f"several secrets {number}".encode()).digest()


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_an_answer_is_judged_alike_whatever_is_drawn(path: Path) -> None:
    lesson, cell = this_course().find_task(path.parent.name)
    function = function_of(path)
    for number in range(SECRETS):
        outcome = judge_here(checks_of(lesson), cell.name, function, secret=secret(number))
        seen = [(i.name, i.status.value, i.misconception, i.message) for i in outcome.items]
        if path.stem.startswith("right_"):
            assert outcome.status is Status.PASSED, (number, seen)
        else:
            assert outcome.earned < outcome.possible, (number, seen)
