"""Lesson 6's visible checks: right answers pass in any style, wrong ones never do, and the numbers are true.

The written-down answers are held against Captum and against plain autograd, neither of which the guide uses.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerGradCam
from torch import nn

from autograder.course import this_course
from course_utils.lessons import grad_cam as lesson6
from course_utils.outcomes import Status
from course_utils.tiny_models import COLOUR_CLASSES, colour_picture, colour_spotter, oracle_network


def task(name):
    return lesson6.GUIDE.task(name)


def captum_heatmap(model, layer, x, class_index):
    small = LayerGradCam(model, layer).attribute(x, class_index).detach().relu()
    big = F.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    return big / big.max() if big.max() > 0 else big


def gradients_of(model, layer, x, class_index, *, probability=False, upsampled=False):
    """(logits, layer output, gradient) by a hook and autograd, on a copy of x that asks for gradients."""
    kept = []
    handle = layer.register_forward_hook(lambda module, args, output: kept.append(output))
    try:
        logits = model(x.clone().requires_grad_())
    finally:
        handle.remove()
    index = int(logits[0].argmax()) if class_index is None else class_index
    score = (logits.softmax(1) if probability else logits)[0, index]
    return index, kept[0].detach(), torch.autograd.grad(score, kept[0])[0]


def build(
    model,
    layer,
    x,
    class_index=None,
    *,
    probability=False,
    weigh=lambda g: g.mean((2, 3), keepdim=True),
    combine=lambda w, a: (w * a).sum(1, keepdim=True),
    before=torch.relu,
    size=None,
    after=lambda h: h / h.max() if h.max() > 0 else h,
    mode="bilinear",
    corners=False,
):
    """A Grad-CAM from exchangeable parts, so that a wrong answer is one part changed."""
    index, activations, gradients = gradients_of(model, layer, x, class_index, probability=probability)
    small = before(combine(weigh(gradients), activations))
    options = {} if mode == "nearest" else {"align_corners": corners}
    big = F.interpolate(small, size or x.shape[-2:], mode=mode, **options)[0, 0]
    return after(big), index


# --- the numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", task("grad_cam").examples, ids=lambda e: e.name)
def test_heatmaps_written_down_agree_with_captum(example):
    model, layer, x, class_index = example.args()
    model.requires_grad_(True)
    heatmap, index = example.expected
    if class_index is None:
        class_index = int(model(x).argmax())
    assert index == class_index
    torch.testing.assert_close(captum_heatmap(model, layer, x, class_index), heatmap, atol=2e-5, rtol=0)


def test_the_class_stack_agrees_with_captum():
    for example in task("class_heatmaps").examples:
        model, layer, x, k = example.args()
        heatmaps, indices = example.expected
        assert indices == model(x)[0].sort(descending=True).indices[:k].tolist()
        for heatmap, index in zip(heatmaps, indices, strict=True):
            torch.testing.assert_close(captum_heatmap(model, layer, x, index), heatmap, atol=2e-5, rtol=0)


def test_the_small_answers_by_numpy():
    for example in task("channel_weights").examples:
        np.testing.assert_allclose(example.args()[0].numpy().mean(axis=(2, 3)), example.expected, rtol=1e-6)
    for example in task("weighted_activation_sum").examples:
        weights, maps = (part.numpy() for part in example.args())
        np.testing.assert_allclose(
            np.einsum("nc,nchw->nhw", weights, maps)[:, None], example.expected, rtol=1e-5
        )
    for example in task("cam").examples:
        maps, head, index = example.args()
        np.testing.assert_allclose(np.einsum("c,chw->hw", head[index], maps[0]), example.expected, rtol=1e-6)
    for example in task("guided_grad_cam").examples:
        sharp, soft = example.args()
        np.testing.assert_allclose(np.einsum("chw,hw->chw", sharp, soft), example.expected, rtol=1e-6)


def test_the_small_networks_do_what_their_docstrings_say():
    x = torch.zeros(1, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    assert oracle_network()(x).tolist() == [[54.0] * 4]
    assert oracle_network(1)(x[:, :1]).tolist() == [[54.0] * 4]
    logits = colour_spotter()(colour_picture())
    assert COLOUR_CLASSES[int(logits.argmax())] == "red"
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 1
    assert colour_spotter()(red).tolist() == [[0, 1, -1, -1]]


def test_points_are_those_of_the_lesson():
    points = {entry.name: entry.points for entry in lesson6.GUIDE.tasks}
    assert points == {
        "channel_weights": 2,
        "weighted_activation_sum": 3,
        "grad_cam": 6,
        "class_heatmaps": 4,
        "cam": 3,
        "guided_grad_cam": 2,
    }
    asked = sum(question.points for question in lesson6.GUIDE.questions)
    assert len(lesson6.GUIDE.questions) >= 3
    assert asked <= 0.2 * (asked + sum(points.values()))


def test_tasks_questions_and_points_are_those_of_the_source():
    graded = {cell.name: cell.points for cell in this_course().lesson("06_grad_cam").marked}
    assert graded == {t.name: t.points for t in lesson6.GUIDE.tasks} | {
        q.id: q.points for q in lesson6.GUIDE.questions
    }


@pytest.fixture(scope="module")
def solution():
    """The functions of the lesson's solution, from its source."""
    space = {"torch": torch, "nn": nn, "F": F}
    for cell in this_course().lesson("06_grad_cam").notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and meta.get("solution") and task(meta["grade_id"]):
            exec(cell.source, space)
    return space


@pytest.mark.parametrize("name", [entry.name for entry in lesson6.GUIDE.tasks])
def test_the_solution_passes(solution, name):
    outcome = task(name).check(solution[name])
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


def test_the_solution_reproduces_the_two_filter_network_before_scaling(solution):
    x = torch.zeros(1, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    model = oracle_network()
    for layer, expected in ((model.conv, [[11.25, 13.5], [20.25, 22.5]]), (model.relu, [[0, 4], [28, 32.5]])):
        _, activations, gradients = gradients_of(model, layer, x, 0)
        small = solution["weighted_activation_sum"](solution["channel_weights"](gradients), activations)
        torch.testing.assert_close(small, torch.tensor([[expected]]), atol=1e-4, rtol=0)


def test_the_solution_removes_its_hook_when_the_forward_pass_fails(solution):
    model = colour_spotter()
    with pytest.raises(RuntimeError):
        solution["grad_cam"](model, model.relu, torch.zeros(1, 5, 4, 4))
    assert not model.relu._forward_hooks


# --- right answers ------------------------------------------------------------------------------------------


def by_backward(model, layer, x, class_index=None):
    """The tensor-hook style: retain_grad on the layer's output, backward, and everything put back."""
    kept = {}

    def keep(module, args, output):
        output.retain_grad()
        kept["a"] = output

    handle = layer.register_forward_hook(keep)
    flags = [p.requires_grad for p in model.parameters()]
    try:
        for p in model.parameters():
            p.requires_grad_(False)
        logits = model(x.detach().clone().requires_grad_(True))
    finally:
        handle.remove()
    if class_index is None:
        class_index = logits.argmax(dim=1).item()
    logits[:, class_index].sum().backward()
    for p, flag in zip(model.parameters(), flags, strict=True):
        p.requires_grad_(flag)
    a = kept["a"]
    heat = torch.einsum("bc,bchw->bhw", a.grad.mean(dim=[-1, -2]), a.detach()).clamp(min=0)
    heat = nn.Upsample(size=tuple(x.shape[2:]), mode="bilinear")(heat[None]).squeeze()
    peak = float(heat.max())
    return (heat / peak if peak > 0 else torch.zeros_like(heat)), class_index


def by_numpy(model, layer, x, class_index=None):
    heatmap, index = build(model, layer, x, class_index)
    return heatmap.numpy().astype("float64"), np.int64(index)


def by_captum(model, layer, x, class_index=None):
    with torch.no_grad():
        index = model(x)[0].argmax() if class_index is None else class_index
    flags = [p.requires_grad for p in model.parameters()]
    asking = x.detach().clone().requires_grad_()
    small = LayerGradCam(model, layer).attribute(asking, int(index), relu_attributions=True).detach()
    assert flags == [p.requires_grad for p in model.parameters()]
    big = F.interpolate(small, x.shape[-2:], mode="bilinear")[0, 0]
    return big / (big.max() + 1e-12), index


def by_sums(model, layer, x, class_index=None):
    # Sums in place of means differ by a factor that the division takes out again: right.
    return build(model, layer, x, class_index, weigh=lambda g: g.sum((2, 3), keepdim=True))


@pytest.mark.parametrize("answer", [build, by_backward, by_numpy, by_captum, by_sums])
def test_right_grad_cams_pass(answer):
    outcome = task("grad_cam").check(answer)
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


def heatmaps_with(answer):
    def class_heatmaps(model, layer, x, k=2):
        with torch.no_grad():
            indices = model(x)[0].topk(k).indices.tolist()
        return torch.stack([torch.as_tensor(answer(model, layer, x, i)[0]) for i in indices]), indices

    return class_heatmaps


RIGHT = {
    "class_heatmaps": [
        heatmaps_with(build),
        lambda m, layer, x, k=2: (
            np.stack([build(m, layer, x, int(i))[0] for i in np.argsort(-m(x).detach().numpy()[0])[:k]]),
            [int(i) for i in np.argsort(-m(x).detach().numpy()[0])[:k]],
        ),
        lambda m, layer, x, k=2: (
            heatmaps_with(by_backward)(m, layer, x, k)[0],
            list(m(x).softmax(1).topk(k)[1][0]),
        ),
    ],
    "channel_weights": [
        lambda g: g.mean(dim=(2, 3)),
        lambda g: g.flatten(2).sum(-1) / (g.shape[-1] * g.shape[-2]),
        lambda g: g.numpy().mean((2, 3)),
        lambda g: F.adaptive_avg_pool2d(g, 1)[:, :, 0, 0],
        lambda g: torch.tensor([[float(c.mean()) for c in g[0]]]),
    ],
    "weighted_activation_sum": [
        lambda w, a: (w[:, :, None, None] * a).sum(1, keepdim=True),
        lambda w, a: torch.einsum("nc,nchw->nhw", w, a)[:, None],
        lambda w, a: F.conv2d(a, w[:, :, None, None]),
        lambda w, a: sum(w[0, c] * a[0, c] for c in range(a.shape[1]))[None, None],
    ],
    "cam": [
        lambda f, w, c: (w[c][:, None, None] * f[0]).sum(0),
        lambda f, w, c: torch.tensordot(w[c], f[0], dims=1),
        lambda f, w, c: F.conv2d(f, w[:, :, None, None])[0, c],
        lambda f, w, c: (w[c].numpy() @ f[0].reshape(f.shape[1], -1).numpy()).reshape(f.shape[2:]),
    ],
    "guided_grad_cam": [
        lambda g, h: g * h,
        lambda g, h: g * h[None],
        lambda g, h: torch.stack([channel * h for channel in g]),
        lambda g, h: g.numpy() * h.numpy(),
    ],
}


@pytest.mark.parametrize(
    ("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers]
)
def test_right_answers_pass(name, answer):
    outcome = task(name).check(answer)
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


# --- wrong answers ------------------------------------------------------------------------------------------


def needs_parameters(model, layer, x, class_index=None):
    kept = []
    handle = layer.register_forward_hook(lambda module, args, output: kept.append(output))
    logits = model(x)
    handle.remove()
    index = int(logits.argmax()) if class_index is None else class_index
    torch.autograd.grad(logits[0, index], kept[0])
    return build(model, layer, x, class_index)


def leaves_grad(model, layer, x, class_index=None):
    heatmap, index = build(model, layer, x, class_index)
    if any(p.requires_grad for p in model.parameters()):
        model(x)[0, index].backward()
    return heatmap, index


def leaves_hook(model, layer, x, class_index=None):
    layer.register_forward_hook(lambda *_: None)
    return build(model, layer, x, class_index)


def changes_x(model, layer, x, class_index=None):
    x.requires_grad_(True)
    return build(model, layer, x.detach(), class_index)


def plain(h):
    return h


def min_max(h):
    return (h - h.min()) / (h.max() - h.min()) if h.max() > h.min() else torch.zeros_like(h)


def wrong(**changes):
    return lambda m, layer, x, class_index=None: build(m, layer, x, class_index, **changes)


WRONG_GRAD_CAM = [
    ("relu_left_out", wrong(before=plain)),
    ("relu_after_upsampling", wrong(before=plain, after=lambda h: h.relu() / h.relu().max().clamp(min=1e-9))),
    ("align_corners", wrong(corners=True)),
    ("nearest", wrong(mode="nearest")),
    ("probability_for_logit", wrong(probability=True)),
    ("activations_only", wrong(weigh=lambda g: torch.ones_like(g[:, :, :1, :1]))),
    ("wrong_class", lambda m, layer, x, class_index=None: build(m, layer, x, class_index or 0)),
    ("zero_taken_for_none", lambda m, layer, x, class_index=None: build(m, layer, x, class_index or None)),
    (
        "index_ignored",
        lambda m, layer, x, class_index=None: (
            build(m, layer, x)[0],
            class_index if class_index is not None else 1,
        ),
    ),
    ("min_max_scaling", wrong(after=min_max)),
    ("elementwise", wrong(weigh=plain)),
    ("zero_by_zero", wrong(after=lambda h: h / h.max())),
    ("not_scaled", wrong(after=plain)),
    (
        "scale_before_upsampling",
        wrong(before=lambda s: s.relu() / s.relu().max().clamp(min=1e-9), after=plain),
    ),
    ("wrong_shape", wrong(after=lambda h: (h / h.max().clamp(min=1e-9))[None, None])),
    (
        "not_upsampled",
        lambda m, layer, x, c=None: build(m, layer, x, c, size=(2, 2) if x.shape[-1] == 4 else (2, 3)),
    ),
    ("side_effect", leaves_grad),
    ("side_effect", leaves_hook),
    ("side_effect", changes_x),
    (None, needs_parameters),
    (None, wrong(weigh=lambda g: g.mean(1, keepdim=True))),
    (None, wrong(weigh=lambda g: g.amax((2, 3), keepdim=True))),
    (None, wrong(weigh=lambda g: g.abs().mean((2, 3), keepdim=True))),
    (None, wrong(mode="bicubic")),
    (None, wrong(after=lambda h: h / h.sum().clamp(min=1e-9))),
    (None, wrong(after=lambda h: (h / h.max().clamp(min=1e-9)).T)),
    (None, lambda m, layer, x, c=None: build(m, layer, x, c)[0]),
    (None, lambda m, layer, x, c=None: build(m, layer, x, c)[::-1]),
    (None, lambda m, layer, x, c=None: (captum_heatmap(m.requires_grad_(True), layer, x, c or 0), c or 0)),
    (None, lambda m, layer, x, c=None: None),
]


@pytest.mark.parametrize(
    ("name", "answer"), WRONG_GRAD_CAM, ids=[f"{i}-{n}" for i, (n, _) in enumerate(WRONG_GRAD_CAM)]
)
def test_wrong_grad_cams_are_told_and_named(name, answer):
    outcome = task("grad_cam").check(answer)
    assert outcome.status is not Status.PASSED
    failed = [item for item in outcome.items if item.status is not Status.PASSED]
    assert all(item.message for item in failed)
    if name:
        assert name in {item.misconception for item in failed}


def test_a_frozen_model_gets_advice_beside_the_error():
    item = task("grad_cam").check(needs_parameters).items[-1]
    assert item.status is Status.ERROR
    assert "frozen" in item.message


def changed_stack(change):
    """A wrong class_heatmaps: the right one's (maps, indices), changed."""

    def class_heatmaps(model, layer, x, k=2):
        maps, indices = heatmaps_with(build)(model, layer, x, k)
        return change(maps, indices)

    return class_heatmaps


def scaled_together(maps, indices):
    return maps * torch.tensor([4 / 7] + [1.0] * (len(maps) - 1))[:, None, None], indices


def lowest_classes(model, layer, x, k=2):
    return torch.stack([build(model, layer, x, i)[0] for i in (3, 2)[:k]]), [3, 2]


def scaled(sums):
    return sums / sums.max()


WRONG = [
    ("class_heatmaps", "ascending", changed_stack(lambda maps, indices: (maps.flip(0), indices[::-1]))),
    ("class_heatmaps", "one_map_repeated", changed_stack(lambda m, i: (m[:1].expand(m.shape), i))),
    ("class_heatmaps", "lowest_classes", lowest_classes),
    ("class_heatmaps", "dropped_dimension", changed_stack(lambda m, i: (m.squeeze(0), i))),
    ("class_heatmaps", "scaled_together", changed_stack(scaled_together)),
    ("class_heatmaps", None, changed_stack(lambda m, i: (m, torch.tensor(i)))),
    ("class_heatmaps", None, changed_stack(lambda m, i: (list(m), i))),
    ("class_heatmaps", None, lambda m, y, x, k=2: heatmaps_with(build)(m, y, x, 2)),
    ("channel_weights", "sum_for_mean", lambda g: g.sum((2, 3))),
    ("channel_weights", "absolute_gradients", lambda g: g.abs().mean((2, 3))),
    ("channel_weights", "absolute_gradients", lambda g: g.mean((2, 3)).abs()),
    ("channel_weights", "max_for_mean", lambda g: g.amax((2, 3))),
    ("channel_weights", "kept_dimensions", lambda g: g.mean((2, 3), keepdim=True)),
    ("channel_weights", "wrong_axes", lambda g: g.mean(1)),
    ("channel_weights", "relu_too_early", lambda g: g.mean((2, 3)).relu()),
    ("channel_weights", None, lambda g: g.mean((2, 3))[0]),
    ("channel_weights", None, lambda g: g.mean()),
    ("channel_weights", None, lambda g: g.mean((2, 3)).softmax(1)),
    ("weighted_activation_sum", "mean_for_sum", lambda w, a: (w[:, :, None, None] * a).mean(1, keepdim=True)),
    ("weighted_activation_sum", "weights_unused", lambda w, a: a.sum(1, keepdim=True)),
    ("weighted_activation_sum", "already_scaled", lambda w, a: scaled(F.conv2d(a, w[:, :, None, None]))),
    ("weighted_activation_sum", "dropped_dimensions", lambda w, a: (w[:, :, None, None] * a).sum(1)),
    ("weighted_activation_sum", "channels_kept", lambda w, a: w[:, :, None, None] * a),
    ("weighted_activation_sum", "relu_too_early", lambda w, a: F.conv2d(a, w[:, :, None, None]).relu()),
    ("weighted_activation_sum", "absolute_weights", lambda w, a: F.conv2d(a, w.abs()[:, :, None, None])),
    ("weighted_activation_sum", None, lambda w, a: w * a),
    ("cam", "relu_added", lambda f, w, c: torch.tensordot(w[c], f[0], dims=1).relu()),
    ("cam", "mean_for_sum", lambda f, w, c: (w[c][:, None, None] * f[0]).mean(0)),
    ("cam", "scaled", lambda f, w, c: (lambda m: m / m.max())(torch.tensordot(w[c], f[0], dims=1))),
    ("cam", "wrong_shape", lambda f, w, c: F.conv2d(f, w[c][None, :, None, None])),
    ("cam", None, lambda f, w, c: torch.tensordot(w[:, c], f[0], dims=1)),
    ("cam", None, lambda f, w, c: f[0].mean(0)),
    ("cam", None, lambda f, w, c: torch.tensordot(w[c or 1], f[0], dims=1)),
    ("guided_grad_cam", "negatives_lost", lambda g, h: (g * h).relu()),
    ("guided_grad_cam", "channels_merged", lambda g, h: (g * h).sum(0)),
    ("guided_grad_cam", "side_effect", lambda g, h: g.mul_(h)),
    ("guided_grad_cam", None, lambda g, h: g + h),
    ("guided_grad_cam", None, lambda g, h: (g * h)[None]),
    ("guided_grad_cam", None, lambda g, h: g),
]


@pytest.mark.parametrize(
    ("function", "name", "answer"), WRONG, ids=[f"{f}-{n}-{i}" for i, (f, n, _) in enumerate(WRONG)]
)
def test_wrong_answers_are_told_and_named(function, name, answer):
    outcome = task(function).check(answer)
    assert outcome.status is not Status.PASSED
    failed = [item for item in outcome.items if item.status is not Status.PASSED]
    assert all(item.message for item in failed)
    if name:
        assert name in {item.misconception for item in failed}


def test_every_example_tells_its_misconceptions_apart_from_the_answer():
    from course_utils.comparison import compare

    for entry in lesson6.GUIDE.tasks:
        for example in entry.examples:
            for misconception in example.misconceptions:
                if misconception.value is not None:
                    assert compare(misconception.value, example.expected), (entry.name, misconception.name)
                elif misconception.when is not None:
                    try:
                        matches = misconception.when(example.expected)
                    except Exception:
                        matches = False
                    assert not matches, (entry.name, misconception.name)


@pytest.mark.parametrize("question", lesson6.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_key_and_an_explanation_for_each_option(question):
    assert [question.is_right(letter) for letter in "ABCD"].count(True) == 1
    assert list(question.explanations) == ["A", "B", "C", "D"]
    assert all(len(text) > 40 for text in question.explanations.values())
