"""`class_heatmaps`: one heatmap for each of the first classes, and what goes wrong with several."""

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

from .shared import mobile_scene, plain_scene, residual_scene


def items(draw: Draw) -> Iterator[Item]:
    for name, scene, k in (
        ("k=2 on a plain network, 40×56 pixels", plain_scene, 2),
        ("k=3 on a residual network with in-place ReLUs, 65×48 pixels", residual_scene, 3),
        ("k=1 on a network with ReLU6 and a dense head, 52×36 pixels", mobile_scene, 1),
    ):
        yield first_telling(
            lambda n, name=name, scene=scene, k=k: _class_heatmaps_item(name, *scene(draw, n), k)
        )


def _class_heatmaps_item(name: str, model: Model, layer: Layer, x: Tensor, k: int) -> Item | None:
    classes = oracles.clear_order(model.module, x)
    # Classes that fall in the order of their numbers would hide that they were not sorted by probability.
    if classes is None or (k > 1 and classes[:k] == sorted(classes[:k])):
        return None
    each = [oracles.telling_heatmap(model.module, layer.module, x, c) for c in classes[:k]]
    if any(heatmap is None for heatmap in each):
        return None
    heatmaps, top = torch.stack([h for h in each if h is not None]), classes[:k]
    mistakes = stack_mistakes(heatmaps, top, classes)
    size = (x.shape[2], x.shape[3])
    pairs = [oracles.output_and_gradient(model.module, layer.module, x, c) for c in top]
    unscaled = torch.stack([oracles.upsample(oracles.grad_cam_small(o, g).relu(), size) for o, g in pairs])
    mistakes.append(
        Misconception("not_scaled", "The maps are right but not scaled to [0, 1].", (unscaled, top))
    )
    if k > 1:
        together = "The maps were divided by one maximum together. Each map has a maximum of its own."
        mistakes.insert(0, Misconception("scaled_together", together, (unscaled / unscaled.max(), top)))
    # k=2 is the default, and is left out of the call.
    args = [model, layer, x] if k == 2 else [model, layer, x, k]
    step = "Find the k largest logits, call your `grad_cam` for each of these classes, and stack the maps."
    return Item(name, args, expected=(heatmaps, top), misconceptions=mistakes, next_step=step)


def stack_mistakes(heatmaps: Tensor, top: list[int], classes: list[int]) -> list[Misconception]:
    """Mistakes of ``class_heatmaps``: ``top`` are the first k of all ``classes``, most probable first."""
    k = len(top)
    several = [
        Misconception(
            "order_reversed",
            "The classes are right but the order is reversed: most probable first.",
            (heatmaps.flip(0), top[::-1]),
        ),
        Misconception(
            "same_map_for_all",
            "All maps are alike. Each class needs its own gradient: pass its index on to `grad_cam`.",
            (heatmaps[:1].expand_as(heatmaps), top),
        ),
    ]
    return [
        *(several if k > 1 else []),
        Misconception(
            "least_probable",
            "These are the least probable classes. Sort from large to small.",
            when=lambda got: _numbers(got[1], k) == sorted(classes[-k:]) != sorted(top),
        ),
        Misconception(
            "list_of_maps",
            "The heatmaps came back as a list. Stack them into one tensor [k, H, W]: `torch.stack`.",
            when=lambda got: isinstance(got[0], (list, tuple)),
        ),
        Misconception(
            "extra_axis",
            "The heatmaps have an axis too many. The shape to return is [k, H, W].",
            when=lambda got: got[0].ndim > 3 and tuple(got[0].shape[-2:]) == tuple(heatmaps.shape[-2:]),
        ),
        Misconception(
            "axis_gone",
            "With k=1 the answer is still a stack, of one map: [1, H, W].",
            when=lambda got: k == 1 and tuple(got[0].shape) == tuple(heatmaps.shape[1:]),
        ),
        Misconception(
            "classes_not_ints",
            "The classes should be a list of k Python ints: `.tolist()` makes them of a tensor.",
            when=lambda got: not isinstance(got[1], list),
        ),
        Misconception(
            "wrong_number",
            "The number of maps or of classes is not k.",
            when=lambda got: (got[0].ndim == 3 and len(got[0]) != k) or len(got[1]) != k,
        ),
        Misconception(
            "order_reversed",
            "The classes are right but their order is not: most probable first.",
            when=lambda got: (
                k > 1 and _numbers(got[1], k) == sorted(top) != got[1] and [int(c) for c in got[1]] != top
            ),
        ),
    ]


def _numbers(classes: Any, k: int) -> list[int] | None:
    """The classes in order, where there are k of them: a tensor of millions is not taken apart."""
    return sorted(int(c) for c in classes) if len(classes) == k else None
