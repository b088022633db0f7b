"""Lesson 9's visible checks: right answers pass, wrong ones are named, and the written numbers are true."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from course_utils.comparison import compare
from course_utils.lessons import embeddings as lesson9
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers" / "09_embeddings"
FILES = sorted(ANSWERS.glob("*/*.py"))
# Mistakes that show on larger inputs alone, which the marking has.
TOO_SUBTLE = {"wrong_large_eps", "wrong_correlation"}
TASKS = {task.name: task for task in lesson9.GUIDE.tasks}


def check(path):
    return TASKS[path.parent.name].check(runpy.run_path(str(path))[path.parent.name])


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_example_answers(path):
    outcome = check(path)
    seen = [(item.name, item.status.value, item.message) for item in outcome.items]
    passes = path.stem.startswith("right_") or path.stem in TOO_SUBTLE
    assert (outcome.status is Status.PASSED) == passes, seen


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("embed/wrong_not_normalised", "not_normalised"),
        ("embed/wrong_nan", "zero_by_zero"),
        ("embed/wrong_one_length", "one_length_for_all"),
        ("embed/wrong_columns", "columns_normalised"),
        ("embed/wrong_maximum", "maximum_for_mean"),
        ("embed/wrong_relu", "negatives_lost"),
        ("embed/wrong_l1", "sum_of_magnitudes"),
        ("embed/wrong_squeezed", "batch_axis_gone"),
        ("embed/wrong_logits", "logits_returned"),
        ("embed/wrong_hook_left", "side_effect"),
        ("embed/wrong_hook_left_on_error", "side_effect"),
        ("pca_2d/wrong_projected_uncentred", "not_centred"),
        ("pca_2d/wrong_not_centred", "not_centred"),
        ("pca_2d/wrong_whitened", "whitened"),
        ("pca_2d/wrong_eigh_order", "weakest_directions"),
        ("pca_2d/wrong_second_first", "smallest_first"),
        ("pca_2d/wrong_directions", "directions_returned"),
        ("pca_2d/wrong_in_place", "side_effect"),
        ("nearest_neighbours/wrong_dot", "dot_product"),
        ("nearest_neighbours/wrong_distance", "euclidean"),
        ("nearest_neighbours/wrong_absolute", "absolute_cosine"),
        ("nearest_neighbours/wrong_values", "values_returned"),
        ("nearest_neighbours/wrong_worst", "worst_matches"),
        ("nearest_neighbours/wrong_ascending", "best_last"),
        ("nearest_neighbours/wrong_first_skipped", "best_left_out"),
        ("retrieval_precision/wrong_itself", "itself_counted"),
        ("retrieval_precision/wrong_twins_by_value", "twin_left_out"),
        ("retrieval_precision/wrong_first_rank_dropped", "twin_left_out"),
        ("retrieval_precision/wrong_distance", "euclidean"),
        ("retrieval_precision/wrong_dot", "dot_product"),
        ("retrieval_precision/wrong_recall", "recall"),
        ("retrieval_precision/wrong_percent", "percent"),
    ],
)
def test_mistakes_are_named(file, name):
    assert name in {item.misconception for item in check(ANSWERS / f"{file}.py").items}


@pytest.mark.parametrize("task", lesson9.GUIDE.tasks, ids=lambda t: t.name)
def test_a_blank_answer_is_not_attempted(task):
    names = {}
    exec(f"def {task.name}(*args, **kwargs): raise NotImplementedError('TODO')", names)
    assert task.check(names[task.name]).status is Status.NOT_ATTEMPTED


def test_the_embeddings_by_numpy():
    for example in TASKS["embed"].examples[:3]:
        model, layer, x = example.args()
        kept = []
        layer.register_forward_hook(
            lambda module, inputs, output, kept=kept: kept.append(output.detach().numpy())
        )
        model(x)
        means = kept[0].mean(axis=(2, 3))
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        np.testing.assert_allclose(example.expected, means / np.maximum(lengths, 1e-12), atol=1e-4)


def test_the_principal_coordinates_by_scikit_learn():
    for example in TASKS["pca_2d"].examples:
        (rows,) = example.args()
        coordinates = PCA(2).fit_transform(rows.numpy())
        np.testing.assert_allclose(abs(example.expected.numpy()), abs(coordinates), atol=1e-4)


def test_a_column_may_point_either_way():
    (rows,) = TASKS["pca_2d"].examples[1].args()
    for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        turned = PCA(2).fit_transform(rows.numpy()).astype(np.float32) * np.float32(signs)
        example = TASKS["pca_2d"].examples[1]
        assert compare(example.read(turned, (rows,)), example.expected) is None


def test_the_neighbours_by_scikit_learn():
    for example in TASKS["nearest_neighbours"].examples:
        query, gallery, k = example.args()
        found = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(gallery.numpy())
        assert (
            found.kneighbors(query[None].numpy(), return_distance=False)[0].tolist()
            == example.expected.tolist()
        )


def test_the_precision_item_by_item():
    for example in TASKS["retrieval_precision"].examples:
        rows, labels, k = example.args()
        shares = []
        for item in range(len(rows)):
            others = torch.tensor([i for i in range(len(rows)) if i != item])
            near = torch.cosine_similarity(rows[others], rows[item][None]).argsort(descending=True)[:k]
            shares.append(float((labels[others[near]] == labels[item]).float().mean()))
        assert np.mean(shares) == pytest.approx(example.expected)


@pytest.mark.parametrize("question", lesson9.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_key_and_an_explanation_for_each_option(question):
    assert [question.is_right(letter) for letter in "ABCD"].count(True) == 1
    assert list(question.explanations) == ["A", "B", "C", "D"]
    assert all(len(text) > 40 for text in question.explanations.values())
