"""The questions of lesson 9."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_cosine",
        "eccdd96677eb71ea$beb28a389f8fb8cde4d8628b8179f625ba9dc4a06198807e7078132ea3351bf1",
        {
            "A": "(2, 2) lies close to (1, 2), at a distance of 1. Its direction is another one, though: its cosine "
            "is 0.95, and (5, 10) has 1.",
            "B": "(5, 10) is five times (1, 2): the same direction, so its cosine is 1, however far away it lies.",
            "C": "(0.5, 0.75) points nearly the same way, with a cosine of 0.992. One row does better.",
            "D": "(-1, -2) lies on the same line and points the opposite way. Its cosine is -1, the lowest there is.",
        },
    ),
    Question(
        "q_map",
        "6740bc8fb404ad6f$a01addbb16d6983e352726e71e78969db116d3cc9f6bff688d66bbc4e7458d04",
        {
            "A": "How far apart two islands lie says little: t-SNE keeps neighbours, and places the islands as it can.",
            "B": "Island sizes say little: t-SNE evens out densities, so a tight group and a loose one look alike.",
            "C": "Neighbours in the map tend to be neighbours in the features. That is what t-SNE tries to keep, and no more.",
            "D": "Islands need no classes behind them: with a small perplexity even pure noise falls into clumps.",
        },
    ),
    Question(
        "q_unseen",
        "1e5a1b2810b1d0e6$c6c003539e6398ede14c4f58abe87456bbba3b3fa8f45a447ff342b6f15d5bb7",
        {
            "A": "An output for a kind is needed to name it. To compare two pictures, their features are enough.",
            "B": "The features say much more than chance. But nothing trained them to keep these very kinds together.",
            "C": "The head would give each picture some known class. We cut the head off: the features come before it.",
            "D": "To tell 1000 classes apart, the network learned shapes and textures that describe other things, too. "
            "Not all of them, as the table shows.",
        },
    ),
)
