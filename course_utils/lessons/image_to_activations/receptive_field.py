"""How far a cell sees, for layers in a row."""

from __future__ import annotations

from course_utils.guide import Example, Misconception, Task

RECEPTIVE_FIELD = Task(
    name="receptive_field",
    points=3,
    examples=(
        Example("the start of ResNet-18", lambda: ([(7, 2), (3, 2), (3, 1)],), 19, (
            Misconception(
                "strides_ignored",
                "This counts the kernels alone. A stride makes every later step wider, in input pixels.",
                11,
            ),
            Misconception(
                "stride_too_early",
                "A layer's own stride widens the steps of the layers after it, not its own.",
                35,
            ),
            Misconception("sum_of_kernels", "This is the sum of the kernels. The windows overlap.", 13),
            Misconception(
                "starts_at_zero",
                "One too few: before the first layer, a unit sees one pixel.",
                18,
            ),
            Misconception(
                "wrong_order",
                "The layers were taken from the output to the input. The list runs from input to output.",
                17,
            ),
            Misconception(
                "only_the_last_stride",
                "Strides multiply: after two layers of stride 2, neighbours lie four input pixels apart.",
                15,
            ),
        )),
        Example("three layers of 3×3, stride 1", lambda: ([(3, 1), (3, 1), (3, 1)],), 7, (
            Misconception("sum_of_kernels", "This is the sum of the kernels. The windows overlap.", 9),
            Misconception("kernels_multiplied", "Kernels do not multiply: each layer adds a border.", 27),
        )),
        Example("a stride at the end changes nothing", lambda: ([(5, 1), (2, 2)],), 6, (
            Misconception(
                "stride_too_early",
                "The stride of the last layer widens only what would come after it.",
                7,
            ),
        )),
        Example("no layer at all: one pixel", lambda: ([],), 1),
    ),
    hints=(
        "A single unit after one 3×3 layer sees 3 pixels a side. After a second one, stride 1: which "
        "pixels do its three inputs see together?",
        "Keep two numbers while you walk through the list: how wide the field is, and how many input pixels "
        "lie between two neighbouring units (1 at first).",
        "A layer of kernel k adds (k - 1) steps, each as wide as the distance so far. Only then does its "
        "stride multiply that distance.",
    ),
)  # fmt: skip
