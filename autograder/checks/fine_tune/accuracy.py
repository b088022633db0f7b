"""`accuracy`: the share over all samples in eval mode, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import TRIES
from course_utils.comparison import Misconception

from .shared import loader


def items(draw: Draw) -> Iterator[Item]:
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
            [model, loader(list(zip(pictures, labels)), bare)],
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


def accuracy_mistakes(
    share: float, over_batches: float, right: list[float], sizes: tuple[int, ...]
) -> list[Misconception]:
    """Mistakes of ``accuracy``; ``right`` are the right answers in each batch."""
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
