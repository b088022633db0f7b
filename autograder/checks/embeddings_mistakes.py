"""Known mistakes of lesson 9 and the values they give on an item's own input."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from course_utils.comparison import Misconception

# --- embed --------------------------------------------------------------------------------------------------


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


# --- pca_2d -------------------------------------------------------------------------------------------------


def pca_mistakes(rows: Tensor, right: Tensor) -> list[Misconception]:
    """Values are known up to the sign of each column."""
    x = rows.double().numpy()
    mean, spread = x.mean(0), x.std(0)
    centred = x - mean
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    raw = np.linalg.svd(x, full_matrices=False)[2]
    standard = centred / spread
    of_standard = np.linalg.svd(standard, full_matrices=False)[2]
    by_row = x - x.mean(1, keepdims=True)
    of_rows = np.linalg.svd(by_row, full_matrices=False)[2]
    both = centred @ directions[:2].T
    values = [
        (
            "smallest_first",
            "The columns have changed places. The direction with the larger variance comes first.",
            both[:, ::-1],
        ),
        (
            "not_centred",
            "The mean was never subtracted, so the first direction points to the mean. Centre each column first.",
            x @ raw[:2].T,
        ),
        (
            "not_centred",
            "The directions are right, and the rows were projected before the mean was subtracted.",
            x @ directions[:2].T,
        ),
        (
            "not_centred",
            "The directions come from rows that were not centred. Subtract the mean of each column first.",
            centred @ raw[:2].T,
        ),
        (
            "whitened",
            "Both columns have the same spread. Keep it: the singular values belong to the projection.",
            both / np.sqrt((both**2).sum(0)),
        ),
        ("whitened", "Both columns have the same spread. Project, and do not rescale.", both / both.std(0)),
        (
            "whitened",
            "Both columns have the same spread. Project, and do not rescale.",
            both / both.std(0, ddof=1),
        ),
        (
            "standardised",
            "Each column was divided by its standard deviation first. Here it is only centred.",
            standard @ of_standard[:2].T,
        ),
        (
            "centred_by_row",
            "The mean of each row was subtracted. Take the mean over the rows, one for each column.",
            by_row @ of_rows[:2].T,
        ),
        (
            "weakest_directions",
            "These are the weakest directions. `eigh` sorts from small to large: take the last two.",
            centred @ np.linalg.eigh(centred.T @ centred)[1][:, :2],
        ),
        (
            "directions_by_row",
            "The directions were taken from the wrong side of the matrix. `svd` gives them as the rows of its third result.",
            centred @ directions[:, :2] if directions.shape[0] == directions.shape[1] else both,
        ),
        (
            "first_columns",
            "These are two of the columns, centred. Find the directions of largest variance, which are no axes.",
            centred[:, :2],
        ),
        (
            "scaled",
            "The coordinates were scaled. Return the projections as they are.",
            both / np.abs(both).max(),
        ),
    ]
    expected = right.double().numpy()
    found = [
        Misconception(name, message, torch.from_numpy(np.array(value)).float())
        for name, message, value in values
        if not _same_up_to_signs(value, expected)
    ]
    count, width = x.shape
    return [
        Misconception(
            "transposed",
            "The shape is turned round: each picture is a row, [N, 2].",
            when=lambda got: count != 2 and tuple(got.shape) == (2, count),
        ),
        Misconception(
            "directions_returned",
            "These are the directions. Project the centred rows on them: two numbers for each picture.",
            when=lambda got: width != count and tuple(got.shape) in ((width, 2), (2, width)),
        ),
        *found,
    ]


def _same_up_to_signs(value: np.ndarray, expected: np.ndarray) -> bool:
    sign = np.where((value * expected).sum(0) < 0, -1.0, 1.0)
    return np.allclose(value * sign, expected, rtol=5e-3, atol=1e-3 * np.abs(expected).max())


# --- nearest_neighbours -------------------------------------------------------------------------------------


def neighbour_mistakes(query: Tensor, gallery: Tensor, order: np.ndarray, k: int) -> list[Misconception]:
    """``order``: the whole gallery, best first."""
    q, rows = query.double().numpy(), gallery.double().numpy()
    dots = rows @ q
    lengths = np.sqrt((rows**2).sum(1))
    right = order[:k]
    wrapped = [*order[1:], order[0]]
    values = [
        (
            "dot_product",
            "These are the largest dot products, which grow with a row's length. Divide by the lengths first.",
            np.argsort(-dots)[:k],
        ),
        (
            "euclidean",
            "These are the smallest distances. Cosine similarity compares directions.",
            np.argsort(((rows - q) ** 2).sum(1))[:k],
        ),
        (
            "absolute_cosine",
            "A row that points the opposite way was taken as similar. Keep the sign of the cosine.",
            np.argsort(-np.abs(dots / lengths))[:k],
        ),
        (
            "best_left_out",
            "The best match was left out. Nothing is to be skipped, also where the query is in the gallery.",
            np.array(wrapped[:k]),
        ),
        ("best_last", "These are the right rows in reverse. The best match comes first.", right[::-1]),
        (
            "worst_matches",
            "These are the least similar rows. A larger cosine means more similar.",
            order[::-1][:k],
        ),
        (
            "sorted_by_position",
            "These are the right rows, by their position. Sort by similarity, the best first.",
            np.sort(right),
        ),
        ("counted_from_one", "The first row of the gallery has the index 0.", right + 1),
        (
            "centred_first",
            "The mean was subtracted first, which is a correlation. Take the plain cosine.",
            np.argsort(-_correlation(q, rows))[:k],
        ),
    ]
    found = [
        Misconception(name, message, torch.from_numpy(np.array(value)))
        for name, message, value in values
        # For k=1, or by chance, a mistake may give the right rows.
        if not np.array_equal(value, right)
    ]
    return [
        Misconception(
            "values_returned",
            "These are the similarities. Return the rows' positions: `topk` gives values and indices.",
            when=lambda got: torch.as_tensor(got).is_floating_point(),
        ),
        Misconception(
            "k_ignored",
            "The number of positions is not k.",
            when=lambda got: torch.as_tensor(got).ndim == 1 and len(got) != k,
        ),
        *found,
    ]


def _correlation(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    q, centred = query - query.mean(), rows - rows.mean(1, keepdims=True)
    return centred @ q / np.sqrt((centred**2).sum(1))


# --- retrieval_precision ------------------------------------------------------------------------------------


def retrieval_mistakes(
    embeddings: Tensor, labels: Tensor, similar: np.ndarray, k: int
) -> list[Misconception]:
    """``similar``: the table of cosines in double precision."""
    rows, names = embeddings.double().numpy(), labels.numpy()
    count = len(names)
    itself = np.eye(count, dtype=bool)
    twins = (similar > 1 - 1e-6) & ~itself
    same = (names[:, None] == names[None]) & ~itself

    def shares(scores: np.ndarray, leave_out: np.ndarray, number: int = k) -> np.ndarray:
        ranked = np.argsort(-np.where(leave_out, -np.inf, scores), axis=1, kind="stable")[:, :number]
        return (names[ranked] == names[:, None]).mean(1)

    right = shares(similar, itself)
    # Rounded, so that an item and its exact twin tie, and the first of the two is dropped.
    by_rank = np.argsort(-similar.round(9), axis=1, kind="stable")[:, 1 : k + 1]
    hits = right * k
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(-1))
    each_label = [right[names == name].mean() for name in np.unique(names)]
    values = [
        (
            "itself_counted",
            "Every item found itself. Leave the item itself out of its own neighbours.",
            shares(similar, np.zeros_like(itself)).mean(),
        ),
        (
            "twin_left_out",
            "An exact twin counts as a neighbour. Leave the item out by its position, not by its similarity.",
            shares(similar, itself | twins).mean(),
        ),
        (
            "twin_left_out",
            "The first in rank was left out, and that may be an exact twin. Leave the item out by its position.",
            (names[by_rank] == names[:, None]).mean(),
        ),
        (
            "euclidean",
            "These neighbours are the closest by distance. Use cosine similarity.",
            shares(-distances, itself).mean(),
        ),
        (
            "dot_product",
            "These neighbours have the largest dot products. Divide each row by its length first.",
            shares(rows @ rows.T, itself).mean(),
        ),
        (
            "recall",
            "The share was taken of all items with that label. Take it of the k neighbours.",
            float((hits / np.maximum(same.sum(1), 1)).mean()),
        ),
        (
            "hit_rate",
            "This counts items with at least one right neighbour. Take the share of right ones among the k.",
            float((hits > 0).mean()),
        ),
        (
            "k_ignored",
            "This is the share for the one nearest neighbour. Look at k of them.",
            shares(similar, itself, 1).mean(),
        ),
        (
            "one_too_few",
            "This is the share among k - 1 neighbours: the item itself was given one of the k places.",
            shares(similar, itself, max(k - 1, 1)).mean(),
        ),
        (
            "averaged_by_label",
            "This is a mean over labels. Take the mean over the items.",
            float(np.mean(each_label)),
        ),
        ("percent", "This is a percentage. Return a share between 0 and 1.", 100 * right.mean()),
        ("not_averaged", "This is a sum over the items. Return the mean of their shares.", right.sum()),
    ]
    return [
        Misconception(name, message, float(value))
        for name, message, value in values
        # For k=1 these are the right answer.
        if not (k == 1 and name in ("k_ignored", "hit_rate"))
        # Of two places one is the item's own: then that is the same as looking at one neighbour.
        and not (k <= 2 and name == "one_too_few")
        and not (name == "twin_left_out" and not twins.any())
    ]
