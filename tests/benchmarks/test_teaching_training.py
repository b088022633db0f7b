"""The teaching model's pictures, composites, distillation and training loop, on small made-up pictures."""

import itertools
import math

import numpy as np
import pytest
import torch

from benchmarks.teaching_model import threads, train
from benchmarks.teaching_model.composites import Composites
from benchmarks.teaching_model.distil import Outputs, Student, Teacher, loss_parts
from benchmarks.teaching_model.memory import Memory
from benchmarks.teaching_model.pictures import Picture, Pictures


@pytest.fixture
def pictures():
    """Three cut-outs and two photographs of noise."""
    rng = np.random.default_rng(0)

    def noise(*shape):
        return rng.integers(0, 256, shape, dtype=np.uint8)

    return Pictures(
        [Picture(f"made/{name}.png", noise(40, 60, 4)) for name in ("zebra", "cup", "key")],
        [Picture(f"made/{name}.jpg", noise(90, 120, 3)) for name in ("hill", "lake")],
    )


def test_a_composite_depends_on_its_number_alone(pictures):
    first, second = Composites(pictures, seed=0), Composites(pictures, seed=0)
    a = [first[(number, 48)] for number in range(12)]
    b = [second[(number, 48)] for number in reversed(range(12))][::-1]
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert all(x.shape == (3, 48, 48) and x.dtype == torch.uint8 for x in a)
    assert len({x.numpy().tobytes() for x in a}) == 12
    assert not torch.equal(a[0], Composites(pictures, seed=1)[(0, 48)])


def test_the_lessons_animals_are_drawn_more_often(pictures):
    names = [p.name for p in Composites(pictures, seed=0).pictures.cutouts]
    assert {name: names.count(name) for name in set(names)} == {
        "made/zebra.png": 12,
        "made/cup.png": 1,
        "made/key.png": 1,
    }


def test_the_split_holds_out_a_tenth_by_name_and_never_a_lessons_animal():
    pixels = np.zeros((1, 1, 4), np.uint8)
    made = [Picture(f"made/{n}.png", pixels) for n in range(2000)]
    animals = [Picture(f"place{n}/zebra.png", pixels) for n in range(100)]
    kept, held_out = Pictures(made + animals, []).split()
    assert len(kept.cutouts) + len(held_out.cutouts) == 2100
    assert 150 <= len(held_out.cutouts) <= 250
    assert {a.name for a in animals} <= {p.name for p in kept.cutouts}
    assert Pictures(list(reversed(made)), []).split()[1].cutouts == [
        p for p in reversed(made) if p in held_out.cutouts
    ]


@pytest.fixture(scope="module")
def teacher():
    return Teacher()


def test_teacher_and_student_give_outputs_of_the_same_shapes(teacher):
    student = Student(teacher.model._fc)
    x = torch.rand(2, 3, 64, 64)
    taught, learnt = teacher(x), student(x)
    shapes = [tuple(m.shape) for m in taught.maps]
    assert shapes == [(2, 24, 16, 16), (2, 40, 8, 8), (2, 112, 4, 4), (2, 320, 2, 2)]
    assert [tuple(m.shape) for m in learnt.maps] == shapes
    assert taught.features.shape == learnt.features.shape == (2, 1280)
    assert taught.logits.shape == learnt.logits.shape == (2, 1000)
    half = student(x, depth=2)
    assert len(half.maps) == 2 and half.logits is None
    assert torch.equal(teacher(x, depth=2).maps[1], taught.maps[1])


def test_layer4_alone_on_what_layer3_gave_is_the_whole_student(teacher):
    student = Student(teacher.model._fc).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        whole, last = student(x), student.last(student.before_last(x))
    assert torch.allclose(last.logits, whole.logits, atol=1e-5)
    assert torch.allclose(last.maps[0], whole.maps[3], atol=1e-5)


def test_what_lies_before_the_first_learning_layer_keeps_still(teacher):
    student = Student(teacher.model._fc)
    student.train_from(3)
    learning = {
        name.split(".")[1] for name, p in student.net.named_parameters(prefix="net") if p.requires_grad
    }
    assert learning == {"layer3", "layer4", "fc"}
    assert [a.weight.requires_grad for a in student.adapters] == [False, False, True, True]
    student.train_from(1)
    assert all(p.requires_grad for p in student.parameters())


def test_memory_gives_back_pictures_with_their_own_answers_and_forgets_the_oldest():
    memory = Memory(most=6)
    for number in range(4):
        mark = torch.full((2, 1), float(number))
        maps = mark.view(2, 1, 1, 1)
        memory.add(
            maps.expand(2, 4, 3, 3), Outputs([maps.expand(2, 5, 1, 1)], mark.expand(2, 7), mark.expand(2, 9))
        )
    before, taught = memory.draw(6, torch.Generator().manual_seed(0), torch.device("cpu"))
    assert before.shape == (6, 4, 3, 3) and before.dtype == torch.float32
    marks = before[:, 0, 0, 0]
    assert sorted(marks.tolist()) == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    for answer in (taught.maps[0], taught.features, taught.logits):
        assert torch.equal(answer.flatten(1)[:, 0], marks)
    memory.add(
        torch.zeros(1, 4, 5, 5), Outputs([torch.zeros(1, 5, 2, 2)], torch.zeros(1, 7), torch.zeros(1, 9))
    )
    assert memory.draw(2, torch.Generator(), torch.device("cpu"))[0].shape == (1, 4, 5, 5)


def test_teachers_logits_are_the_models_own(teacher):
    x = torch.rand(2, 3, 224, 224)
    expected = teacher.model((x * 255 - 127) / 128)
    assert torch.allclose(teacher(x).logits, expected, atol=1e-3)


def test_the_exported_resnet_computes_the_students_logits(teacher):
    from torchvision import models

    torch.manual_seed(0)
    student = Student(teacher.model._fc).eval()
    net = models.resnet18().eval()
    net.load_state_dict(student.export())
    x = torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        expected = student(x).logits
        ours = net((x - student.mean) / student.std)
    assert torch.allclose(ours, expected, atol=1e-4 * expected.abs().max().item())


def test_the_loss_is_nothing_for_the_teacher_itself_and_about_one_for_the_mean():
    generator = torch.Generator().manual_seed(0)
    maps = [torch.randn(4, 6, 8, 8, generator=generator) for _ in range(3)]
    features = torch.randn(4, 1280, generator=generator)
    logits = torch.randn(4, 1000, generator=generator)
    taught = Outputs(maps, features, logits)
    same = loss_parts(taught, taught)
    assert {name: value.item() for name, value in same.items()} == pytest.approx(
        {"maps": 0, "features": 0, "logits": 0, "classes": 0}, abs=1e-6
    )
    means = [m.mean(dim=(0, 2, 3), keepdim=True).expand_as(m) for m in maps]
    flat = loss_parts(Outputs(means, features.mean(0).expand(4, -1), torch.zeros(4, 1000)), taught)
    assert flat["maps"].item() == pytest.approx(3 / 1.05, rel=0.02)
    assert flat["logits"].item() == pytest.approx(1 / 1.05, rel=0.02)
    # The variance over 4 pictures divides by 3, the mean squared error by 4.
    assert flat["features"].item() == pytest.approx(0.75 / 1.05, rel=0.1)
    # Against a uniform guess the divergence is log(1000) less the teacher's entropy.
    entropy = torch.distributions.Categorical(logits=logits).entropy().mean()
    assert flat["classes"].item() == pytest.approx(math.log(1000) - entropy.item(), rel=1e-4)
    assert set(loss_parts(Outputs(maps), Outputs(maps))) == {"maps"}


def test_progress_goes_through_every_stage_and_ends_at_224_pixels():
    progress = train.Progress(minutes=1, steps=100)
    sides = []
    for progress.step in range(100):
        sides.append(progress.stage().side)
    assert [side for side, _ in itertools.groupby(sides)] == [80, 96, 128, 96, 128, 224]
    progress.step = 100
    assert progress.share() == 1.0 and progress.stage().side == 224
    assert progress.rate() < 0.01 * train.RATE


def test_threads_follow_the_cores_that_others_leave_free(monkeypatch, tmp_path):
    stat, clock, mine = tmp_path / "stat", [100.0], [50.0]
    monkeypatch.setattr(threads, "STAT", stat)
    monkeypatch.setattr(threads.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(threads.os, "sysconf", lambda name: 100)
    times = type("Times", (), {"user": property(lambda self: mine[0]), "system": 0.0})()
    monkeypatch.setattr(threads.os, "times", lambda: times)
    asked = []
    monkeypatch.setattr(threads.torch, "set_num_threads", asked.append)

    def busy(everybody, ours):
        clock[0] += 10
        mine[0] += ours
        used[0] += everybody
        stat.write_text(f"cpu  {round(100 * used[0])} 0 0 999 999 0 0 0 0 0\n")

    used = [1000.0]
    busy(0, 0)
    adjusting = threads.Threads(most=4)
    for everybody, ours in ((40, 40), (20, 10), (60, 10), (11, 10)):
        busy(everybody, ours)
        adjusting.adjust()
    assert asked == [4, 3, 1, 4]
    adjusting.adjust()  # a moment later: nothing new is known
    assert len(asked) == 4


@pytest.mark.slow
def test_training_saves_resumes_and_exports(monkeypatch, tmp_path, pictures):
    from benchmarks.teaching_model import export
    from course_utils import backbones

    monkeypatch.setattr(train, "CHECKPOINT", tmp_path / "build" / "checkpoint.pt")
    monkeypatch.setattr(export, "CHECKPOINT", tmp_path / "build" / "checkpoint.pt")
    monkeypatch.setattr(export, "RECALIBRATION_BATCHES", 1)
    monkeypatch.setattr(
        train, "STAGES", (train.Stage(0.5, 64, 2, depth=2), train.Stage(1.01, 96, 2, first=4, again=1))
    )
    for module in (train, export):
        monkeypatch.setattr(module, "read_pictures", lambda: pictures)
    said = []
    device = torch.device("cpu")
    train.train(1, 2, 0, device, said.append)
    train.train(1, 4, 0, device, said.append)
    assert any("going on from step 2" in line for line in said)
    assert said[-1].startswith("done: 4 steps, 8 pictures")
    target = tmp_path / "teaching_resnet18.safetensors"
    export.export(target)
    assert target.stat().st_size < 25e6
    monkeypatch.setattr(backbones, "TEACHING_WEIGHTS", target)
    backbone = backbones.load_backbone("teaching_resnet18", device="cpu", verbose=False)
    assert torch.isfinite(backbone.model(torch.zeros(1, 3, 64, 64))).all()
