"""What lesson 8's `train_epoch` should do: one step of plain SGD a batch, frozen BatchNorm layers in eval mode."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .draw import Model


def one_epoch(
    model: Model, batches: list[tuple[Tensor, Tensor]], rate: float
) -> tuple[nn.Module, list[float]]:
    """A fresh copy of the model after one epoch, and the loss of each batch on the way."""
    trained, losses = model.fresh(), []
    optimizer = torch.optim.SGD([p for p in trained.parameters() if p.requires_grad], lr=rate)
    _train_mode(trained)
    for images, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(trained(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return trained, losses


def _train_mode(model: nn.Module) -> None:
    """Train mode, but eval for each BatchNorm that has parameters and whose parameters are all frozen."""
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            own = list(module.parameters())
            if own and not any(parameter.requires_grad for parameter in own):
                module.eval()
