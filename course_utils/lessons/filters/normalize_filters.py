"""Each filter stretched to [0, 1], on filters of four weights."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

WORKED = [[[[-0.2, 0.0], [0.2, 0.6]]]]
TWO_FILTERS = [
    [[[-1.0, 0.0], [1.0, 3.0]], [[0.0, 0.0], [1.0, 0.0]]],
    [[[0.0, 0.5], [0.0, 0.0]], [[-0.5, 0.0], [0.0, 1.5]]],
]

NAN = Misconception(
    "zero_by_zero",
    "0 divided by 0 gives NaN. A filter whose weights are all equal has no range: return zeros for it.",
    when=lambda got: torch.as_tensor(got).isnan().any(),
)

NORMALIZE = Task(
    name="normalize_filters",
    points=4,
    examples=(
        Example(
            "one filter with the weights -0.2, 0, 0.2, 0.6",
            lambda: (tensor(WORKED),),
            tensor([[[[0.0, 0.25], [0.5, 1.0]]]]),
            (
                Misconception(
                    "minimum_not_subtracted",
                    "The weights were divided by their maximum. Subtract the minimum first, so that the "
                    "darkest is 0.",
                    tensor([[[[-0.33333, 0.0], [0.33333, 1.0]]]]),
                ),
                Misconception(
                    "divided_by_the_maximum",
                    "The minimum is subtracted. Divide by the range, maximum minus minimum.",
                    tensor([[[[0.0, 0.33333], [0.66667, 1.33333]]]]),
                ),
                Misconception(
                    "negatives_cut_off",
                    "The negative weights became 0. They count too: the smallest weight is the darkest.",
                    tensor([[[[0.0, 0.0], [0.33333, 1.0]]]]),
                ),
                Misconception(
                    "absolute_values",
                    "The sign got lost. A weight of -0.6 is the opposite of 0.6, and should not look alike.",
                    tensor([[[[0.33333, 0.0], [0.33333, 1.0]]]]),
                ),
                Misconception(
                    "zero_in_the_middle",
                    "Here 0 became 0.5. Scale by the filter's own minimum and maximum.",
                    tensor([[[[0.33333, 0.5], [0.66667, 1.0]]]]),
                ),
            ),
        ),
        Example(
            "two filters of two channels, [2, 2, 2, 2]",
            lambda: (tensor(TWO_FILTERS),),
            tensor(
                [
                    [[[0.0, 0.25], [0.5, 1.0]], [[0.25, 0.25], [0.5, 0.25]]],
                    [[[0.25, 0.5], [0.25, 0.25]], [[0.0, 0.25], [0.25, 1.0]]],
                ]
            ),
            (
                Misconception(
                    "one_scale_for_all",
                    "One minimum and maximum was used for all filters together. Each filter has its own.",
                    tensor(
                        [
                            [[[0.0, 0.25], [0.5, 1.0]], [[0.25, 0.25], [0.5, 0.25]]],
                            [[[0.25, 0.375], [0.25, 0.25]], [[0.125, 0.25], [0.25, 0.625]]],
                        ]
                    ),
                ),
                Misconception(
                    "each_channel_by_itself",
                    "Each channel was scaled by itself, which changes the colours. One minimum and maximum "
                    "for "
                    "the whole filter.",
                    tensor(
                        [
                            [[[0.0, 0.25], [0.5, 1.0]], [[0.0, 0.0], [1.0, 0.0]]],
                            [[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.25], [0.25, 1.0]]],
                        ]
                    ),
                ),
                NAN,
            ),
        ),
        Example(
            "a filter whose weights are all 2, and one of zeros",
            lambda: (torch.stack([torch.full((3, 2, 2), 2.0), torch.zeros(3, 2, 2)]),),
            torch.zeros(2, 3, 2, 2),
            (
                NAN,
                Misconception(
                    "constant_not_zero",
                    "A filter whose weights are all equal should become zeros.",
                    when=lambda got: tuple(got.shape) == (2, 3, 2, 2),
                ),
            ),
        ),
    ),
    hints=(
        "For one filter: which number must become 0, and which one must become 1?",
        "Each filter needs one minimum and one maximum, over its channels, rows and columns together. "
        "`weight.amin(dim=(...), keepdim=True)` takes several axes at once.",
        "Subtract the minimum, divide by the range. Where the range is 0 the numerator is 0 as well: divide "
        "by something else there, for example by 1 (`torch.where`).",
    ),
)
