"""What a lesson's source and its release must hold for marking to work, one line for each thing amiss."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.course import CourseError, Lesson
from autograder.release.source import BADGE, SETUP, regions
from autograder.release.steps import ANSWER

QUESTION_SHARE = 0.2
_NBGRADER_KEYS = ("grade", "grade_id", "locked", "schema_version", "solution")


def source_problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """What is wrong with a lesson's source (as `source.read_source` gives it)."""
    problems = list(_frame_problems(lesson, notebook))
    by_id: dict[str, NotebookNode] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            for kind in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
                regions(cell.source, kind)
        except CourseError as error:
            problems.append(f"cell {number}: {error}")
        meta = cell.metadata.get("nbgrader")
        if meta is None:
            if regions_named(cell.source):
                problems.append(f"cell {number}: a region marker in a cell without nbgrader metadata.")
            continue
        missing = [key for key in _NBGRADER_KEYS if key not in meta]
        if meta.get("grade") and "points" not in meta:
            missing.append("points")
        if missing:
            problems.append(f"cell {number}: its nbgrader metadata lacks {', '.join(missing)}.")
            continue
        if meta["grade_id"] in by_id:
            problems.append(f"cell {number}: the grade_id {meta['grade_id']!r} is used twice.")
        by_id[meta["grade_id"]] = cell
        if cell.cell_type == "code" and meta["solution"]:
            problems.extend(f"cell {meta['grade_id']}: {text}" for text in _solution_problems(cell))
        elif cell.cell_type == "code" and meta["grade"]:
            problems.extend(f"cell {meta['grade_id']}: {text}" for text in _graded_problems(cell, by_id))
    return [f"{lesson.id}: {text}" for text in problems]


def _frame_problems(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    if not notebook.cells or BADGE not in notebook.cells[0].source:
        yield f"the first cell has no line {BADGE}."
    setups = [cell.source for cell in notebook.cells if cell.source.lstrip().startswith(SETUP)]
    if lesson.is_appendix:
        if len(setups) != 1:
            yield f"there must be one set-up cell, which begins with {SETUP}."
        if any("nbgrader" in cell.metadata for cell in notebook.cells):
            yield "an appendix is not graded: no cell may carry nbgrader metadata."
    elif len(setups) != 1 or f'open_lesson("{lesson.id}")' not in setups[0]:
        yield f'there must be one set-up cell: {SETUP}, then lesson = open_lesson("{lesson.id}").'
    questions = sum(
        meta.get("points", 0)
        for cell in notebook.cells
        if (meta := cell.metadata.get("nbgrader", {})).get("grade")
        and meta.get("grade_id", "").startswith("test_q_")
    )
    marked = sum(
        meta.get("points", 0)
        for cell in notebook.cells
        if (meta := cell.metadata.get("nbgrader", {})).get("grade") and not meta.get("solution")
    )
    if questions > QUESTION_SHARE * marked:
        yield f"questions carry {questions:g} of {marked:g} points; a fifth is the most, for their keys ship."


def _solution_problems(cell: NotebookNode) -> Iterator[str]:
    grade_id = cell.metadata.nbgrader["grade_id"]
    inside = regions(cell.source, "SOLUTION") if _balanced(cell.source) else []
    if ANSWER.search(cell.source):
        return
    if grade_id.startswith("answer_q_"):
        yield f'a question\'s answer is one line: {grade_id} = "B"  # one of "A", "B", "C", "D".'
        return
    if not inside:
        yield "a solution cell without ### BEGIN SOLUTION and ### END SOLUTION."
        return
    if grade_id.startswith("stretch"):
        return
    function = find_function(cell.source, grade_id)
    if function is None:
        yield f"no function {grade_id} in it; the grade_id must be the function's name."
        return
    begin = next(n for n, line in enumerate(cell.source.splitlines(), start=1) if "BEGIN SOLUTION" in line)
    first = function.body[0]
    if ast.get_docstring(function) is None:
        yield f"the function {grade_id} has no docstring."
    elif not first.end_lineno < begin <= (function.end_lineno or begin):
        yield f"the solution region must stand inside {grade_id}, below its docstring."


def _graded_problems(cell: NotebookNode, by_id: dict[str, NotebookNode]) -> Iterator[str]:
    name = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
    wanted, call = (name, f"lesson.check({name})")
    if name.startswith("q_"):
        wanted, call = f"answer_{name}", f'lesson.answer("{name}", answer_{name})'
    if not cell.metadata.nbgrader["grade_id"].startswith("test_"):
        yield "the grade_id of a graded cell starts with test_."
    if wanted not in by_id:
        yield f"no solution cell {wanted!r} stands before it."
    if call not in cell.source:
        yield f"it does not call {call}."
    if not cell.metadata.nbgrader["locked"]:
        yield "a graded cell must be locked."
    hidden = regions(cell.source, "HIDDEN TESTS") if _balanced(cell.source) else []
    if not any("raise RuntimeError" in text for text in hidden):
        yield "without a hidden-test region that raises, stock nbgrader would give full marks."


def stub_problems(lesson: Lesson, source: NotebookNode, release: NotebookNode) -> list[str]:
    """Where a release's stubs differ from their solutions in more than the body, or are no stubs."""
    released = {
        cell.metadata.nbgrader["grade_id"]: cell for cell in release.cells if "nbgrader" in cell.metadata
    }
    problems = []
    for cell in source.cells:
        meta = cell.metadata.get("nbgrader", {})
        if not meta.get("solution"):
            continue
        stub = released.get(meta["grade_id"])
        if stub is None:
            problems.append(f"{meta['grade_id']}: its cell is missing from the release.")
            continue
        if "TODO" not in stub.source:
            problems.append(f"{meta['grade_id']}: the stub does not say TODO.")
        if cell.cell_type == "code" and find_function(cell.source, meta["grade_id"]) is not None:
            problems.extend(f"{meta['grade_id']}: {text}" for text in _differences(cell, stub))
    for cell in release.cells:
        if cell.cell_type == "code" and parse(cell.source) is None:
            problems.append(f"{cell.id}: the released cell is no valid Python.")
        if cell.get("outputs"):
            problems.append(f"{cell.id}: the released cell still has outputs.")
    return [f"{lesson.id}: {text}" for text in problems]


def _differences(solution: NotebookNode, stub: NotebookNode) -> Iterator[str]:
    name = solution.metadata.nbgrader["grade_id"]
    ours, theirs = find_function(solution.source, name), find_function(stub.source, name)
    if theirs is None:
        yield f"the stub has no function {name}."
        return
    if _signature(ours) != _signature(theirs):
        yield "the stub's signature differs from the solution's."
    if ast.get_docstring(ours) != ast.get_docstring(theirs):
        yield "the stub's docstring differs from the solution's."
    if not any(_raises_todo(node) for node in ast.walk(theirs)):
        yield "the stub does not raise NotImplementedError."


def _signature(function: ast.FunctionDef) -> tuple[str, ...]:
    returns = ast.unparse(function.returns) if function.returns else ""
    return (ast.unparse(function.args), returns, *(ast.unparse(node) for node in function.decorator_list))


def _raises_todo(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Raise)
        and node.exc is not None
        and "NotImplementedError" in ast.unparse(node.exc)
    )


def find_function(text: str, name: str) -> ast.FunctionDef | None:
    """The function ``name`` at the top of a cell's code, or ``None``."""
    tree = parse(text)
    if tree is None:
        return None
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


def parse(text: str) -> ast.Module | None:
    """A cell's code as a syntax tree, IPython's magics included; ``None`` where it is no valid Python."""
    try:
        return ast.parse(TransformerManager().transform_cell(text))
    except (SyntaxError, ValueError):
        return None


def regions_named(text: str) -> bool:
    """Whether any of nbgrader's region markers stands in the text."""
    return re.search(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)", text) is not None


def _balanced(text: str) -> bool:
    try:
        for kind in ("SOLUTION", "HIDDEN TESTS"):
            regions(text, kind)
    except CourseError:
        return False
    return True
