"""The visible side of lesson 5: right answers pass, and wrong ones meet their own message."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from autograder.checks import oracles
from autograder.course import this_course
from course_utils.comparison import compare
from course_utils.lessons import attribution as lesson5
from course_utils.lessons.attribution.shared import twice_network
from course_utils.outcomes import Status

GUIDE = lesson5.GUIDE
TASKS = [entry.name for entry in GUIDE.tasks]
BOTH = (nn.ReLU, nn.ReLU6)


def gradient(model, x, class_index, hook=None, kinds=BOTH, score=None):
    handles = [m.register_forward_hook(hook) for m in model.modules() if hook and isinstance(m, kinds)]
    source = x.detach().clone().requires_grad_()
    try:
        logits = model(source)
        value = score(logits) if score else logits[0, class_index]
        return torch.autograd.grad(value, source)[0][0]
    finally:
        for handle in handles:
            handle.remove()


def positive(module, inputs, output):
    output.register_hook(lambda g: g.clamp(min=0))


@pytest.fixture(scope="module")
def solution():
    space = {"torch": torch, "nn": nn}
    for cell in this_course().lesson("05_attribution").notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade_id") in TASKS:
            exec(cell.source, space)
    return space


# --- the guide itself ---------------------------------------------------------------------------------------


def test_points_are_those_of_the_course():
    assert {t.name: t.points for t in GUIDE.tasks} == {
        "saliency_map": 4,
        "occlusion_map": 5,
        "guided_backprop": 5,
        "deconvnet": 4,
    }
    assert sum(q.points for q in GUIDE.questions) <= (18 + 4) / 5


@pytest.mark.parametrize("entry", GUIDE.tasks, ids=lambda t: t.name)
def test_each_task_has_examples_and_hints(entry):
    assert 2 <= len(entry.examples) <= 5
    assert 3 <= len(entry.hints) <= 4
    assert all("def " not in hint and "\n" not in hint for hint in entry.hints)


@pytest.mark.parametrize("question", GUIDE.questions, ids=lambda q: q.id)
def test_every_question_has_one_right_option_and_four_explanations(question):
    assert sum(question.is_right(option) for option in "ABCD") == 1
    assert all(len(question.explanations[option]) > 40 for option in "ABCD")


def test_the_source_answers_its_questions_right():
    source = this_course().lesson("05_attribution").source.read_text(encoding="utf-8")
    for question in GUIDE.questions:
        line = next(line for line in source.splitlines() if line.startswith(f"answer_{question.id} = "))
        assert question.is_right(line.split('"')[1])


def test_no_mistake_is_taken_for_the_answer():
    for entry in GUIDE.tasks:
        for example in entry.examples:
            for mistake in example.misconceptions:
                if mistake.value is not None:
                    assert compare(mistake.value, example.expected), (entry.name, mistake.name)
                    assert mistake.value.shape == example.expected.shape
                elif mistake.when is not None:
                    assert not mistake.when(example.expected), (entry.name, mistake.name)


@pytest.mark.parametrize("task", TASKS)
def test_the_written_values_are_the_oracles(task):
    oracle = {
        "saliency_map": oracles.saliency,
        "occlusion_map": oracles.occlusion,
        "guided_backprop": oracles.guided_backprop,
        "deconvnet": oracles.deconvnet,
    }[task]
    for example in GUIDE.task(task).examples:
        torch.testing.assert_close(oracle(*example.args()), example.expected, atol=1e-4, rtol=1e-3)


def test_the_network_that_uses_its_relu_twice():
    model = twice_network(nn.ReLU6)
    assert model.relu is model.again and model.relu.inplace
    assert all(not p.requires_grad for p in twice_network(frozen=True).parameters())


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_the_solution_passes(solution, task):
    outcome = GUIDE.task(task).check(solution[task])
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


@pytest.mark.parametrize("task", TASKS)
def test_a_blank_is_not_attempted(task):
    def blank(*args, **kwargs):
        raise NotImplementedError("TODO")

    assert GUIDE.task(task).check(blank).status is Status.NOT_ATTEMPTED


def covered(probability=True, sign=1, copy=True, channels=slice(None), use_fill=True):
    def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
        rows, cols = (x.shape[2] - patch) // stride + 1, (x.shape[3] - patch) // stride + 1
        drops, work = torch.zeros(rows, cols), x.clone()

        def score(z):
            return (model(z).softmax(1) if probability else model(z))[0, class_index]

        with torch.no_grad():
            for r in range(rows):
                for c in range(cols):
                    work = x.clone() if copy else work
                    top, left = r * stride, c * stride
                    work[:, channels, top : top + patch, left : left + patch] = fill if use_fill else 0.0
                    drops[r, c] = sign * (score(x) - score(work))
        return drops

    return occlusion_map


def saliency(reduce, score=None):
    return lambda model, x, class_index: reduce(
        gradient(model, x, class_index, score=score and (lambda logits: score(logits, class_index)))
    )


WRONG = [
    ("saliency_map", saliency(lambda g: g.amax(0)), "absolute_value_forgotten"),
    ("saliency_map", saliency(lambda g: g.abs().sum(0)), "sum_for_maximum"),
    ("saliency_map", saliency(lambda g: g.abs().mean(0)), "mean_for_maximum"),
    ("saliency_map", saliency(lambda g: g.abs()), "channels_kept"),
    ("saliency_map", saliency(lambda g: g.abs().amax(0)[None]), "batch_axis_kept"),
    ("saliency_map", saliency(lambda g: g.abs().amax(0) / g.abs().max()), "scaled"),
    (
        "saliency_map",
        saliency(lambda g: g.abs().amax(0), lambda logits, c: logits.softmax(1)[0, c]),
        "probability_for_logit",
    ),
    ("saliency_map", saliency(lambda g: g.abs().amax(0), lambda logits, c: logits.max()), "class_ignored"),
    ("occlusion_map", covered(sign=-1), "sign_reversed"),
    ("occlusion_map", covered(probability=False), "logit_for_probability"),
    ("occlusion_map", covered(copy=False), "patches_pile_up"),
    ("occlusion_map", covered(channels=slice(0, 1)), "one_channel_covered"),
    ("occlusion_map", covered(use_fill=False), "fill_ignored"),
    ("occlusion_map", lambda *a: covered()(*a).T, "lies_on_its_side"),
    ("occlusion_map", lambda *a: covered()(*a).squeeze(), "squeezed"),
    ("occlusion_map", lambda *a: covered()(*a).clamp(min=0), "negatives_cut"),
    ("guided_backprop", gradient, "plain_gradient"),
    ("guided_backprop", lambda *a: gradient(*a).clamp(min=0), "clamped_at_the_end"),
    ("guided_backprop", oracles.deconvnet, "deconvnet_rule"),
    ("guided_backprop", lambda *a: gradient(*a, positive, nn.ReLU), "plain_gradient"),
    ("guided_backprop", lambda *a: gradient(*a, positive).abs(), "sign_lost"),
    ("guided_backprop", lambda *a: gradient(*a, positive).sum(0), "channels_merged"),
    ("guided_backprop", lambda *a: gradient(*a, positive, score=lambda z: z.max()), "class_ignored"),
    ("deconvnet", gradient, "plain_gradient"),
    ("deconvnet", lambda *a: gradient(*a, positive), "guided_rule"),
    ("deconvnet", lambda *a: oracles.deconvnet(*a)[None], "batch_axis_kept"),
    ("deconvnet", lambda *a: oracles.deconvnet(*a).abs(), "sign_lost"),
]


@pytest.mark.parametrize(("task", "answer", "name"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_a_wrong_answer_meets_its_message(task, answer, name):
    outcome = GUIDE.task(task).check(answer)
    assert outcome.status in (Status.FAILED, Status.PARTIAL)
    assert name in {item.misconception for item in outcome.items}


def test_a_full_backward_hook_meets_advice():
    def guided_backprop(model, x, class_index):
        handles = [
            m.register_full_backward_hook(lambda m, i, o: (i[0].clamp(min=0),))
            for m in model.modules()
            if isinstance(m, BOTH)
        ]
        try:
            return gradient(model, x, class_index)
        finally:
            for handle in handles:
                handle.remove()

    outcome = GUIDE.task("guided_backprop").check(guided_backprop)
    assert outcome.status is Status.ERROR
    assert "one on the output tensor" in outcome.items[0].message
