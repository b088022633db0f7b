"""The questions of lesson 7."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_average",
        "26fc702215c0141d$3023eddf0fc7e2bbe82470c24dab52c1dd0f2509bc47dea6b46ed4cbd4679d72",
        {
            "A": "That is its score on data like its own, where 95 of 100 birds are on their usual background. On the "
            "balanced test only half of them are.",
            "B": "50 % is its average over the four groups. Two groups are always right and two never: the average "
            "hides both.",
            "C": "5 % is its error on data like its own, all of it made in the two rare groups.",
            "D": "A waterbird on land has the wrong background each time, so the answer is wrong each time: 0 %. "
            "The average of the four groups is 50 %, and 95 % on data like its own shows none of it.",
        },
    ),
    Question(
        "q_share",
        "068a6cb89f813cbc$8683b3394fe1e1ff852c0986f6eaf5093ff3238611d589571c9d08ba2887df3d",
        {
            "A": "Most of the energy is outside, that is right; but so is most of the picture. A share alone says "
            "little.",
            "B": "A heatmap that is the same everywhere puts a share of its energy into the bird that equals the "
            "bird's share of the area: 0.09. Above it the bird is preferred, below it the background is. So we "
            "always divide one by the other.",
            "C": "0.09 is not small for a bird that covers 0.09 of the picture: it is what chance gives.",
            "D": "The heatmap's resolution is a limit, but a coarse map can still put most of its energy into one "
            "place.",
        },
    ),
    Question(
        "q_constant",
        "0293dfb4d8a8493f$0662d77348050c1c1d4d10dfd3f42f0a427859ac25dd2d76943d8c9984972461",
        {
            "A": "It may use no bird at all: a model that always answers *landbird* has a flip rate of 0.",
            "B": "A flip rate knows no labels, so it cannot say how many answers are right.",
            "C": "That, and no more. The next cell has a model with flip rate 0 that never finds a waterbird. One "
            "number needs the others beside it.",
            "D": "It was tried on these two backgrounds only. Snow, or a hand that holds the bird, may still count.",
        },
    ),
)
