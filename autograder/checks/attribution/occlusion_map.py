"""`occlusion_map`: items by covering each patch in turn, and the maps that known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from autograder.checks import oracles
from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import CLASS_IGNORED, CLASSES, Scene, axes_kept, drawn, failing

# Bright enough that a covered patch is felt by the softmax, and not so bright that the softmax is saturated.
BRIGHT = 3.0


def items(draw: Draw) -> Iterator[Item]:
    for name, family, size, asked, options, patch, stride, fill in (
        ("overlapping patches on a plain network, 28×39 pixels", "plain", (28, 39), "other", {}, 8, 5, None),
        ("another fill, a residual network, 35×26 pixels", "residual", (35, 26), "other", {}, 9, 6, 0.7),
        ("patches with gaps between them, 31×43 pixels", "mobile", (31, 43), "other", {}, 6, 7, -1.5),
        ("a model without ReLU modules, 33×24 pixels", "functional", (33, 24), "other", {}, 9, 4, 0.5),
        ("class 0, which is a class", "plain", (30, 22), "zero", {"inplace": True}, 7, 5, None),
        (
            "a frozen model, the predicted class",
            "residual",
            (26, 38),
            "predicted",
            {"frozen": True},
            8,
            6,
            0.4,
        ),
    ):
        scene: Scene = (name, family, size, asked, options, BRIGHT)
        yield drawn(
            draw,
            scene,
            lambda *drawn, name=name, patch=patch, stride=stride, fill=fill: _occlusion_item(
                name, *drawn, patch, stride, fill
            ),
        )
    yield _with_defaults(draw)
    yield _one_patch(draw)
    yield failing(draw, 8, 4)


def _with_defaults(draw: Draw) -> Item:
    """Patches so large on noise change every picture in the same way: one sign, which the other items have both of."""
    name = "patch, stride and fill left out, 67×83 pixels"

    def item(model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
        return _occlusion_item(name, model, x, index, predicted, None, None, None, both_signs=False)

    scene: Scene = (name, "plain", (67, 83), "other", {}, BRIGHT)
    return drawn(draw, scene, item, ("absolute_difference", "negatives_cut"))


def _occlusion_item(
    name: str,
    model: Model,
    x: Tensor,
    index: int,
    predicted: int,
    patch: int | None,
    stride: int | None,
    fill: float | None,
    *,
    both_signs: bool = True,
) -> Item | None:
    """Arguments that are ``None`` are left out of the call, so that the defaults count."""
    given = [value for value in (patch, stride, fill) if value is not None]
    patch, stride, fill = patch or 32, stride or 16, fill or 0.0
    expected = oracles.occlusion(model.module, x, index, patch, stride, fill)
    # Far above the rounding of a softmax.
    if expected.abs().max() < 0.01:
        return None
    if both_signs and (expected.min() > -1e-3 or expected.max() < 1e-3):
        return None
    return Item(
        name,
        [model, x, index, *given],
        expected=expected,
        misconceptions=occlusion_mistakes(model.module, x, index, predicted, patch, stride, fill),
        next_step="For each corner `(r * stride, c * stride)`: a fresh copy of `x`, the patch set to `fill`, the "
        "probability of the class; subtract it from the one on `x`.",
        atol_share=1e-3,
    )


def _one_patch(draw: Draw) -> Item:
    """A patch as large as the picture: one value, the fall from the picture to nothing but the fill."""
    model = draw.model("one patch", "plain", channels=[5, 7, 6], classes=CLASSES)
    x = 2 * draw.normal("x one patch", 1, 3, 24, 24)
    return Item(
        "one patch that covers the whole picture",
        [model, x, 1, 24, 10],
        expected=oracles.occlusion(model.module, x, 1, 24, 10),
        next_step="One patch fits: the map is [1, 1].",
        edge=True,
        atol=1e-4,
    )


def occlusion_mistakes(
    module: nn.Module, x: Tensor, index: int, predicted: int, patch: int, stride: int, fill: float
) -> list[Misconception]:
    """Mistakes of ``occlusion_map``."""
    rows, cols = (x.shape[2] - patch) // stride + 1, (x.shape[3] - patch) // stride + 1
    logits = _covered_logits(module, x, patch, stride, fill)
    shares = logits.softmax(1)[:, index]
    right = (shares[0] - shares[1:]).view(rows, cols)

    def drop(values: Tensor) -> Tensor:
        return (values[0] - values[1:]).view(rows, cols)

    mistakes = [
        Misconception(
            "logit_instead_of_probability",
            "These are differences of logits. Here the softmax probability is compared.",
            drop(logits[:, index]),
        ),
        Misconception(
            "log_probability",
            "These are differences of log-probabilities. Compare the probabilities themselves.",
            drop(logits.log_softmax(1)[:, index]),
        ),
        Misconception(
            "sign_reversed",
            "The sign is the other way round: on `x` minus on the covered picture, so that a fall is positive.",
            -right,
        ),
        Misconception(
            "covered_probability",
            "These are the probabilities of the covered pictures. Subtract them from the one of `x`.",
            shares[1:].view(rows, cols),
        ),
        Misconception(
            "relative_drop",
            "The fall was divided by the probability on `x`. Return the plain difference.",
            right / shares[0],
        ),
        Misconception(
            "absolute_difference",
            "The sign is lost. Where covering raises the probability, the map is negative.",
            right.abs(),
        ),
        Misconception(
            "negatives_cut",
            "The negative values became 0. Where covering raises the probability, the map is negative.",
            right.clamp(min=0),
        ),
        Misconception(
            "scaled",
            "The map was scaled to [0, 1]. Return the differences themselves.",
            (right - right.min()) / (right.max() - right.min()),
        ),
        Misconception(
            "patches_pile_up",
            "The patches pile up: each picture still has the earlier patches in it. Start each from a fresh copy of `x`.",
            drop(_covered_logits(module, x, patch, stride, fill, pile_up=True).softmax(1)[:, index]),
        ),
        Misconception(
            "one_channel_covered",
            "Only one colour channel was covered. Cover all of them: `[:, :, top:bottom, left:right]`.",
            drop(_covered_logits(module, x, patch, stride, fill, channels=1).softmax(1)[:, index]),
        ),
        Misconception(
            "one_pixel_too_large",
            "The patch is a pixel too large on each side. A slice's end is exclusive: `top : top + patch`.",
            drop(_covered_logits(module, x, patch, stride, fill, extra=1).softmax(1)[:, index]),
        ),
        Misconception(
            "patch_centred",
            "The patch is centred on `(r·stride, c·stride)`. That is its upper left corner.",
            drop(_covered_logits(module, x, patch, stride, fill, shift=patch // 2).softmax(1)[:, index]),
        ),
        Misconception(
            "stride_not_applied",
            "The patch moves by one pixel only. Its corner is `(r * stride, c * stride)`.",
            drop(_covered_logits(module, x, patch, stride, fill, step=1).softmax(1)[:, index]),
        ),
        Misconception(
            "columns_first",
            "Rows and columns are mixed up: the map was filled column by column.",
            right.flatten().view(cols, rows).T.contiguous(),
        ),
    ]
    if predicted != index:
        mistakes.append(Misconception("class_ignored", CLASS_IGNORED, drop(logits.softmax(1)[:, predicted])))
    if fill != 0.0:
        mistakes.append(
            Misconception(
                "fill_ignored",
                "The patch is filled with 0. Use the argument `fill`.",
                drop(_covered_logits(module, x, patch, stride, 0.0).softmax(1)[:, index]),
            )
        )
    return [*mistakes, *_grid_mistakes(x, rows, cols, patch, stride)]


def _covered_logits(
    module: nn.Module,
    x: Tensor,
    patch: int,
    stride: int,
    fill: float,
    *,
    pile_up: bool = False,
    channels: int | None = None,
    extra: int = 0,
    shift: int = 0,
    step: int | None = None,
) -> Tensor:
    """Logits ``[1 + rows·cols, K]`` of x and of its covered copies, each option one way of covering wrongly."""
    rows, cols = (x.shape[2] - patch) // stride + 1, (x.shape[3] - patch) // stride + 1
    step = step or stride
    copies, current = [x[0]], x[0].clone()
    for row in range(rows):
        for col in range(cols):
            current = current.clone() if pile_up else x[0].clone()
            top, left = max(0, row * step - shift), max(0, col * step - shift)
            bottom, right = row * step - shift + patch + extra, col * step - shift + patch + extra
            current[:channels, top:bottom, left:right] = fill
            copies.append(current)
    with torch.no_grad():
        return module(torch.stack(copies))


def _grid_mistakes(x: Tensor, rows: int, cols: int, patch: int, stride: int) -> list[Misconception]:
    height, width = x.shape[2], x.shape[3]
    side_by_side = ((height - patch) // patch + 1, (width - patch) // patch + 1)
    return [
        Misconception(
            "rows_and_columns_swapped",
            "The map lies on its side: rows belong to the height, columns to the width.",
            when=lambda got: tuple(got.shape) == (cols, rows) and rows != cols,
        ),
        Misconception(
            "full_size",
            "The map has the picture's size. Return one value for each patch: [rows, cols].",
            when=lambda got: tuple(got.shape[-2:]) == (height, width),
        ),
        Misconception(
            "last_patch_left_out",
            "The last row and column of patches are missing: there are `(H - patch) // stride + 1` rows.",
            when=lambda got: tuple(got.shape) == (rows - 1, cols - 1),
        ),
        Misconception(
            "patches_over_the_edge",
            "There are more patches than fit into the picture: `(H - patch) // stride + 1` rows, columns likewise.",
            when=lambda got: (
                got.ndim == 2 and got.shape[0] >= rows and got.shape[1] >= cols and got.shape != (rows, cols)
            ),
        ),
        Misconception(
            "stride_ignored",
            "The patches lie side by side, as if `stride` were `patch`. Move by `stride`.",
            when=lambda got: tuple(got.shape) == side_by_side != (rows, cols),
        ),
        Misconception(
            "flat",
            "The values are in one line. Bring them into the grid: [rows, cols].",
            when=lambda got: got.ndim == 1 and len(got) == rows * cols,
        ),
        axes_kept(lambda got: got.ndim > 2 and tuple(got.shape[-2:]) == (rows, cols), "[rows, cols]"),
    ]
