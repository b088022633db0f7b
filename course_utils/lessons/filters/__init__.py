"""The visible side of lesson 2: filters as pictures, on examples that a pencil can follow."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .normalize_filters import NORMALIZE
from .questions import QUESTIONS
from .similar_filters import SIMILAR
from .tile_filters import TILE

GUIDE = LessonGuide(
    id="02_filters",
    title="What does this layer look for?",
    tasks=(NORMALIZE, TILE, SIMILAR),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
