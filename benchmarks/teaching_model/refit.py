"""The last linear layer once more, by least squares: the teacher's evidence for each class at each place."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.teaching_model.composites import Composites
from benchmarks.teaching_model.distil import Teacher
from benchmarks.teaching_model.pictures import Pictures
from course_utils.backbones import IMAGENET_MEAN, IMAGENET_STD

BATCHES, BATCH = 24, 10
POOLED = 0.5  # weight of the whole picture's logits beside those of its places
STEP = 0.4  # how far to go from the trained classifier to the solution; README.md has the figures behind it
RIDGE = 0.02  # of the features' mean square, pulling towards the classifier that training gave


@torch.no_grad()
def local_evidence(net: nn.Module, teacher: Teacher, pictures: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """Features of layer4 [N, 49, 512] and the teacher's class evidence [N, 49, 1000] on 240 pictures of 224 pixels.

    A class's evidence at a place is what that place adds to its logit (Zhou et al. 2016, CAM), bias included: its
    mean over the places is the logit.
    """
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    composites = Composites(pictures, seed=5)
    seen: dict[str, torch.Tensor] = {}
    layers = {"features": net.layer4, "taught": teacher.model._head_relu}
    hooks = [
        layer.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out.flatten(2).mT}))
        for name, layer in layers.items()
    ]
    features, evidence = [], []
    try:
        for start in range(0, BATCHES * BATCH, BATCH):
            pixels = torch.stack([composites[(start + i, 224)] for i in range(BATCH)]).float() / 255
            net((pixels - mean) / std)
            teacher(pixels)
            features.append(seen["features"].clone())
            evidence.append(teacher.model._fc(seen["taught"]))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(features), torch.cat(evidence)


@torch.no_grad()
def refit(fc: nn.Linear, features: torch.Tensor, evidence: torch.Tensor, step: float = STEP) -> None:
    """Change `fc` so that it gives the evidence at each place, and its mean over them, by ridge regression.

    Without it a class's evidence lies less where the class is.

    Args:
        fc: the classifier, C features to K classes; changed in place.
        features: ``[N, places, C]``.
        evidence: ``[N, places, K]``.
        step: 0 leaves `fc` as it is, 1 goes all the way to the least-squares answer.
    """
    x = torch.cat([features, torch.ones_like(features[..., :1])], dim=2).double()
    before = torch.cat([fc.weight, fc.bias[:, None]], dim=1).double().T
    missing = evidence.double() - x @ before
    gram = right = 0
    for weight, a, b in ((1.0, x.flatten(0, 1), missing.flatten(0, 1)), (POOLED, x.mean(1), missing.mean(1))):
        gram = gram + weight * a.T @ a / len(a)
        right = right + weight * a.T @ b / len(a)
    ridge = RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    after = (before + step * torch.linalg.solve(gram + ridge, right)).T.float()
    fc.weight.copy_(after[:, :-1])
    fc.bias.copy_(after[:, -1])
