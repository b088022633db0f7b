"""Any file is read as a notebook or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder import reading
from autograder.reading import Unreadable, read_notebook, stored_outputs

CELLS = [
    {"cell_type": "markdown", "source": ["# Title\n", "text"], "metadata": {}},
    {
        "cell_type": "code",
        "source": "x = 1\r\ny = 2\r",
        "metadata": {"nbgrader": {"grade_id": "cam", "points": 99}},
        "outputs": [],
    },
]


def write(tmp_path: Path, content: Any, name: str = "a.ipynb") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        {"cells": CELLS},
        {"cells": CELLS, "nbformat": 4, "nbformat_minor": 0, "metadata": {}},
        {"cells": CELLS, "nbformat": "four", "metadata": []},
        {
            "worksheets": [
                {"cells": CELLS[:1]},
                3,
                {"cells": [{**CELLS[1], "input": CELLS[1]["source"], "source": None}][:0] + CELLS[1:]},
            ]
        },
        b"\xef\xbb\xbf" + json.dumps({"cells": CELLS}).encode(),
        json.dumps({"cells": CELLS}).encode("utf-16"),
        json.dumps(
            {"cells": [None, 1, [], {}, *CELLS, {"cell_type": "plot"}, {"cell_type": ["code"]}]}
        ).encode(),
    ],
)
def test_ways_to_write_the_same_notebook(tmp_path: Path, content: Any) -> None:
    notebook = read_notebook(write(tmp_path, content))
    assert [(c.cell_type, c.source) for c in notebook.cells] == [
        ("markdown", "# Title\ntext"),
        ("code", "x = 1\ny = 2\n"),
    ]
    assert [c.metadata for c in notebook.cells] == [
        {},
        {"nbgrader": {"grade_id": "cam"}},
    ]  # an id, and no claims


def test_format_3(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "input": ["x = 1\n", "y = 2"], "language": "python", "outputs": []}]
    notebook = read_notebook(write(tmp_path, {"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert [(c.cell_type, c.source) for c in notebook.cells] == [("code", "x = 1\ny = 2")]


@pytest.mark.parametrize("kind", ["heading", "raw", "html", "markdown"])
def test_kinds_that_are_text(tmp_path: Path, kind: str) -> None:
    notebook = read_notebook(write(tmp_path, {"cells": [{"cell_type": kind, "source": "x"}]}))
    assert notebook.cells[0].cell_type == "markdown"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"PK\x03\x04\x14\x00\xff\xfe", "not a text file"),
        (b"%PDF-1.4 text", "no valid JSON"),
        (b"<html></html>", "no valid JSON"),
        (b'{"cells": [', "no valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "no valid JSON"),
        (b'{"cells": [' + b"[]," * 1_000_000 + b"[]]}", "too many parts"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "no valid JSON"),
        ({"cells": []}, "holds no cells"),
        ({"cells": {"a": 1}}, "holds no cells"),
        ({"worksheets": 3}, "holds no cells"),
        ([1, 2], "holds no cells"),
        ("text", "holds no cells"),
        (7, "holds no cells"),
    ],
)
def test_what_is_no_notebook_is_said_in_a_sentence(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_notebook(write(tmp_path, content))
    said = str(refused.value)
    assert words in said and "a.ipynb" in said and "\n" not in said and str(tmp_path) not in said


def test_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable, match="no file"):
        read_notebook(tmp_path / "missing.ipynb")
    with pytest.raises(Unreadable, match="a folder"):
        read_notebook(tmp_path)
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    with pytest.raises(Unreadable, match="clear the outputs"):
        read_notebook(write(tmp_path, b" " * 2000))


def test_text_that_cannot_be_written_again_is_mended(tmp_path: Path) -> None:
    notebook = read_notebook(write(tmp_path, {"cells": [{"cell_type": "code", "source": "x = '\ud800'"}]}))
    assert notebook.cells[0].source == "x = '?'"


@pytest.mark.parametrize("marks", [3, [], {"grade_id": 3}, {"grade_id": ["a"]}, {"grade_id": None}, None])
def test_marks_that_make_no_sense_are_none(tmp_path: Path, marks: Any) -> None:
    cell = {"cell_type": "code", "source": "x", "metadata": {"nbgrader": marks, "tags": ["show"]}}
    assert read_notebook(write(tmp_path, {"cells": [cell]})).cells[0].metadata == {}


def test_stored_outputs_of_code_cells_alone(tmp_path: Path) -> None:
    output = {"output_type": "stream", "text": "x"}
    cells = [
        CELLS[0],
        {**CELLS[1], "outputs": [output, None, 3]},
        {"cell_type": "code", "source": "", "outputs": "x"},
    ]
    assert stored_outputs(write(tmp_path, {"cells": cells})) == [[output], []]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "cell_type",
                    "source",
                    "metadata",
                    "nbgrader",
                    "grade_id",
                    "outputs",
                    "worksheets",
                    "input",
                ]
            ),
            inner | st.just("code"),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(JSON, max_size=4), st.sampled_from(["cells", "worksheets"]))
def test_any_json_is_read_or_refused(tmp_path: Path, inner: list[Any], key: str) -> None:
    path = write(tmp_path, json.dumps({key: inner}).encode("utf-8", "replace"))
    try:
        notebook = read_notebook(path)
        stored_outputs(path)
    except Unreadable:
        return
    for cell in notebook.cells:
        assert cell.cell_type in ("code", "markdown") and isinstance(cell.source, str)
        cell.source.encode()
