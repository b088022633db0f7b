"""The visible side of lesson 9: embeddings, on vectors short enough to follow with a pencil."""

from __future__ import annotations

from course_utils.guide import LessonGuide

from .embed import EMBED
from .nearest_neighbours import NEAREST
from .pca_2d import PCA_2D
from .questions import QUESTIONS
from .retrieval_precision import RETRIEVAL

GUIDE = LessonGuide(
    id="09_embeddings",
    title="What is close to what?",
    tasks=(EMBED, PCA_2D, NEAREST, RETRIEVAL),
    questions=QUESTIONS,
)
