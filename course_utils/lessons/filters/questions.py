"""The questions of lesson 2."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_first",
        "f672996f49171179$93e55a226f7fb9eb9ac38186ff003f32d46d6166d955180944254299e5b58ff3",
        {
            "A": "A kernel covers 7×7 pixels, less than an eye. No object fits in, and none is needed: every "
            "class shares this layer.",
            "B": "Edges of many directions, stripes, colour against colour: the parts of which all pictures "
            "are made. Networks of many kinds learn much the same first layer.",
            "C": "That is how they look before training. What training makes of it is the point of the next "
            "cell.",
            "D": "A filter of one even colour answers to brightness alone. A few do something like it; most "
            "compare neighbours.",
        },
    ),
    Question(
        "q_deeper",
        "1ed9ce138bea5969$b0623bc6b423d09036f07ca242c29aa2b410b569c950bcfd91a22bafbace35ab",
        {
            "A": "Small they are, but so are those of the first layer: one can enlarge them.",
            "B": "They are trained like all others, and carry most of what a network knows.",
            "C": "Any negative number can be scaled to [0, 1], as you did.",
            "D": "A picture has three colours, and a kernel of layer4 has 512 slices. And those slices do "
            "not "
            "stand for colours, but for what 512 channels before it have found.",
        },
    ),
    Question(
        "q_opposite",
        "81dcb48d79047a8b$6539e27f86529575c487e58c67ef91bf344035900d6fb05f7211b7aaa2910565",
        {
            "A": "Their arrows point in opposite directions: -1, the lowest value there is. One answers to "
            "dark "
            "on bright, the other to bright on dark, and behind a ReLU each keeps what the other loses.",
            "B": "0 means that two filters have nothing in common. These two have everything in common but "
            "the "
            "sign.",
            "C": "1 would be the same direction. The sign turns it round.",
            "D": "The cosine does not depend on the lengths: each filter is divided by its own.",
        },
    ),
)
