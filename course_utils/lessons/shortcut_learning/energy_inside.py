"""The share of a heatmap that lies on the bird."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor
nan = float("nan")

HEAT = [[2.5, 2.0, 1.0, 0.0], [0.0, 4.0, 0.5, 0.0]]
BIRD = [[False, True, False, False], [False, True, True, False]]

ENERGY_INSIDE = Task(
    name="energy_inside",
    points=3,
    examples=(
        Example(
            "a heatmap of 2×4 and a mask of 3 cells",
            lambda: (tensor(HEAT), tensor(BIRD)),
            0.65,
            (
                Misconception(
                    "sum_inside",
                    "This is the sum inside the mask. A share is that sum divided by the whole heatmap's.",
                    6.5,
                ),
                Misconception(
                    "mean_inside",
                    "This is the mean inside the mask. The share is the sum inside, divided by the sum of all.",
                    6.5 / 3,
                ),
                Misconception(
                    "mean_over_all",
                    "The sum inside was divided by the number of cells. Divide it by the heatmap's sum.",
                    6.5 / 8,
                ),
                Misconception("outside", "This is the share outside the mask.", 0.35),
                Misconception(
                    "inside_to_outside",
                    "The energy inside was divided by that outside. Divide it by all of it.",
                    6.5 / 3.5,
                ),
                Misconception(
                    "area_share",
                    "This is the mask's share of the area. Weigh each cell by its value in the heatmap.",
                    0.375,
                ),
                Misconception(
                    "over_area",
                    "The share was divided by the mask's share of the area. That comes later; return the share.",
                    0.65 / 0.375,
                ),
            ),
        ),
        Example(
            "a heatmap of zeros",
            lambda: (torch.zeros(2, 4), tensor(BIRD)),
            0.0,
            (
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. An empty heatmap has no energy inside: return 0.0.",
                    nan,
                ),
            ),
            errors=(
                ("division by zero", "The heatmap's sum is 0 here. Return 0.0 before you divide by it."),
            ),
        ),
    ),
    hints=(
        "Two sums and one division.",
        "A heatmap indexed with a bool mask of its shape gives the values inside, in one row.",
        "Look at the sum of the whole heatmap before you divide. `float(...)` turns the result into a number.",
    ),
)
