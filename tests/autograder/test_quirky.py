"""Every quirky but right notebook gets full marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import Lesson, this_course
from autograder.marking import Marker
from course_utils.outcomes import Status
from tests.corpus import notebooks
from tests.corpus.quirky import Quirk
from tests.corpus.quirky.all import FAMILIES


def _cases() -> list[pytest.param]:
    cases = []
    for number, lesson in enumerate(notebooks.lessons()):
        # The other lessons take the same ways through intake and sandbox: with all of them in `make test-all`.
        marks = [pytest.mark.slow] if number else []
        for family, quirks in FAMILIES.items():
            cases += [
                pytest.param(lesson, quirk, id=f"{lesson.name}-{family}-{quirk.name}", marks=marks)
                for quirk in quirks
            ]
    return cases


@pytest.fixture(scope="module")
def marker() -> Iterator[Marker]:
    with Marker(this_course(), secret=b"a secret that the tests alone use") as marker:
        yield marker


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("lesson", "quirk"), _cases())
def test_quirk(lesson: Lesson, quirk: Quirk, marker: Marker, tmp_path: Path) -> None:
    path = notebooks.write(quirk.build(lesson), tmp_path / quirk.file)
    verdict = marker.mark_submission(lesson, path, quirk.name)
    told = json.dumps(verdict.to_dict(), ensure_ascii=False, indent=1)
    assert (verdict.earned, verdict.status) == (lesson.possible, Status.PASSED), told


def test_there_are_enough() -> None:
    names = [quirk.name for quirks in FAMILIES.values() for quirk in quirks]
    assert len(names) >= 40
    assert len(names) == len(set(names))
