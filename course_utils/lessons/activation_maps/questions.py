"""The questions of lesson 4."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_class_free",
        "c97442c5f1b94a53$f7f212cb1f0e02015a116d1bd37e182f88b6bf3e249a0109766cc14129c86c37",
        {
            "A": "The maps are made on the way to the scores, before any class comes into play. They say "
            "what was "
            "found, for no class in particular.",
            "B": "There is one set of maps for a picture. Only the last step, the head, tells classes apart.",
            "C": "Nothing in a forward pass depends on the class that you have in mind.",
            "D": "That is what Grad-CAM will do in lesson 6, with the help of gradients. The bare maps "
            "cannot.",
        },
    ),
    Question(
        "q_shift",
        "a183ab2aa6ca0c63$9c2daf93ce34818d25a437f2f50f2aa059a6902e6645f650f83e244abd38c23c",
        {
            "A": "Convolutions and strides carry places along: what moves in the picture moves in the maps. "
            "Only "
            "an average over the whole map would lose it.",
            "B": "224 / 7 = 32: one cell of the last maps stands for a square of 32×32 pixels.",
            "C": "That would be right for a map of 224×224 cells. These have 7×7.",
            "D": "7 cells are the whole width of the map, 224 pixels.",
        },
    ),
    Question(
        "q_dead",
        "037003e8ad1429a7$8fad22a258c8ab776402b9b413211e3d8fbf90ca020c600f34f98199142c36a0",
        {
            "A": "Silence on one picture is common deep in a network: a channel may wait for something that this "
            "picture does not show.",
            "B": "A ReLU gives 0 wherever its input is negative. That is its job, and no damage.",
            "C": "One picture cannot tell. A channel that stays silent on many different pictures is "
            "suspicious.",
            "D": "No need to look into the weights: more pictures will tell.",
        },
    ),
)
