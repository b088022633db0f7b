"""Cells copied, deleted, moved, edited, split and joined, with the work still right."""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.course import Lesson
from tests.corpus.notebooks import release

from . import answer, cell_of, changed, first, insert, tasks


def _graded(notebook: NotebookNode, prefix: str) -> list[NotebookNode]:
    return [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id", "").startswith(prefix)
    ]


def _tests_deleted(notebook: NotebookNode, lesson: Lesson) -> None:
    gone = _graded(notebook, "test_")
    notebook.cells = [cell for cell in notebook.cells if not any(cell is g for g in gone)]


def _only_the_work(notebook: NotebookNode, lesson: Lesson) -> None:
    keep = [t.name for t in tasks(lesson)]
    keep += [f"answer_{c.name}" for c in lesson.marked if c.kind == "question"]
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") in keep]


def _test_copied(notebook: NotebookNode, lesson: Lesson) -> None:
    notebook.cells.append(copy.deepcopy(cell_of(notebook, f"test_{first(lesson)}")))


def _solution_copied(notebook: NotebookNode, lesson: Lesson) -> None:
    place = notebook.cells.index(cell_of(notebook, first(lesson)))
    notebook.cells.insert(place, copy.deepcopy(notebook.cells[place]))


def _wrong_copy_above(notebook: NotebookNode, lesson: Lesson) -> None:
    place = notebook.cells.index(cell_of(notebook, first(lesson)))
    wrong = copy.deepcopy(notebook.cells[place])
    wrong.source = f"def {first(lesson)}(*args):\n    return None"
    notebook.cells.insert(place, wrong)


def _stub_below(notebook: NotebookNode, lesson: Lesson) -> None:
    blank = release(lesson)
    for task in tasks(lesson):
        notebook.cells.append(cell_of(blank, task.name))


def _stub_below_without_id(notebook: NotebookNode, lesson: Lesson) -> None:
    blank = release(lesson)
    for task in tasks(lesson):
        notebook.cells.append(new_code_cell(cell_of(blank, task.name).source))


def _stub_kept_work_in_a_new_cell(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    work = cell_of(notebook, name).source
    cell_of(notebook, name).source = cell_of(release(lesson), name).source
    insert(notebook, work)


def _stub_answers_kept_below(notebook: NotebookNode, lesson: Lesson) -> None:
    blank = release(lesson)
    for cell in _graded(blank, "answer_"):
        notebook.cells.append(cell)


def _reversed(notebook: NotebookNode, lesson: Lesson) -> None:
    notebook.cells.reverse()


def _functions_at_the_end(notebook: NotebookNode, lesson: Lesson) -> None:
    moved = [cell_of(notebook, t.name) for t in tasks(lesson)]
    notebook.cells = [c for c in notebook.cells if not any(c is m for m in moved)] + moved


def _all_in_one_cell(notebook: NotebookNode, lesson: Lesson) -> None:
    cells = [cell_of(notebook, t.name) for t in tasks(lesson)]
    cells[0].source = "\n\n\n".join(c.source for c in cells)
    notebook.cells = [c for c in notebook.cells if not any(c is other for other in cells[1:])]


def _two_in_one_and_the_stub_left(notebook: NotebookNode, lesson: Lesson) -> None:
    one, two = (cell_of(notebook, t.name) for t in tasks(lesson)[:2])
    one.source += "\n\n" + two.source
    two.source = cell_of(release(lesson), tasks(lesson)[1].name).source


def _ids_swapped(notebook: NotebookNode, lesson: Lesson) -> None:
    one, two = (cell_of(notebook, t.name) for t in tasks(lesson)[:2])
    one.source, two.source = two.source, one.source


def _helper_in_another_cell(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    cell = cell_of(notebook, name)
    insert(notebook, cell.source.replace(f"def {name}(", "def _my_helper("), before=name)
    cell.source = f"def {name}(*args, **kwargs):\n    return _my_helper(*args, **kwargs)"


def _helper_needs_the_imports(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    insert(notebook, "@torch.no_grad()\ndef twice(x):\n    return x\n\nEYE = torch.eye(2)", before=name)
    cell_of(notebook, name).source += "\n\ntwice(EYE)"


def _helper_in_a_file(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    work = cell_of(notebook, name).source
    text = f"%%writefile my_work.py\nfrom __future__ import annotations\nimport torch\nfrom torch import nn\n{work}"
    insert(notebook, text, before=name)
    cell_of(notebook, name).source = f"from my_work import {name}"


def _own_import_in_a_locked_cell(notebook: NotebookNode, lesson: Lesson) -> None:
    cell_of(notebook, "imports").source += "\nimport math as my_math"
    name = first(lesson)
    cell_of(notebook, name).source += f"\n\nassert my_math.pi > 3 and {name}"


def _locked_text_edited(notebook: NotebookNode, lesson: Lesson) -> None:
    for cell in _graded(notebook, "test_"):
        cell.source = "# " + cell.source.replace("\n", "\n# ") + "\nraise ValueError('oops')"


def _needs_a_shown_name(notebook: NotebookNode, lesson: Lesson) -> None:
    shown = next(c for c in notebook.cells if "show" in c.metadata.get("tags", []))
    shown.source += "\n"
    blank = next(c for c in release(lesson).cells if "show" in c.metadata.get("tags", []))
    defined = next(
        li.split("=")[0].split(",")[0].strip()
        for li in blank.source.splitlines()
        if " = " in li and li[0] not in " #"
    )
    cell = cell_of(notebook, first(lesson))
    head, _, body = cell.source.partition('"""\n')
    cell.source = f"{defined}_again = {defined}\n" + cell.source
    assert head and body is not None


def _split(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    place = notebook.cells.index(cell_of(notebook, name))
    notebook.cells.insert(place + 1, new_code_cell(f"print({name}.__name__)"))
    notebook.cells.insert(place, new_code_cell("A_CONSTANT = 1"))
    cell_of(notebook, name).source += "\n\nA_CONSTANT + 1"


def _syntax_error_in_scratch(notebook: NotebookNode, lesson: Lesson) -> None:
    insert(notebook, "def broken(:\n    pass", before=first(lesson))
    insert(notebook, f"def {first(lesson)}_old(:\n    '''unfinished")


def _raw_and_odd_cells(notebook: NotebookNode, lesson: Lesson) -> None:
    notebook.cells[3:3] = [
        new_raw_cell("raw text {{ x }}"),
        new_markdown_cell(""),
        new_code_cell(""),
        new_code_cell("   \n"),
    ]


def _unreachable_todo(notebook: NotebookNode, lesson: Lesson) -> None:
    for task in tasks(lesson):
        cell_of(notebook, task.name).source += '\n    raise NotImplementedError("TODO")'


def _todo_in_a_comment(notebook: NotebookNode, lesson: Lesson) -> None:
    for task in tasks(lesson):
        cell = cell_of(notebook, task.name)
        cell.source = '# raise NotImplementedError("TODO")\n' + cell.source


def _first_attempt_commented_out(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    insert(notebook, f"# def {name}(x):\n#     return x\n'''\ndef {name}(x):\n    return 0\n'''")


def _under_a_condition(notebook: NotebookNode, lesson: Lesson) -> None:
    name = first(lesson)
    cell = cell_of(notebook, name)
    cell.source = "if True:\n" + "\n".join("    " + line for line in cell.source.splitlines())


def _everything_lost_and_two_in_one(notebook: NotebookNode, lesson: Lesson) -> None:
    _all_in_one_cell(notebook, lesson)
    for cell in notebook.cells:
        cell.metadata = {}


def _answers_together(notebook: NotebookNode, lesson: Lesson) -> None:
    cells = _graded(notebook, "answer_")
    text = "\n".join(c.source for c in cells)
    blank = {c.metadata.nbgrader.grade_id: c.source for c in _graded(release(lesson), "answer_")}
    for cell in cells:
        cell.source = blank[cell.metadata.nbgrader.grade_id]
    insert(notebook, text)


def _answers_with_spaces(notebook: NotebookNode, lesson: Lesson) -> None:
    for cell in _graded(notebook, "answer_"):
        name, _, value = answer(lesson, cell.metadata.nbgrader.grade_id).partition("=")
        cell.source = f"{name.strip()} = {value.split('#')[0].strip().lower()}"


QUIRKS = [
    changed(name.lstrip("_"), change)
    for name, change in list(globals().items())
    if name.startswith("_") and not name.startswith("__") and callable(change) and name != "_graded"
]
