"""The visible side of lesson 9: embeddings, on vectors short enough to follow with a pencil."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from course_utils.comparison import as_tensor
from course_utils.guide import Example, LessonGuide, Misconception, Question, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor

# --- 1. embed -----------------------------------------------------------------------------------------------

# What the colour spotter's convolution gives for three pictures: red, green and blue, 1×2 cells each.
# The means are (3, 4, 0), (-2, 1, 2) and (0, 0, 0).
CELLS = [
    [[[6.0, 0]], [[4.0, 4]], [[0.0, 0]]],
    [[[2.0, -6]], [[1.0, 1]], [[2.0, 2]]],
    [[[0.0, 0]], [[0.0, 0]], [[0.0, 0]]],
]
FIRST = [0.6, 0.8, 0.0]
SECOND = [-0.66667, 0.33333, 0.66667]


def _pictures(*which: int) -> tuple[Any, ...]:
    model = colour_spotter()
    small = tensor([CELLS[i] for i in which])
    return model, model.conv, small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def _colour_picture() -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.relu, colour_picture()


def _five_channels() -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.conv, torch.zeros(2, 5, 2, 4)


NOT_POOLED = Misconception(
    "not_pooled",
    "The maps still have their rows and columns. Average over both, so that one number a channel is left: [N, C].",
    when=lambda got: got.ndim == 4,
)
HOOK_NEVER_RAN = (
    "KeyError",
    "Was the hook ever called? It runs when the model runs, so register it before `model(x)`.",
)

EMBED = Task(
    name="embed",
    points=4,
    examples=(
        Example(
            "two pictures, whose channel means are (3, 4, 0) and (-2, 1, 2)",
            lambda: _pictures(0, 1),
            tensor([FIRST, SECOND]),
            (
                NOT_POOLED,
                Misconception(
                    "not_normalised",
                    "These are the means, as they should be. Now divide each row by its length.",
                    tensor([[3.0, 4, 0], [-2, 1, 2]]),
                ),
                Misconception(
                    "one_length_for_all",
                    "All rows were divided by one length together. Each row has a length of its own.",
                    tensor([[0.5145, 0.68599, 0], [-0.343, 0.1715, 0.343]]),
                ),
                Misconception(
                    "columns_normalised",
                    "The columns have length 1. A row stands for a picture: give the rows length 1.",
                    tensor([[0.83205, 0.97014, 0], [-0.5547, 0.24254, 1.0]]),
                ),
                Misconception(
                    "sum_of_magnitudes",
                    "Each row was divided by the sum of its magnitudes. Its length is the root of the sum of squares.",
                    tensor([[0.42857, 0.57143, 0], [-0.4, 0.2, 0.4]]),
                ),
                Misconception(
                    "maximum_for_mean",
                    "These are the largest values of each map, scaled. Take the mean over space.",
                    tensor([[0.83205, 0.5547, 0], [0.66667, 0.33333, 0.66667]]),
                ),
                Misconception(
                    "negatives_lost",
                    "Negative means became 0 or lost their sign. Keep the layer's output as it is.",
                    tensor([FIRST, [0.0, 0.44721, 0.89443]]),
                ),
                Misconception(
                    "negatives_lost",
                    "Negative means became 0 or lost their sign. Keep the layer's output as it is.",
                    tensor([FIRST, [0.66667, 0.33333, 0.66667]]),
                ),
                Misconception(
                    "logits_returned",
                    "These rows come from the model's four scores. Use the output of `layer`.",
                    when=lambda got: tuple(got.shape) == (2, 4),
                ),
                Misconception(
                    "flattened",
                    "Each row holds every cell of every map. Average over space, not flatten.",
                    when=lambda got: tuple(got.shape) == (2, 6),
                ),
                Misconception(
                    "first_picture_only",
                    "Only one picture came back. Return a row for each picture of the batch.",
                    when=lambda got: got.numel() == 3,
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "a picture and a black one, whose row is all zeros",
            lambda: _pictures(0, 2),
            tensor([FIRST, [0.0, 0.0, 0.0]]),
            (
                NOT_POOLED,
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. A row of zeros has no direction, and stays zeros.",
                    when=lambda got: bool(got.isnan().any()),
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "one picture of another size, another layer",
            _colour_picture,
            tensor([[0.69167, 0.34583, 0.63403]]),
            (
                NOT_POOLED,
                Misconception(
                    "batch_axis_gone",
                    "The axis of the batch is gone. Also for one picture the shape is [1, C].",
                    when=lambda got: tuple(got.shape) == (3,),
                ),
            ),
            errors=(HOOK_NEVER_RAN,),
        ),
        Example(
            "pictures that the model cannot take: its error comes through, and no hook stays",
            _five_channels,
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Three steps: catch the layer's output (lesson 3), average it over space, give each row length 1.",
        "Which axes of [N, C, h, w] are space? After the mean over them, one number a channel is left.",
        "A row's length is the root of the sum of its squares; `norm(dim=1, keepdim=True)` gives all of them at once.",
        "A row of zeros has length 0. `clamp(min=...)` on the lengths, with a tiny number, keeps it from dividing by 0.",
    ),
)

# --- 2. pca_2d ----------------------------------------------------------------------------------------------

LINE = [[1.0, 2], [4, 6], [7, 10]]
ON_THE_LINE = [[-5.0, 0], [0, 0], [5, 0]]
# mean (10, 20, 5) + a·(2, 2, 1)/3 + b·(1, -2, 2)/3 with a = 6, -6, 3, -3 and b = 3, 3, -3, -3
SPACE = [[15.0, 22, 9], [7, 14, 5], [11, 24, 4], [7, 20, 2]]
IN_SPACE = [[6.0, 3], [-6, 3], [3, -3], [-3, -3]]
# 7 in the last column, a·(1, 1, 1, 1)/2 + b·(1, -1, 1, -1)/2 in the others, a = 4, -2, -2 and b = 0, 1.5, -1.5
WIDE = [[2.0, 2, 2, 2, 7], [-0.25, -1.75, -0.25, -1.75, 7], [-1.75, -0.25, -1.75, -0.25, 7]]
IN_WIDE = [[4.0, 0], [-2, 1.5], [-2, -1.5]]


def _turned_like(expected: list[list[float]]) -> Callable[[Any, tuple[Any, ...]], Any]:
    """A reader that turns each column's sign to fit the expected one, for a direction may point either way."""

    def read(result: Any, args: tuple[Any, ...]) -> Any:
        got = as_tensor(result, floating=True)
        if got is None or tuple(got.shape) != (len(expected), 2):
            return result
        return torch.where((got * tensor(expected)).sum(0) < 0, -got, got)

    return read


def _pca_example(
    name: str, rows: list[list[float]], expected: list[list[float]], *more: Misconception
) -> Example:
    right = tensor(expected)
    return Example(
        name,
        lambda: (tensor(rows),),
        right,
        (
            *more,
            Misconception(
                "smallest_first",
                "The columns have changed places. The direction with the larger variance comes first.",
                when=lambda got: torch.allclose(got.abs(), right.flip(1).abs(), atol=1e-3),
            ),
            Misconception(
                "transposed",
                "The shape is turned round: each picture is a row, [N, 2].",
                when=lambda got: tuple(got.shape) == (2, len(rows)),
            ),
            Misconception(
                "directions_returned",
                "These are the two directions, [D, 2]. Project the centred rows on them: one pair of numbers a picture.",
                when=lambda got: len(rows[0]) != len(rows) and tuple(got.shape) == (len(rows[0]), 2),
            ),
        ),
        errors=(
            (
                "cannot be multiplied",
                "For `rows @ directions` the directions must be columns, [D, 2]. `svd` gives them as rows of its third result.",
            ),
        ),
        read=_turned_like(expected),
    )


PCA_2D = Task(
    name="pca_2d",
    points=4,
    examples=(
        _pca_example(
            "the worked example: three points on a line",
            LINE,
            ON_THE_LINE,
            Misconception(
                "not_centred",
                "The middle point is the mean and should land at 0. Subtract the mean of each column before you project.",
                when=lambda got: tuple(got.shape) == (3, 2) and abs(float(got[1, 0])) > 0.1,
            ),
        ),
        _pca_example(
            "4 points in 3 dimensions",
            SPACE,
            IN_SPACE,
            Misconception(
                "not_centred",
                "The directions are right, and the rows were projected before the mean was subtracted.",
                tensor(IN_SPACE) + tensor([21.66667, -6.66667]),
            ),
            Misconception(
                "not_centred",
                "The columns do not have mean 0. Subtract the mean of each column first.",
                when=lambda got: tuple(got.shape) == (4, 2) and bool(got.mean(0).abs().max() > 0.1),
            ),
            Misconception(
                "whitened",
                "Both columns have length 1. Keep the spread: the singular values belong to the projection.",
                tensor([[0.63246, 0.5], [-0.63246, 0.5], [0.31623, -0.5], [-0.31623, -0.5]]),
            ),
            Misconception(
                "weakest_directions",
                "The first column hardly varies: these are the weakest directions. `eigh` sorts from small to large.",
                when=lambda got: tuple(got.shape) == (4, 2) and bool(got[:, 0].abs().max() < 1e-3),
            ),
        ),
        _pca_example("3 points in 5 dimensions", WIDE, IN_WIDE),
    ),
    hints=(
        "PCA asks: along which direction do the points spread most? Spread is measured from their mean.",
        "So first subtract the mean of each column. Then `torch.linalg.svd` of the centred rows, "
        "`full_matrices=False`, gives three results.",
        "The third result holds the directions as rows, the strongest first. Take two of them, and turn them into columns.",
        "The coordinates are the centred rows times these columns. The sign of a column is free: no check looks at it.",
    ),
)

# --- 3. nearest_neighbours ----------------------------------------------------------------------------------

GALLERY = [[2.0, 2], [5, 10], [0.5, 0.75], [-1, -2]]
LONG = [[1.0, 0, 1], [0, 0, 0.1], [4, 0, 2], [0, 5, -1]]
NO_INDICES = Misconception(
    "values_returned",
    "These are the similarities. Return the positions in the gallery: `topk` gives values and indices.",
    when=lambda got: torch.as_tensor(got).is_floating_point(),
)

NEAREST = Task(
    name="nearest_neighbours",
    points=3,
    examples=(
        Example(
            "query (1, 2), four rows of different length, k=2",
            lambda: (tensor([1.0, 2]), tensor(GALLERY), 2),
            tensor([1, 2]),
            (
                NO_INDICES,
                Misconception(
                    "dot_product",
                    "These are the largest dot products, which grow with a row's length. Divide by the lengths first.",
                    tensor([1, 0]),
                ),
                Misconception(
                    "euclidean",
                    "These are the smallest distances. Cosine similarity compares directions, not positions.",
                    tensor([0, 2]),
                ),
                Misconception(
                    "best_left_out",
                    "The best match was left out. Here the query is no part of the gallery: nothing is to be skipped.",
                    tensor([2, 0]),
                ),
                Misconception(
                    "absolute_cosine",
                    "Row 3 points the opposite way: its cosine is -1, the least similar of all.",
                    when=lambda got: 3 in list(got) and 1 in list(got),
                ),
                Misconception("best_last", "The best match comes first.", tensor([2, 1])),
                Misconception(
                    "worst_matches",
                    "These are the least similar rows. A larger cosine means more similar.",
                    tensor([3, 0]),
                ),
            ),
        ),
        Example(
            "query (0, 0, 3), k=4: the whole gallery in order",
            lambda: (tensor([0.0, 0, 3]), tensor(LONG), 4),
            tensor([1, 0, 2, 3]),
            (
                NO_INDICES,
                Misconception(
                    "dot_product",
                    "Row 2 is long, and therefore its dot product is large. Divide each row by its length.",
                    tensor([2, 0, 1, 3]),
                ),
                Misconception("best_last", "The best match comes first.", tensor([3, 2, 0, 1])),
                Misconception(
                    "sorted_by_position",
                    "These are positions in ascending order. Sort by similarity, the best first.",
                    tensor([0, 1, 2, 3]),
                ),
            ),
        ),
        Example(
            "the same, k=1",
            lambda: (tensor([0.0, 0, 3]), tensor(LONG), 1),
            tensor([1]),
            (
                NO_INDICES,
                Misconception(
                    "k_ignored",
                    "More than k positions came back.",
                    when=lambda got: len(got) > 1,
                ),
            ),
        ),
    ),
    hints=(
        "The cosine of two vectors is their dot product divided by both lengths.",
        "`gallery @ query` gives all dot products at once. Which lengths are still to be divided by?",
        "`topk(k)` gives the largest values in order, and where they stand: you want the places.",
    ),
)

# --- 4. retrieval_precision ---------------------------------------------------------------------------------

FOUR = [[1.0, 0], [3, 1], [0, 2], [1, 1.2]]
TWINS = [[1.0, 0], [1, 0], [0, 1], [1, 3]]

RETRIEVAL = Task(
    name="retrieval_precision",
    points=4,
    examples=(
        Example(
            "four items, labels 0, 0, 1, 1, k=1",
            lambda: (tensor(FOUR), tensor([0, 0, 1, 1]), 1),
            0.75,
            (
                Misconception(
                    "itself_counted",
                    "Every item found itself. Leave the item itself out of its own neighbours.",
                    1.0,
                ),
                Misconception(
                    "euclidean",
                    "These neighbours are the closest by distance. Use cosine similarity.",
                    0.25,
                ),
                Misconception(
                    "dot_product",
                    "These neighbours have the largest dot products. Divide each row by its length first.",
                    0.5,
                ),
                Misconception("percent", "This is a percentage. Return a share between 0 and 1.", 75.0),
                Misconception(
                    "not_averaged",
                    "This is a sum over the items. Return the mean of their shares.",
                    3.0,
                ),
            ),
        ),
        Example(
            "two items are exact twins with different labels, k=1",
            lambda: (tensor(TWINS), tensor([0, 1, 0, 0]), 1),
            0.5,
            (
                Misconception(
                    "twin_left_out",
                    "A twin counts as a neighbour. Leave the item out by its position, not by its similarity or its rank.",
                    0.75,
                ),
                Misconception(
                    "itself_counted",
                    "Every item found itself. Leave the item itself out of its own neighbours.",
                    1.0,
                ),
            ),
        ),
        Example(
            "labels 5, 5, 9, 2, k=3: all the others are neighbours",
            lambda: (tensor(FOUR), tensor([5, 5, 9, 2]), 3),
            1 / 6,
            (
                Misconception(
                    "recall",
                    "One right neighbour of three is a share of 1/3, also where there is no more than one to be found.",
                    0.5,
                ),
                Misconception(
                    "divided_by_k_plus_one",
                    "The share is taken of k neighbours, not of k + 1.",
                    0.125,
                ),
            ),
        ),
    ),
    hints=(
        "First the table of all cosine similarities, [N, N]. What stands on its diagonal?",
        "An item must never be its own neighbour: give the diagonal a value that cannot win, such as -inf.",
        "`labels[neighbours]` gives the neighbours' labels, [N, k]. Compare them with `labels[:, None]`.",
        "The mean of that table of hits is the mean of the shares, since each item has the same number k of neighbours.",
    ),
)

QUESTIONS = (
    Question(
        "q_cosine",
        "eccdd96677eb71ea$beb28a389f8fb8cde4d8628b8179f625ba9dc4a06198807e7078132ea3351bf1",
        {
            "A": "(2, 2) lies close to (1, 2), at a distance of 1. Its direction is another one, though: its cosine "
            "is 0.95, and (5, 10) has 1.",
            "B": "(5, 10) is five times (1, 2): the same direction, so its cosine is 1, however far away it lies.",
            "C": "(0.5, 0.75) points nearly the same way, with a cosine of 0.992. One row does better.",
            "D": "(-1, -2) lies on the same line and points the opposite way. Its cosine is -1, the lowest there is.",
        },
    ),
    Question(
        "q_map",
        "6740bc8fb404ad6f$a01addbb16d6983e352726e71e78969db116d3cc9f6bff688d66bbc4e7458d04",
        {
            "A": "How far apart two islands lie says little: t-SNE keeps neighbours, and places the islands as it can.",
            "B": "Island sizes say little: t-SNE evens out densities, so a tight group and a loose one look alike.",
            "C": "Neighbours in the map tend to be neighbours in the features. That is what t-SNE tries to keep, and no more.",
            "D": "Islands need no classes behind them: with a small perplexity even pure noise falls into clumps.",
        },
    ),
    Question(
        "q_unseen",
        "1e5a1b2810b1d0e6$c6c003539e6398ede14c4f58abe87456bbba3b3fa8f45a447ff342b6f15d5bb7",
        {
            "A": "An output for a kind is needed to name it. To compare two pictures, their features are enough.",
            "B": "The features say much more than chance. But nothing trained them to keep these very kinds together.",
            "C": "The head would give each picture some known class. We cut the head off: the features come before it.",
            "D": "To tell 1000 classes apart, the network learned shapes and textures that describe other things, too. "
            "Not all of them, as the table shows.",
        },
    ),
)

GUIDE = LessonGuide(
    id="09_embeddings",
    title="What is close to what?",
    tasks=(EMBED, PCA_2D, NEAREST, RETRIEVAL),
    questions=QUESTIONS,
)
