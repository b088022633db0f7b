"""The gradebook's rows of one lesson, looked up once: nbgrader's steps ask for each cell of each submission anew."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.orm import selectinload

from autograder.course import Lesson


@dataclass(frozen=True)
class AssignmentRows:
    """One lesson in the gradebook, looked up once; stands in for the Gradebook in nbgrader's steps."""

    gradebook: Gradebook
    row: api.Assignment
    notebook: api.Notebook
    source_cells: dict[str, api.SourceCell]
    graded_cells: dict[str, api.GradeCell]

    @classmethod
    def of(cls, gradebook: Gradebook, lesson: Lesson) -> AssignmentRows:
        """The rows of a lesson that the gradebook knows."""
        notebook = gradebook.find_notebook(lesson.name, lesson.id)
        source_cells = {cell.name: cell for cell in notebook.source_cells}
        graded_cells = {cell.name: cell for cell in notebook.grade_cells}
        return cls(gradebook, gradebook.find_assignment(lesson.id), notebook, source_cells, graded_cells)

    def find_source_cell(self, name: str, *_: str) -> api.SourceCell:
        if name not in self.source_cells:
            raise MissingEntry(name)
        return self.source_cells[name]

    def find_graded_cell(self, name: str, *_: str) -> api.GradeCell:
        return self.graded_cells[name]

    def submissions(self, students: list[str]) -> dict[str, api.SubmittedAssignment]:
        """These students' submissions with all that hangs on them, made where there are none."""
        session = self.gradebook.db
        query = session.query(api.SubmittedAssignment).options(
            selectinload(api.SubmittedAssignment.notebooks).selectinload(api.SubmittedNotebook.grades),
            selectinload(api.SubmittedAssignment.notebooks).selectinload(api.SubmittedNotebook.comments),
        )
        query = query.filter_by(assignment_id=self.row.id).filter(
            api.SubmittedAssignment.student_id.in_(students)
        )
        found = {submission.student_id: submission for submission in query}
        known = {row.id: row for row in session.query(api.Student).filter(api.Student.id.in_(students))}
        with session.no_autoflush:
            for student in students:
                if student not in found:
                    row = known.get(student) or api.Student(id=student)
                    found[student] = self._new_submission(row)
                    session.add(found[student])
        session.flush()
        return found

    def _new_submission(self, student: api.Student) -> api.SubmittedAssignment:
        submission = api.SubmittedAssignment(assignment=self.row, student=student)
        for notebook in self.row.notebooks:
            mirrored = api.SubmittedNotebook(notebook=notebook, assignment=submission)
            mirrored.grades = [api.Grade(cell=cell) for cell in notebook.grade_cells]
            mirrored.comments = [api.Comment(cell=cell) for cell in notebook.solution_cells]
        return submission


class SubmissionRows:
    """One submission's grades and comments; stands in for the Gradebook in nbgrader's SaveAutoGrades."""

    def __init__(self, notebook: api.SubmittedNotebook, names: dict[str, str]) -> None:
        self.grades = {names[grade.cell_id]: grade for grade in notebook.grades}
        self.comments = {names[comment.cell_id]: comment for comment in notebook.comments}
        self.db = self

    def commit(self) -> None:
        """SaveAutoGrades commits after each cell; here the whole batch is committed at once."""

    def find_grade(self, name: str, *_: str) -> api.Grade:
        return self.grades[name]

    def find_comment(self, name: str, *_: str) -> api.Comment:
        return self.comments[name]
