"""`mean_energy_inside`: Grad-CAM's share inside the masks, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import oracles
from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
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


def energy_mistakes(
    model: Model, layer: Layer, images: Tensor, masks: Tensor, maps: Tensor, shares: list[float]
) -> list[Misconception]:
    """Mistakes of ``mean_energy_inside``; ``shares`` are the right heatmaps' own."""
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
    return mistakes
