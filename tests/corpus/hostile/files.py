"""Files that claim to be notebooks, and notebooks whose metadata claims marks."""

from __future__ import annotations

import json

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.course import Lesson
from tests.corpus.notebooks import cell_of, half_done, insert, release, tasks

from . import Attack, victim

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>[x](javascript:alert(4))\x1b[31mred\x1b[0m"


def _points_changed(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader")
        if marks and "points" in marks:
            marks["points"] = 10**6
    return notebook


def _flags_moved(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader")
        if marks:
            marks["grade"], marks["solution"], marks["locked"] = True, True, False
            marks["points"] = 50
    return notebook


def _tests_replaced(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("test_"):
            cell.source = "pass"
    return notebook


def _ids_doubled(lesson: Lesson) -> NotebookNode:
    notebook, done = half_done(lesson), tasks(lesson)[0].name
    copied = nbformat.from_dict(dict(cell_of(notebook, done)))
    for task in tasks(lesson)[1:]:
        twin = nbformat.from_dict(json.loads(json.dumps(copied)))
        twin.metadata["nbgrader"]["grade_id"] = task.name
        notebook.cells.append(twin)
    return notebook


def _done_work_under_every_name(lesson: Lesson) -> NotebookNode:
    notebook, done = half_done(lesson), tasks(lesson)[0].name
    return insert(notebook, "\n".join(f"{task.name} = {done}" for task in tasks(lesson)))


def _marks_in_metadata(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    notebook.metadata["nbgrader"] = {"score": 99, "max_score": 1, "manual_score": 99}
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"].update(score=99, auto_score=99, extra_credit=99, manual_score=99)
            if cell.cell_type == "code":
                cell.outputs = [
                    nbformat.v4.new_output("execute_result", {"text/plain": "99"}, execution_count=1)
                ]
    return notebook


def _paths_as_ids(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    for name in ("../../../etc/passwd", "/etc/passwd", "a\x00b", "x" * 10**6, "'; drop table grade; --"):
        cell = new_code_cell("pass")
        cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "points": 5, "solution": True}
        notebook.cells.append(cell)
    return notebook


def _scripts(lesson: Lesson) -> NotebookNode:
    notebook = half_done(lesson)
    notebook.cells.append(new_markdown_cell(SCRIPT))
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection":
            cell.source = SCRIPT
    return insert(notebook, f"print({SCRIPT!r})\nraise RuntimeError({SCRIPT!r})")


def _wrong_types(lesson: Lesson) -> dict:
    data = json.loads(nbformat.writes(half_done(lesson)))
    data["cells"] += [
        None,
        7,
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": {"a": 1}, "metadata": []},
        {"cell_type": ["code"], "source": "x"},
        {"cell_type": "code", "source": [1, None, "x = 1\n"], "outputs": {"a": 1}},
        {"cell_type": "code", "source": "\ud800", "metadata": {"nbgrader": {"grade_id": ["cam"]}}},
        {"cell_type": "markdown", "source": "x", "attachments": 3, "metadata": {"nbgrader": 3}},
        {
            "cell_type": "code",
            "source": "y = 1",
            "metadata": {"nbgrader": {"grade_id": {}, "points": "nan"}},
            "id": 3,
        },
    ]
    data["metadata"] = []
    data["nbformat"] = "four"
    return data


def _thousands_of_cells(lesson: Lesson) -> dict:
    data = json.loads(nbformat.writes(half_done(lesson)))
    data["cells"] += [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": []}] * 20000
    return data


def _with_cell(source: str) -> NotebookNode:
    return lambda lesson: insert(half_done(lesson), source, before=victim(lesson))


def _deep_file(lesson: Lesson) -> bytes:
    return b'{"cells": ' + b"[" * 200000 + b"]" * 200000 + b"}"


def _deep_metadata(lesson: Lesson) -> bytes:
    text = nbformat.writes(release(lesson)).encode()
    return text.replace(b'"metadata": {', b'"metadata": {"x": ' + b"[" * 800 + b"]" * 800 + b", ", 1)


ATTACKS = [
    Attack("points_changed", _points_changed),
    Attack("flags_moved", _flags_moved),
    Attack("tests_replaced", _tests_replaced),
    Attack("ids_doubled", _ids_doubled),
    Attack("done_work_under_every_name", _done_work_under_every_name),
    Attack("marks_in_metadata", _marks_in_metadata),
    Attack("paths_as_ids", _paths_as_ids),
    Attack("scripts_and_escapes", _scripts),
    Attack("wrong_types", _wrong_types),
    Attack("thousands_of_cells", _thousands_of_cells),
    Attack("a_thousand_magics", _with_cell("\n".join("%time 1" for _ in range(1000)))),
    Attack(
        "magics_in_a_long_cell", _with_cell("\n".join(f"%time {n}" for n in range(450)) + "\nx = 1" * 30000)
    ),
    Attack("deep_brackets", _with_cell("x = " + "(" * 100000 + ")" * 100000)),
    Attack("deep_minus", _with_cell("x = " + "-" * 150000 + "1")),
    Attack("deep_attributes", _with_cell("x = a" + ".b" * 90000)),
    Attack("deep_indentation", _with_cell("\n".join(" " * n + "if 1:" for n in range(99)))),
    Attack("deep_file", _deep_file),
    Attack("deep_metadata", _deep_metadata),
    Attack("brackets_without_end", lambda lesson: b'{"cells": [' + b"[]," * 4_000_000 + b"[]]}"),
    Attack("number_without_end", lambda lesson: b'{"cells": [1], "nbformat": ' + b"9" * 10**6 + b"}"),
    Attack("not_json", lambda lesson: b"PK\x03\x04" + bytes(range(256)) * 10),
    Attack("empty", lambda lesson: b""),
]
