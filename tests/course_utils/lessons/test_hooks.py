"""Lesson 3's visible checks: right answers pass, wrong ones are told and named, and the numbers are true.

The written-down answers are held against Captum and finite differences, neither of which the guide uses.
"""

import numpy as np
import pytest
import torch
from captum.attr import LayerActivation
from torch import nn

from autograder.course import this_course
from course_utils.guide import Raises
from course_utils.lessons import hooks as lesson3
from course_utils.outcomes import Status


def task(name):
    return lesson3.GUIDE.task(name)


def values(name):
    """The examples of a task whose answer is a value and no exception."""
    return [e for e in task(name).examples if not isinstance(e.expected, Raises)]


# --- the numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", values("capture_output"), ids=lambda e: e.name)
def test_outputs_written_down_agree_with_captum(example):
    model, layer, x = example.args()
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    found = LayerActivation(model, layer).attribute(x)
    torch.testing.assert_close(found, example.expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("example", values("capture_activations"), ids=lambda e: e.name)
def test_activations_written_down_agree_with_captum(example):
    model, names, x = example.args()
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    assert list(example.expected) == names
    for name, expected in example.expected.items():
        found = LayerActivation(model, model.get_submodule(name)).attribute(x)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("example", values("capture_gradient"), ids=lambda e: e.name)
def test_gradients_written_down_agree_with_finite_differences(example):
    model, layer, x, class_index = example.args()
    model, x = model.double(), x.double()
    step = 1e-4

    def score(index, change):
        def nudge(module, inputs, output):
            output = output.clone()
            output.view(-1)[index] += change
            return output

        handle = layer.register_forward_hook(nudge)
        try:
            return float(model(x)[0, class_index].detach())
        finally:
            handle.remove()

    # To the right alone: the ReLU's output and the convolution's stay on their side of zero.
    found = [(score(i, step) - score(i, 0)) / step for i in range(example.expected.numel())]
    np.testing.assert_allclose(found, example.expected.flatten().numpy(), atol=1e-5)


# --- points, questions, and that each mistake differs from the answer -----------------------------------------


def test_tasks_questions_and_points_are_those_of_the_source():
    graded = {cell.name: cell.points for cell in this_course().lesson("03_hooks").marked}
    assert graded == {t.name: t.points for t in lesson3.GUIDE.tasks} | {
        q.id: q.points for q in lesson3.GUIDE.questions
    }
    assert graded == {
        "capture_output": 4,
        "capture_activations": 5,
        "capture_gradient": 5,
        "q_unchanged": 1,
        "q_inplace": 1,
        "q_leak": 1,
    }


@pytest.mark.parametrize("question", lesson3.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_key_and_an_explanation_for_each_option(question):
    assert [question.is_right(letter) for letter in "ABCD"].count(True) == 1
    assert list(question.explanations) == ["A", "B", "C", "D"]
    assert all(len(text) > 40 for text in question.explanations.values())


def test_the_source_answers_its_questions_right():
    source = this_course().lesson("03_hooks").source.read_text(encoding="utf-8")
    for question in lesson3.GUIDE.questions:
        line = next(line for line in source.splitlines() if line.startswith(f"answer_{question.id} = "))
        assert question.is_right(line.split('"')[1])


def test_no_mistake_is_taken_for_the_answer():
    from course_utils.comparison import compare

    for entry in lesson3.GUIDE.tasks:
        for example in values(entry.name):
            for mistake in example.misconceptions:
                if mistake.value is not None:
                    assert compare(mistake.value, example.expected), (entry.name, mistake.name)
                elif mistake.when is not None:
                    try:
                        matches = mistake.when(example.expected)
                    except Exception:
                        matches = False
                    assert not matches, (entry.name, example.name, mistake.name)


# --- answers ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solution():
    """The functions of the lesson's solution, from its source."""
    space = {"torch": torch, "nn": nn}
    for cell in this_course().lesson("03_hooks").notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and meta.get("solution") and task(meta["grade_id"]):
            exec(cell.source, space)
    return space


@pytest.mark.parametrize("name", [entry.name for entry in lesson3.GUIDE.tasks])
def test_the_solution_passes(solution, name):
    outcome = task(name).check(solution[name])
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


@pytest.mark.parametrize("name", [entry.name for entry in lesson3.GUIDE.tasks])
def test_a_stub_counts_as_not_attempted(name):
    space = {}
    exec(f'def {name}(*args):\n    raise NotImplementedError("TODO")', space)
    assert task(name).check(space[name]).status is Status.NOT_ATTEMPTED


def capture(
    keep=lambda inputs, output: output.detach().clone(), finish=lambda kept, logits: kept, clean=True
):
    """A capture_output from exchangeable parts."""

    def capture_output(model, layer, x):
        kept = []
        handle = layer.register_forward_hook(lambda _, inputs, output: kept.append(keep(inputs, output)))
        try:
            logits = model(x)
        except RuntimeError:
            if clean:
                handle.remove()
            raise
        if clean:
            handle.remove()
        return finish(kept[0], logits)

    return capture_output


def many(
    names_first=True, keep=lambda output: output.detach().clone(), unknown="key", in_order=True, late=False
):
    """A capture_activations from exchangeable parts."""

    def capture_activations(model, layer_names, x):
        modules = dict(model.named_modules())
        kept = dict.fromkeys(layer_names) if in_order else {}
        handles = []

        def register(name):
            layer = modules[name] if unknown == "key" else model.get_submodule(name)

            def hook(_, __, output, name=name):
                kept[layer_names[-1] if late else name] = keep(output)

            handles.append(layer.register_forward_hook(hook))

        try:
            for name in layer_names:
                register(name)
            model(x)
        finally:
            if names_first:
                for handle in handles:
                    handle.remove()
        return kept

    return capture_activations


def gradient(score=lambda z, c: z[0, c], finish=lambda g, kept: g, ask=True):
    """A capture_gradient from exchangeable parts."""

    def capture_gradient(model, layer, x, class_index):
        kept = []
        handle = layer.register_forward_hook(lambda _, __, output: kept.append(output))
        try:
            logits = model(x.detach().clone().requires_grad_() if ask else x)
        finally:
            handle.remove()
        return finish(torch.autograd.grad(score(logits, class_index), kept[0])[0], kept[0].detach())

    return capture_gradient


def by_grad_input(model, layer, x, class_index):
    kept = []
    handle = layer.register_full_backward_hook(lambda _, given, __: kept.append(given[0]))
    source = x.detach().clone().requires_grad_()
    try:
        torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        handle.remove()
    return kept[0]


RIGHT = [
    ("capture_output", capture()),
    ("capture_output", capture(keep=lambda i, o: o.detach().numpy().copy())),
    ("capture_activations", many()),
    ("capture_activations", many(keep=lambda o: o.detach() * 1)),
    ("capture_gradient", gradient()),
    ("capture_gradient", gradient(score=lambda z, c: z[:, c].sum(), finish=lambda g, k: g.numpy())),
]

WRONG = [
    ("capture_output", "overwritten_in_place", capture(keep=lambda i, o: o.detach())),
    ("capture_output", "input_captured", capture(keep=lambda i, o: i[0].detach().clone())),
    ("capture_output", "inputs_tuple", capture(keep=lambda i, o: i)),
    ("capture_output", "logits_returned", capture(finish=lambda kept, logits: logits.detach())),
    ("capture_output", "first_picture_only", capture(keep=lambda i, o: o[:1].detach().clone())),
    ("capture_output", "batch_axis_gone", capture(finish=lambda kept, logits: kept.squeeze())),
    ("capture_output", "side_effect", capture(clean=False)),
    ("capture_output", "side_effect", capture(keep=lambda i, o: o.clone())),
    ("capture_output", None, lambda model, layer, x: layer(x).detach()),
    ("capture_output", None, lambda model, layer, x: None),
    ("capture_activations", "late_binding", many(late=True)),
    ("capture_activations", "forward_order", many(in_order=False)),
    ("capture_activations", "overwritten_in_place", many(keep=lambda o: o.detach())),
    ("capture_activations", "first_picture_only", many(keep=lambda o: o[:1].detach().clone())),
    ("capture_activations", "list_instead_of_dict", lambda m, n, x: list(many()(m, n, x).values())),
    (
        "capture_activations",
        "keys_not_names",
        lambda m, n, x: {m.get_submodule(k): v for k, v in many()(m, n, x).items()},
    ),
    ("capture_activations", "side_effect", many(names_first=False)),
    ("capture_activations", None, many(unknown="attribute")),
    ("capture_gradient", "probability_instead_of_logit", gradient(score=lambda z, c: z.softmax(1)[0, c])),
    ("capture_gradient", "all_classes", gradient(score=lambda z, c: z.sum())),
    ("capture_gradient", "class_ignored", gradient(score=lambda z, c: z[0].max())),
    ("capture_gradient", "class_ignored", gradient(score=lambda z, c: z[0, c or 1])),
    ("capture_gradient", "output_returned", gradient(finish=lambda g, kept: kept)),
    ("capture_gradient", "absolute", gradient(finish=lambda g, kept: g.abs())),
    ("capture_gradient", "averaged", gradient(finish=lambda g, kept: g.mean((2, 3)))),
    ("capture_gradient", "input_of_layer", by_grad_input),
    ("capture_gradient", None, gradient(ask=False)),
    ("capture_gradient", None, gradient(finish=lambda g, kept: g[0])),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[f"{n}-{i}" for i, (n, _) in enumerate(RIGHT)])
def test_right_answers_pass(name, answer):
    outcome = task(name).check(answer)
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


@pytest.mark.parametrize(
    ("function", "name", "answer"), WRONG, ids=[f"{f}-{n}-{i}" for i, (f, n, _) in enumerate(WRONG)]
)
def test_wrong_answers_are_told_and_named(function, name, answer):
    outcome = task(function).check(answer)
    assert outcome.status is not Status.PASSED
    failed = [item for item in outcome.items if item.status is not Status.PASSED]
    assert all(item.message for item in failed)
    if name:
        assert name in {item.misconception for item in failed}, [item.message for item in failed]
