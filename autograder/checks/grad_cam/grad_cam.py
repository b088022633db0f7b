"""`grad_cam`: whole heatmaps on networks of three families, by the equations of Selvaraju et al. 2017."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.checks import oracles
from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from autograder.sandbox.worker.recipes import build

from .grad_cam_mistakes import class_mistakes, form_mistakes, grad_cam_mistakes
from .shared import Scene, mobile_scene, plain_scene, residual_scene

ORACLE_X = torch.zeros(1, 3, 4, 4)
ORACLE_X[0, 0] = torch.arange(16.0).view(4, 4)

# Where the network ends in global average pooling, each channel's gradient is the same at every place: these two
# mistakes change nothing there.
FLAT_GRADIENTS = ("no_pooling_of_gradients", "max_instead_of_mean")
# And where every weight and every cell is positive, nothing is lost by these.
ALL_POSITIVE = (
    *FLAT_GRADIENTS,
    "relu_left_out",
    "relu_after_upsampling",
    "absolute_instead_of_relu",
    "absolute_gradients",
    "relu_on_weights",
)
SceneMaker = Callable[[Draw, int], Scene]


def _functional(draw: Draw, number: int) -> Scene:
    model = draw.model(f"functional {number}", "functional", channels=[5, 6, 8], classes=3)
    return model, model.layer("second"), draw.normal(f"x functional {number}", 1, 3, 33, 45)


def _frozen(draw: Draw, number: int) -> Scene:
    options = {"channels": [5, 6, 8], "classes": 4, "frozen": True, "inplace": False}
    model = draw.model(f"frozen {number}", "residual", **options)
    return model, model.layer("block2"), draw.normal(f"x frozen {number}", 1, 3, 48, 64)


def _positive(draw: Draw, number: int) -> Scene:
    return plain_scene(draw, number, positive_head=True)


def items(draw: Draw) -> Iterator[Item]:
    plain, residual = "a plain network, 40×56 pixels", "a residual network with in-place ReLUs, 65×48 pixels"
    mobile = "a network with ReLU6 and a dense head, 52×36 pixels"
    yield _drawn(draw, f"a chosen class on {plain}", plain_scene, "other", FLAT_GRADIENTS)
    yield _drawn(draw, f"a chosen class on {residual}", residual_scene, "other")
    yield _drawn(draw, f"a chosen class on {mobile}", mobile_scene, "other")
    yield _drawn(draw, f"no class given: the predicted one, on {plain}", plain_scene, "none", FLAT_GRADIENTS)
    yield _drawn(draw, f"no class given: the predicted one, on {residual}", residual_scene, "none")
    yield _drawn(draw, "class 0, which is a class", _functional, "zero")
    yield _drawn(draw, "a model whose parameters are all frozen", _frozen, "other", FLAT_GRADIENTS)
    yield _drawn(draw, "a map that is positive everywhere", _positive, "other", ALL_POSITIVE)
    yield _nothing_positive(draw)
    yield _known_by_hand()
    yield _failing_model(draw)


def _drawn(draw: Draw, name: str, scene: SceneMaker, asked: str, hides: tuple[str, ...] = ()) -> Item:
    def make(number: int) -> Item | None:
        model, layer, x = scene(draw, number)
        predicted = oracles.clear_winner(model.module, x)
        if predicted is None:
            return None
        classes = model.recipe["classes"]
        other = (predicted + draw.integer(f"{name} class {number}", 1, classes)) % classes
        target = {"none": predicted, "zero": 0, "other": other}[asked]
        if asked == "zero" and predicted == 0:
            return None
        return _heatmap_item(name, model, layer, x, target, predicted, give_class=asked != "none")

    return first_telling(make, hides)


def _heatmap_item(
    name: str, model: Model, layer: Layer, x: Tensor, target: int, predicted: int, *, give_class: bool
) -> Item | None:
    size = (x.shape[2], x.shape[3])
    logits, output, _ = oracles.forward_with(model.module, layer.module, x)
    heatmap = oracles.telling(output.detach(), oracles.gradient_at(output, logits[:, target]), size)
    if heatmap is None or (model.recipe.get("positive_head") and not bool((heatmap > 0).all())):
        return None
    of_predicted = oracles.grad_cam_heatmap(
        output.detach(), oracles.gradient_at(output, logits[:, predicted]), size
    )
    return Item(
        name,
        [model, layer, x, target] if give_class else [model, layer, x],
        expected=(heatmap, target),
        misconceptions=[
            *class_mistakes(of_predicted, predicted, target),
            *grad_cam_mistakes(logits, output, size, target),
            *form_mistakes(x, target),
        ],
        next_step="Check the steps in order: weights, weighted sum, ReLU, upsampling to x's size, division by the maximum.",
    )


def _nothing_positive(draw: Draw) -> Item:
    model = draw.model("negative", "plain", channels=[5, 6, 7], classes=3, negative_head=True)
    x = draw.normal("x negative", 1, 3, 30, 44)
    return Item(
        "nothing speaks for the class: all zeros, no NaN",
        [model, model.layer("relu3"), x, 1],
        expected=(torch.zeros(30, 44), 1),
        misconceptions=form_mistakes(x, 1),
        next_step="Where the map has nothing positive, return zeros of x's size.",
        edge=True,
    )


def _known_by_hand() -> Item:
    """The network whose Grad-CAM at the ReLU is [[0, 4], [28, 32.5]] (Captum's test network).

    Its input is the same for everybody, so it counts only beside inputs that nobody can look up.
    """
    recipe = {"family": "oracle", "seed": 0}
    model = Model(recipe, build(recipe))
    small = torch.tensor([[0.0, 4.0], [28.0, 32.5]])
    return Item(
        "a network small enough to compute by hand",
        [model, model.layer("relu"), ORACLE_X, 0],
        expected=(oracles.divide_by_maximum(oracles.upsample(small, (4, 4))), 0),
        misconceptions=form_mistakes(ORACLE_X, 0),
        edge=True,
    )


def _failing_model(draw: Draw) -> Item:
    """What a hook does when the forward pass behind it raises: it must be gone then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        [model, model.layer("relu3"), draw.normal("x failing", 1, 3, 30, 44), 1],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )
