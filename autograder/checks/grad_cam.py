"""Hidden checks of lesson 6, Grad-CAM. Equations from Selvaraju et al. 2017 and Zhou et al. 2016."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from course_utils.comparison import Misconception
from torch import Tensor

from . import oracles
from .draw import Draw, Layer, Model
from .items import Item, LessonChecks

CHECKS = LessonChecks("06_grad_cam")

ORACLE_X = torch.arange(16, dtype=torch.float32).view(1, 1, 4, 4)


@CHECKS.task("channel_weights")
def channel_weights(draw: Draw) -> Iterator[Item]:
    for name, shape in (
        ("the mean over both axes of space", (1, 5, 3, 4)),
        ("another number of channels and another size", (1, 3, 7, 2)),
        ("a single channel of one pixel", (1, 1, 1, 1)),
    ):
        gradients = draw.normal(name, *shape) + 0.3
        yield Item(
            name,
            [gradients],
            expected=gradients.mean((2, 3)),
            misconceptions=_pooling_mistakes(gradients),
            next_step="One number a channel: the mean of that channel's gradients over height and width.",
        )


def _pooling_mistakes(gradients: Tensor) -> list[Misconception]:
    return [
        Misconception(
            "sum_instead_of_mean",
            "These are sums over space. Grad-CAM averages: divide by h·w, or use `mean`.",
            gradients.sum((2, 3)),
        ),
        Misconception(
            "absolute_gradients",
            "These are means of absolute gradients. A channel that speaks against the class must stay negative.",
            gradients.abs().mean((2, 3)),
        ),
        Misconception(
            "max_instead_of_mean",
            "These are maxima over space. Grad-CAM takes the mean of the gradients.",
            gradients.amax((2, 3)),
        ),
        Misconception(
            "relu_on_gradients",
            "Negative gradients were dropped before the mean. The ReLU comes later, on the map, not on the weights.",
            gradients.relu().mean((2, 3)),
        ),
        Misconception(
            "relu_on_weights",
            "Negative weights became zero. The ReLU comes later, on the map, not on the weights.",
            gradients.mean((2, 3)).relu(),
        ),
        Misconception(
            "mean_over_one_axis",
            "The mean was taken over one axis of space only; average over height and width.",
            when=lambda got: got.ndim == 3 and got.shape[:2] == gradients.shape[:2],
        ),
        Misconception(
            "axes_kept",
            "The axes of space are still there with length 1. The shape to return is [1, C]: leave `keepdim` out.",
            when=lambda got: tuple(got.shape) == (*gradients.shape[:2], 1, 1),
        ),
        Misconception(
            "mean_over_channels",
            "The mean runs over the channels. Keep one number a channel and average over height and width.",
            when=lambda got: got.shape[-2:] == gradients.shape[-2:] and gradients.shape[-2:] != (1, 1),
        ),
    ]


@CHECKS.task("weighted_activation_sum")
def weighted_activation_sum(draw: Draw) -> Iterator[Item]:
    for name, channels, height, width in (
        ("each channel times its weight, added up", 4, 3, 5),
        ("another number of channels and another size", 7, 2, 2),
        ("one channel", 1, 3, 2),
    ):
        weights = draw.normal(f"{name} weights", 1, channels) - 0.2
        activations = draw.uniform(f"{name} activations", 1, channels, height, width)
        summed = torch.einsum("nc,nchw->nhw", weights, activations)[:, None]
        yield Item(
            name,
            [weights, activations],
            expected=summed,
            misconceptions=[
                Misconception(
                    "relu_too_early",
                    "Negative values became zero. This function returns the sum before the ReLU.",
                    summed.relu(),
                ),
                Misconception(
                    "mean_instead_of_sum",
                    "This is the mean over the channels. Add the weighted channels up: `sum`, not `mean`.",
                    summed / channels,
                ),
                Misconception(
                    "weights_ignored",
                    "The channels were added up without their weights.",
                    activations.sum(1, keepdim=True),
                ),
                Misconception(
                    "absolute_weights",
                    "The sign of the weights got lost. A channel with a negative weight lowers the map.",
                    torch.einsum("nc,nchw->nhw", weights.abs(), activations)[:, None],
                ),
                Misconception(
                    "channel_axis_gone",
                    "The values have no channel axis. The shape to return is [1, 1, h, w]: `keepdim=True`.",
                    when=lambda got, s=summed: got.numel() == s.numel() and got.ndim != 4,
                ),
                Misconception(
                    "not_summed",
                    "The weighted channels are still apart. Add them up over the channel axis.",
                    when=lambda got, a=activations: got.shape == a.shape and a.shape[1] > 1,
                ),
            ],
            next_step="Line the shapes up: weights [1, C, 1, 1] times activations [1, C, h, w], then a sum over C.",
        )


def _some_models(draw: Draw) -> Iterator[tuple[str, Model, Layer, Tensor]]:
    """Small architectures that share no layer name, sizes that are not 224, C, h and w all different."""
    plain = draw.model("plain", "plain", channels=[6, 8, 10], classes=5)
    yield "a plain network, 40×56 pixels", plain, plain.layer("relu3"), draw.normal("x plain", 1, 3, 40, 56)
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=4)
    x = draw.normal("x residual", 1, 3, 65, 48)
    yield "a residual network with in-place ReLUs, 65×48 pixels", residual, residual.layer("block2.bn2"), x
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 11], classes=6)
    x = draw.normal("x mobile", 1, 3, 52, 36)
    yield "a network with ReLU6 and a dense head, 52×36 pixels", mobile, mobile.layer("features.7"), x


@CHECKS.task("grad_cam")
def grad_cam(draw: Draw) -> Iterator[Item]:
    for name, model, layer, x in _some_models(draw):
        target = _visible_class(model, layer, x, not_class=oracles.predicted_class(model.module, x))
        heatmap, mistakes = _heatmap_and_mistakes(model, layer, x, target)
        yield Item(
            f"a chosen class on {name}",
            [model, layer, x, target],
            expected=(heatmap, target),
            misconceptions=mistakes,
            next_step="Check the steps in order: weights, weighted sum, ReLU, upsampling to x's size, division by the maximum.",
        )
    for name, model, layer, x in list(_some_models(draw))[:2]:
        target = oracles.predicted_class(model.module, x)
        heatmap, mistakes = _heatmap_and_mistakes(model, layer, x, target)
        yield Item(
            f"no class given: the predicted one, on {name}",
            [model, layer, x],
            expected=(heatmap, target),
            misconceptions=[_class_mistake(target), *mistakes],
        )
    yield _class_zero(draw)
    yield _frozen(draw)
    yield _nothing_positive(draw)
    yield _known_by_hand()


def _visible_class(model: Model, layer: Layer, x: Tensor, not_class: int) -> int:
    """A class other than ``not_class`` whose heatmap is not blank, so that it tells right from wrong."""
    classes = model.module(x).shape[1]
    for target in (*range(not_class + 1, classes), *range(not_class)):
        output, gradient = oracles.output_and_gradient(model.module, layer.module, x, target)
        small = oracles.grad_cam_small(output, gradient).relu()
        if (small > 0).float().mean() > 0.1:
            return target
    return not_class


def _heatmap_and_mistakes(model: Model, layer: Layer, x: Tensor, target: int) -> tuple[Tensor, list[Misconception]]:
    size = (x.shape[2], x.shape[3])
    output, gradient = oracles.output_and_gradient(model.module, layer.module, x, target)
    small = oracles.grad_cam_small(output, gradient)
    heatmap = oracles.grad_cam_heatmap(output, gradient, size)
    return heatmap, _grad_cam_mistakes(model, layer, x, target, output, gradient, small, heatmap)


def _grad_cam_mistakes(
    model: Model, layer: Layer, x: Tensor, target: int, output: Tensor, gradient: Tensor, small: Tensor, heatmap: Tensor
) -> list[Misconception]:
    size = (x.shape[2], x.shape[3])
    up, scaled = oracles.upsample, oracles.divide_by_maximum

    def pair(value: Tensor) -> tuple[Tensor, int]:
        return value, target

    predicted = oracles.predicted_class(model.module, x)
    other_output, other_gradient = oracles.output_and_gradient(model.module, layer.module, x, predicted)
    of_predicted = oracles.grad_cam_heatmap(other_output, other_gradient, size)
    hires = (gradient[0] * output[0]).sum(0).relu()
    magnitude = torch.einsum("c,chw->hw", gradient[0].abs().mean((1, 2)), output[0]).relu()
    peak = torch.einsum("c,chw->hw", gradient[0].amax((1, 2)), output[0]).relu()
    lowest, highest = up(small, size).min(), up(small, size).max()
    mistakes = [
        Misconception("not_scaled", "The map is right but not scaled: divide it by its maximum.", pair(up(small.relu(), size))),
        Misconception(
            "scaled_too_early",
            "The map was divided by its maximum before the upsampling. Upsample first, then divide by the maximum of that.",
            pair(up(scaled(small.relu()), size)),
        ),
        Misconception(
            "relu_after_upsampling",
            "The ReLU came after the upsampling. Apply it to the small map, then upsample.",
            pair(scaled(up(small, size).relu())),
        ),
        Misconception(
            "min_max_instead_of_relu",
            "The map was stretched from its minimum to its maximum. Apply the ReLU, then divide by the maximum alone.",
            pair((up(small, size) - lowest) / (highest - lowest)),
        ),
        Misconception(
            "no_pooling_of_gradients",
            "Each place was weighted by its own gradient. Grad-CAM gives each channel one weight: average the gradients over space first.",
            pair(scaled(up(hires, size))),
        ),
        Misconception(
            "gradients_ignored",
            "This is the mean of the feature maps, the same for every class. Weight each channel by its averaged gradient.",
            pair(scaled(up(output[0].mean(0).relu(), size))),
        ),
        Misconception(
            "absolute_gradients",
            "The gradients' sign got lost. A channel that speaks against the class must lower the map.",
            pair(scaled(up(magnitude, size))),
        ),
        Misconception(
            "max_instead_of_mean", "The weights are maxima of the gradients; take their mean over space.", pair(scaled(up(peak, size)))
        ),
        Misconception(
            "nearest_upsampling",
            "The map shows blocks. Upsample with `mode='bilinear', align_corners=False`.",
            pair(scaled(up(small.relu(), size, "nearest"))),
        ),
        Misconception(
            "align_corners",
            "The map is stretched to the corners. Upsample with `align_corners=False`.",
            pair(scaled(up(small.relu(), size, "bilinear", True))),
        ),
        Misconception(
            "probability_instead_of_logit",
            "The gradient seems to come from the softmax probability. Take the class's logit, before the softmax.",
            pair(_from_probability(model, layer, x, target)),
        ),
    ]
    if predicted != target:
        mistakes.append(
            Misconception(
                "class_ignored",
                "This is the map of the predicted class, not of the class that was asked for. Use `class_index` where it is given.",
                when=lambda got: torch.allclose(got[0].float(), of_predicted, atol=1e-3),
            )
        )
    return [*mistakes, *_form_mistakes(x, target)]


def _form_mistakes(x: Tensor, target: int) -> list[Misconception]:
    height, width = x.shape[2], x.shape[3]
    return [
        Misconception(
            "only_the_heatmap",
            "Only the heatmap came back. Return two things: `return heatmap, class_index`.",
            when=lambda got: isinstance(got, Tensor) and got.shape[-2:] == (height, width),
        ),
        Misconception(
            "fixed_size",
            "The map is 224×224 whatever the picture. Upsample to x's own height and width: `x.shape[-2:]`.",
            when=lambda got: tuple(got[0].shape[-2:]) == (224, 224) and (height, width) != (224, 224),
        ),
        Misconception(
            "sides_swapped",
            "Height and width are swapped. `x.shape` is [1, 3, H, W].",
            when=lambda got: tuple(got[0].shape[-2:]) == (width, height) and height != width,
        ),
        Misconception(
            "batch_axes_kept",
            "The heatmap still has axes of length 1 in front. Its shape is [H, W]: index or squeeze them away.",
            when=lambda got: got[0].ndim > 2 and got[0].numel() == height * width,
        ),
        Misconception(
            "not_upsampled",
            "The map still has the layer's size. Upsample it to x's height and width.",
            when=lambda got: got[0].ndim >= 2 and got[0].shape[-1] < width and got[0].shape[-2] < height,
        ),
        Misconception(
            "relu_left_out",
            "Some values are negative: was the ReLU left out?",
            when=lambda got: bool((got[0] < 0).any()),
        ),
        Misconception(
            "division_by_zero",
            "The map is NaN. Where nothing is positive its maximum is 0: return zeros there instead of dividing.",
            when=lambda got: bool(got[0].isnan().any()),
        ),
        Misconception(
            "not_scaled",
            "The map's largest value is not 1. Divide by the maximum of the upsampled map.",
            when=lambda got: float(got[0].max()) > 1.001,
        ),
        Misconception(
            "wrong_class_returned",
            "The map may be right, but the class that came back with it is not the one it is about.",
            when=lambda got: int(got[1]) != target,
        ),
    ]


def _class_mistake(target: int) -> Misconception:
    return Misconception(
        "none_is_not_predicted",
        "Without a class, the class that came back is not the predicted one. Take the largest logit.",
        when=lambda got: got[1] is None or int(got[1]) != target,
    )


def _from_probability(model: Model, layer: Layer, x: Tensor, target: int) -> Tensor:
    logits, output, _ = oracles.forward_with(model.module, layer.module, x)
    (gradient,) = torch.autograd.grad(logits.softmax(1)[:, target].sum(), output)
    return oracles.grad_cam_heatmap(output.detach(), gradient.detach(), (x.shape[2], x.shape[3]))


def _class_zero(draw: Draw) -> Item:
    """Class 0 is a class: ``class_index or predicted`` takes it for none."""
    for attempt in range(200):
        model = draw.model(f"class zero {attempt}", "functional", channels=[5, 6, 8], classes=3)
        x = draw.normal(f"x class zero {attempt}", 1, 3, 33, 45)
        layer = model.layer("second")
        predicted = oracles.predicted_class(model.module, x)
        if predicted != 0 and _visible_class(model, layer, x, not_class=2 if predicted == 1 else 1) == 0:
            break
    heatmap, mistakes = _heatmap_and_mistakes(model, layer, x, 0)
    falsy = Misconception(
        "class_zero_is_false",
        "Class 0 was asked for and the predicted class came back. 0 is false in Python: ask `if class_index is None`.",
        when=lambda got: int(got[1]) == predicted,
    )
    return Item("class 0, which is a class", [model, layer, x, 0], expected=(heatmap, 0), misconceptions=[falsy, *mistakes])


def _frozen(draw: Draw) -> Item:
    model = draw.model("frozen", "residual", channels=[5, 6, 8], classes=4, frozen=True, inplace=False)
    x = draw.normal("x frozen", 1, 3, 48, 64)
    layer = model.layer("block2")
    target = _visible_class(model, layer, x, not_class=oracles.predicted_class(model.module, x))
    heatmap, mistakes = _heatmap_and_mistakes(model, layer, x, target)
    return Item("a model whose parameters are all frozen", [model, layer, x, target], expected=(heatmap, target), misconceptions=mistakes)


def _nothing_positive(draw: Draw) -> Item:
    model = draw.model("negative", "plain", channels=[5, 6, 7], classes=3, negative_head=True)
    x = draw.normal("x negative", 1, 3, 30, 44)
    zeros = torch.zeros(30, 44)
    return Item(
        "nothing speaks for the class: all zeros, no NaN",
        [model, model.layer("relu3"), x, 1],
        expected=(zeros, 1),
        misconceptions=_form_mistakes(x, 1),
        next_step="Where the map has nothing positive, return zeros of x's size.",
        edge=True,
    )


def _known_by_hand() -> Item:
    """The network whose Grad-CAM at the ReLU is [[0, 4], [28, 32.5]] (Captum's test network)."""
    recipe = {"family": "oracle", "seed": 0}
    from autograder.sandbox.worker.recipes import build

    model = Model(recipe, build(recipe))
    small = torch.tensor([[0.0, 4.0], [28.0, 32.5]])
    heatmap = oracles.divide_by_maximum(oracles.upsample(small, (4, 4)))
    mistakes = _form_mistakes(ORACLE_X, 0)
    return Item(
        "a network small enough to compute by hand, one input channel",
        [model, model.layer("relu"), ORACLE_X, 0],
        expected=(heatmap, 0),
        misconceptions=mistakes,
    )


@CHECKS.task("class_heatmaps")
def class_heatmaps(draw: Draw) -> Iterator[Item]:
    for (name, model, layer, x), k in zip(_some_models(draw), (2, 3, 1), strict=True):
        yield _class_heatmaps_item(f"k={k} on {name}", model, layer, x, k, give_k=k != 2)


def _class_heatmaps_item(name: str, model: Model, layer: Layer, x: Tensor, k: int, *, give_k: bool) -> Item:
    size = (x.shape[2], x.shape[3])
    with torch.no_grad():
        order = model.module(x)[0].argsort(descending=True)
    classes = [int(c) for c in order[:k]]

    def maps(indices: list[int]) -> Tensor:
        pairs = [oracles.output_and_gradient(model.module, layer.module, x, c) for c in indices]
        return torch.stack([oracles.grad_cam_heatmap(o, g, size) for o, g in pairs])

    heatmaps = maps(classes)
    least = [int(c) for c in order.flip(0)[:k]]
    mistakes = [
        Misconception(
            "same_map_for_all",
            "All maps are alike. Each class needs its own gradient: pass its index on to `grad_cam`.",
            when=lambda got: k > 1 and bool((got[0] == got[0][:1]).all()),
        ),
        Misconception("least_probable", "These are the least probable classes. Sort from large to small.", (maps(least), least)),
        Misconception(
            "order_reversed",
            "The classes are right but the order is reversed: most probable first.",
            (heatmaps.flip(0), classes[::-1]),
        )
        if k > 1
        else Misconception("", "", when=lambda got: False),
        Misconception(
            "list_of_maps",
            "The heatmaps came back as a list. Stack them into one tensor [k, H, W]: `torch.stack`.",
            when=lambda got: isinstance(got[0], (list, tuple)),
        ),
        Misconception(
            "extra_axis",
            "The heatmaps have an axis too many. The shape to return is [k, H, W].",
            when=lambda got: got[0].ndim > 3 and got[0].numel() == heatmaps.numel(),
        ),
        Misconception(
            "classes_not_ints",
            "The classes should be a list of k Python ints.",
            when=lambda got: not isinstance(got[1], list),
        ),
        Misconception(
            "wrong_number",
            "The number of maps is not k.",
            when=lambda got: len(got[0]) != k or len(got[1]) != k,
        ),
    ]
    args = [model, layer, x, k] if give_k else [model, layer, x]
    return Item(name, args, expected=(heatmaps, classes), misconceptions=mistakes)


@CHECKS.task("cam")
def cam(draw: Draw) -> Iterator[Item]:
    for name, channels, height, width, classes in (
        ("one class's row of weights over the feature maps", 6, 4, 5, 7),
        ("another shape", 3, 7, 2, 4),
    ):
        features = draw.uniform(f"{name} features", 1, channels, height, width)
        weight = draw.normal(f"{name} weight", classes, channels)
        for index in (draw.integer(f"{name} class", 1, classes), 0):
            plain = torch.einsum("c,chw->hw", weight[index], features[0])
            yield Item(
                f"{name}, class {'0' if index == 0 else 'not 0'}",
                [features, weight, index],
                expected=plain,
                misconceptions=[
                    Misconception("relu_in_cam", "Negative values became zero. The original CAM has no ReLU.", plain.relu()),
                    Misconception(
                        "scaled_cam",
                        "The map was scaled. The original CAM is the plain weighted sum.",
                        plain / plain.max(),
                    ),
                    Misconception(
                        "scaled_cam",
                        "The map was scaled. The original CAM is the plain weighted sum.",
                        (plain - plain.min()) / (plain.max() - plain.min()),
                    ),
                    Misconception("mean_instead_of_sum", "This is a mean over the channels; CAM is the sum.", plain / channels),
                    Misconception(
                        "all_classes",
                        "One map for every class came back. Take the row of `class_index` alone.",
                        when=lambda got, n=classes: got.ndim >= 3 and n in got.shape,
                    ),
                    Misconception(
                        "batch_axis_kept",
                        "There is an axis of length 1 in front. The shape to return is [h, w].",
                        when=lambda got, p=plain: got.ndim > 2 and got.numel() == p.numel(),
                    ),
                    Misconception(
                        "column_instead_of_row",
                        "The weights seem to be a column. `classifier_weight` is [K, C]: the class is the first index.",
                        torch.einsum("c,chw->hw", weight.flatten()[index::classes][:channels], features[0]),
                    ),
                ],
            )


@CHECKS.task("guided_grad_cam")
def guided_grad_cam(draw: Draw) -> Iterator[Item]:
    for name, height, width in (("elementwise, the heatmap on each colour", 6, 9), ("another size", 5, 5)):
        guided, heatmap = draw.normal(f"{name} guided", 3, height, width), draw.uniform(f"{name} map", height, width)
        product = guided * heatmap
        yield Item(
            name,
            [guided, heatmap],
            expected=product,
            misconceptions=[
                Misconception("added", "The two were added. Guided Grad-CAM multiplies them.", guided + heatmap),
                Misconception(
                    "colours_lost",
                    "The three colour channels became one. Keep the shape [3, H, W].",
                    when=lambda got: got.ndim == 2 or got.shape[0] == 1,
                ),
                Misconception("relu_on_guided", "Negative values became zero; the product keeps its sign.", product.relu()),
                Misconception("absolute", "The sign got lost; the product keeps its sign.", product.abs()),
                Misconception(
                    "scaled",
                    "The product was scaled. Return it as it is; scaling belongs to the display.",
                    (product - product.min()) / (product.max() - product.min()),
                ),
            ],
            next_step="Multiply element by element; broadcasting lines [H, W] up with [3, H, W].",
        )
