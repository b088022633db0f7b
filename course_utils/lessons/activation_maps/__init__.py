"""The visible side of lesson 4: activation maps of a few cells, checked with a pencil."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .dead_channels import DEAD_CHANNELS
from .max_activating_patches import MAX_ACTIVATING_PATCHES
from .questions import QUESTIONS
from .resize_map import RESIZE_MAP
from .top_channels import TOP_CHANNELS

GUIDE = LessonGuide(
    id="04_activation_maps",
    title="What did this layer find here?",
    tasks=(TOP_CHANNELS, RESIZE_MAP, DEAD_CHANNELS, MAX_ACTIVATING_PATCHES),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
