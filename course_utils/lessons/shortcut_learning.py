"""The visible side of lesson 7: four measures of a shortcut, on examples that can be counted by hand."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task
from course_utils.tiny_models import colour_spotter

tensor = torch.tensor
nan = float("nan")

# --- 1. group_accuracy --------------------------------------------------------------------------------------

# Fourteen pictures in mixed order, each as (label, group, prediction): 3 landbirds on land, all right; 4 on
# water, 1 right; 2 waterbirds on land, 1 right; 5 on water, 4 right.
PICTURES = [
    *[(0, 0, 0), (0, 1, 1), (1, 1, 1), (0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)],
    *[(1, 1, 0), (0, 1, 0), (1, 0, 0), (0, 0, 0), (1, 1, 1), (0, 1, 1), (1, 1, 1)],
]
LABELS, PLACES, PREDICTIONS = (list(column) for column in zip(*PICTURES, strict=True))

NO_EXAMPLE_PREDICTIONS = [0, 0, 1, 1, 1]
NO_EXAMPLE_LABELS = [0, 0, 0, 1, 1]
NO_EXAMPLE_PLACES = [0, 0, 0, 0, 1]

GROUP_ACCURACY = Task(
    name="group_accuracy",
    points=4,
    examples=(
        Example(
            "14 pictures: groups of 3, 4, 2 and 5",
            lambda: (tensor(PREDICTIONS), tensor(LABELS), tensor(PLACES)),
            tensor([[1.0, 0.25], [0.5, 0.8]]),
            (
                Misconception(
                    "transposed",
                    "Rows and columns are swapped. The row is the label, the column is the group.",
                    tensor([[1.0, 0.5], [0.25, 0.8]]),
                ),
                Misconception(
                    "share_of_all",
                    "The right answers were divided by all 14 pictures. Divide by the pictures of that cell.",
                    tensor([[3 / 14, 1 / 14], [1 / 14, 4 / 14]]),
                ),
                Misconception(
                    "share_of_label",
                    "The right answers were divided by all pictures of that label. Divide by those of that cell.",
                    tensor([[3 / 7, 1 / 7], [1 / 7, 4 / 7]]),
                ),
                Misconception(
                    "counts",
                    "These are numbers of right answers. Divide each by the number of pictures in its cell.",
                    tensor([[3.0, 1.0], [1.0, 4.0]]),
                ),
                Misconception(
                    "error_rate",
                    "These are shares of wrong answers. Accuracy is the share of right ones.",
                    tensor([[0.0, 0.75], [0.5, 0.2]]),
                ),
                Misconception(
                    "share_of_ones",
                    "This is how often the answer was 1. Ask how often it equals the label.",
                    tensor([[0.0, 0.75], [0.5, 0.8]]),
                ),
                Misconception(
                    "rows_by_prediction",
                    "The rows are sorted by what the model answered. The row is the true label.",
                    tensor([[0.75, 0.5], [1.0, 4 / 7]]),
                ),
                Misconception(
                    "not_two_by_two",
                    "Four numbers in one row. Return [2, 2]: a row for each label, a column for each group.",
                    when=lambda got: got.numel() == 4 and tuple(got.shape) != (2, 2),
                ),
            ),
        ),
        Example(
            "a group without a picture: no landbird on water",
            lambda: (
                tensor(NO_EXAMPLE_PREDICTIONS),
                tensor(NO_EXAMPLE_LABELS),
                tensor(NO_EXAMPLE_PLACES),
            ),
            tensor([[2 / 3, nan], [1.0, 1.0]]),
            (
                Misconception(
                    "zero_for_no_example",
                    "No picture, so no accuracy: 0 would say that the model was always wrong. Return NaN there.",
                    tensor([[2 / 3, 0.0], [1.0, 1.0]]),
                ),
                Misconception(
                    "one_for_no_example",
                    "No picture, so no accuracy: 1 would say that the model was always right. Return NaN there.",
                    tensor([[2 / 3, 1.0], [1.0, 1.0]]),
                ),
            ),
            errors=(
                ("division by zero", "One cell has no picture. Decide what it gets before you divide: NaN."),
            ),
        ),
    ),
    hints=(
        "Which pictures belong to row 0, column 1? Two conditions, both true.",
        "`(labels == 0) & (groups == 1)` is a mask; a tensor indexed with it keeps those pictures alone.",
        "`(predictions == labels)` turned into floats has the accuracy as its mean. What is the mean of nothing?",
        "Fill a [2, 2] tensor in two loops, label and group. PyTorch's mean over no element is NaN by itself.",
    ),
)

# --- 2. energy_inside ---------------------------------------------------------------------------------------

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

# --- 3. flip_rate -------------------------------------------------------------------------------------------

# Colours (red, green, blue) of pictures in one colour. The second and the fourth twin get another answer.
ORIGINALS = [[2.0, 0, 0], [0, 0, 2], [0, 2, 0], [2, 0, 0], [0, 0, 3]]
TWINS = [[2.0, 0, 1], [2, 0, 0.5], [0, 2, 0.5], [0.5, 0, 2], [1, 0, 3]]
# Nearly all of these are reddish. Measured against their own batch, as in train mode, some are not.
REDDISH = [[6.0, 0, 1], [6, 0, 3], [7, 0, 2], [5, 0, 4], [1, 0, 3]]
REDDISH_TWINS = [[6.0, 0, 2], [2, 0, 3], [7, 0, 1], [6, 0, 3], [5, 0, 3]]


def _coloured(colours: list[list[float]]) -> torch.Tensor:
    """Pictures [N, 3, 4, 4] of one colour each."""
    return tensor(colours)[:, :, None, None].expand(-1, -1, 4, 4).clone()


def _normed_spotter(*, dropout: bool) -> nn.Sequential:
    """The colour spotter behind a BatchNorm that changes nothing in eval mode and everything in train mode."""
    spotter = colour_spotter()
    parts: list[tuple[str, nn.Module]] = [("bn", nn.BatchNorm2d(3, affine=False)), *spotter.named_children()]
    if dropout:
        parts.insert(-1, ("dropout", nn.Dropout(0.6)))
    return nn.Sequential(OrderedDict(parts)).eval()


def _reddish(model: nn.Module) -> tuple[Any, ...]:
    return model, _coloured(REDDISH), _coloured(REDDISH_TWINS)


def _mixed() -> nn.Sequential:
    """In train mode, apart from its BatchNorm: as a network is whose statistics were frozen."""
    model = _normed_spotter(dropout=True).train()
    model.bn.eval()
    return model


FLIP_RATE = Task(
    name="flip_rate",
    points=4,
    examples=(
        Example(
            "5 pairs of pictures, model in eval mode",
            lambda: (colour_spotter(), _coloured(ORIGINALS), _coloured(TWINS)),
            0.4,
            (
                Misconception(
                    "share_kept", "This is the share of answers that stay. Count those that change.", 0.6
                ),
                Misconception(
                    "number_of_flips", "This is how many answers change. Divide by the number of pairs.", 2.0
                ),
                Misconception(
                    "scores_compared",
                    "Every pair counts as a flip: scores nearly always differ. Compare the predicted classes.",
                    1.0,
                ),
                Misconception("percent", "This is in percent. Return a share between 0 and 1.", 40.0),
            ),
        ),
        Example(
            "the model arrives in train mode, with BatchNorm",
            lambda: _reddish(_normed_spotter(dropout=False).train()),
            0.4,
            (
                Misconception(
                    "train_mode",
                    "The batch was normalised with its own statistics: the model was still in train mode. Switch "
                    "it to eval during the call.",
                    0.2,
                ),
            ),
        ),
        Example(
            "the model in train mode, its BatchNorm in eval mode, with dropout",
            lambda: _reddish(_mixed()),
            0.4,
            (
                Misconception(
                    "share_kept", "This is the share of answers that stay. Count those that change.", 0.6
                ),
                Misconception(
                    "scores_compared",
                    "Every pair counts as a flip: scores nearly always differ. Compare the predicted classes.",
                    1.0,
                ),
                Misconception(
                    "train_mode",
                    "Dropout was at work: the model was still in train mode. Switch it to eval during the call.",
                    when=lambda got: 0 <= float(got) <= 1,
                ),
            ),
        ),
    ),
    hints=(
        "One predicted class for each picture, twice. In how many places do the two differ?",
        "`model(batch).argmax(dim=1)` are the classes; compare the two, and average.",
        "Note each module's flag before: `{module: module.training for module in model.modules()}`. Why not one flag "
        "for the whole model? Look at the third example.",
        "`model.train(flag)` sets all parts at once and would spoil a mixed model: give each module back its own "
        "`training`, in a `finally:` block. `torch.no_grad()` saves the graph.",
    ),
)

# --- 4. balanced_weights ------------------------------------------------------------------------------------

WORKED_LABELS, WORKED_PLACES = [0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0, 1, 1]
GAP_LABELS, GAP_PLACES = [0, 1, 0, 0, 1], [0, 1, 0, 1, 1]
THREE_LABELS, THREE_PLACES = [2, 0, 1, 2, 2, 0, 1, 2], [3, 3, 1, 1, 3, 3, 1, 3]

BALANCED_WEIGHTS = Task(
    name="balanced_weights",
    points=4,
    examples=(
        Example(
            "the worked example: cells of 4, 1, 1 and 2 pictures",
            lambda: (tensor(WORKED_LABELS), tensor(WORKED_PLACES)),
            tensor([1 / 16] * 4 + [1 / 4, 1 / 4] + [1 / 8] * 2),
            (
                Misconception(
                    "not_normalised",
                    "Each cell has the same total, but all weights together sum to 4. Make that sum 1.",
                    tensor([0.25] * 4 + [1.0, 1.0] + [0.5] * 2),
                ),
                Misconception(
                    "all_alike",
                    "Every picture has the same weight, so a cell of 4 counts four times a cell of 1.",
                    tensor([1 / 8] * 8),
                ),
                Misconception(
                    "labels_only",
                    "The labels are balanced, the backgrounds are not. A cell is a label together with a group.",
                    tensor([0.1] * 5 + [1 / 6] * 3),
                ),
                Misconception(
                    "groups_only",
                    "The backgrounds are balanced, the labels are not. A cell is a label together with a group.",
                    tensor([0.1] * 4 + [1 / 6, 0.1] + [1 / 6] * 2),
                ),
                Misconception(
                    "by_frequency",
                    "The large cells got large weights. It is the other way round: divide by the cell's size.",
                    tensor([4 / 22] * 4 + [1 / 22] * 2 + [2 / 22] * 2),
                ),
                Misconception(
                    "cells_not_pictures",
                    "One number for each cell. Return one weight for each picture, in the pictures' order.",
                    when=lambda got: got.numel() == 4,
                ),
            ),
        ),
        Example(
            "only three of the four cells have pictures",
            lambda: (tensor(GAP_LABELS), tensor(GAP_PLACES)),
            tensor([1 / 6, 1 / 6, 1 / 6, 1 / 3, 1 / 6]),
            (
                Misconception(
                    "four_cells_assumed",
                    "These sum to 3/4: a quarter went to a cell without pictures. Count the cells that there are.",
                    tensor([1 / 8, 1 / 8, 1 / 8, 1 / 4, 1 / 8]),
                ),
            ),
        ),
        Example(
            "three labels, and groups called 1 and 3",
            lambda: (tensor(THREE_LABELS), tensor(THREE_PLACES)),
            tensor([1 / 12, 1 / 8, 1 / 8, 1 / 4, 1 / 12, 1 / 8, 1 / 8, 1 / 12]),
            (
                # The two that come to mind first: label + group, and 2·label + group.
                *(
                    Misconception(
                        "cells_confused",
                        "Two different cells were taken for one: `label + group`, say, is 3 for (0, 3) and for "
                        "(2, 1). Keep the two numbers apart.",
                        tensor(value),
                    )
                    for value in (
                        [1 / 9, 1 / 9, 1 / 6, 1 / 9, 1 / 9, 1 / 9, 1 / 6, 1 / 9],
                        [1 / 9, 1 / 12, 1 / 12, 1 / 3, 1 / 9, 1 / 12, 1 / 12, 1 / 9],
                    )
                ),
                Misconception(
                    "zero_or_one_assumed",
                    "Labels and groups are any integers here, not only 0 and 1. Count the cells that there are.",
                    when=lambda got: abs(float(torch.as_tensor(got).sum()) - 1) >= 1e-3,
                ),
            ),
        ),
    ),
    hints=(
        "How much weight does a whole cell get, if there are 4 cells? And one picture of it?",
        "For each picture you need the number of pictures in its own cell.",
        "`torch.stack([labels, groups], dim=1).unique(dim=0, return_inverse=True, return_counts=True)` names the "
        "cells, says which one each picture is in, and how many are in each.",
        "A weight is 1 / (number of cells × size of the picture's cell).",
    ),
)

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

GUIDE = LessonGuide(
    id="07_shortcut_learning",
    title="Right answer, wrong reason",
    tasks=(GROUP_ACCURACY, ENERGY_INSIDE, FLIP_RATE, BALANCED_WEIGHTS),
    questions=QUESTIONS,
)
