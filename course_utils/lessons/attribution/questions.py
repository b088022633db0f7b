"""The questions of lesson 5."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_passes",
        "446e840a341360ec$2f61d4a27651c008618d8d98c8b0104a79a6c6ff9449006734e39f72cc913cff",
        {
            "A": "25 is the number of rows: (224 − 32) // 8 + 1. There are as many columns.",
            "B": "49 is what stride 32 needs, with the patches side by side. They overlap here.",
            "C": "(224 − 32) // 8 + 1 = 25 rows and 25 columns: 625 covered pictures, and the uncovered one. Half the stride is "
            "four times the work. A gradient takes one pass forward and one back, whatever the size.",
            "D": "784 would be 28 rows, 224 / 8: the last patches would hang over the edge.",
        },
    ),
    Question(
        "q_negative",
        "c8356f56c7161ca6$0b995d6d06c3664ef897dd3ab2c4b1736b457b29e90cca66d91131ed72f3e4f4",
        {
            "A": "There is no error: a probability can rise as well as fall.",
            "B": "A patch that makes no difference gives a value near 0, not a negative one.",
            "C": "It is the other way round: covering what speaks for the class lowers its probability, and the value is "
            "positive.",
            "D": "What was there spoke against the class, or for a rival: softmax shares one whole among all classes. Take "
            "the rival away, and the share of the class grows.",
        },
    ),
    Question(
        "q_other_animal",
        "a16f0ed522793038$68f6de68a6219757cdf9a63d86d6603837c943d43f36fb53a1099fc138fc945c",
        {
            "A": "The score is another one, and so are some numbers. Look at the two columns of the table: does the energy move?",
            "B": "Much of it stays. The class enters at the top, as one row of weights; every ReLU below keeps positive "
            "parts alone. What gets through are the paths that this picture opens, whatever class you ask for.",
            "C": "No gradient has to vanish: the score of an improbable class is a logit like any other.",
            "D": "The rule keeps what is positive; nothing in it turns the roles of the two animals round.",
        },
    ),
    Question(
        "q_random",
        "1106ee016e72fd64$6ab9e06056c5a0fb3be610a9e8f427ef6f9ad9a78b7e2043d1adb97ea5c7e91e",
        {
            "A": "Its picture hardly moves, although the network no longer knows any class. So fine lines are no proof of "
            "knowledge.",
            "B": "The plain gradient is a product over all layers, the head among them. Change the head, and it changes.",
            "C": "Covering a patch and reading the class's probability asks the head directly. With a random head the "
            "answer is random.",
            "D": "Two of the three do notice. That is what makes the test useful.",
        },
    ),
)
