"""nbgrader's marking step replaced: what it writes, and that the formgrader's page is inert."""

import math
from dataclasses import replace

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader import utils

from autograder import lesson_material, nbgrader_steps
from autograder.course import CourseError
from autograder.nbgrader_steps import FromVerdict, bounded, make_safe, own_texts, verdict_for
from autograder.verdicts import VerdictStore
from course_utils.outcomes import Status
from tests.autograder.made_up import HOSTILE, Page, hand_in, make_course, notebook, task, verdict


@pytest.fixture
def course_and_lesson(tmp_path):
    return make_course(tmp_path)


def step(course, student, made, lesson):
    where = {"nbgrader": {"student": student, "assignment": lesson.id, "notebook": lesson.name}}
    marked, _ = FromVerdict(root=str(course.root))(made, where)
    return {cell.metadata.nbgrader.grade_id: cell for cell in marked.cells if utils.is_grade(cell)}


def test_marks_come_from_a_fresh_verdict_without_marking(course_and_lesson, monkeypatch):
    course, lesson = course_and_lesson
    path = hand_in(course, lesson, "ada", notebook(course, lesson))
    tasks = (task("blur", Status.PARTIAL, 2.5, 4, "too dark"), task("sharpen", Status.PASSED, 4, 4))
    stored = verdict(lesson, "ada", *tasks, path=path, checks=lesson_material.checks_version(lesson))
    VerdictStore(course.verdicts).put(stored)
    monkeypatch.setattr(nbgrader_steps, "_marker", lambda *_: pytest.fail("a fresh verdict was marked again"))

    cells = step(course, "ada", notebook(course, lesson), lesson)

    assert utils.determine_grade(cells["test_blur"]) == (2.5, 4.0)
    assert utils.determine_grade(cells["test_sharpen"]) == (4.0, 4.0)
    # A graded task of which the verdict says nothing is 0, never nbgrader's full marks.
    assert utils.determine_grade(cells["test_q_relu"]) == (0.0, 1.0)
    assert [output.output_type for output in cells["test_blur"].outputs] == ["display_data", "execute_result"]
    assert "too dark" in cells["test_blur"].outputs[0].data["text/plain"]


@pytest.mark.parametrize("stale", ["submission", "checks"])
def test_a_stale_verdict_is_made_anew_and_stored(course_and_lesson, monkeypatch, stale):
    course, lesson = course_and_lesson
    path = hand_in(course, lesson, "ada", notebook(course, lesson))
    fresh = verdict(
        lesson,
        "ada",
        task("blur", Status.PASSED, 4, 4),
        path=path,
        checks=lesson_material.checks_version(lesson),
    )
    old = verdict(
        lesson,
        "ada",
        task("blur", Status.FAILED, 0, 4),
        path=path,
        checks=lesson_material.checks_version(lesson),
    )
    VerdictStore(course.verdicts).put(replace(old, **{stale: "something else"}))
    asked = []

    class Marker:
        def mark_submission(self, *where):
            asked.append(where)
            return fresh

    monkeypatch.setattr(nbgrader_steps, "_marker", lambda *_: Marker())
    assert verdict_for(course, lesson, "ada") == fresh
    assert [where[1:] for where in asked] == [(path, "ada")]
    assert VerdictStore(course.verdicts).get(lesson.id, "ada") == fresh


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (CourseError("The release of lesson 01_layers is not built."), "is not built"),
        (ZeroDivisionError("at /home/someone/secret"), "The marker itself failed (ZeroDivisionError)"),
    ],
)
def test_without_a_verdict_marks_are_0_and_the_reason_is_shown(course_and_lesson, monkeypatch, problem, told):
    course, lesson = course_and_lesson

    def fail(*_):
        raise problem

    monkeypatch.setattr(nbgrader_steps, "verdict_for", fail)
    cells = step(course, "ada", notebook(course, lesson), lesson)
    for grade_id, most in (("test_blur", 4.0), ("test_sharpen", 4.0), ("test_q_relu", 1.0)):
        assert utils.determine_grade(cells[grade_id]) == (0.0, most)
        assert told in cells[grade_id].outputs[0].data["text/plain"]
        assert "secret" not in str(cells[grade_id].outputs)


def test_a_missing_hand_in_is_0_not_a_crash(course_and_lesson):
    course, lesson = course_and_lesson
    cells = step(course, "nobody", notebook(course, lesson), lesson)
    assert utils.determine_grade(cells["test_blur"]) == (0.0, 4.0)
    assert "handed in no notebook" in cells["test_blur"].outputs[0].data["text/plain"]


@pytest.mark.parametrize(
    ("earned", "expected"),
    [(math.nan, 0.0), (math.inf, 0.0), (-math.inf, 0.0), (-2, 0.0), (5, 4.0), (2.5, 2.5), (4, 4.0)],
)
def test_a_mark_is_finite_and_within_its_bounds(course_and_lesson, monkeypatch, earned, expected):
    assert bounded(earned, 4.0) == expected
    course, lesson = course_and_lesson
    made = verdict(lesson, "ada", task("blur", Status.PASSED, earned, 4))
    monkeypatch.setattr(nbgrader_steps, "verdict_for", lambda *_: made)
    cells = step(course, "ada", notebook(course, lesson), lesson)
    # What nbgrader makes of it is what counts: "nan" and "-2.0" would be full marks, "5.0" an exception.
    assert utils.determine_grade(cells["test_blur"]) == (expected, 4.0)


def test_a_blank_reflection_waits_for_a_person(course_and_lesson, monkeypatch):
    course, lesson = course_and_lesson
    made = notebook(course, lesson)
    blank = next(c for c in made.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "reflection")
    blank.metadata.nbgrader["checksum"] = utils.compute_checksum(blank)
    assert utils.determine_grade(blank) == (0, 2.0)  # nbgrader on its own: 0, and nobody is asked
    monkeypatch.setattr(nbgrader_steps, "verdict_for", lambda *_: verdict(lesson, "ada"))
    assert utils.determine_grade(step(course, "ada", made, lesson)["reflection"]) == (None, 2.0)


def test_nothing_of_a_student_acts_in_the_rendered_page(course_and_lesson):
    course, lesson = course_and_lesson
    made = notebook(course, lesson, reflection=HOSTILE, notes=HOSTILE)
    made.cells.append(nbformat.v4.new_raw_cell(HOSTILE, metadata={"raw_mimetype": "text/html"}))
    # A cell that claims to be the course's own, and one with an attachment.
    forged = {
        "nbgrader": {"grade": True, "locked": True, "solution": False, "grade_id": "reflection", "points": 2}
    }
    made.cells.append(nbformat.v4.new_markdown_cell(HOSTILE, metadata=forged))
    made.cells[-2]["attachments"] = {"x": {"text/html": HOSTILE}}
    made.cells.append(nbformat.v4.new_code_cell(HOSTILE, metadata={"tags": ['"><script>alert(6)</script>']}))
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "</script><script>"}}
    made.metadata["title"] = "</title><script>alert(7)</script>"

    before = _student_tags(made)
    assert {"script", "iframe"} & {tag for tag, _ in before}  # untouched, the page does act

    make_safe(made, own_texts(course, lesson))
    seen = _student_tags(made)
    assert not [tag for tag, _ in seen if tag in ("script", "iframe", "object", "embed", "form", "base")]
    assert not [name for _, attrs in seen for name in attrs if name.startswith("on")]
    links = [attrs.get(name) or "" for _, attrs in seen for name in ("href", "src") if name in attrs]
    assert not [link for link in links if "javascript" in link.lower()]
    assert not any(cell.get("outputs") for cell in made.cells)
    assert "\x1b" not in str(made.cells[-2].source) and "\u202e" not in str(made)


def _student_tags(made):
    body, _ = HTMLExporter(template_name="classic").from_notebook_node(nbformat.from_dict(made))
    # The template's own scripts stand in its head; the page's body holds the notebook.
    return Page(body.split("<body", 1)[1]).tags


def test_the_lessons_own_text_stays_as_it_was_written(course_and_lesson):
    course, lesson = course_and_lesson
    made = notebook(course, lesson)
    own = made.cells[0].source
    make_safe(made, own_texts(course, lesson))
    assert made.cells[0].source == own
    reflection = next(c for c in made.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "reflection")
    assert reflection.source == "<pre>I saw edges.</pre>"


def test_messages_are_escaped_and_tell_no_paths(course_and_lesson, monkeypatch):
    course, lesson = course_and_lesson
    made = verdict(
        lesson, "ada", task("blur", Status.ERROR, 0, 4, f"{HOSTILE} in /srv/marker/scratch/cell.py")
    )
    monkeypatch.setattr(nbgrader_steps, "verdict_for", lambda *_: made)
    message = step(course, "ada", notebook(course, lesson), lesson)["test_blur"].outputs[0].data
    assert {tag for tag, _ in Page(message["text/html"]).tags} <= {"b", "i", "ul", "li"}
    assert "/srv/marker" not in message["text/html"] + message["text/plain"]
    assert "cell.py" in message["text/plain"] and "\x1b" not in message["text/plain"]
