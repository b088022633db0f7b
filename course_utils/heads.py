"""A frozen pretrained network with new heads of one linear layer: the quick way to train a classifier.

The body runs once over each picture; its features are kept, and training a head on them takes a second.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.backbones import Backbone, BackboneError
from course_utils.birds import normalised

BATCH = 16


def headless(backbone: Backbone) -> nn.Module:
    """A frozen copy of the network whose output is what its last linear layer receives: features [N, D].

    `nn.Sequential(headless(backbone), head)` is a classifier again. Raises BackboneError for a network without
    a linear layer.
    """
    body = copy.deepcopy(backbone.model).eval().requires_grad_(False)
    linear = [name for name, module in body.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise BackboneError("this network has no linear layer", "use one that ends in a linear layer")
    parent, _, name = linear[-1].rpartition(".")
    setattr(body.get_submodule(parent), name, nn.Identity())
    return body


def as_input(images: Tensor, backbone: Backbone) -> Tensor:
    """uint8 pictures [N, 3, H, W] → what the network takes: float32, normalised, on its device."""
    return normalised(images, backbone.mean, backbone.std).to(backbone.device)


def features_of(body: nn.Module, images: Tensor, backbone: Backbone) -> Tensor:
    """What a headless network makes of uint8 pictures [N, 3, H, W]: float32 [N, D] on the CPU."""
    with torch.no_grad():
        return torch.cat([body(as_input(part, backbone)).cpu() for part in images.split(BATCH)])


def train_head(
    features: Tensor,
    labels: Tensor,
    weights: Tensor | None = None,
    *,
    steps: int = 400,
    batch: int = 32,
    seed: int = 0,
) -> nn.Linear:
    """A linear layer trained by cross-entropy on kept features.

    features: [N, D]. labels: [N], classes from 0. weights: [N], how often each picture is drawn into a batch,
    in proportion (default: all alike); this is balanced sampling where the weights are balanced. steps, batch:
    so many batches of so many pictures, by AdamW. seed: of the head's start and of the draws. Returns the head in
    eval mode; the global random state is left as it was.
    """
    weights = torch.ones(len(labels)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = nn.Linear(features.shape[1], int(labels.max()) + 1)
        optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.1)
        for _ in range(steps):
            drawn = torch.multinomial(weights, batch, replacement=True)
            loss = F.cross_entropy(head(features[drawn]), labels[drawn])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return head.eval()
