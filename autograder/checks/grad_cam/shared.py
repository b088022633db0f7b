"""What lesson 6's tasks share: scenes of model, layer and picture."""

from __future__ import annotations

from torch import Tensor

from autograder.checks.draw import Draw, Layer, Model

# Small architectures that share no layer name, sizes that are not 224, C, h and w all different.
Scene = tuple[Model, Layer, Tensor]


def plain_scene(draw: Draw, number: int, **options: object) -> Scene:
    """A network of convolutions and ReLUs alone, 40×56 pixels."""
    model = draw.model(f"plain {number}", "plain", channels=[6, 8, 11], classes=5, **options)
    return model, model.layer("relu3"), draw.normal(f"x plain {number}", 1, 3, 40, 56)


def residual_scene(draw: Draw, number: int) -> Scene:
    """A residual network with in-place ReLUs, 65×48 pixels."""
    model = draw.model(f"residual {number}", "residual", channels=[6, 7, 9], classes=4)
    return model, model.layer("block2.bn2"), draw.normal(f"x residual {number}", 1, 3, 65, 48)


def mobile_scene(draw: Draw, number: int) -> Scene:
    """A network with ReLU6 and a dense head, 52×36 pixels."""
    model = draw.model(f"mobile {number}", "mobile", channels=[4, 6, 11], classes=6)
    return model, model.layer("features.7"), draw.normal(f"x mobile {number}", 1, 3, 52, 36)
