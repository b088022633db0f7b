"""What is measured on the teaching model: filters, agreement with its teacher, class-specific heatmaps."""

from __future__ import annotations

import copy

import numpy as np
import torch
from captum.attr import LayerGradCam
from PIL import Image
from torch import nn
from torch.nn import functional as F

from benchmarks.teaching_model.composites import background
from benchmarks.teaching_model.pictures import Pictures

STRONGEST = 3  # of the 25 frequencies that a real 7×7 filter has
RANDOM_FILTERS = 20_000
RANDOM_QUANTILE = 0.999
CASCADE = ("fc", "layer4", "layer3", "layer2", "layer1", "bn1", "conv1")


def spectral_concentration(weight: torch.Tensor) -> torch.Tensor:
    """Share of each filter's power in its three strongest spatial frequencies: [N, C, k, k] → [N], 0 to 1.

    A frequency's power is summed over the colour channels; (u, v) and (-u, -v), which a real filter cannot
    tell apart, count as one. An edge, a stripe or a colour blob lives on few frequencies, noise on all of
    them.
    """
    power = torch.fft.fft2(weight.double()).abs().square().sum(dim=1)
    k = weight.shape[-1]
    mirrored = power.flip((1, 2)).roll((1, 1), dims=(1, 2))
    both = (power + mirrored).flatten(1)
    index = torch.arange(k * k)
    twin = (-(index // k) % k) * k + (-(index % k) % k)
    folded = torch.where(index == twin, both / 2, both)[:, index <= twin]
    strongest = folded.topk(STRONGEST, dim=1).values.sum(dim=1)
    return (strongest / folded.sum(dim=1).clamp_min(1e-12)).float()


def random_threshold(shape: tuple[int, int, int] = (3, 7, 7)) -> float:
    """The concentration that one random Gaussian filter in a thousand exceeds (20,000 drawn, fixed seed)."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(RANDOM_FILTERS, *shape, generator=generator)
    return spectral_concentration(drawn).quantile(RANDOM_QUANTILE).item()


def structured_filters(weight: torch.Tensor) -> int:
    """How many filters of [N, C, k, k] are more concentrated than 999 in 1000 random ones."""
    return int((spectral_concentration(weight) > random_threshold(tuple(weight.shape[1:]))).sum())


def evaluation_composites(pictures: Pictures, number: int, seed: int = 20) -> torch.Tensor:
    """Pictures of one whole cut-out on one photograph, [number, 3, 224, 224] in [0, 1], always the same."""
    found = []
    for index in range(number):
        rng = np.random.default_rng([seed, index])
        image = background(pictures, 224, rng)
        cutout = Image.fromarray(pictures.cutouts[index % len(pictures.cutouts)].pixels)
        scale = rng.uniform(0.55, 0.9) * 224 / max(cutout.size)
        cutout = cutout.resize(
            [max(8, round(n * scale)) for n in cutout.size], Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        corner = [round((224 - n) * rng.uniform(0, 1)) for n in cutout.size]
        image.paste(cutout, corner, cutout)
        found.append(torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255)
    return torch.stack(found)


@torch.no_grad()
def agreement(student: torch.Tensor, teacher: torch.Tensor, k: int) -> float:
    """Share of pictures whose first class for the teacher is among the student's k: logits [N, 1000]."""
    best = teacher.argmax(dim=1, keepdim=True)
    return (student.topk(k, dim=1).indices == best).any(dim=1).float().mean().item()


def grad_cam(model: nn.Module, layer: nn.Module, x: torch.Tensor, class_index: int) -> torch.Tensor:
    """Captum's Grad-CAM of one class, enlarged to the input's size: [1, 3, H, W] → [H, W], not negative."""
    small = LayerGradCam(model, layer).attribute(x, target=class_index, relu_attributions=True)
    return F.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=False)[0, 0].detach()


def energy_in_half(heatmap: torch.Tensor, left: bool) -> float:
    """Share of a heatmap's sum in its left or right half; 0.5 says nothing, and so does an empty map."""
    total = heatmap.sum().item()
    middle = heatmap.shape[1] // 2
    half = heatmap[:, :middle] if left else heatmap[:, middle:]
    return half.sum().item() / total if total > 0 else 0.5


def randomised(model: nn.Module, until: str, seed: int = 0) -> nn.Module:
    """A copy with fresh weights from the logits down to `until` (Adebayo et al. 2018, cascading)."""
    if until not in CASCADE:
        raise ValueError(f"until is one of {', '.join(CASCADE)}; got {until!r}")
    copied = copy.deepcopy(model)
    torch.manual_seed(seed)
    for name in CASCADE[: CASCADE.index(until) + 1]:
        for module in copied.get_submodule(name).modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return copied.eval()


def rank_correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    """Spearman's rank correlation of two maps of one size."""
    ranks = torch.stack([m.flatten().argsort().argsort().double() for m in (a, b)])
    return torch.corrcoef(ranks)[0, 1].item()
