"""What goes wrong with the tasks around Grad-CAM: several classes' heatmaps, CAM, guided Grad-CAM."""

from __future__ import annotations

import torch
from torch import Tensor

from course_utils.comparison import Misconception


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
            when=lambda got: sorted(int(c) for c in got[1]) == sorted(classes[-k:]) != sorted(top),
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
                k > 1 and sorted(int(c) for c in got[1]) == sorted(top) != got[1] and list(got[1]) != top
            ),
        ),
    ]


def cam_mistakes(features: Tensor, weight: Tensor, index: int, plain: Tensor) -> list[Misconception]:
    """Mistakes of ``cam``."""
    classes = len(weight)

    def summed(row: Tensor) -> Tensor:
        return torch.einsum("c,chw->hw", row, features[0])

    scaled = Misconception("scaled_cam", "The map was scaled. The original CAM is the plain weighted sum.")
    mistakes = [
        Misconception(
            "relu_in_cam", "Negative values became zero. The original CAM has no ReLU.", plain.relu()
        ),
        Misconception(scaled.name, scaled.message, plain / plain.max()),
        Misconception(scaled.name, scaled.message, (plain - plain.min()) / (plain.max() - plain.min())),
        Misconception(scaled.name, scaled.message, plain.relu() / plain.max()),
        Misconception(
            "mean_instead_of_sum",
            "This is a mean over the channels; CAM is the sum.",
            plain / features.shape[1],
        ),
        Misconception(
            "absolute_weights",
            "The weights lost their sign. A map with a negative weight speaks against the class.",
            summed(weight[index].abs()),
        ),
        Misconception(
            "all_classes",
            "One map for every class came back. Take the row of `class_index` alone.",
            when=lambda got: got.ndim >= 3 and classes in got.shape and classes != got.shape[-1],
        ),
        Misconception(
            "not_summed",
            "The channels are still apart. Add the weighted maps over the channel axis.",
            when=lambda got: got.ndim >= 3 and got.numel() == features.numel(),
        ),
        Misconception(
            "batch_axis_kept",
            "There is an axis of length 1 in front. The shape to return is [h, w].",
            when=lambda got: got.ndim > 2 and got.numel() == plain.numel(),
        ),
    ]
    if index:
        mistakes.append(
            Misconception(
                "class_ignored",
                "This is the map of class 0, whatever class was asked for. Take the row of `class_index`.",
                summed(weight[0]),
            )
        )
    if classes == features.shape[1]:
        mistakes.append(
            Misconception(
                "column_instead_of_row",
                "The weights are a column. `classifier_weight` is [K, C]: the class is the first index.",
                summed(weight[:, index]),
            )
        )
    return mistakes


def guided_mistakes(guided: Tensor, heatmap: Tensor, product: Tensor) -> list[Misconception]:
    """Mistakes of ``guided_grad_cam``."""
    scaled = "The product was scaled. Return it as it is; scaling belongs to the display."
    return [
        Misconception("added", "The two were added. Guided Grad-CAM multiplies them.", guided + heatmap),
        Misconception("heatmap_ignored", "This is the guided map alone. Multiply it by the heatmap.", guided),
        Misconception(
            "relu_on_guided", "Negative values became zero; the product keeps its sign.", product.relu()
        ),
        Misconception("absolute", "The sign got lost; the product keeps its sign.", product.abs()),
        Misconception("scaled", scaled, (product - product.min()) / (product.max() - product.min())),
        Misconception("scaled", scaled, product / product.max()),
        Misconception("scaled", scaled, product / product.abs().max()),
        Misconception(
            "masked",
            "The heatmap was turned into a mask of 0 and 1. Multiply by its values.",
            guided * (heatmap > 0.5),
        ),
        Misconception(
            "transposed",
            "The heatmap's rows and columns are swapped.",
            guided * heatmap.T if heatmap.shape[0] == heatmap.shape[1] else None,
        ),
        Misconception(
            "colours_lost",
            "The three colour channels became one. Keep the shape [3, H, W].",
            when=lambda got: got.ndim == 2 or got.shape[0] == 1,
        ),
        Misconception(
            "colours_last",
            "The colour axis came last. Keep it first: [3, H, W].",
            when=lambda got: got.ndim == 3 and got.shape[-1] == 3 and got.shape != product.shape,
        ),
    ]
