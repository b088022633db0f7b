"""The page in the published folder: for students a way into each lesson, for instructors how to publish."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.course import Course, Lesson
from autograder.release.source import colab_url, wheel_name, wheel_url

_PAGE = """\
# {title}

Version {version}. Open a lesson in Colab, save a copy, fill in the cells that say TODO, hand in the notebook.

| lesson | notebook | |
|---|---|---|
{rows}

On your own machine: `pip install {wheel}`, then open a notebook in JupyterLab. You need Python 3.11 or newer
and torch 2.5 or newer. To work without a network, install the packages of the extra `offline` as well.

## For whoever publishes this folder
`make release` made it. It holds no solution and no hidden check: publish it whole.

- The badges open the repository `{repository}`, branch `{branch}`: this folder's content belongs at its root.
- Each notebook's first cell installs {url}, so the wheel has to be reachable there.

Both addresses stand in `pyproject.toml` under `[tool.course]`. After a change there: `make build release`.

Code: MIT (`LICENSE`). Text: CC BY 4.0 (`LICENSE-text`). Pictures: each under its own licence, as the wheel's
`data/` lists them.
"""


def publishing_page(course: Course) -> str:
    """Markdown for the ``README.md`` of the folder that `autograder release` gathers."""
    settings = course.settings
    return _PAGE.format(
        title=settings["title"],
        version=settings["version"],
        repository=settings["repository"],
        branch=settings["branch"],
        rows="\n".join(_row(course, one) for one in (*course.lessons.values(), *course.appendices.values())),
        wheel=wheel_name(course),
        url=wheel_url(course),
    )


def _row(course: Course, lesson: Lesson) -> str:
    title = _heading(lesson.notebook) or lesson.name
    notebook = f"notebooks/{lesson.id}/{lesson.name}.ipynb"
    number = "–" if lesson.is_appendix else int(lesson.id[:2])
    return f"| {number} | [{title}]({notebook}) | [open in Colab]({colab_url(course, lesson)}) |"


def _heading(notebook: NotebookNode) -> str:
    """A notebook's title: its first markdown heading."""
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("# "):
                return line[2:].strip()
    return ""
