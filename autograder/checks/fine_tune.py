"""Hidden checks of lesson 8: prepare a network for transfer, train it, measure it, and ask where it looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.comparison import Misconception

from . import oracles
from .draw import Draw, Layer, Loader, Model, Optimizer, Stay
from .items import Item, LessonChecks, Look
from .telling import TRIES, first_telling

CHECKS = LessonChecks("08_fine_tune")

# --- prepare_for_transfer: its job is to change the model -----------------------------------------------------


@CHECKS.task("prepare_for_transfer", repeat=False)
def prepare_for_transfer(draw: Draw) -> Iterator[Item]:
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=5)
    yield _prepared(draw, "a head at the top level, new number of classes", residual, "fc", 3)
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 8], classes=6)
    yield _prepared(
        draw, "a head inside a Sequential: a dotted name that ends in a number", mobile, "classifier.3", 4
    )
    normed = draw.model("normed", "normed", channels=[4, 6, 8], classes=4, train=True)
    yield _prepared(draw, "a head under a dotted name, in a model in train mode", normed, "top.out", 7)
    same = draw.model("same", "plain", channels=[4, 5, 7], classes=3)
    yield _prepared(draw, "as many classes as before: the head is fresh all the same", same, "head", 3)
    frozen = draw.model("frozen", "functional", channels=[4, 5, 7], classes=5, frozen=True)
    yield _prepared(draw, "a model that comes frozen: its new head can learn", frozen, "out", 2)


def _prepared(draw: Draw, name: str, model: Model, head: str, classes: int) -> Item:
    old = model.module.get_submodule(head)
    assert isinstance(old, nn.Linear)
    before = dict(model.module.named_parameters())
    rest = {key: value.detach() for key, value in before.items() if not key.startswith(head + ".")}
    wanted = {key: key.startswith(head + ".") for key in before}
    linear = {"type": "Linear", "in": old.in_features, "out": classes, "bias": True, "fresh": True}
    options = {"name": head, "old": old.weight.detach().flatten()[:6].tolist()}
    looks = [
        Look(
            "is_argument",
            True,
            "What came back is not the model that was given. Change that model and return it: `return model`.",
            options={"of": 0},
            misconception="other_object",
        ),
        Look(
            "linear",
            linear,
            f"The layer at the dotted name is not a fresh `nn.Linear` with bias, {classes} outputs and as many inputs as "
            "the old one had. Put a new layer into the module that holds the old one.",
            argument=0,
            options=options,
            misconception="head_not_replaced",
        ),
        Look(
            "requires_grad",
            wanted,
            "`requires_grad` is not right everywhere: True for the new head's weight and bias, False for all else. "
            "Freeze first, then put the new head in.",
            argument=0,
            misconception="wrong_parts_frozen",
        ),
        Look(
            "parameters",
            rest,
            "Some parameter outside the head has another value, or another place, than before. Leave the rest as it is.",
            argument=0,
            misconception="rest_changed",
            only=lambda key: not key.startswith(head + "."),
        ),
        Look(
            "buffers",
            {key: value.detach() for key, value in model.module.named_buffers()},
            "Some buffer has another value than before: freezing touches no statistics.",
            argument=0,
            misconception="rest_changed",
        ),
    ]
    return Item(name, [model, head, classes], looks=looks, watch=False)


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
    trained, losses = model.fresh(), []
    optimizer = torch.optim.SGD([p for p in trained.parameters() if p.requires_grad], lr=rate)
    _train_mode(trained)
    for images, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(trained(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    mean = sum(loss * size for loss, size in zip(losses, sizes)) / sum(sizes)
    mistakes = [
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
    frozen_norms = [
        m for m in trained.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and not m.training
    ]
    statistics = (
        "The BatchNorm statistics are not what they should be. Layers whose parameters are all frozen stay in eval mode "
        "and keep theirs; the others are in train mode and learn theirs."
    )
    looks = [
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
    step = "Look at the mode of each layer, and at the mean: over samples, after the whole epoch."
    if frozen_norms:
        step = "Are BatchNorm layers whose parameters are all frozen in eval mode during the epoch? " + step
    return Item(
        name,
        [model, _loader(batches, bare), Optimizer(model, rate)],
        expected=mean,
        misconceptions=mistakes,
        next_step=step,
        looks=looks,
        watch=False,
    )


def _train_mode(model: nn.Module) -> None:
    """Train mode, but eval for each BatchNorm that has parameters and whose parameters are all frozen."""
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            own = list(module.parameters())
            if own and not any(parameter.requires_grad for parameter in own):
                module.eval()


def _detached(named: Any) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in named}


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
            misconceptions=_accuracy_mistakes(share, over_batches, right, sizes),
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


def _accuracy_mistakes(
    share: float, over_batches: float, right: list[float], sizes: tuple[int, ...]
) -> list[Misconception]:
    return [
        Misconception(
            "mean_over_batches",
            "This is the mean of the batches' shares. A small batch counts too much there: divide all right answers by "
            "all samples.",
            over_batches,
        ),
        Misconception("percent", "This is a percentage. Return a share from 0 to 1.", 100 * share),
        Misconception(
            "count", "This is the number of right answers. Divide by the number of samples.", sum(right)
        ),
        Misconception("error_rate", "This is the share of wrong answers.", 1 - share),
        Misconception(
            "last_batch", "This is the last batch alone. Count over all batches.", right[-1] / sizes[-1]
        ),
        Misconception(
            "first_batch", "This is the first batch alone. Count over all batches.", right[0] / sizes[0]
        ),
    ]


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
    filled = [share for share, heatmap in zip(shares, maps) if heatmap.any()]
    predicted = []
    for i, mask in enumerate(masks):
        x = images[i : i + 1]
        pair = oracles.output_and_gradient(
            model.module, layer.module, x, oracles.predicted_class(model.module, x)
        )
        predicted.append(
            oracles.energy_inside(oracles.grad_cam_heatmap(*pair, (x.shape[2], x.shape[3])), mask)
        )
    areas = masks.float().mean((1, 2)).tolist()
    peaks = [float(mask.flatten()[int(m.argmax())]) if m.any() else 0.0 for m, mask in zip(maps, masks)]
    inside = (maps * masks).sum((1, 2))
    per_pixel = [float(heatmap[mask].mean()) for heatmap, mask in zip(maps, masks)]
    mean = sum(shares) / len(shares)
    mistakes = [
        Misconception(
            "pooled",
            "The heatmaps were added up before the division, so that a bright one counts more. Take each picture's share, "
            "then the mean.",
            float(inside.sum() / maps.sum()),
        ),
        Misconception(
            "predicted_class",
            "These are the heatmaps of the predicted classes. Ask for the class that `labels` gives.",
            sum(predicted) / len(predicted),
        ),
        Misconception(
            "outside",
            "This is the energy outside the masks.",
            sum((1 - s) * bool(m.any()) for s, m in zip(shares, maps)) / len(maps),
        ),
        Misconception(
            "mean_inside_mask",
            "This is the mean of the heatmap inside the mask. The energy is its sum there, divided by the sum of all.",
            sum(per_pixel) / len(per_pixel),
        ),
        Misconception(
            "sums",
            "These are sums, not shares: divide by the sum of the whole heatmap.",
            float(inside.mean()),
        ),
        Misconception(
            "area_ratio",
            "The shares were divided by the masks' shares of the area. Here the share itself is asked for.",
            sum(s / a for s, a in zip(shares, areas)) / len(shares),
        ),
        Misconception(
            "area",
            "This is the masks' share of the area; the heatmaps play no part yet.",
            sum(areas) / len(areas),
        ),
        Misconception("first_picture", "This is the first picture alone. Take the mean over all.", shares[0]),
        Misconception("last_picture", "This is the last picture alone. Take the mean over all.", shares[-1]),
        Misconception(
            "not_averaged", "The shares were added up. Divide by the number of pictures.", sum(shares)
        ),
    ]
    if 0 < sum(peaks) < len(peaks):
        mistakes.append(
            Misconception(
                "pointing_game",
                "This counts peaks inside the mask. Take the energy.",
                sum(peaks) / len(peaks),
            )
        )
    if len(filled) < len(shares):
        mistakes.insert(
            0,
            Misconception(
                "empty_left_out",
                "Pictures with an empty map were left out of the mean. They count 0.0.",
                sum(filled) / len(filled),
            ),
        )
    return Item(
        name,
        [model, layer, images, masks, labels],
        expected=mean,
        misconceptions=mistakes,
        next_step="For each picture: the heatmap of its label's class, its sum inside the mask, divided by its whole sum.",
    )
