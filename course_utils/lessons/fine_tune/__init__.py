"""The visible side of lesson 8: transfer, training and a first verdict, on networks whose numbers a pencil can follow."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .accuracy import ACCURACY
from .mean_energy_inside import ENERGY
from .prepare_for_transfer import PREPARE
from .questions import QUESTIONS
from .train_epoch import TRAIN_EPOCH

GUIDE = LessonGuide(
    id="08_fine_tune",
    title="Train your own, then check what it learned",
    tasks=(PREPARE, TRAIN_EPOCH, ACCURACY, ENERGY),
    questions=QUESTIONS,
)
