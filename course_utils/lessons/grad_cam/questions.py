"""The questions of lesson 6."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_resolution",
        "93bf4012a3cd9b75$9bafe877e7f3f0f9ca32b02d830a4ed26c2b4572b92150dbe8a4e927965eeac9",
        {
            "A": "One pixel would need a 224×224 map. The last layer has 7×7 cells for the whole picture.",
            "B": "7 is the number of cells along a side, not the size of one. Divide 224 by it.",
            "C": "224 / 7 = 32. And each cell has looked at far more than its own square: its receptive "
            "field overlaps its "
            "neighbours'. The smooth edges of a heatmap come from upsampling, not from the network.",
            "D": "That would be a map of one cell: what is left after global average pooling, where all "
            "place is lost.",
        },
    ),
    Question(
        "q_relu",
        "344af606b734de0a$8d71e2bbb176678257c6cc41c91f7ca7297a74ab8d0424d4dbe8f01614e7b938",
        {
            "A": "The network has looked at every cell; a cell that adds nothing would have a sum near 0.",
            "B": "To first order, more of what was found there lowers this class's score. It may well be "
            "evidence for "
            "another class. The ReLU drops it, so a heatmap shows evidence in favour, and that alone.",
            "C": "It is no error: weights are mean gradients, and gradients have a sign.",
            "D": "The size of one cell says nothing about the class as a whole; the other cells may outweigh "
            "it.",
        },
    ),
    Question(
        "q_two_classes",
        "91cb844dd902059d$3b66f5bc6e1092930dd174a49fcb04364cbba7930e088e83e86ebad9cd6d3714",
        {
            "A": "The backward pass starts at the score you choose, not at the largest one. So the weights "
            "change with it.",
            "B": "The maps are the same, the weights are not: they are the gradients of the score asked for. "
            "That is what makes the method class-specific.",
            "C": "That is what the bare activation maps would show: everything that was found, for whichever "
            "class.",
            "D": "A small probability is no small logit's gradient, and the division by the maximum removes "
            "the scale. "
            "A blank map means no positive evidence.",
        },
    ),
    Question(
        "q_right_place",
        "2a46184de3df17fc$ad21299f8a54e344ae4868dc3b4990bb4021c14f7b3259d42f24ea07a25ee03f",
        {
            "A": "Where is not what. Colour, texture and shape all lie at the same place.",
            "B": "The heatmap would look the same for a model that knows the object by its colour alone.",
            "C": "A heatmap says nothing about the other pictures a model has not seen yet.",
            "D": "The heatmap answers where. To learn what was used there, change that one thing and look at "
            "the score, "
            "as the next cells do.",
        },
    ),
)
