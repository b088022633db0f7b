"""The visible side of lesson 5: attribution on networks that a pencil can follow."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .deconvnet import DECONVNET
from .guided_backprop import GUIDED_BACKPROP
from .occlusion_map import OCCLUSION
from .questions import QUESTIONS
from .saliency_map import SALIENCY

GUIDE = LessonGuide(
    id="05_attribution",
    title="Which pixels matter?",
    tasks=(SALIENCY, OCCLUSION, GUIDED_BACKPROP, DECONVNET),
    questions=QUESTIONS,
)
