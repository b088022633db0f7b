"""`train_epoch`: one step of plain SGD a batch, frozen BatchNorm layers in eval mode, and what known mistakes leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks.draw import Draw, Model, Optimizer
from autograder.checks.items import Item, Look
from course_utils.comparison import Misconception

from .shared import loader


def items(draw: Draw) -> Iterator[Item]:
    plain = draw.model("plain", "plain", channels=[4, 5, 6], classes=3)
    yield _epoch(draw, "a plain network, the last batch smaller", plain, (5, 5, 2))
    mixed = {"classes": 3, "frozen_parts": ["stem", "bn", "block1"]}
    residual = draw.model("residual", "residual", channels=[4, 5, 6], **mixed)
    yield _epoch(draw, "BatchNorm half frozen, half free", residual, (4, 4, 3))
    normed = draw.model(
        "normed", "normed", channels=[4, 5, 6], classes=3, frozen_parts=["body", "neck"], train=True
    )
    yield _epoch(draw, "all frozen but the head, BatchNorm 1d and 2d, in train mode already", normed, (5, 2))
    head = draw.model("neck", "normed", channels=[4, 5, 6], classes=4, frozen_parts=["body"])
    yield _epoch(
        draw,
        "BatchNorm 1d free, 2d frozen; batches from an iterable without a length",
        head,
        (4, 6),
        bare=True,
    )
    whole = draw.model("whole", "residual", channels=[4, 5, 6], classes=3, train=True, other_mode=["block2"])
    yield _epoch(draw, "nothing frozen, a part in eval mode", whole, (4, 3))


def _epoch(draw: Draw, name: str, model: Model, sizes: tuple[int, ...], *, bare: bool = False) -> Item:
    batches = _batches(draw, name, sizes, model.recipe["classes"])
    rate = 0.05
    trained, losses = one_epoch(model, batches, rate)
    mean = sum(loss * size for loss, size in zip(losses, sizes)) / sum(sizes)
    frozen_norms = [
        m for m in trained.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and not m.training
    ]
    step = "Look at the mode of each layer, and at the mean: over samples, after the whole epoch."
    if frozen_norms:
        step = "Are BatchNorm layers whose parameters are all frozen in eval mode during the epoch? " + step
    return Item(
        name,
        [model, loader(batches, bare), Optimizer(model, rate)],
        expected=mean,
        misconceptions=epoch_mistakes(losses, sizes, mean),
        next_step=step,
        looks=epoch_looks(trained),
        watch=False,
    )


def _batches(draw: Draw, name: str, sizes: tuple[int, ...], classes: int) -> list[tuple[Tensor, Tensor]]:
    return [
        (
            draw.normal(f"{name} images {i}", size, 3, 30, 26),
            draw.integers(f"{name} labels {i}", 0, classes, size),
        )
        for i, size in enumerate(sizes)
    ]


def epoch_mistakes(losses: list[float], sizes: tuple[int, ...], mean: float) -> list[Misconception]:
    """Mistakes of ``train_epoch``: numbers made of the batches' losses otherwise than the mean over samples."""
    return [
        Misconception(
            "mean_over_batches",
            "This is the mean over the batches. A small last batch then counts as much as a full one: weight each batch's "
            "loss by its number of samples.",
            sum(losses) / len(losses),
        ),
        Misconception(
            "summed_losses", "The batches' losses were added up. Divide by what was seen.", sum(losses)
        ),
        Misconception(
            "summed_losses", "This is the sum over the samples. Divide by their number.", mean * sum(sizes)
        ),
        Misconception(
            "last_loss", "This is the last batch's loss alone. Average over the epoch.", losses[-1]
        ),
        Misconception(
            "loss_of_first_batch", "This is the first batch's loss alone. Go through all.", losses[0]
        ),
    ]


def epoch_looks(trained: nn.Module) -> list[Look]:
    """What to read of a model after ``train_epoch``: what is in a copy that was trained as it should be."""
    statistics = (
        "The BatchNorm statistics are not what they should be. Layers whose parameters are all frozen stay in eval mode "
        "and keep theirs; the others are in train mode and learn theirs."
    )
    return [
        Look(
            "buffers",
            _detached(trained.named_buffers()),
            statistics,
            argument=0,
            misconception="batchnorm_statistics",
        ),
        Look(
            "parameters",
            _detached(trained.named_parameters()),
            "The parameters after the epoch are not those that one step a batch gives. For each batch in turn: "
            "`zero_grad`, forward, loss, `backward`, `step`.",
            argument=0,
            misconception="wrong_steps",
        ),
    ]


def _detached(named: Any) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in named}


def one_epoch(
    model: Model, batches: list[tuple[Tensor, Tensor]], rate: float
) -> tuple[nn.Module, list[float]]:
    """A fresh copy of the model after one epoch, and the loss of each batch on the way."""
    trained, losses = model.fresh(), []
    optimizer = torch.optim.SGD([p for p in trained.parameters() if p.requires_grad], lr=rate)
    _train_mode(trained)
    for images, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(trained(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return trained, losses


def _train_mode(model: nn.Module) -> None:
    """Train mode, but eval for each BatchNorm that has parameters and whose parameters are all frozen."""
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            own = list(module.parameters())
            if own and not any(parameter.requires_grad for parameter in own):
                module.eval()
