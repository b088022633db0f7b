"""One pass over the data, whose losses can be worked out by hand."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor


def _two_scores(rate: float, sizes: tuple[int, ...], values: list[float]) -> tuple[Any, ...]:
    """A model whose two scores are 0 and v for a picture of one pixel with value v; all labels are 0."""
    linear = nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        linear.weight.copy_(tensor([[0.0], [1.0]]))
    model = nn.Sequential(nn.Flatten(), linear)
    pixels = tensor(values).view(-1, 1, 1, 1)
    loader = [(x, torch.zeros(len(x), dtype=torch.long)) for x in pixels.split(list(sizes))]
    return model, loader, torch.optim.SGD(model.parameters(), lr=rate)


def _two_norms() -> tuple[Any, ...]:
    frozen, free, head = nn.BatchNorm2d(1), nn.BatchNorm2d(1), nn.Linear(1, 2)
    frozen.requires_grad_(False)
    parts = OrderedDict(frozen=frozen, free=free, flatten=nn.Flatten(), head=head)
    model = nn.Sequential(parts).eval()
    learning = [p for p in model.parameters() if p.requires_grad]
    loader = [(tensor([1.0, 3.0]).view(2, 1, 1, 1), tensor([0, 1]))]
    return model, loader, torch.optim.SGD(learning, lr=0.1)


TRAIN_EPOCH = Task(
    name="train_epoch",
    points=5,
    examples=(
        Example(
            "three samples in batches of two and one, nothing learned: the mean loss",
            lambda: _two_scores(0.0, (2, 1), [0.0, 0.0, math.log(3)]),
            0.92420,
            (
                Misconception(
                    "mean_over_batches",
                    "This is the mean over the batches. The small batch counts too much: weight each batch by its samples.",
                    1.03972,
                ),
                Misconception(
                    "summed_losses", "The losses were added up. Divide by the samples seen.", 2.07944
                ),
                Misconception(
                    "summed_losses", "The losses were added up. Divide by the samples seen.", 2.77259
                ),
                Misconception("last_loss", "This is the last batch's loss. Average over the epoch.", 1.38629),
            ),
        ),
        Example(
            "the weights after two batches, the second without any pull",
            lambda: _two_scores(1.0, (1, 1), [math.log(3), 0.0]),
            tensor([[0.82396], [0.17604]]),
            (
                Misconception(
                    "gradients_pile_up",
                    "The first batch's gradient was used twice. Set the gradients back before each `backward`.",
                    tensor([[1.64792], [-0.64792]]),
                ),
                Misconception(
                    "no_step",
                    "The weights are what they were. Was `optimizer.step()` left out?",
                    tensor([[0.0], [1.0]]),
                ),
            ),
            read=lambda result, args: args[0][1].weight.detach(),
        ),
        Example(
            "one frozen BatchNorm and one that learns: their running means",
            _two_norms,
            {"frozen": tensor([0.0]), "free": tensor([0.2])},
            (
                Misconception(
                    "frozen_statistics_moved",
                    "The frozen BatchNorm's statistics moved. `requires_grad` does not stop that: put it into eval mode.",
                    when=lambda got: float(got["frozen"]) != 0,
                ),
                Misconception(
                    "all_in_eval",
                    "The free BatchNorm learned no statistics. The model is to be in train mode.",
                    when=lambda got: float(got["free"]) == 0,
                ),
            ),
            read=lambda result, args: {
                name: args[0].get_submodule(name).running_mean for name in ("frozen", "free")
            },
        ),
    ),
    hints=(
        "Before the loop: train mode for the model. Then go through `model.modules()` and look for BatchNorm layers.",
        "A BatchNorm layer is frozen when none of its own parameters has `requires_grad`. Its `eval()` keeps its statistics.",
        "For each batch: to the model's device, `zero_grad`, scores, cross-entropy, `backward`, `step`.",
        "`F.cross_entropy` gives a mean over the batch. Multiply by the batch's size, add up, divide at the end by all samples.",
    ),
    tidy=False,
)
