"""The share of right answers, over batches of different sizes."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import colour_spotter

tensor = torch.tensor

COLOURS = {"red": (2.0, 0.0, 0.0), "blue": (0.0, 0.0, 2.0), "green": (0.0, 2.0, 0.0)}


def _pictures(*names: str) -> torch.Tensor:
    return tensor([COLOURS[name] for name in names])[:, :, None, None].expand(-1, 3, 2, 2).clone()


def _colour_loader() -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(_pictures("red", "blue", "green"), tensor([1, 0, 2])), (_pictures("red"), tensor([0]))]


def _forgetful() -> nn.Sequential:
    """The colour spotter behind a dropout that, in train mode, drops everything."""
    return nn.Sequential(nn.Dropout(1.0), colour_spotter()).train()


ACCURACY = Task(
    name="accuracy",
    points=3,
    examples=(
        Example(
            "three right answers in a batch of three, and a wrong one in a batch of one",
            lambda: (colour_spotter(), _colour_loader()),
            0.75,
            (
                Misconception(
                    "mean_over_batches",
                    "This is the mean of the batches' shares. Count right answers and samples over all batches.",
                    0.5,
                ),
                Misconception("percent", "This is a percentage. Return a share from 0 to 1.", 75.0),
                Misconception("count", "This is a count. Divide by the number of samples.", 3.0),
                Misconception("error_rate", "This is the share of wrong answers.", 0.25),
            ),
        ),
        Example(
            "a model in train mode that drops everything there",
            lambda: (_forgetful(), _colour_loader()),
            0.75,
            (
                Misconception(
                    "train_mode",
                    "The model answered in train mode. Put it into eval mode while it answers.",
                    0.5,
                ),
            ),
        ),
    ),
    hints=(
        "Write down each module's `training` flag before, and put each one back after: parts may differ from the whole.",
        "Two counters: right answers and samples. Divide once, at the end.",
        "`torch.no_grad()` saves memory. The labels have to be on the device of the scores.",
    ),
)
