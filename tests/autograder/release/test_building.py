"""The build: one source becomes an executed solution and a student notebook, and says where it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.utils import compute_checksum

from autograder.course import Course, CourseError, Lesson
from autograder.release.building import Workshop, build, gather_release, release_path
from autograder.release.solution import execute_solution, solution_path
from tests.autograder.tiny_course import LESSON, ROOT, tiny_course, write


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course that is built once; tests that use it leave it as it is."""
    course = tiny_course(tmp_path_factory.mktemp("course"))
    report = build(course)
    assert report.problems == ()
    assert [(r.lesson, r.solution, r.release) for r in report.lessons] == [("01_tiny", "executed", "written")]
    return course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path)


def cells(path: Path) -> dict[str, nbformat.NotebookNode]:
    """A notebook's cells by grade_id; those without one by their place."""
    notebook = nbformat.read(path, as_version=4)
    return {c.metadata.get("nbgrader", {}).get("grade_id", n): c for n, c in enumerate(notebook.cells)}


def released(course: Course) -> dict[str, nbformat.NotebookNode]:
    return cells(course.notebooks / "01_tiny" / "tiny.ipynb")


def edit(course: Course, old: str, new: str) -> None:
    """Change the lesson's source; the passage has to be there."""
    source = course.solutions / "01_tiny" / "tiny.py"
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new), encoding="utf-8")


class TestStudentNotebook:
    def test_stub_keeps_signature_docstring_and_scaffold(self, built: Course) -> None:
        assert released(built)["double"].source == (
            "def double(number: int) -> int:\n"
            '    """Twice the number."""\n'
            "    # Think of addition.\n"
            "    # TODO\n"
            '    raise NotImplementedError("TODO")'
        )

    def test_question_becomes_a_line_to_fill_in(self, built: Course) -> None:
        assert (
            released(built)["answer_q_six"].source == 'answer_q_six = None  # TODO: one of "A", "B", "C", "D"'
        )

    def test_graded_cells_lose_the_hidden_region(self, built: Course) -> None:
        assert released(built)["test_double"].source == "lesson.check(double)"
        assert released(built)["test_q_six"].source == 'lesson.answer("q_six", answer_q_six)'

    def test_reflection_loses_the_rubric(self, built: Course) -> None:
        assert (
            released(built)["reflection"].source == "*TODO: write your answer here, in place of this line.*"
        )

    def test_badge_opens_this_notebook_in_colab(self, built: Course) -> None:
        place = "example/seeing-what-cnns-see/blob/main/notebooks/01_tiny/tiny.ipynb"
        assert f"(https://colab.research.google.com/github/{place})" in released(built)[0].source

    def test_set_up_installs_only_where_the_package_is_missing(self, built: Course) -> None:
        assert released(built)["setup"].source.splitlines() == [
            "# Run this cell first. Where the course's package is missing, as in Colab, it installs it.",
            "from importlib.util import find_spec",
            'if find_spec("course_utils") is None:',
            '    %pip install --quiet "https://example.org/seeing-what-cnns-see/course_utils-1.0.0-py3-none-any.whl"',
            "",
            "from course_utils import open_lesson",
            'lesson = open_lesson("01_tiny")',
        ]

    def test_picture_is_inside_with_its_alt_text(self, built: Course) -> None:
        assert (
            "![A square and a larger square](data:image/svg+xml;base64,PHN2ZyB4" in released(built)[0].source
        )

    def test_no_outputs_and_nbgraders_checksums_hold(self, built: Course) -> None:
        graded = {name: cell for name, cell in released(built).items() if "nbgrader" in cell.metadata}
        assert len(graded) == 7
        for cell in graded.values():
            assert cell.get("outputs", []) == []
            assert cell.metadata.nbgrader["checksum"] == compute_checksum(cell)

    def test_metadata_is_colabs_and_ours_alone(self, built: Course) -> None:
        notebook = nbformat.read(built.notebooks / "01_tiny" / "tiny.ipynb", as_version=4)
        assert notebook.metadata == {
            "colab": {"provenance": [], "toc_visible": True},
            "course": {"lesson": "01_tiny", "version": "1.0.0"},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        assert "random-1234" not in json.dumps(notebook)

    def test_instructors_gradebook_is_not_touched(self, built: Course) -> None:
        assert not list(built.root.rglob("gradebook.db"))

    def test_nothing_but_the_notebook_is_released(self, built: Course) -> None:
        assert [path.name for path in built.notebooks.rglob("*") if path.is_file()] == ["tiny.ipynb"]


class TestExecutedSolution:
    def test_outputs_are_kept_and_hidden_tests_left_out(self, built: Course) -> None:
        found = cells(solution_path(built.lesson("tiny")))
        assert found["test_double"].source == "lesson.check(double)"
        assert found["test_double"].outputs[0].text == "✔ double: correct\n"
        assert found["show_ten"].outputs[0].text == "10\n"
        assert "return twice_the_number" in found["double"].source
        assert found["setup"].source.splitlines()[0] == "from course_utils import open_lesson"
        assert "BADGE" not in found[0].source
        assert found["reflection"].source == "Two points for naming that doubling undoes halving."

    def test_a_fresh_solution_is_not_executed_again(self, built: Course) -> None:
        before = solution_path(built.lesson("tiny")).stat().st_mtime_ns
        report = build(built)
        assert (report.lessons[0].solution, report.lessons[0].release) == ("fresh", "unchanged")
        assert solution_path(built.lesson("tiny")).stat().st_mtime_ns == before

    def test_no_kernel_and_no_file_stays_behind(
        self, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        edit(course, "print(double(5))", "import os; print(os.getpid())")
        notebook = execute_solution(course, course.lesson("tiny"))
        (shown,) = [c for c in notebook.cells if c.source.startswith("import os; print")]
        assert not psutil.pid_exists(int(shown.outputs[0].text))
        assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
        assert list((tmp_path / "temporary").iterdir()) == []

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            ("print(1 / 0)", "01_tiny: cell show_ten raised ZeroDivisionError: division by zero"),
            ("import warnings; warnings.warn('old')", "01_tiny: cell show_ten writes to stderr"),
            ("import os; print(os.getcwd())", "01_tiny: cell show_ten shows a path of this machine"),
            (
                "print('Not yet\\nThis cell shows nothing')",
                "01_tiny: cell show_ten has nothing to show: Not yet",
            ),
        ],
    )
    @pytest.mark.slow
    def test_a_cell_that_goes_wrong_fails_the_build(self, course: Course, cell: str, expected: str) -> None:
        edit(course, "print(double(5))", cell)
        with pytest.raises(CourseError) as caught:
            execute_solution(course, course.lesson("tiny"))
        assert str(caught.value).startswith(expected)
        assert "\n" not in str(caught.value)

    def test_a_solution_that_fails_its_own_check_fails_the_build(self, course: Course) -> None:
        edit(course, "number + number\n", "number + 1\n")
        report = build(course)
        assert report.problems == (
            "01_tiny: cell test_double does not pass its own check: ✘ double: not yet correct",
        )
        assert report.lessons[0].solution == "failed"
        assert not solution_path(course.lesson("tiny")).exists()


class TestCheck:
    def test_all_is_well_after_a_build(self, built: Course) -> None:
        report = build(built, check=True)
        assert report.ok
        assert (report.lessons[0].solution, report.lessons[0].release) == ("fresh", "unchanged")

    def test_what_was_never_built_is_missing_and_stays_so(self, course: Course) -> None:
        report = build(course, check=True)
        assert report.problems == (
            "01_tiny: the executed solution is missing. Run: autograder build 01_tiny",
            "01_tiny: the student notebook is missing. Run: autograder build 01_tiny",
        )
        assert not course.notebooks.exists()
        assert not solution_path(course.lesson("tiny")).exists()

    @pytest.mark.parametrize(
        ("change", "solution", "release"),
        [
            ("solutions/01_tiny/tiny.py", "stale", "unchanged"),
            ("solutions/01_tiny/pictures/squares.svg", "stale", "stale"),
            ("course_utils/__init__.py", "stale", "unchanged"),
            ("course_utils/lessons/tiny.py", "stale", "unchanged"),
            ("course_utils/lessons/tiny/task.py", "stale", "unchanged"),
            ("course_utils/lessons/other.py", "fresh", "unchanged"),
            ("course_utils/lessons/other/task.py", "fresh", "unchanged"),
            ("data/pictures.json", "stale", "unchanged"),
            ("notebooks/01_tiny/tiny.ipynb", "fresh", "stale"),
        ],
    )
    def test_a_change_makes_stale_what_follows_from_it(
        self, built: Course, change: str, solution: str, release: str
    ) -> None:
        path = built.root / change
        before = path.read_bytes() if path.exists() else None
        write(path, (before or b"").decode() + "\n")
        try:
            report = build(built, check=True)
        finally:
            path.unlink() if before is None else path.write_bytes(before)
        assert (report.lessons[0].solution, report.lessons[0].release) == (solution, release)
        assert report.ok == ((solution, release) == ("fresh", "unchanged"))

    def test_a_release_that_leaks_is_found(self, built: Course) -> None:
        path = write(
            built.notebooks / "hints.md", "Write `twice_the_number = number+number`, return twice_the_number"
        )
        try:
            report = build(built, check=True)
        finally:
            path.unlink()
        assert report.problems == ("notebooks/hints.md: holds the solution of double (01_tiny).",)


REGION = """\
    ### BEGIN SOLUTION
    twice_the_number = number + number
    return twice_the_number
    ### END SOLUTION
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("(pictures/squares.svg)", "(pictures/gone.svg)", "the picture pictures/gone.svg is missing. Add it"),
        (
            "(pictures/squares.svg)",
            "(https://example.org/x.png)",
            "lies elsewhere. Put it into 01_tiny/pictures/",
        ),
        ("(pictures/squares.svg)", "(../tiny.py)", "the picture ../tiny.py lies elsewhere"),
        ("(pictures/squares.svg)", "(pictures/large.png)", "the picture pictures/large.png has 61 KB"),
        ("(pictures/squares.svg)", "(pictures/empty.png)", "the picture pictures/empty.png is an empty file"),
        ("![A square and a larger square]", "![]", "the picture pictures/squares.svg has no alt text"),
        ("![A square", '<img src="x">![A square', "an <img> tag in a text cell"),
        ("    ### END SOLUTION\n", "", "BEGIN SOLUTION has no END SOLUTION after it"),
        (REGION, "    return number + number\n", "cell double: a solution cell without ### BEGIN SOLUTION"),
        ('    """Twice the number."""\n', "", "cell double: the function double has no docstring"),
        ("def double(", "def twice(", "cell double: no function double in it"),
        (
            "lesson.check(double)",
            "lesson.check(print)",
            "cell test_double: it does not call lesson.check(double).",
        ),
        (
            'raise RuntimeError("Not marked',
            'print("Not marked',
            "cell test_double: without a hidden-test region",
        ),
        (
            'answer_q_six = "B"',
            "answer_q_six = print()",
            "cell answer_q_six: a question's answer is one line",
        ),
        ('"points": 8', '"points": 3', "questions carry 1 of 4 points; a fifth is the most"),
        ('"grade_id": "show_ten"', '"grade_id": "setup"', "the grade_id 'setup' is used twice"),
        ("# SETUP\n", "", "there must be one set-up cell"),
        ("# <!-- COLAB BADGE -->\n", "", "the first cell has no line <!-- COLAB BADGE -->"),
    ],
)
def test_a_source_that_cannot_be_released_says_why(course: Course, old: str, new: str, expected: str) -> None:
    write(course.solutions / "01_tiny" / "pictures" / "large.png", "x" * (60 * 1024 + 1))
    write(course.solutions / "01_tiny" / "pictures" / "empty.png", "")
    edit(course, old, new)
    report = build(course, execute=False)
    assert report.lessons[0].release == "failed"
    assert any(expected in problem for problem in report.problems), report.problems
    assert all(problem.startswith("01_tiny: ") and "\n" not in problem for problem in report.problems)
    assert not course.notebooks.exists()


def test_the_largest_picture_allowed_goes_in(course: Course) -> None:
    write(course.solutions / "01_tiny" / "pictures" / "squares.svg", "x" * (60 * 1024))
    assert build(course, execute=False).lessons[0].release == "written"


def test_no_lessons_is_said_in_one_line(course: Course) -> None:
    (course.solutions / "01_tiny" / "tiny.py").unlink()
    with pytest.raises(CourseError, match=r"^There is no lesson in solutions/\."):
        build(course)


def test_making_the_release_twice_gives_the_same_bytes(course: Course, tmp_path_factory) -> None:
    lesson = course.lesson("tiny")
    first, second = (
        Workshop(course, tmp_path_factory.mktemp(f"workshop{n}")).release(lesson).read_bytes() for n in (1, 2)
    )
    assert first == second


@pytest.mark.slow
def test_nbgraders_own_command_makes_the_same_release(built: Course, tmp_path: Path) -> None:
    course = tiny_course(tmp_path)
    solution_path(course.lesson("tiny")).write_bytes(solution_path(built.lesson("tiny")).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", "01_tiny"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    ours = release_path(built, built.lesson("tiny"))
    theirs = release_path(course, course.lesson("tiny"))
    assert json.loads(theirs.read_text(encoding="utf-8")) == json.loads(ours.read_text(encoding="utf-8"))
    assert (course.grading / "gradebook.db").is_file()


APPENDIX = """\
# %% [markdown]
# # Tripling
# <!-- COLAB BADGE -->

# %%
# SETUP
import json

# %%
print(json.dumps(3))
"""


class TestAppendix:
    """Built and published like a lesson, but without points, and only where its package is installed."""

    @pytest.fixture
    def course(self, tmp_path: Path) -> Course:
        course = tiny_course(tmp_path)
        write(course.solutions / "keras_tour" / "keras_tour.py", APPENDIX)
        return course

    @pytest.fixture
    def appendix(self, course: Course) -> Lesson:
        return course.appendices["keras_tour"]

    @pytest.fixture
    def without_keras(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("autograder.release.building.find_spec", lambda name: None)

    def test_it_is_no_lesson(self, course: Course) -> None:
        assert list(course.lessons) == ["01_tiny"]
        with pytest.raises(CourseError, match="There is no lesson 'keras_tour'"):
            course.lesson("keras_tour")

    def test_it_is_executed_released_and_published(
        self, course: Course, appendix: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("autograder.release.building.find_spec", lambda name: name)
        report = build(course, [appendix])
        assert report.ok
        assert (report.lessons[0].solution, report.lessons[0].release) == ("executed", "written")
        (setup, shown) = nbformat.read(release_path(course, appendix), 4).cells[1:]
        assert setup.source.splitlines()[4:] == [
            'if find_spec("keras") is None:',
            f'    %pip install --quiet "{course.requirement("keras")}"',
            "",
            "import json",
        ]
        assert shown.outputs == []

        # A check compares hashes, and needs no Keras.
        monkeypatch.setattr("autograder.release.building.find_spec", lambda name: None)
        assert build(course, [appendix], check=True).ok
        write(appendix.source, APPENDIX.replace("dumps(3)", "dumps(4)"))
        assert build(course, [appendix], check=True).lessons[0].solution == "stale"

        build(course, execute=False)
        place = gather_release(course)
        assert (place / "notebooks" / "keras_tour" / "keras_tour.ipynb").is_file()
        assert "| – | [Tripling](" in (place / "README.md").read_text(encoding="utf-8")

    def test_a_build_of_all_goes_on_without_keras_and_says_so(
        self, course: Course, appendix: Lesson, without_keras: None
    ) -> None:
        said: list[str] = []
        report = build(course, tell=said.append)
        assert report.ok
        assert (report.lessons[1].solution, report.lessons[1].release) == ("left out", "written")
        assert "keras_tour: not executed, for the package keras is not installed. Run: make keras" in said
        assert not solution_path(appendix).exists()

    def test_named_it_asks_for_keras(self, course: Course, appendix: Lesson, without_keras: None) -> None:
        assert build(course, [appendix]).problems == (
            "keras_tour: not executed, for the package keras is not installed. Run: make keras",
        )

    def test_nothing_in_it_is_graded(self, course: Course, appendix: Lesson) -> None:
        write(appendix.source, LESSON.replace('open_lesson("01_tiny")', 'open_lesson("keras_tour")'))
        write(appendix.source.parent / "pictures" / "squares.svg", "<svg/>")
        (problem,) = build(course, [appendix], check=True).problems[1:]
        assert problem == "keras_tour: an appendix is not graded: no cell may carry nbgrader metadata."


class TestGather:
    def test_what_is_published_lies_in_one_folder(self, built: Course) -> None:
        place = gather_release(built)
        assert place == built.root / "dist" / "release"
        assert sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) == [
            "LICENSE",
            "LICENSE-text",
            "README.md",
            "course_utils-1.0.0-py3-none-any.whl",
            "notebooks/01_tiny/tiny.ipynb",
        ]
        page = (place / "README.md").read_text(encoding="utf-8")
        assert "| 1 | [Doubling](notebooks/01_tiny/tiny.ipynb) | [open in Colab](https://colab." in page

    def test_a_stale_notebook_is_not_published(self, course: Course) -> None:
        with pytest.raises(CourseError, match=r"^Not up to date: 01_tiny\. Run: autograder build$"):
            gather_release(course)
        assert not (course.root / "dist").exists()
