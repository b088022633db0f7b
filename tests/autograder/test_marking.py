"""One submission, one verdict: the same each time, however its cells behave."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.course import CourseError, Lesson, this_course
from autograder.intake import Submission
from autograder.lesson_material import checks_version
from autograder.marking import Marker
from autograder.notebook_run import NotebookRun, whole_task
from autograder.sandbox.watch import Limits
from autograder.verdicts import Verdict
from course_utils.outcomes import Status
from tests.corpus import notebooks

LESSON = notebooks.lessons()[0]
FIRST, SECOND = (task.name for task in notebooks.tasks(LESSON)[:2])
SMALL = Limits(cell_seconds=3, call_seconds=2, wall_factor=8, idle_seconds=3)


@pytest.fixture(scope="module")
def marker() -> Iterator[Marker]:
    with Marker(this_course(), limits=SMALL, secret=b"a secret that the tests alone use") as marker:
        yield marker


def marked(marker: Marker, notebook: NotebookNode, tmp_path: Path, student: str = "ada") -> Verdict:
    return marker.mark_submission(LESSON, notebooks.write(notebook, tmp_path / f"{student}.ipynb"), student)


def without_time(verdict: Verdict) -> Verdict:
    return replace(verdict, seconds=0.0)


def test_right_work_gets_all_points_and_a_blank_none(marker: Marker, tmp_path: Path) -> None:
    solved = marked(marker, notebooks.solved(LESSON), tmp_path)
    assert (solved.earned, solved.possible, solved.status) == (
        LESSON.possible,
        LESSON.possible,
        Status.PASSED,
    )
    assert solved.sandbox == "full" and solved.log == () and solved.checks == checks_version(LESSON)
    blank = marked(marker, notebooks.release(LESSON), tmp_path)
    assert (blank.earned, blank.status) == (0.0, Status.NOT_ATTEMPTED)
    assert [t.task for t in blank.tasks] == [c.name for c in LESSON.graded]
    reflections = [t for t in solved.tasks if t.status is Status.NEEDS_PERSON]
    assert len(reflections) == len(LESSON.graded) - len(LESSON.marked)


def test_both_runs_of_a_notebook_share_one_deadline(marker: Marker, monkeypatch: pytest.MonkeyPatch) -> None:
    deadlines: list[float] = []

    def judged(lesson: Lesson, run: NotebookRun, cells: list, name: str, deadline: float) -> None:
        deadlines.append(deadline)
        run.missing_name = True

    monkeypatch.setattr(marker, "_run_and_judge", judged)
    submission = Submission(notebooks.release(LESSON), (), {})
    again = marker._mark(LESSON, submission, "one/ada")
    assert len(deadlines) == 2 and deadlines[0] == deadlines[1]
    monkeypatch.setattr(marker, "limits", replace(SMALL, submission_seconds=-1))
    first = marker._mark(LESSON, submission, "one/ada")
    assert len(first.cells) < len(again.cells), "a second run that was cut short replaces nothing"


@pytest.mark.parametrize("readable", [False, True])
def test_a_file_name_that_is_no_utf8_gives_a_verdict_that_can_be_kept(
    marker: Marker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, readable: bool
) -> None:
    monkeypatch.setattr(
        marker, "_run_and_judge", lambda lesson, run, cells, *more: run.outcomes.update(
            {cell.name: whole_task(cell, Status.FAILED, "") for cell in cells}
        )
    )  # fmt: skip
    path = tmp_path / os.fsdecode(b"L\xf6sung.ipynb")
    if readable:
        notebooks.write(notebooks.release(LESSON), path)
    else:
        path.write_text("[")
    verdict = marker.mark_submission(LESSON, path, "ada")
    assert verdict.file.endswith("L\\udcf6sung.ipynb")
    json.dumps(asdict(verdict), ensure_ascii=False).encode("utf-8")


def test_twice_the_same(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.half_done(LESSON)
    cell = notebooks.cell_of(notebook, SECOND)
    cell.source = f"def {SECOND}(*args, **kwargs):\n    return torch.zeros(1)"
    once, again = (without_time(marked(marker, notebook, tmp_path)) for _ in range(2))
    assert once == again
    with Marker(this_course(), limits=SMALL, secret=b"a secret that the tests alone use") as other:
        assert without_time(marked(other, notebook, tmp_path)) == once


def test_inputs_differ_from_student_to_student(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.half_done(LESSON)
    cell = notebooks.cell_of(notebook, SECOND)
    cell.source = f"def {SECOND}(*args, **kwargs):\n    raise ValueError(str(float(args[0].sum())))"
    told = {
        marked(marker, notebook, tmp_path, student).task(SECOND).items[0].message
        for student in ("ada", "bo", "ada")
    }
    assert len(told) == 2


def test_a_cell_that_ends_the_process_costs_itself_alone(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.insert(notebooks.solved(LESSON), "import os\nos._exit(0)", before=SECOND)
    verdict = marked(marker, notebook, tmp_path)
    assert verdict.earned == LESSON.possible
    (entry,) = verdict.log
    assert entry["status"] == "crashed" and "process ended" in entry["message"]


def test_a_task_that_ends_the_process_costs_itself_alone(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.solved(LESSON)
    task = next(t for t in notebooks.tasks(LESSON) if t.name == _unused(notebook))
    notebooks.cell_of(
        notebook, task.name
    ).source = f"import os\ndef {task.name}(*args, **kwargs):\n    os._exit(0)"
    verdict = marked(marker, notebook, tmp_path)
    assert verdict.earned == LESSON.possible - task.points
    assert verdict.task(task.name).status is Status.CRASHED


def _unused(notebook: NotebookNode) -> str:
    """A task that no other calls."""
    sources = {t.name: notebooks.cell_of(notebook, t.name).source for t in notebooks.tasks(LESSON)}
    return next(n for n in sources if not any(f"{n}(" in s for other, s in sources.items() if other != n))


def test_a_broken_cell_says_so_at_its_task(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.half_done(LESSON)
    notebooks.cell_of(notebook, SECOND).source = f"def {SECOND}(x):\n    return ("
    outcome = marked(marker, notebook, tmp_path).task(SECOND)
    assert outcome.status is Status.ERROR and "SyntaxError" in outcome.items[0].message


def test_a_task_that_loops_is_told_so(marker: Marker, tmp_path: Path) -> None:
    notebook = notebooks.half_done(LESSON)
    notebooks.cell_of(
        notebook, SECOND
    ).source = f"def {SECOND}(*args, **kwargs):\n    while True:\n        pass"
    verdict = marked(marker, notebook, tmp_path)
    assert verdict.task(SECOND).status is Status.TIMEOUT
    assert verdict.earned == notebooks.tasks(LESSON)[0].points


@pytest.mark.parametrize("where", ["in the function", "above the function"])
def test_a_name_from_a_cell_that_shows_things(marker: Marker, tmp_path: Path, where: str) -> None:
    notebook = notebooks.solved(LESSON)
    shown = next(c for c in notebook.cells if "show" in c.metadata.get("tags", []))
    name = next(li.split("=")[0].split(",")[0].strip() for li in shown.source.splitlines() if " = " in li)
    cell = notebooks.cell_of(notebook, FIRST)
    if where == "above the function":
        cell.source = f"_mine = {name}\n{cell.source}"
    else:
        cell.source += f"\n\n_plain = {FIRST}\ndef {FIRST}(*args, **kwargs):\n    {name}\n    return _plain(*args, **kwargs)"
    assert marked(marker, notebook, tmp_path).earned == LESSON.possible


def test_a_submission_has_time_for_all_of_it_together(tmp_path: Path) -> None:
    limits = replace(SMALL, submission_seconds=4.0)
    notebook = notebooks.half_done(LESSON)
    for _ in range(30):
        notebooks.insert(notebook, "import time\ntime.sleep(0.6)", before=FIRST)
    with Marker(this_course(), limits=limits, secret=b"a secret that the tests alone use") as marker:
        marker.template(LESSON)
        verdict = marked(marker, notebook, tmp_path)
        assert verdict.earned == 0.0
        assert {verdict.task(t.name).status for t in notebooks.tasks(LESSON)} == {Status.TIMEOUT}
        assert any("as a whole" in item.message for t in verdict.tasks for item in t.items)


def test_what_is_no_notebook_has_a_verdict_too(marker: Marker, tmp_path: Path) -> None:
    path = notebooks.write(b"PK\x03\x04", tmp_path / "ada.ipynb")
    verdict = marker.mark_submission(LESSON, path, "ada")
    assert verdict.status is Status.ERROR and verdict.earned == 0.0 and verdict.possible == LESSON.possible
    assert len(verdict.notes) == 1 and "ada.ipynb" in verdict.notes[0]


def test_a_single_file_for_a_task(marker: Marker, tmp_path: Path) -> None:
    task = notebooks.tasks(LESSON)[0]
    right = notebooks.write(
        f"import torch\nfrom torch import nn\n{notebooks.answer(LESSON, task.name)}", tmp_path / "right.py"
    )
    assert marker.try_file(LESSON, task, right).earned == task.points
    for name, content, words in (
        ("broken.py", "def f(:", "SyntaxError"),
        ("other.py", "def f(x): return x", f"no function `{task.name}`"),
        ("bytes.py", b"\xff\xfe\x00", "cannot be read"),
    ):
        outcome = marker.try_file(LESSON, task, notebooks.write(content, tmp_path / name))
        assert outcome.earned == 0.0 and words in outcome.items[0].message
    assert "cannot be read" in marker.try_file(LESSON, task, tmp_path / "missing.py").items[0].message


def test_a_lesson_that_is_not_built(marker: Marker, tmp_path: Path) -> None:
    source = tmp_path / "04_not_there" / "not_there.py"
    source.parent.mkdir()
    source.write_text("# %%\n1\n")
    with pytest.raises(CourseError, match="autograder build"):
        marker.mark_submission(Lesson("04_not_there", source), tmp_path / "x.ipynb", "ada")


# What runs what it reads. `compile` and `ast.literal_eval` are left out: they run nothing.
_RUNS = {"eval", "exec", "execfile", "__import__"}
_LOADERS = {
    ("torch", "load"), ("torch", "jit"), ("pickle", "load"), ("pickle", "loads"), ("pickle", "Unpickler"), ("marshal", "loads"),
    ("marshal", "load"), ("shelve", "open"), ("dill", "loads"), ("cloudpickle", "loads"), ("joblib", "load"), ("yaml", "load"),
    ("numpy", "load"), ("np", "load"), ("pd", "read_pickle"), ("pandas", "read_pickle"), ("runpy", "run_path"),
}  # fmt: skip


def _trusted_files() -> list[Path]:
    package = this_course().root / "autograder"
    return [p for p in sorted(package.rglob("*.py")) if "worker" not in p.relative_to(package).parts]


@pytest.mark.parametrize("path", _trusted_files(), ids=lambda p: p.stem)
def test_nothing_that_runs_what_it_reads_outside_the_sandbox(path: Path) -> None:
    assert _found_in(path.read_text(encoding="utf-8")) == []


def _found_in(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RUNS:
            found.append(node.func.id)
        is_attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if is_attribute and (node.value.id, node.attr) in _LOADERS:
            found.append(f"{node.value.id}.{node.attr}")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            found += [
                n
                for n in names
                if n.partition(".")[0] in ("pickle", "marshal", "shelve", "dill", "cloudpickle")
            ]
    return found


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)",
        "exec(x)",
        "torch.load(p)",
        "import pickle",
        "from pickle import loads",
        "import numpy as np\nnp.load(p)",
    ],
)
def test_the_search_finds_them(source: str) -> None:
    assert _found_in(source) != []
