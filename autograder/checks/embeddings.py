"""Hidden checks of lesson 9, embeddings. Oracles: NumPy in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.comparison import Misconception, as_tensor, compare

from .draw import Draw, Layer, Model
from .embeddings_mistakes import embed_mistakes, neighbour_mistakes, pca_mistakes, retrieval_mistakes
from .items import Item, LessonChecks
from .telling import first_telling

CHECKS = LessonChecks("09_embeddings")

# How far two cosines must be apart where their order matters: far above what rounding can do.
CLEAR = 1e-3

# --- embed --------------------------------------------------------------------------------------------------


@CHECKS.task("embed")
def embed(draw: Draw) -> Iterator[Item]:
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


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Each row divided by its length; a zero row stays zero."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


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


# --- pca_2d -------------------------------------------------------------------------------------------------


@CHECKS.task("pca_2d")
def pca_2d(draw: Draw) -> Iterator[Item]:
    for name, rows, columns, offset in (
        ("many rows in few dimensions", 24, 5, 2.0),
        ("more dimensions than rows", 7, 40, -1.0),
        ("rows far away from zero", 12, 6, 30.0),
        ("two dimensions: the rows are turned", 9, 2, 1.0),
        ("three rows", 3, 8, 0.5),
    ):
        yield _pca_item(name, _cloud(draw, name, rows, columns, offset))
    # Both columns are known up to their sign as soon as the first is: it counts beside the others.
    name = "rows that lie on one line"
    steps = draw.normal(name, 8, 1)
    line = steps * draw.normal(f"{name} direction", 1, 6) + draw.normal(f"{name} mean", 1, 6)
    yield _pca_item(name, line, edge=True)


def principal_coordinates(rows: Tensor) -> np.ndarray:
    """PCA after Pearson 1901 by the covariance matrix: its two leading eigenvectors, and the centred rows on them."""
    centred = rows.double().numpy()
    centred = centred - centred.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    return centred @ vectors[:, ::-1][:, :2]


def _cloud(draw: Draw, name: str, rows: int, columns: int, offset: float) -> Tensor:
    """Rows with two clearly strongest directions that are no axes, and columns of different spread."""
    for attempt in range(200):
        scales = torch.tensor([3.0, 1.6] + [0.4] * (columns - 2))
        turn = torch.linalg.qr(draw.normal(f"{name} turn {attempt}", columns, columns)).Q
        cloud = (draw.normal(f"{name} rows {attempt}", rows, columns) * scales) @ turn
        cloud = cloud * (0.7 + draw.uniform(f"{name} spread {attempt}", columns)) + offset * (
            1 + draw.uniform(f"{name} mean {attempt}", columns)
        )
        strength = np.linalg.svd((cloud - cloud.mean(0)).double().numpy(), compute_uv=False)
        weakest = strength[2] if len(strength) > 2 else 0.0
        if strength[0] > 1.3 * strength[1] and strength[1] > 1.3 * weakest and strength[1] > 0.5:
            return cloud.contiguous()
    raise AssertionError(f"no clear cloud was found for {name}")


def _pca_item(name: str, rows: Tensor, *, edge: bool = False) -> Item:
    right = torch.from_numpy(principal_coordinates(rows).copy()).float()
    mistakes = [] if edge else pca_mistakes(rows, right)
    return Item(
        name,
        [rows],
        judge=sign_free(right, mistakes),
        next_step="Subtract each column's mean, find the two directions of largest variance, project on them.",
        edge=edge,
    )


def sign_free(right: Tensor, mistakes: list[Misconception]) -> Callable[[Any], str | Misconception | None]:
    """A judge that compares with ``right [N, 2]`` and with the mistakes, each column up to its sign."""

    def judge(value: Any) -> str | Misconception | None:
        difference = compare(_turned(value, right), right)
        if difference is None:
            return None
        for mistake in mistakes:
            if mistake.value is None:
                if compare(value, right, [mistake]).misconception == mistake.name:
                    return mistake
            elif compare(_turned(value, mistake.value), mistake.value) is None:
                return mistake
        return f"{difference.message} Each column's sign is free and was not looked at."

    return judge


def _turned(value: Any, like: Tensor) -> Any:
    """The value with each column's sign turned to fit ``like``; as it is where its form differs."""
    got = as_tensor(value, floating=True)
    if got is None or got.shape != like.shape:
        return value
    got = got.to(torch.float64)
    return torch.where((got * like).sum(0) < 0, -got, got)


# --- nearest_neighbours -------------------------------------------------------------------------------------


@CHECKS.task("nearest_neighbours")
def nearest_neighbours(draw: Draw) -> Iterator[Item]:
    for name, rows, columns, k in (
        ("rows of different length, k=3", 12, 5, 3),
        ("another size, k=5", 30, 16, 5),
        ("the whole gallery in order", 7, 4, 7),
        ("the query lies in the gallery and is not left out, k=4", 15, 9, 4),
    ):
        yield first_telling(
            lambda n, name=name, rows=rows, columns=columns, k=k: _neighbours_item(
                draw, name, n, rows, columns, k
            ),
            # Where the whole gallery is asked for, nothing can be left out.
            ("best_left_out", "worst_matches") if k == rows else (),
        )
    # One number below ten can be guessed: it counts beside the others.
    yield first_telling(
        lambda n: _neighbours_item(draw, "k=1", n, 10, 6, 1, edge=True), ("best_left_out", "worst_matches")
    )


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosine similarity of every row of ``left`` with every row of ``right``."""
    return unit_rows(left) @ unit_rows(right).T


def _neighbours_item(
    draw: Draw, name: str, number: int, rows: int, columns: int, k: int, *, edge: bool = False
) -> Item | None:
    purpose = f"{name} {number}"
    # A common shift makes most cosines positive, as those of features after a ReLU are.
    query = 2 * (draw.normal(f"{purpose} query", columns) + 0.4)
    lengths = 0.2 + 3 * draw.uniform(f"{purpose} lengths", rows, 1)
    gallery = lengths * (draw.normal(f"{purpose} gallery", rows, columns) + 0.4)
    gallery[draw.integer(f"{purpose} opposite", 0, rows)] = -1.1 * query + 0.3 * gallery[0]
    if "lies in the gallery" in name:
        gallery[draw.integer(f"{purpose} place", 0, rows)] = query
    similar = cosines(query.double().numpy()[None], gallery.double().numpy())[0]
    order = np.argsort(-similar)
    if np.diff(-similar[order]).min() < CLEAR:
        return None
    return Item(
        name,
        [query, gallery, k],
        expected=torch.from_numpy(order[:k].copy()),
        misconceptions=neighbour_mistakes(query, gallery, order, k),
        next_step="Divide query and rows by their lengths; the k largest dot products come first to last.",
        edge=edge,
    )


# --- retrieval_precision ------------------------------------------------------------------------------------


@CHECKS.task("retrieval_precision")
def retrieval_precision(draw: Draw) -> Iterator[Item]:
    for name, rows, columns, classes, k, twins in (
        ("three labels, k=3", 18, 6, (0, 1, 2), 3, False),
        ("labels that are any integers, k=5", 23, 4, (7, 3, 40, 12), 5, False),
        ("k=1", 21, 5, (0, 1), 1, False),
        ("exact twins with different labels, k=2", 16, 5, (0, 1, 5), 2, True),
        ("exact twins with different labels, k=1", 19, 4, (2, 4), 1, True),
        ("a label that only one item has, k=4", 13, 7, (0, 1, 9), 4, False),
    ):
        yield first_telling(
            lambda n, name=name, rows=rows, columns=columns, classes=classes, k=k, twins=twins: (
                _retrieval_item(draw, name, n, (rows, columns), classes, k, twins)
            ),
        )
    rows = torch.eye(6).repeat_interleave(3, 0) + 0.05 * draw.uniform("pure", 18, 6)
    labels = torch.arange(6).repeat_interleave(3)
    yield Item("every neighbour has the same label: 1", [rows, labels, 2], expected=1.0, edge=True)
    yield Item("no label twice: 0", [rows, torch.arange(18), 2], expected=0.0, edge=True)


def precision_by_sorting(similar: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Mean share of same-label items among the k most similar others, item by item."""
    shares = []
    for item in range(len(labels)):
        others = [other for other in range(len(labels)) if other != item]
        nearest = sorted(others, key=lambda other: -similar[item, other])[:k]
        shares.append(np.mean(labels[nearest] == labels[item]))
    return float(np.mean(shares))


def _retrieval_item(
    draw: Draw, name: str, number: int, shape: tuple[int, int], classes: tuple[int, ...], k: int, twins: bool
) -> Item | None:
    for attempt in range(100):
        embeddings, labels = _labelled(
            draw, f"{name} {number} {attempt}", shape, classes, twins, "only one" in name
        )
        exact = embeddings.double().numpy()
        similar = cosines(exact, exact)
        if _clear_cut(similar, labels.numpy(), k):
            break
    else:
        return None
    return Item(
        name,
        [embeddings, labels, k],
        expected=precision_by_sorting(similar, labels.numpy(), k),
        misconceptions=retrieval_mistakes(embeddings, labels, similar, k),
        next_step="For each item: the k others with the largest cosine, the share with its label; then the mean.",
    )


def _labelled(
    draw: Draw, purpose: str, shape: tuple[int, int], classes: tuple[int, ...], twins: bool, lonely: bool
) -> tuple[Tensor, Tensor]:
    """Rows of different length around one centre a label, three pairs of twins and a label with one item where asked."""
    rows, columns = shape
    kinds = draw.integers(f"{purpose} kinds", 0, len(classes) - lonely, rows)
    if lonely:
        kinds[0] = len(classes) - 1
    pairs = ((0, 1), (5, 3), (7, 10)) if twins else ()
    for one, other in pairs:
        kinds[other] = (kinds[one] + 1) % len(classes)
    centres = draw.normal(f"{purpose} centres", len(classes), columns)
    lengths = 0.2 + 3 * draw.uniform(f"{purpose} lengths", rows, 1)
    embeddings = lengths * (centres[kinds] + 0.9 * draw.normal(f"{purpose} rows", rows, columns) + 0.3)
    for one, other in pairs:
        embeddings[other] = embeddings[one]
    return embeddings, torch.tensor(classes)[kinds]


def _clear_cut(similar: np.ndarray, labels: np.ndarray, k: int) -> bool:
    """Whether for every item the k-th and the next of its neighbours are clearly apart: twins tie elsewhere alone."""
    others = np.where(np.eye(len(labels), dtype=bool), -np.inf, similar)
    ranked = -np.sort(-others, axis=1)
    return bool((ranked[:, k - 1] - ranked[:, k] > CLEAR).all())
