"""What goes wrong with lesson 8's transfer, and how it is recognised: by a returned number, or by a look at the model."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from course_utils.comparison import Misconception

from . import oracles
from .draw import Layer, Model
from .items import Look

# --- prepare_for_transfer -----------------------------------------------------------------------------------


def transfer_looks(model: Model, head: str, classes: int) -> list[Look]:
    """What to read of a model after ``prepare_for_transfer``."""
    old = model.module.get_submodule(head)
    assert isinstance(old, nn.Linear)
    before = dict(model.module.named_parameters())
    rest = {key: value.detach() for key, value in before.items() if not key.startswith(head + ".")}
    wanted = {key: key.startswith(head + ".") for key in before}
    linear = {"type": "Linear", "in": old.in_features, "out": classes, "bias": True, "fresh": True}
    options = {"name": head, "old": old.weight.detach().flatten()[:6].tolist()}
    return [
        Look(
            "is_argument",
            True,
            "What came back is not the model that was given. Change that model and return it: `return model`.",
            options={"of": 0},
            misconception="other_object",
        ),
        Look(
            "linear",
            linear,
            f"The layer at the dotted name is not a fresh `nn.Linear` with bias, {classes} outputs and as many inputs as "
            "the old one had. Put a new layer into the module that holds the old one.",
            argument=0,
            options=options,
            misconception="head_not_replaced",
        ),
        Look(
            "requires_grad",
            wanted,
            "`requires_grad` is not right everywhere: True for the new head's weight and bias, False for all else. "
            "Freeze first, then put the new head in.",
            argument=0,
            misconception="wrong_parts_frozen",
        ),
        Look(
            "parameters",
            rest,
            "Some parameter outside the head has another value, or another place, than before. Leave the rest as it is.",
            argument=0,
            misconception="rest_changed",
            only=lambda key: not key.startswith(head + "."),
        ),
        Look(
            "buffers",
            {key: value.detach() for key, value in model.module.named_buffers()},
            "Some buffer has another value than before: freezing touches no statistics.",
            argument=0,
            misconception="rest_changed",
        ),
    ]


# --- train_epoch --------------------------------------------------------------------------------------------


def epoch_mistakes(losses: list[float], sizes: tuple[int, ...], mean: float) -> list[Misconception]:
    """Mistakes of ``train_epoch``: numbers made of the batches' losses otherwise than the mean over samples."""
    return [
        Misconception(
            "mean_over_batches",
            "This is the mean over the batches. A small last batch then counts as much as a full one: weight each batch's "
            "loss by its number of samples.",
            sum(losses) / len(losses),
        ),
        Misconception(
            "summed_losses", "The batches' losses were added up. Divide by what was seen.", sum(losses)
        ),
        Misconception(
            "summed_losses", "This is the sum over the samples. Divide by their number.", mean * sum(sizes)
        ),
        Misconception(
            "last_loss", "This is the last batch's loss alone. Average over the epoch.", losses[-1]
        ),
        Misconception(
            "loss_of_first_batch", "This is the first batch's loss alone. Go through all.", losses[0]
        ),
    ]


def epoch_looks(trained: nn.Module) -> list[Look]:
    """What to read of a model after ``train_epoch``: what is in a copy that was trained as it should be."""
    statistics = (
        "The BatchNorm statistics are not what they should be. Layers whose parameters are all frozen stay in eval mode "
        "and keep theirs; the others are in train mode and learn theirs."
    )
    return [
        Look(
            "buffers",
            _detached(trained.named_buffers()),
            statistics,
            argument=0,
            misconception="batchnorm_statistics",
        ),
        Look(
            "parameters",
            _detached(trained.named_parameters()),
            "The parameters after the epoch are not those that one step a batch gives. For each batch in turn: "
            "`zero_grad`, forward, loss, `backward`, `step`.",
            argument=0,
            misconception="wrong_steps",
        ),
    ]


def _detached(named: Any) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in named}


# --- accuracy -----------------------------------------------------------------------------------------------


def accuracy_mistakes(
    share: float, over_batches: float, right: list[float], sizes: tuple[int, ...]
) -> list[Misconception]:
    """Mistakes of ``accuracy``; ``right`` are the right answers in each batch."""
    return [
        Misconception(
            "mean_over_batches",
            "This is the mean of the batches' shares. A small batch counts too much there: divide all right answers by "
            "all samples.",
            over_batches,
        ),
        Misconception("percent", "This is a percentage. Return a share from 0 to 1.", 100 * share),
        Misconception(
            "count", "This is the number of right answers. Divide by the number of samples.", sum(right)
        ),
        Misconception("error_rate", "This is the share of wrong answers.", 1 - share),
        Misconception(
            "last_batch", "This is the last batch alone. Count over all batches.", right[-1] / sizes[-1]
        ),
        Misconception(
            "first_batch", "This is the first batch alone. Count over all batches.", right[0] / sizes[0]
        ),
    ]


# --- mean_energy_inside -------------------------------------------------------------------------------------


def energy_mistakes(
    model: Model, layer: Layer, images: Tensor, masks: Tensor, maps: Tensor, shares: list[float]
) -> list[Misconception]:
    """Mistakes of ``mean_energy_inside``; ``shares`` are the right heatmaps' own."""
    filled = [share for share, heatmap in zip(shares, maps) if heatmap.any()]
    predicted = []
    for i, mask in enumerate(masks):
        x = images[i : i + 1]
        pair = oracles.output_and_gradient(
            model.module, layer.module, x, oracles.predicted_class(model.module, x)
        )
        predicted.append(
            oracles.energy_inside(oracles.grad_cam_heatmap(*pair, (x.shape[2], x.shape[3])), mask)
        )
    areas = masks.float().mean((1, 2)).tolist()
    peaks = [float(mask.flatten()[int(m.argmax())]) if m.any() else 0.0 for m, mask in zip(maps, masks)]
    inside = (maps * masks).sum((1, 2))
    per_pixel = [float(heatmap[mask].mean()) for heatmap, mask in zip(maps, masks)]
    mistakes = [
        Misconception(
            "pooled",
            "The heatmaps were added up before the division, so that a bright one counts more. Take each picture's share, "
            "then the mean.",
            float(inside.sum() / maps.sum()),
        ),
        Misconception(
            "predicted_class",
            "These are the heatmaps of the predicted classes. Ask for the class that `labels` gives.",
            sum(predicted) / len(predicted),
        ),
        Misconception(
            "outside",
            "This is the energy outside the masks.",
            sum((1 - s) * bool(m.any()) for s, m in zip(shares, maps)) / len(maps),
        ),
        Misconception(
            "mean_inside_mask",
            "This is the mean of the heatmap inside the mask. The energy is its sum there, divided by the sum of all.",
            sum(per_pixel) / len(per_pixel),
        ),
        Misconception(
            "sums",
            "These are sums, not shares: divide by the sum of the whole heatmap.",
            float(inside.mean()),
        ),
        Misconception(
            "area_ratio",
            "The shares were divided by the masks' shares of the area. Here the share itself is asked for.",
            sum(s / a for s, a in zip(shares, areas)) / len(shares),
        ),
        Misconception(
            "area",
            "This is the masks' share of the area; the heatmaps play no part yet.",
            sum(areas) / len(areas),
        ),
        Misconception("first_picture", "This is the first picture alone. Take the mean over all.", shares[0]),
        Misconception("last_picture", "This is the last picture alone. Take the mean over all.", shares[-1]),
        Misconception(
            "not_averaged", "The shares were added up. Divide by the number of pictures.", sum(shares)
        ),
    ]
    if 0 < sum(peaks) < len(peaks):
        mistakes.append(
            Misconception(
                "pointing_game",
                "This counts peaks inside the mask. Take the energy.",
                sum(peaks) / len(peaks),
            )
        )
    if len(filled) < len(shares):
        mistakes.insert(
            0,
            Misconception(
                "empty_left_out",
                "Pictures with an empty map were left out of the mean. They count 0.0.",
                sum(filled) / len(filled),
            ),
        )
    return mistakes
