"""Hidden checks of lesson 7, shortcut learning: four measures, by NumPy and by a model built afresh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from course_utils.comparison import Misconception

from .draw import Draw, Model
from .items import Item, LessonChecks, Look
from .shortcut_learning_mistakes import energy_mistakes, flip_mistakes, group_mistakes, weight_mistakes
from .telling import first_telling

CHECKS = LessonChecks("07_shortcut_learning")

# A pair whose two best scores are closer than this may flip by rounding alone.
CLEAR = 1e-3
COARSEST, FINEST = 0.15, 0.85


# --- group_accuracy -----------------------------------------------------------------------------------------


@CHECKS.task("group_accuracy")
def group_accuracy(draw: Draw) -> Iterator[Item]:
    for name, count in (("61 pictures", 61), ("another number of pictures: 38", 38), ("240 pictures", 240)):
        yield first_telling(lambda n, name=name, count=count: _group_item(draw, name, n, count))
    for label, group in ((0, 1), (1, 0)):
        name = f"no picture of label {label} in group {group}: NaN there, and only there"
        yield first_telling(lambda n, name=name, gap=(label, group): _group_item(draw, name, n, 47, gap))
    yield _one_label_only(draw)


def _group_item(
    draw: Draw, name: str, number: int, count: int, gap: tuple[int, int] | None = None
) -> Item | None:
    labels = draw.integers(f"{name} labels {number}", 0, 2, count)
    # Correlated with the label, as in the lesson, so that the cells differ in size.
    groups = torch.where(draw.uniform(f"{name} groups {number}", count) < 0.7, labels, 1 - labels)
    if gap:
        groups[(labels == gap[0]) & (groups == gap[1])] = 1 - gap[1]
    right = draw.uniform(f"{name} right {number}", 2, 2)[labels, groups]
    predictions = torch.where(draw.uniform(f"{name} predictions {number}", count) < right, labels, 1 - labels)
    expected = accuracy_by_cell(predictions, labels, groups)
    known = expected[~expected.isnan()]
    if (
        len(known) < (3 if gap else 4)
        or len(known.unique()) < len(known)
        or known.min() == 0
        or known.max() == 1
    ):
        return None
    return Item(
        name,
        [predictions, labels, groups],
        expected=expected,
        misconceptions=group_mistakes(predictions.numpy(), labels.numpy(), groups.numpy(), expected),
        next_step="For each label (row) and group (column): the share of that cell's pictures that are right.",
    )


def _one_label_only(draw: Draw) -> Item:
    """Two cells are empty; the others still hold a share that no constant gives."""
    predictions = draw.integers("one label", 0, 2, 19)
    predictions[:3], groups = torch.tensor([1, 0, 0]), torch.arange(19) % 2
    labels = torch.ones(19, dtype=torch.long)
    expected = accuracy_by_cell(predictions, labels, groups)
    return Item(
        "waterbirds alone: the whole row of landbirds is NaN",
        [predictions, labels, groups],
        expected=expected,
        misconceptions=group_mistakes(predictions.numpy(), labels.numpy(), groups.numpy(), expected),
        next_step="A group without a picture has no accuracy: NaN.",
    )


def accuracy_by_cell(predictions: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
    """[2, 2] by counting one picture after the other."""
    seen, right = Counter(), Counter()
    for prediction, label, group in zip(predictions.tolist(), labels.tolist(), groups.tolist(), strict=True):
        seen[label, group] += 1
        right[label, group] += prediction == label
    cells = [(label, group) for label in (0, 1) for group in (0, 1)]
    shares = [right[cell] / seen[cell] if seen[cell] else float("nan") for cell in cells]
    return torch.tensor(shares).view(2, 2)


# --- energy_inside ------------------------------------------------------------------------------------------


@CHECKS.task("energy_inside")
def energy_inside(draw: Draw) -> Iterator[Item]:
    for name, height, width, scale in (
        ("a heatmap of 9×14", 9, 14, 1.0),
        ("a square heatmap", 12, 12, 1.0),
        ("a heatmap that was not scaled to [0, 1]", 7, 10, 40.0),
        ("a faint heatmap, all values below 0.01", 8, 5, 0.01),
    ):
        yield first_telling(
            lambda n, name=name, size=(height, width), scale=scale: _energy_item(draw, name, n, size, scale)
        )
    heatmap, mask = draw.uniform("edge heat", 6, 8), draw.uniform("edge mask", 6, 8) < 0.4
    mask[0, 0], mask[5, 7] = True, False
    empty = Misconception(
        "zero_by_zero",
        "0 divided by 0 gives NaN. A heatmap of zeros has no energy inside: 0.0.",
        float("nan"),
    )
    yield Item(
        "a heatmap of zeros: 0.0, no NaN",
        [torch.zeros(6, 8), mask],
        expected=0.0,
        misconceptions=[empty],
        next_step="Look at the heatmap's sum before you divide by it.",
        edge=True,
    )
    yield Item("an empty mask: nothing is inside", [heatmap, torch.zeros_like(mask)], expected=0.0, edge=True)
    yield Item(
        "a mask of the whole picture: all is inside",
        [heatmap, torch.ones_like(mask)],
        expected=1.0,
        edge=True,
    )


def _energy_item(draw: Draw, name: str, number: int, size: tuple[int, int], scale: float) -> Item | None:
    heatmap = (draw.uniform(f"{name} heat {number}", *size) ** 2 * scale).float()
    heatmap[draw.uniform(f"{name} zeros {number}", *size) < 0.2] = 0.0
    mask = draw.uniform(f"{name} mask {number}", *size) < 0.35
    if not mask.any() or mask.all():
        return None
    values, inside = heatmap.double().numpy(), mask.numpy()
    share = float(np.sum(values * inside) / np.sum(values))
    return Item(
        name,
        [heatmap, mask],
        expected=share,
        misconceptions=energy_mistakes(values, inside),
        next_step="The sum of the heatmap where the mask is True, divided by the sum of the whole heatmap.",
    )


# --- flip_rate ----------------------------------------------------------------------------------------------

Recipe = dict[str, object]


@CHECKS.task("flip_rate")
def flip_rate(draw: Draw) -> Iterator[Item]:
    for name, family, count, height, width, options in (
        ("12 pairs, a plain network", "plain", 12, 30, 38, {}),
        ("7 pairs of another size, a network without ReLU modules", "functional", 7, 27, 21, {}),
        ("the model arrives in train mode, with BatchNorm", "residual", 11, 26, 34, {"train": True}),
        (
            "the model arrives in train mode, with BatchNorm and dropout",
            "mobile",
            13,
            32,
            24,
            {"train": True},
        ),
        (
            "in train mode, two parts of it in eval mode",
            "residual",
            9,
            30,
            30,
            {"train": True, "other_mode": ["bn", "block1"]},
        ),
        (
            # Without dropout, so that a forgotten part gives one value, which no other mistake is taken for.
            "in eval mode, apart from two parts left in train mode",
            "residual",
            11,
            28,
            36,
            {"other_mode": ["bn", "block1.bn2"]},
        ),
    ):
        yield first_telling(
            lambda n, name=name, family=family, shape=(count, 3, height, width), options=options: _flip_item(
                draw, name, n, family, shape, options
            )
        )
    yield _same_twice(draw)
    yield _one_pair(draw)
    yield _failing(draw)


def _flip_item(
    draw: Draw, name: str, number: int, family: str, shape: tuple[int, ...], options: Recipe
) -> Item | None:
    model = draw.model(f"{name} model {number}", family, classes=3, channels=[6, 8, 9], **options)
    originals, twins = _pairs(draw, f"{name} {number}", shape)
    before, after = (_logits(model, batch) for batch in (originals, twins))
    if before is None or after is None:
        return None
    rate = float((before.argmax(1) != after.argmax(1)).double().mean())
    if not COARSEST <= rate <= FINEST or abs(rate - 0.5) < 0.01:
        return None
    return Item(
        name,
        [model, originals, twins],
        expected=rate,
        misconceptions=flip_mistakes(model, originals, twins, before, after),
        next_step="The predicted class of each picture and of its twin, in eval mode; the share of pairs that differ.",
        looks=[_flags_look(model)],
    )


def _pairs(draw: Draw, name: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Pictures with an object in the middle, and the same objects on other backgrounds."""
    count, _, height, width = shape

    def coloured(purpose: str) -> Tensor:
        flat = 2.5 * draw.normal(f"{name} {purpose} colour", count, 3, 1, 1)
        return flat + 0.7 * draw.normal(f"{name} {purpose} texture", *shape)

    thing = torch.zeros(height, width, dtype=torch.bool)
    thing[height // 5 : -height // 5, width // 5 : -width // 5] = True
    middle = coloured("object")
    return tuple(torch.where(thing, middle, coloured(side)) for side in ("left", "right"))


def _logits(model: Model, batch: Tensor) -> Tensor | None:
    """The scores of a fresh copy with every part in eval mode; None where a winner is not clear."""
    with torch.no_grad():
        logits = model.fresh().eval()(batch)
    best = logits.topk(2, dim=1).values
    return logits if bool((best[:, 0] - best[:, 1] > CLEAR).all()) else None


def _flags_look(model: Model) -> Look:
    return Look(
        "training",
        {name: module.training for name, module in model.module.named_modules()},
        "After the call some part of the model is in another mode than before. Note the `training` of every module, "
        "and give each its own back: `model.train(...)` sets all of them alike.",
        argument=0,
        misconception="flags_not_restored",
    )


def _same_twice(draw: Draw) -> Item:
    model = draw.model("same", "mobile", classes=4, channels=[5, 6, 7], train=True)
    batch = draw.normal("same batch", 6, 3, 24, 28)
    return Item(
        "twins that are the same pictures: 0.0, also in train mode with dropout",
        [model, batch, batch.clone()],
        expected=0.0,
        looks=[_flags_look(model)],
        next_step="In eval mode the same picture gets the same answer.",
        edge=True,
    )


def _one_pair(draw: Draw) -> Item:
    """BatchNorm in train mode fails on a single value a channel; in eval mode one pair is as good as many."""

    def make(number: int) -> Item | None:
        model = draw.model(f"one pair {number}", "residual", classes=4, channels=[5, 6, 7], train=True)
        originals, twins = _pairs(draw, f"one pair {number}", (1, 3, 24, 28))
        before, after = _logits(model, originals), _logits(model, twins)
        if before is None or after is None or int(before.argmax()) == int(after.argmax()):
            return None
        return Item(
            "one pair, which flips: 1.0",
            [model, originals, twins],
            expected=1.0,
            looks=[_flags_look(model)],
            edge=True,
        )

    return first_telling(make)


def _failing(draw: Draw) -> Item:
    """What becomes of the flags when the forward pass raises: they are reported as side effects."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, raises="head", train=True)
    batch = draw.normal("failing batch", 2, 3, 24, 28)
    return Item(
        "a model whose forward pass fails: its error comes through",
        [model, batch, batch.flip(0)],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


# --- balanced_weights ---------------------------------------------------------------------------------------


@CHECKS.task("balanced_weights")
def balanced_weights(draw: Draw) -> Iterator[Item]:
    zero_one = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for name, count, cells in (
        ("95 pictures in four cells", 95, zero_one),
        ("another number of pictures: 40", 40, zero_one),
        ("one of the four cells is empty", 33, [(0, 0), (1, 0), (1, 1)]),
        (
            "three labels and groups with other numbers, some cells empty",
            52,
            [(0, 4), (1, 3), (2, 2), (2, 4), (0, 7)],
        ),
        (
            "labels and groups where 3·label + group is the same in two cells",
            37,
            [(1, 3), (2, 0), (0, 0), (5, -2)],
        ),
    ):
        yield first_telling(
            lambda n, name=name, count=count, cells=cells: _weights_item(draw, name, n, count, cells)
        )
    yield Item(
        "all pictures in one cell: all weights alike",
        [torch.ones(9, dtype=torch.long), torch.zeros(9, dtype=torch.long)],
        expected=torch.full((9,), 1 / 9),
        edge=True,
    )


def _weights_item(
    draw: Draw, name: str, number: int, count: int, cells: list[tuple[int, int]]
) -> Item | None:
    # Each cell gets its own share of the pictures, and at least one.
    shares = draw.uniform(f"{name} shares {number}", len(cells)) ** 2 + 0.02
    which = torch.cat(
        [
            torch.arange(len(cells)),
            torch.multinomial(
                shares, count - len(cells), True, generator=draw.generator(f"{name} which {number}")
            ),
        ]
    )[draw.permutation(f"{name} order {number}", count)]
    sizes = torch.bincount(which, minlength=len(cells))
    if len(set(sizes.tolist())) < len(cells):
        return None
    labels, groups = (torch.tensor([cells[i][axis] for i in which.tolist()]) for axis in (0, 1))
    expected = torch.tensor([1 / (len(cells) * int(sizes[i])) for i in which.tolist()])
    return Item(
        name,
        [labels, groups],
        expected=expected,
        misconceptions=weight_mistakes(labels.numpy(), groups.numpy(), expected),
        next_step="1 / (number of cells that have pictures × number of pictures in the picture's own cell).",
    )
