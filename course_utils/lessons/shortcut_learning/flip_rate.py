"""How many answers change with the background."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_spotter

tensor = torch.tensor

# Colours (red, green, blue) of pictures in one colour. The second and the fourth twin get another answer.
ORIGINALS = [[2.0, 0, 0], [0, 0, 2], [0, 2, 0], [2, 0, 0], [0, 0, 3]]
TWINS = [[2.0, 0, 1], [2, 0, 0.5], [0, 2, 0.5], [0.5, 0, 2], [1, 0, 3]]
# Nearly all of these are reddish. Measured against their own batch, as in train mode, some are not.
REDDISH = [[6.0, 0, 1], [6, 0, 3], [7, 0, 2], [5, 0, 4], [1, 0, 3]]
REDDISH_TWINS = [[6.0, 0, 2], [2, 0, 3], [7, 0, 1], [6, 0, 3], [5, 0, 3]]


WRONG_AXIS = "The largest score was looked for along the pictures. Each picture has a class of its own: `argmax(dim=1)`."


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
                Misconception("wrong_axis", WRONG_AXIS, 0.25),
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
                Misconception("wrong_axis", WRONG_AXIS, 0.75),
                Misconception(
                    "train_mode",
                    "Dropout was at work: the model was still in train mode. Switch it to eval during the call.",
                    # Five pairs: whatever dropout does, it changes a whole number of their answers.
                    when=lambda got: (
                        0 < float(got) < 1 and abs(5 * float(got) - round(5 * float(got))) < 1e-4
                    ),
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
