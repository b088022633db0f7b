"""Make data/lesson06/guided_cat.webp: the guided-backpropagation map of the cat that lesson 6 multiplies
with.

Lesson 5 lets students write guided backpropagation themselves; lesson 6 only needs its result. It is made
here once, with Captum, from EfficientNet-Lite0, and stored so that nobody's solution of lesson 5 is needed
or given away:

    COURSE_BACKBONE=efficientnet_lite0 python solutions/06_grad_cam/pictures/make_guided_map.py

Stored is an RGB picture whose value 127 means 0: guided = (value - 127) / 127, largest magnitude 1.
"""

from __future__ import annotations

import hashlib
import json

import captum
import torch
import torch.nn.functional as F
from captum.attr import GuidedBackprop
from PIL import Image
from torch import nn

from course_utils.backbones import load_backbone
from course_utils.files import data_dir
from course_utils.images import load_picture, picture_info

PICTURE = "cat"


class ClippedReLU(nn.ReLU):
    """ReLU6 under a class that Captum's guided backpropagation recognises; forward and gradient are
    ReLU6's."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu6(x)


def with_recognised_relus(module: nn.Module) -> nn.Module:
    """Replace every ReLU6 in place by a ClippedReLU."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU6):
            setattr(module, name, ClippedReLU())
        else:
            with_recognised_relus(child)
    return module


def main() -> None:
    backbone = load_backbone("efficientnet_lite0", device="cpu")
    x = backbone.preprocess(load_picture(PICTURE))
    index, label, _ = backbone.predict(x, 1)[0]
    guided = GuidedBackprop(with_recognised_relus(backbone.model)).attribute(x.requires_grad_(), index)[0]
    guided = guided.detach() / guided.abs().max()
    values = (guided * 127 + 127).round().to(torch.uint8).permute(1, 2, 0).numpy()
    folder = data_dir() / "lesson06"
    folder.mkdir(exist_ok=True)
    path = folder / "guided_cat.webp"
    Image.fromarray(values).save(path, lossless=True, quality=100, method=6)
    card = {
        "what": "guided backpropagation (Springenberg et al. 2015) of the class score",
        "picture": PICTURE,
        "picture_sha256": picture_info(PICTURE).sha256,
        "model": backbone.name,
        "class": [index, label],
        "made_with": {"captum": captum.__version__, "torch": torch.__version__.partition("+")[0]},
        "values": "(value - 127) / 127; red, green, blue; 224 x 224 after the course's preprocessing",
        "licence": "CC0-1.0, as the picture",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB, class {label}")


if __name__ == "__main__":
    main()
