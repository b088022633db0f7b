"""What goes wrong with occlusion, and the value that each mistake gives."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_utils.comparison import Misconception

from .attribution_mistakes import CLASS_IGNORED, axes_kept


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
            when=lambda got: (
                tuple(got.shape) == ((height - patch) // patch + 1, (width - patch) // patch + 1)
            ),
        ),
        Misconception(
            "flat",
            "The values are in one line. Bring them into the grid: [rows, cols].",
            when=lambda got: got.ndim == 1 and len(got) == rows * cols,
        ),
        axes_kept(lambda got: got.ndim > 2 and tuple(got.shape[-2:]) == (rows, cols), "[rows, cols]"),
    ]
