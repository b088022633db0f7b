"""The hidden checks of lesson 9 against scikit-learn and torch, which their oracles do not use."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from autograder.checks.draw import Draw
from autograder.checks.embeddings import CHECKS
from autograder.checks.embeddings.pca_2d import sign_free
from autograder.checks.telling import hidden_mistakes
from course_utils.comparison import Misconception

SUBMISSIONS = ("09_embeddings/ada", "09_embeddings/grace", "09_embeddings/emmy")


def items(task, submission):
    return list(CHECKS.tasks[task](Draw(b"the tests' own secret", submission, task)))


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_embeddings_by_torch(submission):
    zero_rows = 0
    for item in items("embed", submission):
        if item.raises:
            continue
        model, layer, x = item.args
        kept = []
        handle = layer.module.register_forward_hook(
            lambda module, inputs, output, kept=kept: kept.append(output.clone())
        )
        with torch.no_grad():
            model.module(x)
        handle.remove()
        rows = F.normalize(F.adaptive_avg_pool2d(kept[0], 1).flatten(1), dim=1)
        torch.testing.assert_close(item.expected, rows, rtol=1e-4, atol=1e-5)
        zero_rows += int((rows == 0).all(dim=1).sum())
    assert zero_rows == 1


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_scikit_learns_pca_passes_with_either_sign(submission):
    for item in items("pca_2d", submission):
        coordinates = (
            PCA(2, svd_solver="full").fit_transform(item.args[0].double().numpy()).astype(np.float32)
        )
        for signs in ([1, 1], [-1, 1], [1, -1], [-1, -1]):
            assert item.judge(coordinates * np.float32(signs)) is None, item.name
        assert item.judge(coordinates * np.float32([1, 1.01])) is not None or item.edge
        assert item.judge(coordinates[:, :1]) is not None


def test_a_sign_is_free_for_a_column_and_not_for_a_number():
    right = torch.tensor([[3.0, 1.0], [-1.0, -2.0], [-2.0, 1.0]])
    swapped = Misconception("smallest_first", "The columns have changed places.", right.flip(1))
    judge = sign_free(right, [swapped])
    assert judge(-right) is None
    assert judge(right.abs()) is not None
    assert judge(-right.flip(1)) is swapped
    assert "sign is free" in judge(right + 1)
    assert judge(None) is not None
    assert judge(torch.full((3, 2), torch.nan)) is not None


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_neighbours_by_scikit_learn(submission):
    for item in items("nearest_neighbours", submission):
        query, gallery, k = item.args
        search = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(
            gallery.double().numpy()
        )
        assert (
            search.kneighbors(query[None].double().numpy(), return_distance=False)[0].tolist()
            == item.expected.tolist()
        )


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_precision_by_torch_in_single_precision(submission):
    with_twins = 0
    for item in items("retrieval_precision", submission):
        rows, labels, k = item.args
        similar = torch.cosine_similarity(rows[:, None], rows[None], dim=2).fill_diagonal_(-2)
        hits = labels[similar.topk(k).indices] == labels[:, None]
        assert float(hits.float().mean()) == pytest.approx(item.expected, abs=1e-6), item.name
        twins = (rows[:, None] == rows[None]).all(dim=2).fill_diagonal_(False)
        with_twins += bool(twins.any())
        assert not (twins & (labels[:, None] == labels[None])).any()
    assert with_twins == 2


@pytest.mark.parametrize("submission", SUBMISSIONS)
@pytest.mark.parametrize("task", ["embed", "nearest_neighbours", "retrieval_precision"])
def test_every_known_mistake_shows_on_some_item(task, submission):
    shown, known = set(), set()
    for item in items(task, submission):
        names = {m.name for m in item.misconceptions if m.value is not None}
        known |= names
        shown |= names - (hidden_mistakes(item) if names else set())
    assert known and shown == known


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_every_known_mistake_in_pca_shows_and_is_named(submission):
    named = set()
    for item in items("pca_2d", submission):
        if item.edge:
            continue
        mistakes = {id(c.cell_contents): c.cell_contents for c in item.judge.__closure__}
        known = next(value for value in mistakes.values() if isinstance(value, list))
        for mistake in known:
            if mistake.value is not None:
                found = item.judge(mistake.value)
                assert found is not None, (item.name, mistake.name)
                named.add(found.name)
    assert named == {
        "smallest_first",
        "not_centred",
        "whitened",
        "standardised",
        "centred_by_row",
        "weakest_directions",
        "directions_by_row",
        "first_columns",
        "scaled",
    }
