"""The visible side of lesson 1: from pixels to activations, on examples that a pencil can follow."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .activation_change import ACTIVATION_CHANGE
from .conv2d_by_hand import CONV2D
from .preprocess import PREPROCESS
from .questions import QUESTIONS
from .receptive_field import RECEPTIVE_FIELD

GUIDE = LessonGuide(
    id="01_image_to_activations",
    title="From image to activations",
    tasks=(PREPROCESS, CONV2D, RECEPTIVE_FIELD, ACTIVATION_CHANGE),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
