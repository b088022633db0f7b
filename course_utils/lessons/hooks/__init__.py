"""The visible side of lesson 3: hooks on networks whose every number can be checked by hand."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .capture_activations import CAPTURE_ACTIVATIONS
from .capture_gradient import CAPTURE_GRADIENT
from .capture_output import CAPTURE_OUTPUT
from .questions import QUESTIONS

GUIDE = LessonGuide(
    id="03_hooks",
    title="A sensor on a layer",
    tasks=(CAPTURE_OUTPUT, CAPTURE_ACTIVATIONS, CAPTURE_GRADIENT),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
