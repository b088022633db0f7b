"""`embed`: one pooled vector for each picture, and what known mistakes keep in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception

from .shared import unit_rows


def items(draw: Draw) -> Iterator[Item]:
    for name, family, layer, pictures, size, options in (
        ("a plain network, a batch of four, 40×56 pixels", "plain", "conv3", 4, (40, 56), {}),
        ("a residual network, a batch of three", "residual", "block2", 3, (48, 33), {}),
        ("a network without ReLU modules, a batch of two", "functional", "second", 2, (37, 45), {}),
        ("a frozen model, one picture", "mobile", "features.5", 1, (44, 52), {"frozen": True}),
    ):
        options = {"channels": [5, 7, 9], "classes": 6, **options}

        def make(
            number: int, name=name, family=family, layer=layer, shape=(pictures, 3, *size), more=options
        ):
            model = draw.model(f"{name} {number}", family, **more)
            return _embed_item(name, model, model.layer(layer), draw.normal(f"x {name} {number}", *shape))

        # One row alone cannot show what a length taken over the whole batch does.
        yield first_telling(make, ("one_length_for_all", "columns_normalised") if pictures == 1 else ())
    yield _with_a_zero_row(draw)
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, raises="head")
    yield Item(
        "a model whose forward pass fails: its error comes through",
        [model, model.layer("conv2"), draw.normal("x failing", 2, 3, 30, 44)],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


def layer_output(model: Model, layer: Layer, x: Tensor) -> np.ndarray:
    """What the layer gives on a fresh copy of the model, ``[N, C, h, w]`` in double precision."""
    kept: list[Tensor] = []
    module = model.fresh()
    module.get_submodule(layer.name).register_forward_hook(lambda _, __, output: kept.append(output.clone()))
    with torch.no_grad():
        module(x)
    return kept[0].double().numpy()


def _embed_item(name: str, model: Model, layer: Layer, x: Tensor) -> Item:
    output = layer_output(model, layer, x)
    with torch.no_grad():
        logits = model.fresh()(x)
    return Item(
        name,
        [model, layer, x],
        expected=torch.from_numpy(unit_rows(output.mean(axis=(2, 3)))).float(),
        misconceptions=embed_mistakes(output, logits),
        next_step="Catch the layer's output with a hook, average it over rows and columns, divide each row by its length.",
    )


def _with_a_zero_row(draw: Draw) -> Item:
    """A convolution without bias gives zeros for a black picture, and tiny numbers for a very dim one."""
    name = "a black picture among others gives a row of zeros, a very dim one a row of length 1"

    def make(number: int) -> Item:
        model = draw.model(f"{name} {number}", "residual", channels=[6, 7, 8], classes=4)
        x = draw.normal(f"x {name} {number}", 4, 3, 36, 41)
        x[1] = 0
        x[2] *= 1e-2
        return _embed_item(name, model, model.layer("stem"), x)

    return first_telling(make)


def embed_mistakes(output: np.ndarray, logits: Tensor) -> list[Misconception]:
    """From the layer's output ``[N, C, h, w]`` and the logits."""
    pooled = output.mean(axis=(2, 3))
    count, channels = pooled.shape
    lengths = np.sqrt((pooled**2).sum(1, keepdims=True))
    safe = np.where(lengths > 0, lengths, 1.0)
    columns = np.sqrt((pooled**2).sum(0, keepdims=True))
    magnitudes = np.abs(pooled).sum(1, keepdims=True)
    peaks = output.max(axis=(2, 3))
    positive = np.maximum(pooled, 0)
    cells = np.sqrt((output**2).sum(1, keepdims=True))
    by_cell = (output / np.where(cells > 0, cells, 1.0)).mean(axis=(2, 3))
    signs = "Negative values became 0 or lost their sign. Keep the layer's output as it is."
    values = [
        ("not_normalised", "These are the means over space. Now divide each row by its length.", pooled),
        (
            "one_length_for_all",
            "All rows were divided by one length together. Each row has a length of its own.",
            pooled / np.sqrt((pooled**2).sum()),
        ),
        (
            "columns_normalised",
            "The columns have length 1. A row stands for a picture: give the rows length 1.",
            pooled / np.where(columns > 0, columns, 1.0),
        ),
        (
            "sum_of_magnitudes",
            "Each row was divided by the sum of its magnitudes. Its length is the root of the sum of squares.",
            pooled / np.where(magnitudes > 0, magnitudes, 1.0),
        ),
        (
            "maximum_for_mean",
            "These come from the largest value of each map. Take the mean over space.",
            peaks / _row_lengths(peaks),
        ),
        ("negatives_lost", signs, np.abs(pooled) / safe),
        ("negatives_lost", signs, positive / _row_lengths(positive)),
        (
            "normalised_before_pooling",
            "Every cell was given length 1 before the mean. First the mean over space, then the length.",
            by_cell,
        ),
        (
            "dim_row_shrunk",
            "A row of very small numbers has not got length 1. What keeps the lengths above 0 is too large.",
            pooled / (lengths + 1e-3),
        ),
    ]
    if lengths[lengths > 0].min() > 0.02:  # nothing is dim enough to tell
        values = values[:-1]
    found = [
        Misconception(name, message, torch.from_numpy(value.copy()).float())
        for name, message, value in values
        # A value that is right on this input (all positive, say) is no mistake here.
        if not np.allclose(value, pooled / safe, rtol=1e-3, atol=1e-4)
    ]
    return [
        Misconception(
            "zero_by_zero",
            "0 divided by 0 gives NaN. A row of zeros has no direction, and stays zeros.",
            when=lambda got: bool((lengths == 0).any() and got.isnan().any()),
        ),
        Misconception(
            "not_pooled",
            "Rows and columns of the maps are still there. Average over both: [N, C].",
            when=lambda got: got.ndim == 4,
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. Also for one picture the shape is [1, C].",
            when=lambda got: count == 1 and tuple(got.shape) == (channels,),
        ),
        Misconception(
            "averaged_over_pictures",
            "One row came back for the whole batch. Each picture has a row of its own.",
            when=lambda got: count > 1 and got.numel() == channels,
        ),
        Misconception(
            "flattened",
            "Each row holds every cell of every map. Average over space, not flatten.",
            when=lambda got: got.ndim == 2 and got.numel() == output.size,
        ),
        Misconception(
            "logits_returned",
            "These rows come from the model's scores. Use the output of `layer`.",
            when=lambda got: got.shape == logits.shape and logits.shape[1] != channels,
        ),
        *found,
    ]


def _row_lengths(rows: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((rows**2).sum(1, keepdims=True))
    return np.where(lengths > 0, lengths, 1.0)
