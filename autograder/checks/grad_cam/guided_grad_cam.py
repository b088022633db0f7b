"""`guided_grad_cam`: the sharp picture times the soft heatmap, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, height, width in (("elementwise, the heatmap on each colour", 6, 9), ("another size", 5, 5)):
        guided = draw.normal(f"{name} guided", 3, height, width)
        heatmap = draw.uniform(f"{name} map", height, width)
        product = guided * heatmap
        mistakes = guided_mistakes(guided, heatmap, product)
        step = "Multiply element by element; broadcasting lines [H, W] up with [3, H, W]."
        yield Item(name, [guided, heatmap], expected=product, misconceptions=mistakes, next_step=step)


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
