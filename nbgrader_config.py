"""nbgrader's configuration for this course: where things lie, how a release is made, how work is marked.

nbgrader, its formgrader and the autograder's own commands read this file. Paths follow from where it stands.
"""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

# nbgrader starts `alembic` by its bare name when it makes a gradebook; in a virtual environment that is not
# activated that name is found nowhere.
BIN = str(Path(sys.executable).parent)
if BIN not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([BIN, os.environ.get("PATH", "")])

# Jupyter starts nbgrader's formgrader with its own search path; the steps below live in this checkout. Where they are
# found already the path stays as it is: a process that reads this file must not import anything from elsewhere after it.
if importlib.util.find_spec("autograder") is None:
    sys.path.insert(0, str(ROOT))

# SQLite makes the gradebook's file, but not the folder it lies in.
(ROOT / "grading").mkdir(exist_ok=True)

c = get_config()

c.CourseDirectory.course_id = "seeing-what-cnns-see"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'grading' / 'gradebook.db'}"
# Beside a lesson's notebook lie its source, with every solution in it, and its pictures, which the notebook
# carries inside; neither may be copied into a release or beside a student's file.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "__pycache__",
    "*.pyc",
    "*.py",
    "pictures",
    "*.svg",
    "*.png",
    "*.webp",
]

# The release: everything but the first step, the question answers and the last step is nbgrader's own.
c.GenerateAssignment.preprocessors = [
    "autograder.release.steps.FromSource",
    "nbgrader.preprocessors.LockCells",
    "autograder.release.steps.ClearSolutionsAndAnswers",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.release.steps.TidyRelease",
]
c.ClearSolutions.code_stub = {"python": '# TODO\nraise NotImplementedError("TODO")'}
c.ClearSolutions.text_stub = "*TODO: write your answer here, in place of this line.*"
# The rubric stands in the reflection cell, which nbgrader would accept only in a "task" cell.
c.ClearMarkScheme.enforce_metadata = False

# Marking: nbgrader's Execute step would run a student's code with the tests beside it. FromVerdict takes its
# place and writes what the autograder found across a process boundary.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_steps.FromVerdict",
    "nbconvert.preprocessors.sanitize.SanitizeHTML",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
