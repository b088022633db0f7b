"""The class at a glance: what it counts, whom it names, and that it is inert."""

import io

import pytest
from rich.console import Console

from autograder.course import CourseError
from autograder.gradebook_access import CellMark, Marks
from autograder.pages import report
from autograder.pages.feedback import write_all
from autograder.pages.report import class_table, write_report
from autograder.verdicts import VerdictStore
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome
from tests.autograder.made_up import HOSTILE, Page, make_course, task, verdict


@pytest.fixture
def course_and_lesson(tmp_path, monkeypatch):
    course, lesson = make_course(tmp_path)
    # What the gradebook holds is test_gradebook's matter.
    held = {
        (lesson.id, "ada"): Marks(
            "ada",
            lesson.id,
            cells={
                "reflection": CellMark("reflection", None, 1.5, 0.0, 2.0, False),
                "test_blur": CellMark("test_blur", 4.0, None, 0.0, 4.0, False),
            },
        )
    }
    monkeypatch.setattr(report, "read_marks", lambda *_: held)
    students = dict.fromkeys(("ada", "ben", "chen", "dora"), "") | {"nadia": "Nadia Absent"}
    monkeypatch.setattr(report, "known_students", lambda *_: students)
    monkeypatch.setattr("autograder.pages.feedback.read_marks", lambda *_: held)
    return course, lesson


def the_class(lesson):
    right = (task("blur", Status.PASSED, 4, 4), task("sharpen", Status.PASSED, 4, 4))
    right = (*right, task("q_relu", Status.PASSED, 1, 1))
    wrong = (
        task("blur", Status.FAILED, 0, 4, mix_up="relu_left_out"),
        task("sharpen", Status.PARTIAL, 2, 4),
        task("q_relu", Status.FAILED, 0, 1),
    )
    crashed = (
        task("blur", Status.FAILED, 0, 4, mix_up="relu_left_out"),
        task("sharpen", Status.CRASHED, 0, 4),
        task("q_relu", Status.PASSED, 1, 1),
    )
    blank = tuple(TaskOutcome(name, Status.NOT_ATTEMPTED, 0, 4, ()) for name in ("blur", "sharpen", "q_relu"))
    return [
        verdict(lesson, "ada", *right, status=Status.PASSED),
        verdict(lesson, "ben", *wrong),
        verdict(lesson, "chen", *crashed, sandbox="limits"),
        verdict(lesson, "dora", *blank, status=Status.ERROR, notes=("layers.ipynb is a PDF.",)),
    ]


def section(words, start, end):
    return words.split(start, 1)[1].split(end, 1)[0]


def test_the_report_counts_and_names(course_and_lesson):
    course, lesson = course_and_lesson
    verdicts = the_class(lesson)
    for made in verdicts:
        VerdictStore(course.verdicts).put(made)
    write_all(course, verdicts)
    path = write_report(course)
    assert path == course.root / "grading" / "report.html"
    page = Page(path.read_text(encoding="utf-8"))
    words = " ".join(page.text.split())

    assert "4 handed in of 5 students" in words
    assert "full, limits sandbox level" in words
    # Shares of what is marked so far: 10.5 of 11, 2 of 9, 1 of 9, 0 of 9; the median is between the middle two.
    assert "17 median, in percent" in words
    hardest = section(words, "Tasks, the hardest first", "What went wrong")
    assert hardest.index("blur") < hardest.index("sharpen") < hardest.index("Question: relu")
    assert "25% 1 of 4" in hardest and "38% 1 of 4" in hardest and "50% 2 of 4" in hardest
    wrong = section(words, "What went wrong most often", "Commonest mix-ups")
    assert "blur looks right blur 2" in wrong and "sharpen looks right sharpen 2" in wrong
    assert "relu left out blur 2" in section(words, "Commonest mix-ups", "Who needs a person")
    persons = section(words, "Who needs a person", "Not handed in")
    assert "chen : sharpen stopped the Python process; reflection to read" in persons
    assert "nothing could be read: layers.ipynb is a PDF; reflection to read" in persons
    assert "Reflections to read (1) ben" in persons and "ada" not in persons
    assert section(words, "Not handed in", "Marks stand").strip() == "Nadia Absent (nadia)"
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a" and not attrs["href"].startswith("#")}
    assert f"feedback/ada/{lesson.id}/feedback.html" in links
    assert all((course.grading / link).is_file() for link in links)


def test_a_hostile_student_acts_nowhere(course_and_lesson):
    course, lesson = course_and_lesson
    item = ItemOutcome(HOSTILE, Status.FAILED, HOSTILE, HOSTILE, 0, 4)
    name = "javascript:alert(1) <b onclick=x>"
    made = verdict(
        lesson, name, TaskOutcome("blur", Status.CRASHED, 0, 4, (item,)), notes=(HOSTILE,), sandbox=HOSTILE
    )
    VerdictStore(course.verdicts).put(made)
    write_all(course, [made])
    text = write_report(course).read_text(encoding="utf-8")
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "img", "form", "base"}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert all(link.startswith(("#", "feedback/javascript%3A")) for link in links)
    assert "\x1b" not in text and "\u202e" not in text and name in page.text


def test_an_empty_course_and_an_unknown_lesson(course_and_lesson):
    course, _ = course_and_lesson
    assert "Nothing has been marked yet." in write_report(course).read_text(encoding="utf-8")
    with pytest.raises(CourseError, match="no lesson '99'"):
        write_report(course, ["99"])


def printed(verdicts, width=160):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(class_table(verdicts))
    return console.file.getvalue()


def test_the_terminals_table(course_and_lesson):
    _, lesson = course_and_lesson
    lines = printed(the_class(lesson)).splitlines()
    ada, ben = (next(line for line in lines if name in line) for name in ("ada", "ben"))
    assert ada.split() == ["ada", "✔", "✔", "✔", "✎", "9", "of", "9", "correct"]
    assert ben.split()[1:4] == ["✘", "◐", "✘"]
    assert "1 blur, 2 sharpen, 3 Question: relu, 4 Reflection" in lines[-1]
    narrow = printed(the_class(lesson), width=80).splitlines()
    assert max(len(line) for line in narrow) <= 80
    assert any(line.split() == ada.split() for line in narrow)  # no word is cut off or wrapped


def test_the_terminals_table_takes_hostile_names(course_and_lesson):
    _, lesson = course_and_lesson
    shown = printed([verdict(lesson, "[red]eve[/red]\x1b[2J\u202e", task("blur", Status.PASSED, 4, 4))])
    assert "[red]eve[/red]" in shown and "\x1b" not in shown and "\u202e" not in shown
    assert printed([]).strip()
