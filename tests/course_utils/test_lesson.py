"""The object that a notebook talks to, and how it shows what it has to say."""

import subprocess
import sys

import pytest
import torch

from course_utils.feedback_display import Shown, outcome_html, outcome_text
from course_utils.lesson import LessonError, open_lesson
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome


@pytest.fixture
def lesson():
    return open_lesson("06_grad_cam")


def channel_weights(gradients):
    return gradients.mean(dim=(2, 3))


def test_opening_says_where_it_runs_and_loads_no_model(capsys):
    lesson = open_lesson("06_grad_cam")
    said = capsys.readouterr().out
    assert "Lesson 06" in said
    assert "CPU" in said or "GPU" in said
    assert "backbone" not in vars(lesson)


@pytest.mark.parametrize("wrong", ["07_nowhere", "grad_cam", "", "06_../x", "06_os", None])
def test_an_unknown_lesson_is_said_in_one_line(wrong):
    with pytest.raises(LessonError) as caught:
        open_lesson(wrong)
    assert "\n" not in str(caught.value)


def test_check_shows_and_returns_the_outcome(lesson, capsys):
    outcome = lesson.check(channel_weights)
    assert isinstance(outcome, Shown)
    assert outcome.status is Status.PASSED
    assert "channel_weights: correct (3 of 3 checks pass)" in capsys.readouterr().out
    assert outcome._ipython_display_() is None


def test_check_of_something_else_is_reported_and_never_raised(lesson, capsys):
    for thing, clue in [
        (torch.zeros(2), "not a function"),
        (None, "not a function"),
        (print, "'print'"),
        (lambda: 1, "<lambda>"),
    ]:
        assert lesson.check(thing).status is Status.ERROR
        assert clue in capsys.readouterr().out


def test_hints_come_one_after_the_other_and_stop_at_the_last(lesson, capsys):
    total = len(lesson.guide.task("channel_weights").hints)
    seen = []
    for _ in range(total + 1):
        lesson.hint("channel_weights")
        seen.append(capsys.readouterr().out)
    assert [f"Hint {i + 1} of {total}" in text for i, text in enumerate(seen[:total])] == [True] * total
    assert seen[-1] == seen[-2]
    assert "last hint" in seen[-1]
    lesson.hint(channel_weights, 1)
    assert f"Hint 1 of {total}" in capsys.readouterr().out
    lesson.hint("nothing")
    assert "No such task" in capsys.readouterr().out


def test_answers_are_marked_and_unknown_questions_said(lesson, capsys):
    statuses = [lesson.answer("q_relu", letter).status for letter in "ABCD"]
    assert sorted(statuses) == [Status.FAILED] * 3 + [Status.PASSED]
    assert lesson.answer("q_relu", None).status is Status.NOT_ATTEMPTED
    assert lesson.answer("q_nothing", "A").status is Status.ERROR


def test_progress_lists_every_task_and_question(lesson, capsys):
    lesson.check(channel_weights)
    capsys.readouterr()
    lesson.progress()
    said = capsys.readouterr().out
    for entry in lesson.guide.tasks:
        assert entry.name in said
    for question in lesson.guide.questions:
        assert question.id in said
    assert "1 of 10 done" in said


def test_hand_in_names_the_file_and_what_is_open(lesson, capsys):
    lesson.check(channel_weights)
    capsys.readouterr()
    lesson.hand_in()
    said = capsys.readouterr().out
    assert "`grad_cam.ipynb`" in said
    assert "weighted_activation_sum" in said
    assert " channel_weights" not in said


def test_reveal_lets_the_notebook_run_on(lesson, capsys, monkeypatch):
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    with lesson.reveal("grad_cam"):
        raise NotImplementedError("TODO")
    assert "write that first" in capsys.readouterr().out
    with lesson.reveal("grad_cam"):
        raise ValueError("too\nmany")
    assert "ValueError: too many" in capsys.readouterr().out
    with lesson.reveal("grad_cam"):
        print("fine")
    assert capsys.readouterr().out == "fine\n"


def test_reveal_hides_nothing_from_the_build(lesson, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(ValueError, match="many"), lesson.reveal("grad_cam"):
        raise ValueError("too many")


def test_reveal_without_a_task_wraps_an_ungraded_cell(lesson, capsys, monkeypatch):
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    with lesson.reveal():
        raise NotImplementedError("TODO")
    assert "not graded" in capsys.readouterr().out


def test_a_question_without_an_answer_is_still_open(lesson, capsys):
    lesson.answer("q_relu", None)
    lesson.answer("q_resolution", "A")
    capsys.readouterr()
    lesson.hand_in()
    said = capsys.readouterr().out
    assert "q_relu" in said
    assert "q_resolution" not in said


OUTCOME = TaskOutcome(
    "cam",
    Status.PARTIAL,
    1.0,
    2.0,
    (
        ItemOutcome("first", Status.PASSED),
        ItemOutcome("second <b>", Status.FAILED, "Got `x < 1` & <script>alert(1)</script>."),
    ),
)


def test_html_escapes_what_students_wrote_and_sets_no_fixed_text_colour():
    page = outcome_html(OUTCOME)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert ">x &lt; 1</code>" in page
    assert "color:inherit" in page
    assert "1 of 2 checks pass" in page
    for symbol in (Status.PARTIAL.symbol, Status.PASSED.symbol, Status.FAILED.symbol):
        assert symbol in page


def test_plain_text_says_the_same():
    text = outcome_text(OUTCOME, "More.")
    assert text.splitlines()[0] == "◐ cam: partly correct (1 of 2 checks pass)"
    assert text.splitlines()[-1] == "More."


def test_opening_a_lesson_in_a_plain_script_needs_no_notebook():
    code = (
        "import sys; from course_utils import open_lesson; open_lesson('06_grad_cam'); "
        "print('IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
