"""The questions of lesson 1."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_edge",
        "4bc41bf53cd81691$fc0e704fd6820f6153bbc1ddc898a559abce07f081bcff07ed475eae19add98a",
        {
            "A": "An edge is there, and the response is strong. But its sign says which side is bright: here "
            "the bright side lies under the −1s.",
            "B": "The −1s meet bright pixels, the +1s meet dark ones: −3 + 0 = −3. The same edge the other "
            "way round gives +3, and an even area gives 0.",
            "C": "They cancel on an even area. Across the edge the left column meets 1s and the right column "
            "0s.",
            "D": "The same weights are used at every place, so the place of the edge moves the response and "
            "does not change it.",
        },
    ),
    Question(
        "q_receptive",
        "7a97a6d181d92a72$64215e892c4ce27b9660fb843da5c5279c7c1d4e1734f3b409c6602599f31ce7",
        {
            "A": "That is what it sees of the layer before it. Each of those cells has already seen more.",
            "B": "32 pixels is the distance from one cell to the next. The fields are far wider than that, "
            "and overlap.",
            "C": "Nothing stops the field at the picture's edge: the formula gives more, and the rest is "
            "padding.",
            "D": "435 pixels a side. Every cell of the last layer could see the whole picture. Whether it "
            "does so evenly is another question, and the next experiment's.",
        },
    ),
    Question(
        "q_hide",
        "5c383f2e895cde92$dbd06028a0e7693babe8bad4b30547cf8f7ae1d476dd89e0d594e20ff64a9990",
        {
            "A": "The square lies in every cell's receptive field, that is true. But a field's middle "
            "reaches the cell on many paths, its rim on few.",
            "B": "Exactly zero it is only where the square lies outside the receptive field, as in the early "
            "layers. The last layer's fields are wider than the picture.",
            "C": "Many paths lead from the middle of a receptive field to its cell, and few from its rim. So "
            "a cell answers most of all to what lies under it: space survives depth.",
            "D": "The weights are the same at each place, and convolutions keep the order of places. What is "
            "upper left in the picture stays upper left in the maps.",
        },
    ),
)
