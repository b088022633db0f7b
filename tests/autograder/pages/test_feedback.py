"""The feedback page: complete, self-contained, and nothing of a student acts in it."""

import base64
import io
import json
import re

import nbformat
import pytest
from PIL import Image, PngImagePlugin

from autograder.gradebook_access import CellMark, Marks
from autograder.pages.feedback import write_feedback
from autograder.pages.pictures import MOST_PICTURES, stored_pictures
from autograder.pages.safe_text import plain, without_paths
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome
from tests.autograder.made_up import HOSTILE, Page, hand_in, make_course, notebook, png, task, verdict


@pytest.fixture
def course_and_lesson(tmp_path):
    return make_course(tmp_path)


def write(course, made, marks=None):
    return write_feedback(course, made, marks or Marks(made.student, made.lesson))


def test_the_page_tells_marks_messages_and_what_waits(course_and_lesson):
    course, lesson = course_and_lesson
    path = hand_in(course, lesson, "ada", notebook(course, lesson))
    tasks = (
        task("blur", Status.PARTIAL, 2.5, 4, "The ReLU was left out.", "relu_left_out"),
        task("sharpen", Status.PASSED, 4, 4),
        task("q_relu", Status.PASSED, 1, 1),
    )
    made = verdict(lesson, "ada", *tasks, path=path, notes=("The file was called Copy of layers.ipynb.",))
    page = write(course, made)
    assert page == course.root / "grading" / "feedback" / "ada" / "01_layers" / "feedback.html"
    told = Page(page.read_text(encoding="utf-8"))
    words = " ".join(told.text.split())
    for wanted in (
        "Looking at made-up layers",
        "7.5 of 9 points",
        "2 of 3 fully correct.",
        "The ReLU was left out.",
        "Known mix-up: relu left out",
        Status.PARTIAL.words,
        Status.PARTIAL.symbol,
        "Question: relu",
        "Copy of layers.ipynb",
        "I saw edges.",
        "A person reads this",
    ):
        assert wanted in words
    assert {"main", "nav", "header", "footer", "h1", "h2", "h3"} <= told.names()
    assert ("html", {"lang": "en"}) in told.tags


def test_a_persons_score_and_comment_replace_the_automatic_ones(course_and_lesson):
    course, lesson = course_and_lesson
    hand_in(course, lesson, "ada", notebook(course, lesson))
    made = verdict(lesson, "ada", task("blur", Status.PARTIAL, 2.5, 4), task("sharpen", Status.PASSED, 4, 4))
    cells = {
        "reflection": CellMark("reflection", None, 1.5, 0.0, 2.0, False),
        "test_blur": CellMark("test_blur", 2.5, 4.0, 0.0, 4.0, False),
    }
    marks = Marks(
        "ada", lesson.id, penalty=0.5, cells=cells, comments={"reflection": f"Well seen. {HOSTILE}"}
    )
    told = Page(write(course, made, marks).read_text(encoding="utf-8"))
    words = " ".join(told.text.split())
    assert "9 of 11 points" in words and "0.5 points were taken off" in words
    assert "1.5 of 2" in words and "Well seen." in words and "(automatically it was 2.5)" in words
    assert "script" not in told.names()


def test_nothing_hostile_acts(course_and_lesson):
    course, lesson = course_and_lesson
    path = hand_in(course, lesson, "ada", notebook(course, lesson, reflection=HOSTILE, notes=HOSTILE))
    item = ItemOutcome(HOSTILE, Status.FAILED, HOSTILE, HOSTILE, 0, 4)
    log = ({"cell": "7", "title": HOSTILE, "status": "error", "message": HOSTILE, "printed": "printed-tail"},)
    hostile = TaskOutcome("blur", Status.FAILED, 0, 4, (item, item))
    made = verdict(lesson, "ada", hostile, path=path, notes=(HOSTILE,), log=log)
    page = write(course, made).read_text(encoding="utf-8")
    told = Page(page)
    assert not told.names() & {"script", "iframe", "object", "embed", "form", "base", "link"}
    assert sum(tag == "style" for tag, _ in told.tags) == 1
    for tag, attrs in told.tags:
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("href", "src", "srcset", "action", "xlink:href"):
            value = attrs.get(name, "#")
            assert value.startswith("#") or (tag == "img" and value.startswith("data:image/webp;base64,"))
    policy = next(a["content"] for t, a in told.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "script-src" not in policy and "unsafe" not in policy
    assert "\x1b" not in page and "\u202e" not in page and "{{ 7*7 }}" in told.text
    assert "alert(1)" in told.text  # shown as text, not swallowed


def test_nothing_hidden_and_nothing_of_this_machine_is_told(course_and_lesson):
    course, lesson = course_and_lesson
    path = hand_in(course, lesson, "ada", notebook(course, lesson))
    where = f"in {course.root}/autograder/checks/layers.py and C:\\Users\\me\\secret\\b.py"
    log = (
        {"cell": "3", "title": "blur", "status": "error", "message": where, "printed": "hidden input 4711"},
    )
    made = verdict(lesson, "ada", task("blur", Status.ERROR, 0, 4, where), path=path, notes=(where,), log=log)
    page = write(course, made).read_text(encoding="utf-8")
    for told in (str(course.root), "Users", "autograder", "checks/"):
        assert told not in page
    assert "4711" not in page
    assert made.submission not in page


def test_a_file_that_could_not_be_read_says_why(course_and_lesson):
    course, lesson = course_and_lesson
    blank = TaskOutcome(
        "blur", Status.NOT_ATTEMPTED, 0, 4, (ItemOutcome("the whole task", Status.NOT_ATTEMPTED),)
    )
    made = verdict(lesson, "ada", blank, status=Status.ERROR, notes=("layers.ipynb is a PDF.",))
    words = " ".join(Page(write(course, made).read_text(encoding="utf-8")).text.split())
    assert "About the file that you handed in layers.ipynb is a PDF." in words and "0 of 9 points" in words


def test_long_text_is_cut_and_said_so(course_and_lesson):
    course, lesson = course_and_lesson
    made = verdict(lesson, "ada", task("blur", Status.ERROR, 0, 4, "a" * 5_000_000))
    page = write(course, made).read_text(encoding="utf-8")
    assert len(page) < 60_000 and "… (shortened)" in page


def test_nbgrader_finds_the_page_under_its_own_name(course_and_lesson):
    course, lesson = course_and_lesson
    hand_in(course, lesson, "ada", notebook(course, lesson))
    (course.submitted / "ada" / lesson.id / "submission_secret.txt").write_text("secret")
    (course.submitted / "ada" / lesson.id / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    page = write(course, verdict(lesson, "ada", task("blur", Status.PASSED, 4, 4)))
    assert page.with_name("layers.html").read_bytes() == page.read_bytes()
    assert page.with_name("submission_secret.txt").read_text() == "secret"
    assert page.with_name("timestamp.txt").is_file()


def store(tmp_path, *outputs):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    cell = json.loads(nbformat.writes(made))
    cell["cells"][0]["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": data} for data in outputs
    ]
    path = tmp_path / "stored.ipynb"
    path.write_text(json.dumps(cell), encoding="utf-8")
    return path


def test_pictures_are_pixels_encoded_anew(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 30)).save(buffer, "PNG", pnginfo=info)
    raw = buffer.getvalue() + b"<script>behind the picture</script>"
    path = store(tmp_path, {"image/png": base64.b64encode(raw).decode()})
    (found,) = stored_pictures(path)
    decoded = base64.b64decode(found.uri.removeprefix("data:image/webp;base64,"))
    assert b"script" not in decoded
    picture = Image.open(io.BytesIO(decoded))
    assert picture.size == (40, 30) == (found.width, found.height)
    assert all(abs(a - b) < 12 for a, b in zip(picture.convert("RGB").getpixel((20, 15)), (10, 200, 30)))


def test_what_is_no_png_or_jpeg_is_left_out(tmp_path):
    svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    gif = io.BytesIO()
    Image.new("RGB", (4, 4)).save(gif, "GIF")
    path = store(
        tmp_path,
        {"image/svg+xml": svg},
        {"text/html": HOSTILE},
        {"image/png": "not base64 !!"},
        {"image/png": base64.b64encode(gif.getvalue()).decode()},
        {"image/png": base64.b64encode(svg.encode()).decode()},
        {"image/png": {"a": 1}},
        {"image/png": [png()[:20], png()[20:]]},
    )
    assert [(picture.width, picture.cell) for picture in stored_pictures(path)] == [(40, 1)]


def test_pictures_are_bounded(tmp_path):
    # 30,000 × 30,000 pixels in a few hundred bytes of header: refused before it is unpacked.
    bomb = re.sub(
        rb"IHDR.{8}", b"IHDR" + (30_000).to_bytes(4, "big") * 2, base64.b64decode(png()), flags=re.S
    )
    path = store(
        tmp_path, {"image/png": base64.b64encode(bomb).decode()}, {"image/png": png(size=(3000, 1500))}
    )
    assert [(picture.width, picture.height) for picture in stored_pictures(path)] == [(900, 450)]
    assert (
        len(stored_pictures(store(tmp_path, *[{"image/png": png()}] * (MOST_PICTURES + 5)))) == MOST_PICTURES
    )
    (tmp_path / "broken.ipynb").write_text("[" * 100_000)
    assert stored_pictures(tmp_path / "broken.ipynb") == () == stored_pictures(tmp_path / "missing.ipynb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m\x07", "red"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("one\r\ntwo\x00\ud800", "one\ntwo"),
        ("x" * 9, "xxxxx … (shortened)"),
    ],
)
def test_plain_text(text, expected):
    assert plain(text, 5 if text.startswith("xx") else 1500) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("File /home/me/a b/c.py", "File …/a b/c.py"),
        ("see /srv/x/y.py:3", "see …/y.py:3"),
        ("either/or and 1/2, shape (3/4)", "either/or and 1/2, shape (3/4)"),
        ("C:\\Users\\me\\f.py", "…/f.py"),
        ("~/deep/f.py", "…/f.py"),
    ],
)
def test_paths_lose_their_folders(text, expected):
    assert without_paths(text) == expected
