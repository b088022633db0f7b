"""Hidden checks of lesson 8: prepare a network for transfer, train it, measure it, and ask where it looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from . import oracles
from .draw import Draw, Layer, Loader, Model, Optimizer, Stay
from .fine_tune_mistakes import (
    accuracy_mistakes,
    energy_mistakes,
    epoch_looks,
    epoch_mistakes,
    transfer_looks,
)
from .fine_tune_oracles import one_epoch
from .items import Item, LessonChecks
from .telling import TRIES, first_telling

CHECKS = LessonChecks("08_fine_tune")

# --- prepare_for_transfer: its job is to change the model -----------------------------------------------------


@CHECKS.task("prepare_for_transfer", repeat=False)
def prepare_for_transfer(draw: Draw) -> Iterator[Item]:
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=5)
    yield _prepared("a head at the top level, new number of classes", residual, "fc", 3)
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 8], classes=6)
    yield _prepared(
        "a head inside a Sequential: a dotted name that ends in a number", mobile, "classifier.3", 4
    )
    normed = draw.model("normed", "normed", channels=[4, 6, 8], classes=4, train=True)
    yield _prepared("a head under a dotted name, in a model in train mode", normed, "top.out", 7)
    same = draw.model("same", "plain", channels=[4, 5, 7], classes=3)
    yield _prepared("as many classes as before: the head is fresh all the same", same, "head", 3)
    frozen = draw.model("frozen", "functional", channels=[4, 5, 7], classes=5, frozen=True)
    yield _prepared("a model that comes frozen: its new head can learn", frozen, "out", 2)


def _prepared(name: str, model: Model, head: str, classes: int) -> Item:
    return Item(name, [model, head, classes], looks=transfer_looks(model, head, classes), watch=False)


# --- train_epoch: changes parameters, gradients and unfrozen statistics ---------------------------------------


@CHECKS.task("train_epoch", repeat=False)
def train_epoch(draw: Draw) -> Iterator[Item]:
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
        [model, _loader(batches, bare), Optimizer(model, rate)],
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


def _loader(batches: list[tuple[Tensor, Tensor]], bare: bool) -> Any:
    stay = [(Stay(images), Stay(labels)) for images, labels in batches]
    return Loader(stay) if bare else stay


# --- accuracy -------------------------------------------------------------------------------------------------


@CHECKS.task("accuracy")
def accuracy(draw: Draw) -> Iterator[Item]:
    for name, family, sizes, bare, options in (
        ("uneven batches", "plain", (8, 8, 3), False, {}),
        ("a model in train mode, with BatchNorm", "residual", (7, 2), False, {"train": True}),
        (
            "dropout, parts in train and parts in eval mode, batches without a length",
            "mobile",
            (9, 4),
            True,
            {"train": True, "other_mode": ["features.3", "pool"]},
        ),
        (
            "frozen, in eval mode but for a part",
            "normed",
            (6, 2, 6),
            True,
            {"frozen": True, "other_mode": ["neck"]},
        ),
    ):
        yield _accuracy(draw, name, family, sizes, bare, options)


def _accuracy(
    draw: Draw, name: str, family: str, sizes: tuple[int, ...], bare: bool, options: dict[str, Any]
) -> Item:
    best: Item | None = None
    for number in range(TRIES):
        model = draw.model(f"{name} {number}", family, channels=[5, 6, 8], classes=3, **options)
        net = model.fresh().eval()
        pictures = [
            draw.normal(f"{name} images {number} {i}", size, 3, 30, 26) for i, size in enumerate(sizes)
        ]
        with torch.no_grad():
            logits = [net(images) for images in pictures]
            gaps = torch.cat(logits).topk(2).values
        if bool((gaps[:, 0] - gaps[:, 1] < 1e-3).any()):
            continue
        # About half of the labels are the model's own answers, the others drawn: neither nothing nor all is right.
        labels = []
        for i, answers in enumerate(logits):
            drawn = draw.integers(f"{name} labels {number} {i}", 0, 3, len(answers))
            own = draw.uniform(f"{name} own {number} {i}", len(answers)) < (0.85 if i == 0 else 0.25)
            labels.append(torch.where(own, answers.argmax(1), drawn))
        right = [float((a.argmax(1) == y).float().sum()) for a, y in zip(logits, labels)]
        share, over_batches = sum(right) / sum(sizes), sum(r / n for r, n in zip(right, sizes)) / len(sizes)
        moving = model.fresh().train()
        torch.manual_seed(draw.seed("dropout") % 2**31)
        with torch.no_grad():
            other = sum(
                float((moving(x).argmax(1) == y).float().sum()) for x, y in zip(pictures, labels)
            ) / sum(sizes)
        best = Item(
            name,
            [model, _loader(list(zip(pictures, labels)), bare)],
            expected=share,
            misconceptions=accuracy_mistakes(share, over_batches, right, sizes),
            next_step="Is the model in eval mode while it answers, and are the right answers counted over all samples?",
        )
        norms = family in ("residual", "normed", "mobile") and not options.get("frozen")
        clear = (
            abs(share - over_batches) > 0.02
            and 0.2 < share < 0.9
            and abs(share - right[-1] / sizes[-1]) > 0.02
        )
        if clear and (not norms or abs(other - share) > 0.02):
            return best
    assert best is not None
    return best


# --- mean_energy_inside ---------------------------------------------------------------------------------------


@CHECKS.task("mean_energy_inside")
def mean_energy_inside(draw: Draw) -> Iterator[Item]:
    for name, family, layer, count, options in (
        ("three pictures, a plain network", "plain", "relu3", 3, {}),
        ("a residual network with in-place ReLUs, 4 pictures", "residual", "block2", 4, {}),
        ("a network whose parameters are all frozen", "mobile", "features.7", 3, {"frozen": True}),
    ):
        yield first_telling(lambda n, a=(name, family, layer, count, options): _energy(draw, n, *a))
    yield first_telling(lambda n: _energy_with_empty(draw, n))
    nothing = draw.model("nothing", "plain", channels=[4, 5, 6], classes=3, negative_head=True)
    yield Item(
        "nothing speaks for the classes: 0.0",
        [
            nothing,
            nothing.layer("relu3"),
            draw.normal("nothing x", 2, 3, 30, 44),
            _masks(draw, "nothing", 2, 30, 44),
            [1, 0],
        ],
        expected=0.0,
        next_step="A map without energy counts 0.0; 0 divided by 0 is NaN.",
        edge=True,
    )


def _masks(draw: Draw, purpose: str, count: int, height: int, width: int) -> Tensor:
    """A rectangle in each picture, of another size and place in each."""
    masks = torch.zeros(count, height, width, dtype=torch.bool)
    for i in range(count):
        top, left = (
            draw.integer(f"{purpose} top {i}", 0, height // 2),
            draw.integer(f"{purpose} left {i}", 0, width // 2),
        )
        tall = draw.integer(f"{purpose} tall {i}", height // 5, height // 2)
        wide = draw.integer(f"{purpose} wide {i}", width // 5, width // 2)
        masks[i, top : top + tall, left : left + wide] = True
    return masks


def _energy(
    draw: Draw, number: int, name: str, family: str, layer: str, count: int, options: dict[str, Any]
) -> Item | None:
    model = draw.model(f"{name} {number}", family, channels=[5, 6, 9], classes=4, **options)
    images = draw.normal(f"{name} x {number}", count, 3, 44, 60)
    labels = []
    for i in range(count):
        predicted = oracles.clear_winner(model.module, images[i : i + 1])
        if predicted is None:
            return None
        # The first picture is asked for another class than the predicted one.
        labels.append(predicted if i else (predicted + draw.integer(f"{name} class {number}", 1, 4)) % 4)
    maps = [
        oracles.telling_heatmap(model.module, model.layer(layer).module, images[i : i + 1], c)
        for i, c in enumerate(labels)
    ]
    if any(heatmap is None for heatmap in maps):
        return None
    masks = _masks(draw, f"{name} {number}", count, 44, 60)
    return _energy_item(
        name,
        model,
        model.layer(layer),
        images,
        masks,
        labels,
        torch.stack([m for m in maps if m is not None]),
    )


def _energy_with_empty(draw: Draw, number: int) -> Item | None:
    """Two pictures with a map and one whose map is zero everywhere."""
    name = "one of three maps is empty, and counts 0.0"
    model = draw.model(f"{name} {number}", "plain", channels=[4, 5, 6], classes=8)
    layer, images = model.layer("relu3"), draw.normal(f"{name} x {number}", 3, 3, 44, 60)
    empty = []
    for c in range(8):
        small = oracles.grad_cam_small(
            *oracles.output_and_gradient(model.module, layer.module, images[1:2], c)
        )
        # Cells of exactly 0 are fine: there the layer is silent. A cell close to 0 might change its sign by rounding.
        if bool(((small < -1e-4) | (small == 0)).all()):
            empty.append(c)
    if not empty:
        return None
    labels, maps = [0, empty[0], 0], [torch.zeros(44, 60)] * 3
    for i in (0, 2):
        for c in range(8):
            heatmap = oracles.telling_heatmap(model.module, layer.module, images[i : i + 1], c)
            if heatmap is not None:
                labels[i], maps[i] = c, heatmap
        if not maps[i].any():
            return None
    return _energy_item(
        name, model, layer, images, _masks(draw, f"{name} {number}", 3, 44, 60), labels, torch.stack(maps)
    )


def _energy_item(
    name: str, model: Model, layer: Layer, images: Tensor, masks: Tensor, labels: list[int], maps: Tensor
) -> Item:
    shares = [oracles.energy_inside(heatmap, mask) for heatmap, mask in zip(maps, masks)]
    mean = sum(shares) / len(shares)
    return Item(
        name,
        [model, layer, images, masks, labels],
        expected=mean,
        misconceptions=energy_mistakes(model, layer, images, masks, maps, shares),
        next_step="For each picture: the heatmap of its label's class, its sum inside the mask, divided by its whole sum.",
    )
