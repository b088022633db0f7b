"""A lesson's source as a notebook: pictures inside, metadata in order, placeholders filled for its reader.

The same source becomes two notebooks. `student_source` is what nbgrader's generate_assignment strips into the
release; `solution_source` is what is executed for self-learners.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.course import Course, CourseError, Lesson

BADGE = "<!-- COLAB BADGE -->"
BADGE_PICTURE = "https://colab.research.google.com/assets/colab-badge.svg"
SETUP = "# SETUP"
PICTURE_LIMIT = 60 * 1024
PICTURE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}
CELL_METADATA = {"nbgrader", "tags", "deletable", "editable"}

_PICTURE = re.compile(r"!\[([^\]]*)\]\(\s*([^)\s]+)[^)]*\)")
_HTML_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_SETUP_FIRST = """\
# Run this cell first. Where the course's package is missing, as in Colab, it installs it.
from importlib.util import find_spec
"""
_SETUP_INSTALL = """\
if find_spec("{package}") is None:
    %pip install --quiet "{wanted}"
"""


def read_source(lesson: Lesson) -> NotebookNode:
    """The lesson's source as a tidy notebook, solutions, hidden tests and placeholders still in it.

    Pictures in markdown have become data URIs. Cell ids follow from the content, so that reading twice gives
    the same bytes.

    Raises:
        CourseError: if the source cannot be read, or a picture is missing, too large or without alt text.
    """
    try:
        notebook = jupytext.read(lesson.source)
    except Exception as error:
        raise CourseError(
            f"{lesson.id}: {lesson.source.name} cannot be read as py:percent ({error})."
        ) from error
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _inline_pictures(cell.source, lesson)
    tidy(notebook, lesson)
    return notebook


def tidy(notebook: NotebookNode, lesson: Lesson) -> None:
    """Bring metadata and cell ids into their one form, in place: tools leave random and local traces."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(
        {
            "colab": {"provenance": [], "toc_visible": True},
            "course": {"lesson": lesson.id},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    taken: set[str] = set()
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        cell.id = _cell_id(cell, taken)
        taken.add(cell.id)


def _cell_id(cell: NotebookNode, taken: set[str]) -> str:
    wanted = cell.metadata.get("nbgrader", {}).get("grade_id")
    if not wanted:
        # Content and not position: an inserted cell leaves the others' ids alone.
        wanted = f"{cell.cell_type}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
    wanted = re.sub(r"[^A-Za-z0-9_-]", "-", wanted)[:56]
    number, found = 2, wanted
    while found in taken:
        number, found = number + 1, f"{wanted}-{number}"
    return found


def _inline_pictures(text: str, lesson: Lesson) -> str:
    if _HTML_PICTURE.search(text):
        raise CourseError(
            f"{lesson.id}: an <img> tag in a text cell. Write ![what it shows](pictures/name.svg)."
        )

    def data_uri(match: re.Match[str]) -> str:
        alt, target = match.groups()
        if target.startswith("data:"):
            return match.group(0)
        if not alt.strip():
            raise CourseError(f"{lesson.id}: the picture {target} has no alt text. Say what it shows.")
        return f"![{alt}]({_encode(lesson, target)})"

    return _PICTURE.sub(data_uri, text)


def _encode(lesson: Lesson, target: str) -> str:
    folder = lesson.source.parent.resolve()
    path = (folder / target).resolve()
    if "://" in target or not path.is_relative_to(folder / "pictures"):
        raise CourseError(
            f"{lesson.id}: the picture {target} lies elsewhere. Put it into {lesson.id}/pictures/."
        )
    if path.suffix.lower() not in PICTURE_TYPES:
        known = ", ".join(PICTURE_TYPES)
        raise CourseError(f"{lesson.id}: the picture {target} is of an unknown kind. Known are: {known}.")
    if not path.is_file():
        raise CourseError(f"{lesson.id}: the picture {target} is missing. Add it or take it out of the text.")
    content = path.read_bytes()
    if not content:
        raise CourseError(f"{lesson.id}: the picture {target} is an empty file. Make it again.")
    if len(content) > PICTURE_LIMIT:
        raise CourseError(
            f"{lesson.id}: the picture {target} has {math.ceil(len(content) / 1024)} KB. Make it smaller: "
            f"at most {PICTURE_LIMIT // 1024} KB go into a notebook."
        )
    return f"data:{PICTURE_TYPES[path.suffix.lower()]};base64,{base64.b64encode(content).decode()}"


def wheel_url(course: Course) -> str:
    """Where the set-up cell installs the course's package from: ``release_url`` and the wheel's name."""
    return f"{course.settings['release_url'].rstrip('/')}/{wheel_name(course)}"


def wheel_name(course: Course) -> str:
    """The file name of the students' wheel, e.g. ``course_utils-1.0.0-py3-none-any.whl``."""
    return f"course_utils-{course.settings['version']}-py3-none-any.whl"


def colab_url(course: Course, lesson: Lesson) -> str:
    """The address that opens the lesson's student notebook in Colab."""
    place = f"{course.settings['repository']}/blob/{course.settings['branch']}"
    return f"https://colab.research.google.com/github/{place}/notebooks/{lesson.id}/{lesson.name}.ipynb"


def student_source(course: Course, lesson: Lesson) -> NotebookNode:
    """The source with badge and set-up lines filled in, ready to be stripped by nbgrader."""
    notebook = read_source(lesson)
    badge = f"[![Open in Colab]({BADGE_PICTURE})]({colab_url(course, lesson)})"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(BADGE, badge)
        elif _is_setup(cell):
            cell.source = _setup_lines(course, lesson) + "\n" + _without_first_line(cell.source)
    return notebook


def _setup_lines(course: Course, lesson: Lesson) -> str:
    wanted = {"course_utils": wheel_url(course)}
    if extra := course.extra(lesson):
        wanted[extra] = course.requirement(extra)
    return _SETUP_FIRST + "".join(_SETUP_INSTALL.format(package=p, wanted=w) for p, w in wanted.items())


def solution_source(lesson: Lesson) -> NotebookNode:
    """The source as a self-learner runs it: no placeholders, no hidden tests, the rubric as plain text."""
    notebook = read_source(lesson)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(f"{BADGE}\n", "").replace(BADGE, "")
            cell.source = without_markers(cell.source)
        elif _is_setup(cell):
            cell.source = _without_first_line(cell.source)
        else:
            cell.source = without_regions(cell.source, "HIDDEN TESTS")
        cell.source = cell.source.strip("\n")
    return notebook


def _is_setup(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.source.lstrip().startswith(SETUP)


def _without_first_line(text: str) -> str:
    return text.lstrip().partition("\n")[2]


def regions(text: str, kind: str) -> list[str]:
    """What stands between ``### BEGIN kind`` and ``### END kind``, one text for each pair.

    Raises:
        CourseError: if a marker has no partner.
    """
    inside: list[str] | None = None
    found = []
    for line in text.splitlines():
        if f"BEGIN {kind}" in line:
            if inside is not None:
                raise CourseError(f"BEGIN {kind} stands twice before END {kind}.")
            inside = []
        elif f"END {kind}" in line:
            if inside is None:
                raise CourseError(f"END {kind} has no BEGIN {kind} before it.")
            found.append("\n".join(inside))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        raise CourseError(f"BEGIN {kind} has no END {kind} after it.")
    return found


def without_regions(text: str, kind: str) -> str:
    """The text without its ``kind`` regions, markers included."""
    kept, inside = [], False
    for line in text.splitlines():
        if f"BEGIN {kind}" in line:
            inside = True
        elif f"END {kind}" in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def without_markers(text: str) -> str:
    """The text without the lines that mark solutions and mark schemes; what they enclose stays."""
    marker = re.compile(r"(BEGIN|END) (SOLUTION|MARK SCHEME)")
    return "\n".join(line for line in text.splitlines() if not marker.search(line))


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all, one space of indent and a final newline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n", encoding="utf-8")
    temporary.replace(path)
