"""Lesson 5's oracles and its solution against values known by hand and against Captum, and its inputs over many secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, Occlusion, Saliency
from torch import Tensor, nn

from autograder.checks import oracles
from autograder.checks.attribution import CHECKS
from autograder.checks.attribution.occlusion_map import occlusion_mistakes
from autograder.checks.attribution.rules import rule_mistakes
from autograder.checks.attribution.saliency_map import saliency_mistakes
from autograder.checks.attribution.shared import ORACLE_MAPS, ORACLE_X
from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from autograder.checks.telling import hidden_mistakes
from autograder.course import this_course
from autograder.sandbox.worker.recipes import build
from course_utils.comparison import compare
from course_utils.outcomes import Status
from tests.autograder.checks.local_worker import judge_here

ANSWERS = Path(__file__).parents[2] / "answers" / "05_attribution"
TASKS = tuple(CHECKS.tasks)
ORACLES = {
    "saliency_map": oracles.saliency,
    "occlusion_map": oracles.occlusion,
    "guided_backprop": oracles.guided_backprop,
    "deconvnet": oracles.deconvnet,
}


@pytest.fixture(scope="module")
def solution() -> dict[str, Any]:
    """The functions of the lesson's solution, from its source."""
    space: dict[str, Any] = {"torch": torch, "nn": nn}
    for cell in this_course().lesson("05_attribution").notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade_id") in TASKS:
            exec(cell.source, space)
    return space


@pytest.fixture(params=["oracle", "solution"])
def reference(request: pytest.FixtureRequest, solution: dict[str, Any]) -> dict[str, Callable[..., Tensor]]:
    return ORACLES if request.param == "oracle" else {name: solution[name] for name in TASKS}


# --- by hand --------------------------------------------------------------------------------------------------

BY_HAND = {
    "saliency_map": [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]],
    "guided_backprop": [[[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]], *[[[0] * 4] * 4] * 2],
    "deconvnet": [[[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]], *[[[0] * 4] * 4] * 2],
}


@pytest.mark.parametrize("task", BY_HAND)
@pytest.mark.parametrize("inplace", [False, True])
def test_the_values_known_by_hand(reference: dict, task: str, inplace: bool) -> None:
    model = build({"family": "oracle", "seed": 0, "inplace": inplace})
    assert model(ORACLE_X)[0, 0] == 54
    assert reference[task](model, ORACLE_X, 0).tolist() == BY_HAND[task] == ORACLE_MAPS[task]


def test_occlusion_by_hand(reference: dict) -> None:
    """A linear model, so that each covered square takes its own pixels' weight away: logits 0 and the sum of x."""

    class Sum(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            total = x.sum(dim=(1, 2, 3))
            return torch.stack([torch.zeros_like(total), total], dim=1)

    x = torch.zeros(1, 3, 4, 6)
    x[0, 1, 0, 0], x[0, 2, 3, 5] = 2.0, -1.0
    got = reference["occlusion_map"](Sum(), x, 1, 2, 2)
    share = lambda total: 1 / (1 + torch.tensor(-float(total)).exp())  # noqa: E731
    expected = torch.zeros(2, 3)
    expected[0, 0], expected[1, 2] = share(1) - share(-1), share(1) - share(2)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


# --- Captum ---------------------------------------------------------------------------------------------------

# Without ReLU6 and without a module used twice: Captum knows neither.
NETWORKS = [
    {"family": "plain", "seed": 11},
    {"family": "plain", "seed": 12, "stride": 1, "classes": 3},
    {"family": "plain", "seed": 13, "channels": [4, 9, 5]},
    {"family": "residual", "seed": 14, "inplace": False, "shared": False},
    {"family": "residual", "seed": 15, "inplace": False, "shared": False, "channels": [7, 5, 8]},
]


def picture(seed: int, height: int = 30, width: int = 39) -> Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("recipe", NETWORKS, ids=lambda r: f"{r['family']}-{r['seed']}")
@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
def test_captum_agrees_to_1e_5(reference: dict, recipe: dict) -> None:
    x = picture(recipe["seed"])
    for index in (0, 2):
        captums = {
            "saliency_map": Saliency(build(recipe)).attribute(x, index, abs=True)[0].amax(0),
            "guided_backprop": GuidedBackprop(build(recipe)).attribute(x, index)[0],
            "deconvnet": Deconvolution(build(recipe)).attribute(x, index)[0],
        }
        for task, theirs in captums.items():
            ours = reference[task](build(recipe), x, index)
            torch.testing.assert_close(ours, theirs.detach(), atol=1e-5, rtol=0)
            assert ours.abs().max() > 1e-4  # ten times the tolerance


@pytest.mark.parametrize("recipe", NETWORKS, ids=lambda r: f"{r['family']}-{r['seed']}")
@pytest.mark.parametrize("fill", [0.0, 0.6])
def test_captums_occlusion_agrees_to_1e_5(reference: dict, recipe: dict, fill: float) -> None:
    """With stride equal to patch Captum's map, which spreads each fall over its patch, holds ours at the corners."""
    patch, model, x = 6, build(recipe), picture(recipe["seed"], 24, 36)
    with_softmax = nn.Sequential(model, nn.Softmax(dim=1))
    # The two most probable classes: a probability near 0 can hardly fall.
    for index in model(x)[0].topk(2).indices.tolist():
        theirs = Occlusion(with_softmax).attribute(
            x,
            sliding_window_shapes=(3, patch, patch),
            strides=(3, patch, patch),
            target=index,
            baselines=fill,
        )
        ours = reference["occlusion_map"](model, x, index, patch, patch, fill)
        torch.testing.assert_close(ours, theirs[0, 0, ::patch, ::patch].float(), atol=1e-5, rtol=0)
        assert ours.abs().max() > 1e-3


# --- what Captum does not know --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["residual", "mobile"])
@pytest.mark.parametrize("task", ["guided_backprop", "deconvnet"])
def test_solution_and_oracle_agree_on_relu6_and_reused_modules(
    solution: dict, family: str, task: str
) -> None:
    for seed in range(3):
        recipe = {"family": family, "seed": seed, "inplace": True}
        x = 12 * picture(seed, 33, 44)
        expected = ORACLES[task](build(recipe), x, 1)
        tolerance = 1e-5 * float(expected.abs().max())
        torch.testing.assert_close(solution[task](build(recipe), x, 1), expected, atol=tolerance, rtol=0)


def test_the_mistakes_start_from_the_right_answer() -> None:
    """The mistakes' own way of computing gives the right answer where no mistake is made."""
    recipe = {"family": "mobile", "seed": 3, "inplace": True, "classes": 4}
    model, x = Model(recipe, build(recipe)), 12 * picture(5, 33, 44)
    guided = {m.name: m.value for m in rule_mistakes("guided_backprop", model, x, 1, 0)}
    deconv = {m.name: m.value for m in rule_mistakes("deconvnet", model, x, 1, 0)}
    assert compare(deconv["guided_rule"], oracles.guided_backprop(model.module, x, 1)) is None
    assert compare(guided["deconvnet_rule"], oracles.deconvnet(model.module, x, 1)) is None
    found = {m.name: m.value for m in saliency_mistakes(model, x, 1, 2)}
    assert compare(found["class_ignored"], oracles.saliency(model.module, x, 2)) is None
    covered = {m.name: m.value for m in occlusion_mistakes(model.module, x, 1, 2, 9, 7, 0.5)}
    assert compare(-covered["sign_reversed"], oracles.occlusion(model.module, x, 1, 9, 7, 0.5)) is None
    assert compare(covered["fill_ignored"], oracles.occlusion(model.module, x, 1, 9, 7, 0.0)) is None


# --- the inputs -----------------------------------------------------------------------------------------------


def items(task: str, number: int) -> list[Item]:
    return list(CHECKS.tasks[task](Draw(f"secret {number}".encode(), "05_attribution/test", task)))


def check_draw(task: str, number: int) -> None:
    """Every known mistake shows, by name, on some item that carries points."""
    shown: set[str] = set()
    known: set[str] = set()
    for item in items(task, number):
        if item.edge:
            continue
        names = {m.name for m in item.misconceptions if m.value is not None}
        known |= names
        shown |= names - hidden_mistakes(item)
        assert torch.isfinite(item.expected).all()
    assert shown == known, f"secret {number}: {known - shown} would pass"


@pytest.mark.parametrize("task", TASKS)
def test_no_mistake_slips_through(task: str) -> None:
    for number in range(4):
        check_draw(task, number)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_no_mistake_slips_through_on_many_secrets(task: str) -> None:
    for number in range(100):
        check_draw(task, number)


@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("*/right_*.py")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_right_answers_pass_on_several_secrets(path: Path) -> None:
    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), namespace)
    for number in range(2):
        outcome = judge_here(
            CHECKS, path.parent.name, namespace[path.parent.name], secret=f"{number}".encode()
        )
        assert outcome.status is Status.PASSED, [i for i in outcome.items if i.status is not Status.PASSED]


def test_what_the_lesson_asks_for_is_there() -> None:
    for task in TASKS:
        drawn = [item for item in items(task, 0) if isinstance(item.args[0], Model)]
        recipes = [item.args[0].recipe for item in drawn]
        assert any(r.get("frozen") for r in recipes) and any(r.get("raises") for r in recipes)
        assert any(item.args[2] == 0 and not item.edge for item in drawn), "class 0"
        for item in drawn:
            height, width = item.args[1].shape[-2:]
            assert (height, width) != (224, 224) and (item.edge or height != width)
    for task in ("guided_backprop", "deconvnet"):
        plain = [item.args[0] for item in items(task, 0) if not item.edge]
        relus = [[m for m in model.module.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))] for model in plain]
        assert any(m.inplace for found in relus for m in found)
        assert any(isinstance(m, nn.ReLU6) for found in relus for m in found)
        assert any(
            sum(isinstance(m, nn.ReLU) for _, m in model.module.named_modules(remove_duplicate=False))
            > len(found)
            for model, found in zip(plain, relus, strict=True)
        ), "a module used twice"


# --- the measures that the lesson defines for its sanity check ------------------------------------------------


@pytest.fixture(scope="module")
def measures() -> dict[str, Any]:
    space: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    for cell in this_course().lesson("05_attribution").notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in ("alike", "progress"):
            text = cell.source
            start = text.index("def spread") if "def spread" in text else 0
            exec(text[start:], space)
    return space


def test_spearman_and_ssim_are_the_libraries(measures: dict) -> None:
    from scipy.stats import spearmanr
    from skimage.metrics import structural_similarity

    one, two = torch.rand(2, 40, 52, generator=torch.Generator().manual_seed(1)).unbind()
    blocks = (4 * one).round() / 4  # many equal values
    for other in (two, 0.7 * one + 0.3 * two, one, blocks):
        wanted = spearmanr(one.flatten().numpy(), other.flatten().numpy()).statistic
        assert measures["spearman"](one, other) == pytest.approx(wanted, abs=1e-6)
        wanted = structural_similarity(one.double().numpy(), other.double().numpy(), data_range=1.0)
        assert measures["ssim"](one, other) == pytest.approx(wanted, abs=1e-6)


def test_spread_gives_each_pixel_the_mean_of_its_patches(measures: dict) -> None:
    got = measures["spread"](torch.tensor([[1.0, 3.0]]), 4, 2, (4, 7))
    assert got.tolist() == [[1, 1, 2, 2, 3, 3, 0]] * 4
