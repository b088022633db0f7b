"""Instruments that earlier lessons built, ready made for lessons 7 and later: Grad-CAM, Captum underneath.

Nothing that lessons 1 to 6 import may import this module: there students build these instruments themselves.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH = 16
"""Pictures that go through the network together: more would need more memory and save no time on a CPU."""


class InstrumentError(Exception):
    """An instrument cannot be used as asked; the message is one line: what, and the remedy."""


def grad_cam(
    model: nn.Module, layer: nn.Module, x: Tensor, class_index: int | None = None
) -> tuple[Tensor, int]:
    """Where the evidence for a class lies, as one layer sees it: lesson 6's Grad-CAM (Selvaraju et al. 2017).

    model: a classifier in eval mode, logits [1, K]. layer: a module inside it whose output is [1, C, h, w].
    x: [1, 3, H, W] on the model's device. class_index: the class asked for; None for the predicted one.
    Returns (heatmap [H, W] float32 on the CPU with values in [0, 1], the class index). Where nothing speaks
    for the class the heatmap is zero everywhere. Raises InstrumentError as `grad_cam_batch` does.
    """
    if x.ndim != 4 or len(x) != 1:
        raise InstrumentError(
            f"grad_cam takes one picture, [1, 3, H, W], and got {list(x.shape)}: grad_cam_batch takes several"
        )
    heatmaps, classes = grad_cam_batch(model, layer, x, None if class_index is None else [class_index])
    return heatmaps[0], classes[0]


def grad_cam_batch(
    model: nn.Module, layer: nn.Module, images: Tensor, class_indices: Sequence[int] | Tensor | None = None
) -> tuple[Tensor, list[int]]:
    """`grad_cam` of every picture of a batch, each heatmap divided by its own maximum.

    images: [N, 3, H, W] on the model's device. class_indices: N classes, or None for the predicted ones.
    Returns (heatmaps [N, H, W] float32 on the CPU, the N class indices). Parameters may be frozen; the model
    is left as it was.

    Raises InstrumentError where Captum is missing, where the model is not in eval mode, where the layer is
    none of the model's or gives no maps, and where the classes do not fit the pictures or the model.
    """
    layer_grad_cam = _captum().LayerGradCam
    if any(module.training for module in model.modules()):
        raise InstrumentError(
            "the model is in train mode, where heatmaps change by chance: call model.eval()"
        )
    if all(module is not layer for module in model.modules()):
        raise InstrumentError("the layer is none of this model's: take one by its name, as in model.layer4")
    wanted = None if class_indices is None else torch.as_tensor(class_indices).tolist()
    if wanted is not None and len(wanted) != len(images):
        raise InstrumentError(f"{len(images)} pictures with {len(wanted)} classes: give one class each")
    heatmaps, classes = [], []
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        chosen: list[int] = [] if wanted is None else wanted[start : start + BATCH]

        def scores(x: Tensor, chosen: list[int] = chosen) -> Tensor:
            logits = model(x)
            # One forward pass tells the predicted classes and gives their scores.
            chosen[:] = chosen or logits.argmax(dim=1).tolist()
            if not all(0 <= index < logits.shape[1] for index in chosen):
                raise InstrumentError(
                    f"the model's classes are 0 to {logits.shape[1] - 1}, asked for: {chosen}"
                )
            return logits[range(len(chosen)), chosen]

        # Captum lets the layer's maps ask for gradients where nothing else does: a frozen body builds no graph.
        with torch.enable_grad(), _out_of_place(model):
            small = layer_grad_cam(scores, layer).attribute(part.detach(), relu_attributions=True)
        if small.ndim != 4:
            raise InstrumentError(
                f"the layer's output has no axes of space, only {list(small.shape)}: give a layer with maps"
            )
        big = F.interpolate(small.detach(), part.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
        peaks = big.amax(dim=(1, 2), keepdim=True)
        heatmaps.append((big / peaks.where(peaks > 0, 1)).float().cpu())
        classes += chosen
    return torch.cat(heatmaps), classes


def energy_ratio(heatmap: Tensor, mask: Tensor) -> float:
    """How many times its share of the picture's area a region gets of a heatmap's energy (Wang et al. 2020).

    heatmap: [H, W], at least 0. mask: bool [H, W]. 1.0 is what a heatmap gets that is the same everywhere, so
    that large and small objects can be compared; a heatmap of zeros gets 0.0. Raises InstrumentError for an
    empty mask and for shapes that differ.
    """
    heatmap, mask = torch.as_tensor(heatmap).float(), torch.as_tensor(mask).bool()
    if heatmap.shape != mask.shape:
        raise InstrumentError(
            f"the heatmap is {list(heatmap.shape)} and the mask {list(mask.shape)}: they have to lie on each "
            "other"
        )
    if not mask.any():
        raise InstrumentError("the mask is empty: its share of the area is 0, and nothing can be compared")
    # Energy share over area share: the numbers of pixels turn both into means.
    average = float(heatmap.mean())
    return float(heatmap[mask].mean()) / average if average > 0 else 0.0


def _captum() -> ModuleType:
    """Captum's attribution methods, imported only here and only when they are needed."""
    try:
        return importlib.import_module("captum.attr")
    except ImportError:
        raise InstrumentError(
            "Captum, which computes the heatmaps, is not installed: run `%pip install captum` in a cell"
        ) from None


@contextmanager
def _out_of_place(model: nn.Module) -> Iterator[None]:
    """In-place activations switched off: one right behind the layer would overwrite the maps kept."""
    switched = [module for module in model.modules() if getattr(module, "inplace", False) is True]
    for module in switched:
        module.inplace = False
    try:
        yield
    finally:
        for module in switched:
            module.inplace = True
