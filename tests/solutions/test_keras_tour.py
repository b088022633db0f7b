"""The appendix on Keras: it runs, its numbers are PyTorch's, and what it says of mistakes holds.

What needs Keras is slow, and fails where Keras is missing: `make test-all` always has it, `make test` never asks.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.course import Course, Lesson
from autograder.release.building import release_path
from autograder.release.solution import execute_solution
from course_utils.images import load_picture

# Keras' own way to NumPy arrays, under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

BLOCKS = [f"layer{stage}.{number}" for stage in (1, 2, 3, 4) for number in (0, 1)]
PICTURES = ["cat", "coffee", "rocket"]


@pytest.fixture(scope="module")
def course(repository: Path) -> Course:
    return Course(repository)


@pytest.fixture(scope="module")
def appendix(course: Course) -> Lesson:
    return course.appendices["keras_tour"]


@pytest.fixture(scope="module")
def tour(appendix: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the appendix's cells define, run once in this process."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        for cell in jupytext.read(appendix.source).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, appendix.source.name, "exec"), names)
        yield names


def picture(tour: dict[str, Any], name: str) -> torch.Tensor:
    return tour["backbone"].preprocess(load_picture(name))


def captums_heatmap(tour: dict[str, Any], x: torch.Tensor, class_index: int) -> np.ndarray:
    """Grad-CAM by Captum alone, enlarged and scaled as lesson 6 does it."""
    from captum.attr import LayerGradCam

    network = tour["backbone"].model
    small = LayerGradCam(network, network.layer4).attribute(x, class_index, relu_attributions=True).detach()
    big = F.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    return (big / big.max()).numpy()


@pytest.mark.slow
def test_it_executes_without_a_warning_and_quickly(course: Course, appendix: Lesson) -> None:
    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    # CPU time, so that a busy machine fails nothing.
    before = seconds()
    notebook = execute_solution(course, appendix)
    assert seconds() - before < 60
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [o for o in shown if any(kind.startswith("image/") for kind in o.get("data", {}))]
    assert len(pictures) == 4
    assert all(len(o.data["text/plain"]) > 40 for o in pictures), "a figure without alt text"


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
class TestAgreement:
    def test_logits(self, tour: dict[str, Any], name: str) -> None:
        x = picture(tour, name)
        with torch.no_grad():
            expected = tour["backbone"].model(x).numpy()
        found = tour["numbers"](tour["model"](x.permute(0, 2, 3, 1)))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)

    def test_maps_of_every_block(self, tour: dict[str, Any], name: str) -> None:
        from captum.attr import LayerActivation

        x, network, keras_model = picture(tour, name), tour["backbone"].model, tour["model"]
        outputs = [keras_model.get_layer(block.replace(".", "_")).output for block in BLOCKS]
        found = tour["keras"].Model(keras_model.input, outputs)(x.permute(0, 2, 3, 1))
        for block, maps in zip(BLOCKS, found, strict=True):
            expected = LayerActivation(network, network.get_submodule(block)).attribute(x).detach().numpy()
            np.testing.assert_allclose(
                tour["numbers"](maps).transpose(0, 3, 1, 2), expected, rtol=0, atol=1e-3, err_msg=block
            )

    @pytest.mark.parametrize("rank", [0, 3])
    def test_grad_cam(self, tour: dict[str, Any], name: str, rank: int) -> None:
        x = picture(tour, name)
        class_index = tour["backbone"].predict(x, k=rank + 1)[rank][0]
        found = tour["keras_grad_cam"](tour["model"], "layer4_1", x.permute(0, 2, 3, 1), class_index)
        np.testing.assert_allclose(found, captums_heatmap(tour, x, class_index), rtol=0, atol=1e-3)


@pytest.mark.slow
def test_grad_cam_of_a_frozen_network(tour: dict[str, Any]) -> None:
    tour["model"].trainable = False
    try:
        found = tour["keras_grad_cam"](tour["model"], "layer4_1", tour["turned"], tour["cat_class"])
    finally:
        tour["model"].trainable = True
    np.testing.assert_allclose(found, tour["keras_heat"], rtol=0, atol=1e-6)


@pytest.mark.slow
def test_the_five_mistakes_are_as_the_text_says(tour: dict[str, Any]) -> None:
    answers = {}
    for title, (network, x) in tour["trials"].items():
        scores = tour["numbers"](network(x))[0]
        off = np.abs(scores - tour["logits"]).max()
        assert (off < 1e-3) == (title == "all as it should be"), (title, off)
        answers[title] = tour["backbone"].labels[int(scores.argmax())]
    assert len(answers) == 6
    cats = [title for title, answer in answers.items() if answer in ("Egyptian cat", "tiger cat", "tabby")]
    assert len(cats) - 1 >= 3, answers


def test_what_students_get_has_no_output_and_nothing_to_hand_in(course: Course, appendix: Lesson) -> None:
    notebook = nbformat.read(release_path(course, appendix), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert not any("nbgrader" in cell.metadata or "TODO" in cell.source for cell in notebook.cells)
    setup = code[0].source
    assert "/course_utils-" in setup and '%pip install --quiet "keras>=3.10,<4"' in setup
    assert setup.index('os.environ["KERAS_BACKEND"] = "torch"') < setup.index("import keras\n")
