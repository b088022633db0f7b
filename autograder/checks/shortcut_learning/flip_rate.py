"""`flip_rate`: answers that change with the background, by a model built afresh, and what known mistakes count."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item, Look
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception

# A pair whose two best scores are closer than this may flip by rounding alone.
CLEAR = 1e-3
COARSEST, FINEST = 0.15, 0.85

Recipe = dict[str, object]


def items(draw: Draw) -> Iterator[Item]:
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


def flip_mistakes(
    model: Model, originals: Tensor, twins: Tensor, before: Tensor, after: Tensor
) -> list[Misconception]:
    """Mistakes of ``flip_rate``; before and after are the right logits."""
    count = len(before)
    flips = before.argmax(1) != after.argmax(1)
    rate = float(flips.double().mean())
    mistakes = [
        Misconception(
            "share_kept", "This is the share of answers that stay. Count those that change.", 1 - rate
        ),
        Misconception(
            "number_of_flips", "This is the number of flips. Divide by the number of pairs.", rate * count
        ),
        Misconception(
            "scores_compared",
            "Every pair counts as a flip: scores nearly always differ. Compare the predicted classes.",
            1.0,
        ),
        Misconception(
            "one_for_the_batch",
            "The whole batch gave one answer. Take the predicted class of each picture: `argmax(dim=1)`.",
            0.0,
        ),
        Misconception("percent", "This is in percent. Return a share between 0 and 1.", 100 * rate),
        Misconception(
            "divided_by_values",
            "The flips were divided by pairs times classes. Divide by the number of pairs.",
            rate / before.shape[1],
        ),
        Misconception(
            "mean_class_change",
            "The class numbers were subtracted. A flip counts 1, whichever two classes they are.",
            float((before.argmax(1) - after.argmax(1)).abs().double().mean()),
        ),
    ]
    arrives = model.fresh()
    if any(module.training for module in arrives.modules()):
        text = (
            "The answers are those of the mode that the model arrived in: BatchNorm used the batch's own statistics, "
            "or dropout was at work. Set eval mode during the call."
        )
        if not any("Dropout" in type(module).__name__ and module.training for module in arrives.modules()):
            with torch.no_grad():
                in_train = [arrives(batch).argmax(1) for batch in (originals, twins)]
            value = float((in_train[0] != in_train[1]).double().mean())
            mistakes.insert(0, Misconception("train_mode", text, value))
        # Dropout gives another rate each time: any share that no other mistake explains.
        mistakes.append(Misconception("train_mode", text, when=lambda got: 0 <= float(got) <= 1))
    return mistakes
