"""The questions of lesson 8."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_new_head",
        "6ea9ca42c1a1444f$f00beb514e7dc568515da8eceb9bd0bb8cc60da7e9641d7a0f01c16eff1f58ec",
        {
            "A": "The new head is random: with two classes it guesses, whatever the features are worth. Knowing features is "
            "not knowing your classes.",
            "B": "The frozen features are as good as before. But the layer that turns them into your classes is new.",
            "C": "It would have to be wrong on purpose. A random head is right about as often as a coin.",
            "D": "The old 1000 answers went with the old head. The new one has outputs for your classes alone.",
        },
    ),
    Question(
        "q_frozen_batchnorm",
        "9c487231b211c0b4$2153d9be9188d185611da7788f7b2f04d4e32228f4edccf9e3ef130a88ba535e",
        {
            "A": "The parameters do stay. But running means and variances are buffers, no parameters.",
            "B": "The optimizer has no part in it: the statistics move in the forward pass.",
            "C": "In train mode each forward pass moves the running statistics. `requires_grad` stops gradients, not that. "
            "Only eval mode does.",
            "D": "The loss may well fall. What changes unseen are the features that you meant to keep.",
        },
    ),
    Question(
        "q_before_the_look",
        "59aee833cf64b32a$f49f33978e7126c94fcccf26b17b175e02eb896a266c503fec978c770b8457a0",
        {
            "A": "Data like its own carries the same tag. A model that reads the tag does well on it.",
            "B": "The test animals are new, and yet each tag comes with its class: the shortcut works there, too.",
            "C": "A small loss says that the answers fit the labels, by whatever means.",
            "D": "All three numbers are the same for a model that knows animals and for one that knows the tag. You have to "
            "look, or to change the tag.",
        },
    ),
)
