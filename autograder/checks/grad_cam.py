"""Hidden checks of lesson 6, Grad-CAM. Equations from Selvaraju et al. 2017 and Zhou et al. 2016."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.sandbox.worker.recipes import build
from course_utils.comparison import Misconception

from . import oracles
from .draw import Draw, Layer, Model
from .grad_cam_mistakes import (
    class_mistakes,
    form_mistakes,
    grad_cam_mistakes,
    pooling_mistakes,
    sum_mistakes,
)
from .grad_cam_more_mistakes import cam_mistakes, guided_mistakes, stack_mistakes
from .items import Item, LessonChecks
from .telling import first_telling

CHECKS = LessonChecks("06_grad_cam")

ORACLE_X = torch.arange(16, dtype=torch.float32).view(1, 1, 4, 4)

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

Scene = tuple[Model, Layer, Tensor]
SceneMaker = Callable[[Draw, int], Scene]


@CHECKS.task("channel_weights")
def channel_weights(draw: Draw) -> Iterator[Item]:
    for name, shape in (
        ("the mean over both axes of space", (1, 5, 3, 4)),
        ("another number of channels and another size", (1, 3, 7, 2)),
    ):
        yield first_telling(
            lambda n, name=name, shape=shape: _pooling(name, draw.normal(f"{name} {n}", *shape) + 0.2)
        )
    # Of one pixel the sum is the mean: right only together with the others.
    yield _pooling("a single channel of one pixel", draw.normal("one pixel", 1, 1, 1, 1), edge=True)


def _pooling(name: str, gradients: Tensor, *, edge: bool = False) -> Item:
    return Item(
        name,
        [gradients],
        expected=gradients.mean((2, 3)),
        misconceptions=[] if edge else pooling_mistakes(gradients),
        next_step="One number a channel: the mean of that channel's gradients over height and width.",
        edge=edge,
    )


@CHECKS.task("weighted_activation_sum")
def weighted_activation_sum(draw: Draw) -> Iterator[Item]:
    for name, *shape in (
        ("each channel times its weight, added up", 4, 3, 5),
        ("another number of channels and another size", 7, 2, 2),
    ):
        yield first_telling(lambda n, name=name, shape=shape: _weighted_sum(draw, name, n, *shape))
    yield _weighted_sum(draw, "one channel", 0, 1, 3, 2, edge=True)


def _weighted_sum(
    draw: Draw, name: str, number: int, channels: int, height: int, width: int, *, edge: bool = False
) -> Item:
    weights = draw.normal(f"{name} weights {number}", 1, channels) - 0.1
    activations = draw.uniform(f"{name} activations {number}", 1, channels, height, width)
    summed = torch.einsum("nc,nchw->nhw", weights, activations)[:, None]
    return Item(
        name,
        [weights, activations],
        expected=summed,
        misconceptions=[] if edge else sum_mistakes(weights, activations, summed),
        next_step="Line the shapes up: weights [1, C, 1, 1] times activations [1, C, h, w], then a sum over C.",
        edge=edge,
    )


# Small architectures that share no layer name, sizes that are not 224, C, h and w all different.


def _plain(draw: Draw, number: int, **options: object) -> Scene:
    model = draw.model(f"plain {number}", "plain", channels=[6, 8, 11], classes=5, **options)
    return model, model.layer("relu3"), draw.normal(f"x plain {number}", 1, 3, 40, 56)


def _residual(draw: Draw, number: int) -> Scene:
    model = draw.model(f"residual {number}", "residual", channels=[6, 7, 9], classes=4)
    return model, model.layer("block2.bn2"), draw.normal(f"x residual {number}", 1, 3, 65, 48)


def _mobile(draw: Draw, number: int) -> Scene:
    model = draw.model(f"mobile {number}", "mobile", channels=[4, 6, 11], classes=6)
    return model, model.layer("features.7"), draw.normal(f"x mobile {number}", 1, 3, 52, 36)


def _functional(draw: Draw, number: int) -> Scene:
    model = draw.model(f"functional {number}", "functional", channels=[5, 6, 8], classes=3)
    return model, model.layer("second"), draw.normal(f"x functional {number}", 1, 3, 33, 45)


def _frozen(draw: Draw, number: int) -> Scene:
    options = {"channels": [5, 6, 8], "classes": 4, "frozen": True, "inplace": False}
    model = draw.model(f"frozen {number}", "residual", **options)
    return model, model.layer("block2"), draw.normal(f"x frozen {number}", 1, 3, 48, 64)


def _positive(draw: Draw, number: int) -> Scene:
    return _plain(draw, number, positive_head=True)


@CHECKS.task("grad_cam")
def grad_cam(draw: Draw) -> Iterator[Item]:
    plain, residual = "a plain network, 40×56 pixels", "a residual network with in-place ReLUs, 65×48 pixels"
    mobile = "a network with ReLU6 and a dense head, 52×36 pixels"
    yield _drawn(draw, f"a chosen class on {plain}", _plain, "other", FLAT_GRADIENTS)
    yield _drawn(draw, f"a chosen class on {residual}", _residual, "other")
    yield _drawn(draw, f"a chosen class on {mobile}", _mobile, "other")
    yield _drawn(draw, f"no class given: the predicted one, on {plain}", _plain, "none", FLAT_GRADIENTS)
    yield _drawn(draw, f"no class given: the predicted one, on {residual}", _residual, "none")
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
        "a network small enough to compute by hand, one input channel",
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


@CHECKS.task("class_heatmaps")
def class_heatmaps(draw: Draw) -> Iterator[Item]:
    for name, scene, k in (
        ("k=2 on a plain network, 40×56 pixels", _plain, 2),
        ("k=3 on a residual network with in-place ReLUs, 65×48 pixels", _residual, 3),
        ("k=1 on a network with ReLU6 and a dense head, 52×36 pixels", _mobile, 1),
    ):
        yield first_telling(
            lambda n, name=name, scene=scene, k=k: _class_heatmaps_item(name, *scene(draw, n), k)
        )


def _class_heatmaps_item(name: str, model: Model, layer: Layer, x: Tensor, k: int) -> Item | None:
    classes = oracles.clear_order(model.module, x)
    # Classes that fall in the order of their numbers would hide that they were not sorted by probability.
    if classes is None or (k > 1 and classes[:k] == sorted(classes[:k])):
        return None
    each = [oracles.telling_heatmap(model.module, layer.module, x, c) for c in classes[:k]]
    if any(heatmap is None for heatmap in each):
        return None
    heatmaps, top = torch.stack([h for h in each if h is not None]), classes[:k]
    mistakes = stack_mistakes(heatmaps, top, classes)
    size = (x.shape[2], x.shape[3])
    pairs = [oracles.output_and_gradient(model.module, layer.module, x, c) for c in top]
    unscaled = torch.stack([oracles.upsample(oracles.grad_cam_small(o, g).relu(), size) for o, g in pairs])
    mistakes.append(
        Misconception("not_scaled", "The maps are right but not scaled to [0, 1].", (unscaled, top))
    )
    if k > 1:
        together = "The maps were divided by one maximum together. Each map has a maximum of its own."
        mistakes.insert(0, Misconception("scaled_together", together, (unscaled / unscaled.max(), top)))
    # k=2 is the default, and is left out of the call.
    args = [model, layer, x] if k == 2 else [model, layer, x, k]
    step = "Find the k largest logits, call your `grad_cam` for each of these classes, and stack the maps."
    return Item(name, args, expected=(heatmaps, top), misconceptions=mistakes, next_step=step)


@CHECKS.task("cam")
def cam(draw: Draw) -> Iterator[Item]:
    for name, shape in (
        ("one class's row of weights over the feature maps", (5, 4, 6, 5)),
        ("another shape", (3, 7, 2, 4)),
    ):
        for zero in (False, True):
            title = f"{name}, class {'0' if zero else 'not 0'}"
            yield first_telling(
                lambda n, title=title, shape=shape, zero=zero: _cam_item(draw, title, n, *shape, zero)
            )


def _cam_item(
    draw: Draw, name: str, number: int, channels: int, height: int, width: int, classes: int, zero: bool
) -> Item:
    features = draw.uniform(f"{name} features {number}", 1, channels, height, width)
    weight = draw.normal(f"{name} weight {number}", classes, channels)
    index = 0 if zero else draw.integer(f"{name} class {number}", 1, classes)

    plain = torch.einsum("c,chw->hw", weight[index], features[0])
    mistakes = cam_mistakes(features, weight, index, plain)
    step = "Row `class_index` of the weights, one number a channel, times features[0], added up over the channels."
    return Item(name, [features, weight, index], expected=plain, misconceptions=mistakes, next_step=step)


@CHECKS.task("guided_grad_cam")
def guided_grad_cam(draw: Draw) -> Iterator[Item]:
    for name, height, width in (("elementwise, the heatmap on each colour", 6, 9), ("another size", 5, 5)):
        guided = draw.normal(f"{name} guided", 3, height, width)
        heatmap = draw.uniform(f"{name} map", height, width)
        product = guided * heatmap
        mistakes = guided_mistakes(guided, heatmap, product)
        step = "Multiply element by element; broadcasting lines [H, W] up with [3, H, W]."
        yield Item(name, [guided, heatmap], expected=product, misconceptions=mistakes, next_step=step)
