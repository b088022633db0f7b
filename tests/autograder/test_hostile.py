"""No hostile notebook gains a point, does harm, leaves anything behind, or changes its neighbour's mark."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course import Lesson, this_course
from autograder.intake import take_in
from autograder.lesson_material import reference_notebook
from autograder.marking import Marker
from autograder.reading import Unreadable
from autograder.verdicts import Verdict, VerdictStore
from tests.corpus import notebooks
from tests.corpus.hostile import Attack
from tests.corpus.hostile.all import FAMILIES
from tests.corpus.limits import SMALL
from tests.corpus.scene import Scene, descendants

LIMITS = replace(SMALL, memory=600 * 2**20, submission_seconds=90)
LESSONS = notebooks.lessons()


def _cases() -> Iterator[pytest.param]:
    for number, lesson in enumerate(LESSONS):
        for family, attacks in FAMILIES.items():
            for attack in attacks:
                # The other lessons take the same ways through the sandbox: with all of them in `make test-all`.
                marks = [pytest.mark.slow] if attack.slow or number else []
                yield pytest.param(lesson, attack, id=f"{lesson.name}-{family}-{attack.name}", marks=marks)


class Stage:
    """A marker with small limits and a scene around it."""

    def __init__(self, folder: Path) -> None:
        (folder / "outside").mkdir()
        self.folder, self.scene = folder, Scene(folder / "outside")
        self.marker = Marker(this_course(), limits=LIMITS, secret=self.scene.token.encode())
        self._baselines: dict[str, Verdict] = {}

    def close(self) -> None:
        self.marker.close()
        self.scene.close()

    def mark(self, lesson: Lesson, content: NotebookNode | dict | bytes, name: str) -> Verdict:
        """Hand in a notebook with the facts of the scene in its text."""
        if isinstance(content, NotebookNode):
            for cell in content.cells:
                cell.source = self.scene.fill_in(cell.source, lesson)
        return self.marker.mark_submission(
            lesson, notebooks.write(content, self.folder / f"{name}.ipynb"), name
        )

    def baseline(self, lesson: Lesson) -> Verdict:
        """The marks of the same notebook without a payload."""
        if lesson.id not in self._baselines:
            self._baselines[lesson.id] = self.mark(lesson, notebooks.half_done(lesson), "honest")
        return self._baselines[lesson.id]

    def neighbour(self, lesson: Lesson) -> tuple[float, str]:
        """The marks of someone who comes next."""
        task = notebooks.tasks(lesson)[0]
        path = notebooks.write(
            f"import torch\nfrom torch import nn\n{notebooks.answer(lesson, task.name)}\n",
            self.folder / "next.py",
        )
        outcome = self.marker.try_file(lesson, task, path)
        return outcome.earned, "".join(item.message for item in outcome.items)

    def left_behind(self, lesson: Lesson) -> list[str]:
        template = self.marker.template(lesson)
        folders = [str(p) for p in template._scratch.glob("worker-*")]
        processes = [str(p) for p in descendants(template._scratch, template._baseline)]
        return folders + processes


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("hostile"))
    os.environ["COURSE_TEST_TOKEN"] = stage.scene.token
    yield stage
    del os.environ["COURSE_TEST_TOKEN"]
    stage.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("lesson", "attack"), list(_cases()))
def test_attack(lesson: Lesson, attack: Attack, stage: Stage, tmp_path: Path) -> None:
    honest = stage.baseline(lesson)
    assert honest.earned == notebooks.tasks(lesson)[0].points
    stage.scene.settle()
    content = attack.build(lesson)
    verdict = stage.mark(lesson, content, attack.name)
    told = json.dumps(verdict.to_dict())

    assert verdict.earned <= honest.earned, told
    for task in verdict.tasks:
        assert 0 <= task.earned <= honest.task(task.task).earned, told
        assert task.possible == honest.task(task.task).possible
    assert "LEAK" not in told, told
    assert stage.scene.harm() == []
    assert stage.left_behind(lesson) == []
    assert stage.neighbour(lesson) == (notebooks.tasks(lesson)[0].points, "")
    VerdictStore(tmp_path).put(verdict)  # whatever the text in it
    _write_clean(lesson, stage.folder / f"{attack.name}.ipynb", tmp_path / "clean.ipynb")
    assert VerdictStore(tmp_path).get(lesson.id, attack.name) == verdict
    if attack not in FAMILIES["files"]:
        _assert_played(content, told, verdict)


def _write_clean(lesson: Lesson, handed_in: Path, clean: Path) -> None:
    """Intake's notebook can be written for nbgrader, and is a valid one."""
    try:
        submission = take_in(handed_in, lesson, reference_notebook(this_course(), lesson))
    except Unreadable:
        return
    nbformat.write(submission.notebook, clean)
    nbformat.validate(nbformat.read(clean, as_version=4))


def _assert_played(content: NotebookNode | dict | bytes, told: str, verdict: Verdict) -> None:
    """A payload with a slip in it would pass for the wrong reason."""
    own = [entry["message"] for entry in verdict.log if entry["title"].startswith("your own cell")]
    assert not [message for message in own if "SyntaxError" in message or "NameError" in message]
    if not isinstance(content, NotebookNode):
        return
    if any("end of payload" in cell.source for cell in content.cells):
        assert "end of payload" in told, told


def test_there_are_enough() -> None:
    assert sum(len(attacks) for attacks in FAMILIES.values()) >= 40
    names = [attack.name for attacks in FAMILIES.values() for attack in attacks]
    assert len(names) == len(set(names))
