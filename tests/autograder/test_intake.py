"""What was handed in becomes the lesson's own notebook with the student's work in its places."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import intake
from autograder.course import Lesson, this_course
from autograder.intake import Submission, take_in
from autograder.lesson_material import reference_notebook
from autograder.reading import Unreadable

LESSON = Lesson("06_made_up", Path("solutions/06_made_up/made_up.py"))
STUB = '\n    # TODO\n    raise NotImplementedError("TODO")'


def _cell(grade_id: str, source: str, *, kind: str = "code", **flags: object) -> NotebookNode:
    cell = (new_code_cell if kind == "code" else new_markdown_cell)(source)
    marks = {
        "grade": False,
        "locked": True,
        "solution": False,
        "schema_version": 3,
        "grade_id": grade_id,
        **flags,
    }
    cell.metadata["nbgrader"] = nbformat.from_dict(marks)
    return cell


def _work(grade_id: str, source: str, **flags: object) -> NotebookNode:
    return _cell(grade_id, source, solution=True, locked=False, **flags)


REFERENCE = new_notebook(
    cells=[
        new_markdown_cell("# The lesson"),
        _cell("imports", "import torch"),
        new_code_cell("PLAIN = 1"),
        _work("one", f"def one(x):{STUB}"),
        _cell("test_one", "lesson.check(one)", grade=True, points=2),
        new_markdown_cell("Now the second."),
        _work("two", f"def two(x):{STUB}"),
        _cell("test_two", "lesson.check(two)", grade=True, points=3),
        _work("answer_q", 'answer_q = None  # TODO: "A" or "B"'),
        _cell("test_q", 'lesson.answer("q", answer_q)', grade=True, points=1),
        new_markdown_cell("## Reflection"),
        _work("reflection", "*TODO*", kind="markdown", grade=True, points=2),
    ]
)
ONE, TWO, ANSWER = "def one(x):\n    return x", "def two(x):\n    return 2 * x", 'answer_q = "B"'


def done() -> NotebookNode:
    """All of the work, in its places."""
    notebook = copy.deepcopy(REFERENCE)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = {"one": ONE, "two": TWO, "answer_q": ANSWER, "reflection": "I think."}.get(
            grade_id, cell.source
        )
    return notebook


def by_id(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def taken(notebook: NotebookNode, tmp_path: Path) -> Submission:
    path = tmp_path / "handed_in.ipynb"
    nbformat.write(notebook, path)
    return take_in(path, LESSON, REFERENCE)


def texts(submission: Submission) -> list[str]:
    return [c.source for c in submission.notebook.cells]


def work(submission: Submission) -> dict[str, str]:
    return {
        name: by_id(submission.notebook, name).source for name in ("one", "two", "answer_q", "reflection")
    }


ALL = {"one": ONE, "two": TWO, "answer_q": ANSWER, "reflection": "I think."}


def test_what_is_in_place_stays_there(tmp_path: Path) -> None:
    submission = taken(done(), tmp_path)
    assert texts(submission) == [c.source for c in done().cells]
    assert submission.notes == ()
    assert submission.places == {
        "imports": 0, "one": 2, "test_one": 3, "two": 4, "test_two": 5, "answer_q": 6, "test_q": 7, "reflection": 8,
    }  # fmt: skip


def test_metadata_is_the_lessons_own(tmp_path: Path) -> None:
    notebook = done()
    for cell in notebook.cells:
        cell.metadata["tags"] = ["show"]
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"].update(points=10**6, grade=True, locked=False)
    clean = taken(notebook, tmp_path).notebook
    assert [c.metadata for c in clean.cells] == [c.metadata for c in REFERENCE.cells]
    assert len({c["id"] for c in clean.cells}) == len(clean.cells)


def test_all_metadata_lost(tmp_path: Path) -> None:
    notebook = done()
    for cell in notebook.cells:
        cell.metadata = {}
    submission = taken(notebook, tmp_path)
    assert work(submission) == ALL and submission.notes == ()


def test_cells_in_reverse(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.reverse()
    assert texts(taken(notebook, tmp_path)) == [c.source for c in done().cells]


def test_tests_deleted(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells = [
        c
        for c in notebook.cells
        if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith("test_")
    ]
    submission = taken(notebook, tmp_path)
    assert work(submission) == ALL and len(submission.notebook.cells) == len(REFERENCE.cells)


def test_locked_text_is_the_courses(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "test_one").source = "pass"
    submission = taken(notebook, tmp_path)
    assert by_id(submission.notebook, "test_one").source == "lesson.check(one)"
    assert submission.notes == ("The locked cell `test_one` was edited; the course's own text was used.",)
    assert "pass" not in texts(submission)


def test_what_was_added_to_a_locked_cell_is_run_behind_it(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "imports").source += "\nimport math"
    cells = taken(notebook, tmp_path).notebook.cells
    place = cells.index(next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == "imports"))
    assert cells[place].source == "import torch"
    assert cells[place + 1].source == "import torch\nimport math" and not cells[place + 1].metadata


def test_own_cells_stay_behind_their_neighbours(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.insert(3, new_code_cell("AFTER_PLAIN = torch.eye(2)"))
    notebook.cells.insert(0, new_code_cell("FIRST = 1"))
    notebook.cells.append(new_code_cell("LAST = 1"))
    found = texts(taken(notebook, tmp_path))
    assert found.index("FIRST = 1") == 0
    assert found.index("AFTER_PLAIN = torch.eye(2)") == found.index("PLAIN = 1") + 1
    assert found[-1] == "LAST = 1"


def test_own_cells_make_no_claims(tmp_path: Path) -> None:
    notebook = done()
    claim = _cell("mine", "pass", grade=True, points=50)
    notebook.cells.append(claim)
    clean = taken(notebook, tmp_path).notebook
    assert clean.cells[-1].source == "pass" and clean.cells[-1].metadata == {}


@pytest.mark.filterwarnings(
    "ignore::nbformat.warnings.DuplicateCellId"
)  # copies share their id: that is the case
@pytest.mark.parametrize("keep_id", [True, False])
def test_the_last_finished_copy_counts(tmp_path: Path, keep_id: bool) -> None:
    notebook = done()
    copies = [f"def one(x):\n    return {n}" for n in range(2)]
    for source in (*copies, f"def one(x):{STUB}"):
        cell = copy.deepcopy(by_id(notebook, "one"))
        cell.source = source
        if not keep_id:
            cell.metadata = {}
        notebook.cells.append(cell)
    submission = taken(notebook, tmp_path)
    assert work(submission)["one"] == copies[1]
    assert f"def one(x):{STUB}" not in texts(submission)
    if keep_id:
        assert any("twice" in note for note in submission.notes)


@pytest.mark.parametrize(
    "source",
    ["one = one(3)", "two, one = 2, one(3)[0]", "one, rest = divmod(two(3), 2)", "one = timed(one)"],
)
def test_a_value_under_a_functions_name_is_no_work_of_its_task(source: str, tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.append(new_code_cell(source))
    submission = taken(notebook, tmp_path)
    assert by_id(submission.notebook, "one").source == ONE
    assert submission.notebook.cells[-1].source == source
    assert submission.notes == ()


def test_a_stub_that_is_only_called_stays_the_tasks_cell(tmp_path: Path) -> None:
    notebook = copy.deepcopy(REFERENCE)
    notebook.cells.append(new_code_cell("one = one(3)"))
    submission = taken(notebook, tmp_path)
    assert by_id(submission.notebook, "one").source == f"def one(x):{STUB}"
    assert submission.notes == ()


def test_a_missing_cell_is_not_attempted_and_defines_nothing(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.remove(by_id(notebook, "two"))
    submission = taken(notebook, tmp_path)
    assert submission.notes == (
        "The cell `two` is missing from what was handed in; it counts as not attempted.",
    )
    assert "def two" not in work(submission)["two"]


def test_work_in_another_cell_is_not_undone_by_the_stub(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "one").source = f"{ONE}\n\n\n{TWO}"
    by_id(notebook, "two").source = f"def two(x):{STUB}"
    submission = taken(notebook, tmp_path)
    assert "def two" in work(submission)["one"] and "def two" not in work(submission)["two"]
    assert submission.notes == ("What belongs into the cell `two` was found in another cell.",)


def test_an_answer_in_another_cell(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "answer_q").source = by_id(REFERENCE, "answer_q").source
    notebook.cells.insert(1, new_code_cell(ANSWER))
    assert work(taken(notebook, tmp_path))["answer_q"] == ANSWER


def test_ids_swapped(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "one").source, by_id(notebook, "two").source = TWO, ONE
    assert work(taken(notebook, tmp_path)) == ALL


def test_a_blank_notebook_stays_blank(tmp_path: Path) -> None:
    submission = taken(copy.deepcopy(REFERENCE), tmp_path)
    assert texts(submission) == [c.source for c in REFERENCE.cells] and submission.notes == ()


def test_a_broken_cell_is_still_its_tasks(tmp_path: Path) -> None:
    notebook = done()
    by_id(notebook, "one").source = "def one(x):\n    return ("
    for cell in notebook.cells:
        cell.metadata = {}
    assert work(taken(notebook, tmp_path))["one"] == "def one(x):\n    return ("


def test_another_lessons_notebook(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="another lesson"):
        taken(new_notebook(cells=[new_code_cell("def three(x): return x")]), tmp_path)


def test_a_name_that_is_no_utf8_is_told_as_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"L\xf6sung.ipynb")
    for content in ("", '{"cells": [{"cell_type": "code", "source": "x = 1"}]}'):
        path.write_text(content)
        with pytest.raises(Unreadable) as reason:
            take_in(path, LESSON, REFERENCE)
        assert "L\\udcf6sung" in str(reason.value).encode("utf-8").decode()


def test_a_reflection_alone_is_of_any_lesson(tmp_path: Path) -> None:
    """Its id is the same in all lessons, so it counts only where the notebook says that it is this one's."""
    three, text = new_code_cell("def three(x): return x"), _work("reflection", "I think.", kind="markdown")
    setup = new_code_cell('from course_utils import open_lesson\nlesson = open_lesson("05_other")')
    with pytest.raises(Unreadable, match=r"another lesson handed in\? It opens 05_other\."):
        taken(new_notebook(cells=[setup, three, text]), tmp_path)
    setup.source = f"lesson = open_lesson('{LESSON.id}')"
    assert work(taken(new_notebook(cells=[setup, text]), tmp_path))["reflection"] == "I think."


def test_every_lessons_notebook_is_refused_for_every_other() -> None:
    course = this_course()
    references = {id_: reference_notebook(course, lesson) for id_, lesson in course.lessons.items()}
    for wanted, lesson in course.lessons.items():
        for other in set(course.lessons) - {wanted} if lesson.marked else ():
            path = course.notebooks / other / f"{course.lessons[other].name}.ipynb"
            with pytest.raises(Unreadable, match=f"It opens {other}"):
                take_in(path, lesson, references[wanted])


def test_too_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_CELLS", 20)
    notebook = done()
    notebook.cells += [new_code_cell("x = 1") for _ in range(20)]
    with pytest.raises(Unreadable, match="32 cells"):
        taken(notebook, tmp_path)


def test_the_reference_is_left_alone(tmp_path: Path) -> None:
    before = copy.deepcopy(REFERENCE)
    taken(done(), tmp_path)
    assert before == REFERENCE


def test_taking_in_what_was_taken_in_changes_nothing(tmp_path: Path) -> None:
    notebook = done()
    notebook.cells.insert(3, new_code_cell("mine = 1"))
    once = taken(notebook, tmp_path).notebook
    assert taken(once, tmp_path).notebook == once
