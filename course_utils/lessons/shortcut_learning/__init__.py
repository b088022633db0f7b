"""The visible side of lesson 7: four measures of a shortcut, on examples that can be counted by hand."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .balanced_weights import BALANCED_WEIGHTS
from .energy_inside import ENERGY_INSIDE
from .flip_rate import FLIP_RATE
from .group_accuracy import GROUP_ACCURACY
from .questions import QUESTIONS

GUIDE = LessonGuide(
    id="07_shortcut_learning",
    title="Right answer, wrong reason",
    tasks=(GROUP_ACCURACY, ENERGY_INSIDE, FLIP_RATE, BALANCED_WEIGHTS),
    questions=QUESTIONS,
)
