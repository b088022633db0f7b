"""What goes wrong with saliency, occlusion, guided backpropagation and deconvnet, and the value that each mistake gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.comparison import Misconception

from .draw import Model

# --- gradients of other scores than the class's logit ---------------------------------------------------------

_SCORES = (
    (
        "probability_instead_of_logit",
        "The gradient seems to start at the softmax probability. The score is the logit: no softmax before backward.",
        lambda logits, index: logits.softmax(1)[0, index],
    ),
    (
        "log_probability",
        "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit itself.",
        lambda logits, index: logits.log_softmax(1)[0, index],
    ),
    (
        "all_classes",
        "The gradient starts at the sum of all logits. Pick the one of the class: `logits[0, class_index]`.",
        lambda logits, index: logits.sum(),
    ),
)
CLASS_IGNORED = "This is the map of the predicted class. Use `class_index`; 0 is a class, too."

Rule = Callable[[nn.Module], nn.Module | None]


class _RuledReLU(nn.Module):
    """Stands in for a ReLU: forward as usual, backward by ``rule(gradient, was_open)``."""

    def __init__(self, top: float, rule: Callable[[Tensor, Tensor], Tensor], reuse: bool = False) -> None:
        super().__init__()
        self.top, self.rule, self.reuse, self.last = top, rule, reuse, None

    def forward(self, x: Tensor) -> Tensor:
        value = x.clamp(0, self.top)
        # Its value is that of `value`; its gradient goes straight to x, through the hook.
        straight = x + (value - x).detach()
        was_open = ((x > 0) & (x < self.top)).detach()
        self.last = was_open
        straight.register_hook(lambda g: self.rule(g, self.last if self.reuse else was_open))
        return straight


def _swapped(
    module: nn.Module, rule: Callable[[Tensor, Tensor], Tensor], kinds: Any, **options: bool
) -> nn.Module:
    """A model whose ReLUs follow a rule; a module that stands at two places is replaced by one at both."""
    known: dict[int, _RuledReLU] = {}

    def swap(parent: nn.Module) -> None:
        for name, child in list(parent._modules.items()):
            if isinstance(child, kinds):
                top = 6.0 if isinstance(child, nn.ReLU6) and not options.get("open_above") else float("inf")
                shown = known.setdefault(id(child), _RuledReLU(top, rule, options.get("reuse", False)))
                setattr(parent, name, shown)
            elif child is not None:
                swap(child)

    swap(module)
    return module


def _guided(gradient: Tensor, was_open: Tensor) -> Tensor:
    return gradient.clamp(min=0) * was_open


def _deconv(gradient: Tensor, was_open: Tensor) -> Tensor:
    return gradient.clamp(min=0)


def _with_rule(model: Model, x: Tensor, index: int, rule: Any, kinds: Any, **options: bool) -> Tensor:
    """The input gradient ``[3, H, W]`` where ReLUs of some kinds follow a rule."""
    module = _swapped(model.fresh(), rule, kinds, **options)
    return input_gradient(module, x, lambda logits: logits[0, index])


def input_gradient(module: nn.Module, x: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """Gradient ``[C, H, W]`` of a score with respect to the input."""
    source = x.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(score(module(source)), source)
    return gradient[0]


# --- saliency -------------------------------------------------------------------------------------------------


def saliency_mistakes(model: Model, x: Tensor, index: int, predicted: int) -> list[Misconception]:
    """Mistakes of ``saliency_map``."""
    plain = input_gradient(model.module, x, lambda logits: logits[0, index])
    magnitude = plain.abs().amax(0)
    mistakes = [
        Misconception(
            "absolute_value_left_out",
            "The sign was kept: this is the largest gradient, and a strongly negative one counts as small. Take the "
            "absolute value first, then the maximum.",
            plain.amax(0),
        ),
        Misconception(
            "absolute_value_too_late",
            "The absolute value came after the maximum. Take it first, then the maximum over the channels.",
            plain.amax(0).abs(),
        ),
        Misconception(
            "mean_over_channels",
            "This is the mean over the colour channels. The map is their maximum.",
            plain.abs().mean(0),
        ),
        Misconception(
            "sum_over_channels",
            "This is the sum over the colour channels. The map is their maximum.",
            plain.abs().sum(0),
        ),
        Misconception(
            "signed_sum",
            "The channels were added with their signs, so that they cancel. Take absolute values, then the maximum.",
            plain.sum(0).abs(),
        ),
        Misconception(
            "length_over_channels",
            "This is the length of the gradient over the colours (root of the sum of squares). The map is the maximum.",
            plain.norm(dim=0),
        ),
        Misconception(
            "first_channel",
            "Only the first colour channel is in this map. Take the maximum over all three.",
            plain[0].abs(),
        ),
        Misconception(
            "squared", "The gradient was squared. Take its absolute value.", plain.square().amax(0)
        ),
        Misconception(
            "times_input",
            "The gradient was multiplied by the picture. Saliency is the gradient alone.",
            (plain * x[0]).abs().amax(0),
        ),
        Misconception(
            "scaled",
            "The map was divided by its maximum. Return the gradient's own values; a figure can scale them.",
            magnitude / magnitude.max(),
        ),
        Misconception(
            "scaled",
            "The map was stretched to [0, 1]. Return the gradient's own values; a figure can scale them.",
            (magnitude - magnitude.min()) / (magnitude.max() - magnitude.min()),
        ),
        *_score_mistakes(
            lambda score: input_gradient(model.module, x, score).abs().amax(0), index, predicted
        ),
        _axes_kept(lambda got: tuple(got.shape) == (1, *magnitude.shape), "[H, W]"),
        Misconception(
            "channels_kept",
            "The three colour channels are still there. Take the maximum over them: the map is [H, W].",
            when=lambda got: got.numel() == plain.numel(),
        ),
        _sides_swapped(x),
    ]
    return mistakes


def _score_mistakes(
    of: Callable[[Callable[[Tensor], Tensor]], Tensor], index: int, predicted: int
) -> list[Misconception]:
    """The map of another score: a probability, a loss, all classes, the predicted class."""
    found = [Misconception(name, message, of(lambda z, f=f: f(z, index))) for name, message, f in _SCORES]
    if predicted != index:
        found.append(Misconception("class_ignored", CLASS_IGNORED, of(lambda z: z[0, predicted])))
    return found


def _axes_kept(when: Callable[[Any], bool], wanted: str) -> Misconception:
    return Misconception(
        "batch_axis_kept",
        f"An axis of length 1 is still there. The shape to return is {wanted}: pick the picture with `[0]`.",
        when=when,
    )


def _sides_swapped(x: Tensor) -> Misconception:
    height, width = x.shape[2], x.shape[3]
    return Misconception(
        "sides_swapped",
        "Height and width are swapped. `x.shape` is [1, 3, H, W].",
        when=lambda got: tuple(got.shape[-2:]) == (width, height) and height != width,
    )


# --- guided backpropagation and deconvnet ---------------------------------------------------------------------

_BOTH = (nn.ReLU, nn.ReLU6)
_FORM = (
    (
        "sign_lost",
        "The absolute value was taken. Return the signed values: a figure can do the rest.",
        lambda right: right.abs(),
    ),
    (
        "clamped_at_the_end",
        "The negative values of the result are gone. The rule acts at the ReLUs; what arrives at the picture stays as it is.",
        lambda right: right.clamp(min=0),
    ),
    (
        "scaled",
        "The result was scaled for display. Return the values as they arrive.",
        lambda right: (right - right.min()) / (right.max() - right.min()),
    ),
    (
        "scaled",
        "The result was scaled for display. Return the values as they arrive.",
        lambda right: right / right.abs().max(),
    ),
)


def rule_mistakes(task: str, model: Model, x: Tensor, index: int, predicted: int) -> list[Misconception]:
    """Mistakes of ``guided_backprop`` and of ``deconvnet``: another rule, a ReLU passed over, another score or form."""
    guided = task == "guided_backprop"
    own, other = (_guided, _deconv) if guided else (_deconv, _guided)
    right = _with_rule(model, x, index, own, _BOTH)
    plain = input_gradient(model.module, x, lambda logits: logits[0, index])
    mistakes = [
        Misconception(
            "plain_gradient",
            "This is the plain gradient: the rule acted nowhere. Does it reach every ReLU of the model (`model.modules()`)?",
            plain,
        ),
        Misconception(
            "clamped_gradient",
            "This is the plain gradient with its negative values cut at the end. The rule acts at every ReLU on the way back.",
            plain.clamp(min=0),
        ),
        Misconception(
            *(
                (
                    "deconvnet_rule",
                    "This is deconvnet's rule. In guided backpropagation a ReLU that was closed passes nothing, either.",
                )
                if guided
                else (
                    "guided_rule",
                    "This is guided backpropagation. Deconvnet does not ask what the ReLU's input was: a closed ReLU "
                    "passes a positive gradient, too.",
                )
            ),
            _with_rule(model, x, index, other, _BOTH),
        ),
        Misconception(
            "negative_gradients",
            "Only negative gradients were let through. Keep the positive ones.",
            _with_rule(model, x, index, lambda g, m: g.clamp(max=0) * (m if guided else 1), _BOTH),
        ),
        *[Misconception(name, message, form(right)) for name, message, form in _FORM],
        Misconception(
            "times_input",
            "The result was multiplied by the picture. Return the gradient alone.",
            right * x[0],
        ),
        *_score_mistakes(
            lambda score: input_gradient(_swapped(model.fresh(), own, _BOTH), x, score), index, predicted
        ),
        *_passed_over(model, x, index, own, guided),
        _axes_kept(lambda got: tuple(got.shape) == (1, *right.shape), "[3, H, W]"),
        Misconception(
            "channels_merged",
            "The three colour channels have become one. Keep them: [3, H, W].",
            when=lambda got: got.squeeze().ndim == 2,
        ),
        Misconception(
            "channels_last",
            "The channels came last. Return [3, H, W]; a figure can turn it round.",
            when=lambda got: tuple(got.shape) == (x.shape[2], x.shape[3], 3),
        ),
    ]
    return mistakes


def _passed_over(model: Model, x: Tensor, index: int, own: Any, guided: bool) -> list[Misconception]:
    """The rule at some ReLUs alone: told apart only where a model has the kind in question."""
    relus = [m for m in model.module.modules() if isinstance(m, _BOTH)]
    kinds = {type(m) for m in relus}
    found = []
    if nn.ReLU6 in kinds and nn.ReLU in kinds:
        found.append(
            Misconception(
                "relu6_passed_over",
                "The rule acted at `nn.ReLU` alone. `nn.ReLU6` is a class of its own: ask for both, "
                "`isinstance(m, (nn.ReLU, nn.ReLU6))`.",
                _with_rule(model, x, index, own, nn.ReLU),
            )
        )
    if nn.ReLU6 in kinds and guided:
        found.append(
            Misconception(
                "relu6_open_above",
                "A ReLU6 cuts at 6, too: above 6 plain backpropagation passes nothing. Let the ReLU's own backward "
                "decide where gradient goes.",
                _with_rule(model, x, index, own, _BOTH, open_above=True),
            )
        )
    names = [n for n, m in model.module.named_modules(remove_duplicate=False) if isinstance(m, _BOTH)]
    if guided and len(names) > len(relus):
        found.append(
            Misconception(
                "last_use_alone",
                "A ReLU module that runs twice was treated as if it had run once: what was kept of the first run got "
                "lost. Keep it for each run, or hook the output tensor.",
                _with_rule(model, x, index, own, _BOTH, reuse=True),
            )
        )
    return found


# --- occlusion ------------------------------------------------------------------------------------------------


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
        _axes_kept(lambda got: got.ndim > 2 and tuple(got.shape[-2:]) == (rows, cols), "[rows, cols]"),
    ]
