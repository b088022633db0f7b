"""The visible side of lesson 6: Grad-CAM on examples that a pencil can follow."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .cam import CAM
from .channel_weights import CHANNEL_WEIGHTS
from .class_heatmaps import CLASS_HEATMAPS
from .grad_cam import GRAD_CAM
from .guided_grad_cam import GUIDED_GRAD_CAM
from .questions import QUESTIONS
from .weighted_activation_sum import WEIGHTED_SUM

GUIDE = LessonGuide(
    id="06_grad_cam",
    title="What mattered for this prediction?",
    tasks=(CAM, CHANNEL_WEIGHTS, WEIGHTED_SUM, GRAD_CAM, CLASS_HEATMAPS, GUIDED_GRAD_CAM),
    questions=QUESTIONS,
)
