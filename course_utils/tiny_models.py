"""Networks small enough to follow with a pencil: every weight is written down.

The visible checks look into them, and lessons use them where a point is clearer on three numbers than on 512
maps.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

COLOUR_CLASSES = ("blue", "red", "green", "dark")
"""What the four outputs of :func:`colour_spotter` stand for."""


def oracle_network(channels: int = 3) -> nn.Sequential:
    """The two-filter network on which Captum's own tests check its methods: ``conv``, ``relu``, ``flatten``,
    ``fc``.

    Takes [1, channels, 4, 4], returns logits [1, 4]. Only the first input channel counts. On
    ``arange(16)`` in that channel every logit is 54.
    """
    conv, fc = nn.Conv2d(channels, 2, 3), nn.Linear(8, 4)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, 0] = 1.0
        conv.bias.copy_(torch.tensor([-50.0, -75.0]))
        fc.weight.copy_(torch.tensor([1.0, 1, 1, 1, 1, -1, -1, -1]).repeat(4, 1))
        fc.bias.zero_()
    parts = [("conv", conv), ("relu", nn.ReLU()), ("flatten", nn.Flatten()), ("fc", fc)]
    return nn.Sequential(OrderedDict(parts)).eval()


def colour_spotter() -> nn.Sequential:
    """A classifier that knows colours and nothing else: ``conv``, ``relu``, ``pool``, ``flatten``, ``fc``.

    Takes [N, 3, H, W], even H and W; the convolution averages each colour over 2×2 pixels, the head weighs
    the three averages. Returns logits [N, 4], one for each of ``COLOUR_CLASSES``.
    """
    conv, fc = nn.Conv2d(3, 3, 2, stride=2, bias=False), nn.Linear(3, 4, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.eye(3)[:, :, None, None] / 4 * torch.ones(2, 2))
        fc.weight.copy_(torch.tensor([[0.0, -1, 1], [1, -1, 0], [-1, 1, -1], [-1, -1, -1]]))
    pool = nn.AdaptiveAvgPool2d(1)
    parts = [("conv", conv), ("relu", nn.ReLU()), ("pool", pool), ("flatten", nn.Flatten()), ("fc", fc)]
    return nn.Sequential(OrderedDict(parts)).eval()


def colour_picture() -> torch.Tensor:
    """A picture [1, 3, 4, 6] in six squares of 2×2 pixels: reddish on the left, blue at the lower right."""
    red = torch.tensor([[2.0, 6, 0], [1, 3, 0]])
    green = torch.ones(2, 3)
    blue = torch.tensor([[0.0, 0, 1], [0, 2, 8]])
    small = torch.stack([red, green, blue])[None]
    return small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
