"""The visible side of lesson 2: filters as pictures, on examples that a pencil can follow."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task

tensor = torch.tensor

# --- 1. normalize_filters -----------------------------------------------------------------------------------

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

# --- 2. tile_filters ----------------------------------------------------------------------------------------


def _colours(count: int, side: int = 1) -> torch.Tensor:
    """Filters [count, 3, side, side] of one colour each: (0.1, 0.2, 0.3), (0.2, 0.3, 0.4), ..."""
    first = torch.arange(1, count + 1)[:, None] / 10
    return (first + tensor([0.0, 0.1, 0.2])).view(count, 3, 1, 1).repeat(1, 1, side, side)


def _picture(height: int, width: int, spots: dict[tuple[int, int], float]) -> torch.Tensor:
    """A white picture [height, width, 3] with single coloured pixels: the place, and how much red."""
    out = torch.ones(height, width, 3)
    for (row, col), red in spots.items():
        out[row, col] = tensor([red, red + 0.1, red + 0.2])
    return out


def _patterned() -> torch.Tensor:
    """Two filters [2, 3, 2, 2] in which every number is another one."""
    return torch.arange(24.0).view(2, 3, 2, 2) / 100


PATTERNED = [
    [[0.0, 0.04, 0.08], [0.01, 0.05, 0.09], [0.12, 0.16, 0.2], [0.13, 0.17, 0.21]],
    [[0.02, 0.06, 0.1], [0.03, 0.07, 0.11], [0.14, 0.18, 0.22], [0.15, 0.19, 0.23]],
]
CHANNELS_FIRST = Misconception(
    "channels_first",
    "The colours come first. A picture to look at has them last: [H, W, 3].",
    when=lambda got: got.ndim == 3 and got.shape[0] == 3 and got.shape[-1] != 3,
)
OUTER_BORDER = "There is a border around the outside. White pixels go between the tiles only."

TILE = Task(
    name="tile_filters",
    points=4,
    examples=(
        Example(
            "3 filters of one pixel, columns=2, padding=1: a picture of 3×3",
            lambda: (_colours(3),),
            _picture(3, 3, {(0, 0): 0.1, (0, 2): 0.2, (2, 0): 0.3}),
            (
                Misconception(
                    "column_by_column",
                    "The tiles run down the columns. Fill the first row from left to right, then the next.",
                    _picture(3, 3, {(0, 0): 0.1, (2, 0): 0.2, (0, 2): 0.3}),
                ),
                Misconception(
                    "black_padding",
                    "The space between the tiles is black. White is 1.0.",
                    when=lambda got: tuple(got.shape) == (3, 3, 3) and float(got[1].max()) == 0,
                ),
                Misconception(
                    "empty_place_not_white",
                    "The last place has no tile; it should be white, like the space between.",
                    when=lambda got: tuple(got.shape) == (3, 3, 3) and float(got[2, 2].min()) < 1,
                ),
                Misconception(
                    "outer_border",
                    OUTER_BORDER,
                    when=lambda got: tuple(got.shape)[:2] in ((5, 5), (4, 4)),
                ),
            ),
            kwargs={"columns": 2, "padding": 1},
        ),
        Example(
            "2 filters of 2×2 pixels side by side, columns=2, padding=0",
            lambda: (_patterned(),),
            tensor(PATTERNED),
            (
                Misconception(
                    "tiles_turned",
                    "Rows and columns within the tiles have changed places: move the colours last, and keep "
                    "rows before columns.",
                    when=lambda got: tuple(got.shape) == (2, 4, 3) and abs(float(got[0, 1, 0]) - 0.02) < 1e-4,
                ),
                Misconception(
                    "colours_mixed_up",
                    "The numbers have the right shape in the wrong order: `reshape` does not move axes. Use "
                    "`permute`.",
                    when=lambda got: tuple(got.shape) == (2, 4, 3) and abs(float(got[0, 0, 1]) - 0.01) < 1e-4,
                ),
                CHANNELS_FIRST,
            ),
            kwargs={"columns": 2, "padding": 0},
        ),
        Example(
            "2 filters, columns=4, padding=2: still four tiles wide",
            lambda: (_colours(2),),
            _picture(1, 10, {(0, 0): 0.1, (0, 3): 0.2}),
            (
                Misconception(
                    "narrower_than_asked",
                    "The picture is only as wide as there are filters. It is always `columns` tiles wide.",
                    when=lambda got: tuple(got.shape)[:2] == (1, 4),
                ),
                Misconception("outer_border", OUTER_BORDER, when=lambda got: got.shape[0] > 1),
            ),
            kwargs={"columns": 4, "padding": 2},
        ),
        Example(
            "9 filters as the defaults have it: 8 columns, 1 pixel between",
            lambda: (_colours(9) / 2,),
            torch.cat(
                [
                    _picture(2, 15, {}).index_put(
                        (tensor([0] * 8), torch.arange(0, 16, 2)),
                        tensor([[n / 20, (n + 1) / 20, (n + 2) / 20] for n in range(1, 9)]),
                    ),
                    _picture(1, 15, {}).index_put((tensor([0]), tensor([0])), tensor([[0.45, 0.5, 0.55]])),
                ]
            ),
        ),
    ),
    hints=(
        "Draw 3 tiles in 2 columns on paper. How many rows of tiles are needed, and how many pixels high and "
        "wide is the picture?",
        "Begin with a white canvas, `torch.ones(height, width, 3)`. With n tiles and p pixels between them "
        "a side is n·side + (n - 1)·p pixels long.",
        "Tile number i stands in row `i // columns` and column `i % columns`. From one tile's corner to the "
        "next it is side + padding pixels.",
        "A filter is [3, k, k]; the canvas has its colours last. `permute(1, 2, 0)` turns the one into the "
        "other.",
    ),
)

# --- 3. similar_filters -------------------------------------------------------------------------------------

# The second is twice the first, the third its opposite, the fourth close to it, the fifth dead.
SIX = [
    [[[1.0, 0], [0, 1]]],
    [[[2.0, 0], [0, 2]]],
    [[[-1.0, 0], [0, -1]]],
    [[[1.0, 0.2], [0, 1]]],
    [[[0.0, 0], [0, 0]]],
    [[[1.0, 1], [1, 1]]],
]
FOUR = [
    [[[1.0, 2], [3, 4]]],
    [[[4.0, 3], [2, 1]]],
    [[[1.0, -1], [0, 0]]],
    [[[1.0, -0.5], [0.5, -1]]],
]


def _six() -> tuple[Any, ...]:
    return (tensor(SIX),)


PAIRS_OF_LISTS = Misconception(
    "lists_for_tuples",
    "The pairs are right, and they are not tuples of ints. Return a list of tuples (i, j).",
    when=lambda got: [tuple(int(n) for n in pair) for pair in got] == [(0, 1), (0, 3), (1, 3)],
)

SIMILAR = Task(
    name="similar_filters",
    points=4,
    examples=(
        Example(
            "six filters, threshold 0.95",
            _six,
            [(0, 1), (0, 3), (1, 3)],
            (
                Misconception(
                    "dot_product",
                    "This compares dot products, which grow with the size of the weights. Divide by both "
                    "lengths.",
                    [(0, 1), (0, 3), (0, 5), (1, 3), (1, 5), (3, 5)],
                ),
                Misconception(
                    "opposites_counted",
                    "A filter and its opposite have cosine similarity -1. They are as different as can be.",
                    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)],
                ),
                Misconception(
                    "both_orders",
                    "Each pair is there twice. Give it once, the smaller index first.",
                    when=lambda got: (
                        len(got) == 6 and {tuple(sorted(p)) for p in got} == {(0, 1), (0, 3), (1, 3)}
                    ),
                ),
                Misconception(
                    "paired_with_itself",
                    "A filter is paired with itself. Only i < j.",
                    when=lambda got: any(i == j for i, j in got),
                ),
                Misconception(
                    "larger_index_first",
                    "The smaller index comes first in each pair.",
                    when=lambda got: any(i > j for i, j in got),
                ),
                Misconception(
                    "not_sorted",
                    "These are the right pairs. Sort the list.",
                    when=lambda got: got != sorted(got) and sorted(got) == [(0, 1), (0, 3), (1, 3)],
                ),
                PAIRS_OF_LISTS,
            ),
        ),
        Example(
            "four other filters, threshold 0.64",
            lambda: (tensor(FOUR),),
            [(0, 1), (2, 3)],
            (
                Misconception(
                    "threshold_ignored",
                    "This is the answer for 0.95. Use the argument `threshold`.",
                    [],
                ),
                Misconception(
                    "mean_subtracted",
                    "The filters' means were subtracted first. That is a correlation; take the plain cosine.",
                    [(1, 3), (2, 3)],
                ),
            ),
            kwargs={"threshold": 0.64},
        ),
        Example(
            "the six filters, threshold -0.5: the dead filter still has no partner",
            _six,
            [(0, 1), (0, 3), (0, 5), (1, 3), (1, 5), (3, 5)],
            (
                Misconception(
                    "dead_filter_paired",
                    "Filter 4 is all zeros. It has no direction, so it is similar to nothing.",
                    when=lambda got: any(4 in pair for pair in got),
                ),
            ),
            kwargs={"threshold": -0.5},
        ),
        Example(
            "two channels: the whole filter is compared",
            lambda: (tensor([[[[1.0]], [[0.0]]], [[[1.0]], [[1.0]]], [[[2.0]], [[2.1]]]]),),
            [(1, 2)],
            (
                Misconception(
                    "first_channel_only",
                    "Only the first channel was compared. Flatten all of a filter's weights.",
                    [(0, 1), (0, 2), (1, 2)],
                ),
            ),
        ),
    ),
    hints=(
        "A filter is a list of numbers, so it is an arrow in a space with C·k·k axes. The cosine of two "
        "arrows "
        "is 1 if they point the same way, however long they are.",
        "Flatten to [N, C·k·k] and divide each row by its length (careful with a length of 0). What does "
        "this "
        "matrix times its own transpose hold?",
        "Walk over all i, and over all j from i + 1, and keep the pairs at or above the threshold. "
        "`int(...)` "
        "makes plain ints.",
    ),
)

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

GUIDE = LessonGuide(
    id="02_filters",
    title="What does this layer look for?",
    tasks=(NORMALIZE, TILE, SIMILAR),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
