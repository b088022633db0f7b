"""One heatmap for each of the first classes."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Task

from .shared import BLUE, NO_GRAPH, RED, spotter

tensor = torch.tensor


def _top(k: int) -> tuple[Any, ...]:
    return (*spotter(None)[:3], k)


CLASS_HEATMAPS = Task(
    name="class_heatmaps",
    points=4,
    examples=(
        Example(
            "the two most probable classes of the colour spotter",
            lambda: _top(2),
            (tensor([RED, BLUE]), [1, 0]),
            (
                Misconception(
                    "ascending",
                    "The classes are in the wrong order: the most probable one comes first.",
                    (tensor([BLUE, RED]), [0, 1]),
                ),
                Misconception(
                    "one_map_repeated",
                    "Both maps are the predicted class's. Hand each class's index on to `grad_cam`.",
                    (tensor([RED, RED]), [1, 0]),
                ),
                Misconception(
                    "scaled_together",
                    "The maps were divided by one maximum together. Each map has a maximum of its own.",
                    (tensor([RED, BLUE]) * tensor([4 / 7, 1.0])[:, None, None], [1, 0]),
                ),
                Misconception(
                    "lowest_classes",
                    "These are the least probable classes. Sort with the largest first.",
                    when=lambda got: sorted(int(i) for i in got[1]) == [2, 3],
                ),
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "k=1 gives one map, still [1, H, W]",
            lambda: _top(1),
            (tensor([RED]), [1]),
            (
                Misconception(
                    "dropped_dimension",
                    "With k=1 the answer is still a stack, of one map: [1, H, W].",
                    when=lambda got: tuple(got[0].shape) == (4, 6),
                ),
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "all four classes, two of them without positive evidence",
            lambda: _top(4),
            (tensor([RED, BLUE, [[0.0] * 6] * 4, [[0.0] * 6] * 4]), [1, 0, 2, 3]),
            errors=(NO_GRAPH,),
        ),
    ),
    hints=(
        "Which classes? One forward pass without gradients tells you.",
        "A tensor's `topk(k)` returns values and indices, largest first; `.tolist()` makes plain ints.",
        "Call your `grad_cam` once for each class, with its index, and `torch.stack` the maps.",
    ),
)
