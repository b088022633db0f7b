"""Fine-tuned models on disk: what is saved comes back, and a bad file gives one clear line and changes nothing."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from course_utils.own_pictures import OwnPicturesError
from course_utils.saved_models import SavedModelError, load_model, read_card, save_model


def model(classes: int = 2, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, classes))


@pytest.fixture
def saved(tmp_path):
    first = model()
    first(torch.randn(5, 3, 4, 4))  # moves the BatchNorm statistics, which are to be saved too
    save_model(tmp_path / "pets", first, ["cat", "dog"], "resnet18")
    return tmp_path / "pets", first.eval()


def test_what_is_saved_comes_back(saved):
    path, first = saved
    second = model(seed=1)
    assert load_model(path, second) == ("cat", "dog")
    x = torch.randn(3, 3, 4, 4)
    assert torch.equal(first(x), second(x))
    assert not second.training
    assert read_card(f"{path}.json") == (("cat", "dog"), "resnet18")


def test_the_files_hold_no_pickle(saved):
    path, _ = saved
    content = path.with_name("pets.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert "3.weight" in json.loads(content[8 : 8 + length])
    assert sorted(p.name for p in path.parent.iterdir()) == ["pets.json", "pets.safetensors"]


def _no_weights(path):
    path.with_name("pets.safetensors").unlink()


def _no_card(path):
    path.with_name("pets.json").unlink()


def _damaged(path):
    path.with_name("pets.safetensors").write_bytes(b"\x80\x04pickle")


def _foreign_card(path):
    path.with_name("pets.json").write_text("[1, 2]")


def _broken_card(path):
    path.with_name("pets.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_weights, "there is no"),
        (_no_card, "there is no"),
        (_damaged, "damaged"),
        (_foreign_card, "no card"),
        (_broken_card, "no card"),
    ],
)
def test_a_bad_file_gives_one_clear_line_and_leaves_the_model(saved, spoil, words):
    path, _ = saved
    spoil(path)
    second = model(seed=1)
    before = {name: value.clone() for name, value in second.state_dict().items()}
    with pytest.raises(SavedModelError, match=words) as caught:
        load_model(path, second)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in second.state_dict().items())


def test_weights_for_another_head_are_refused(saved):
    with pytest.raises(SavedModelError, match="resnet18 with a head for 2 classes"):
        load_model(saved[0], model(classes=3))


def test_bad_arguments_give_one_clear_line(tmp_path):
    with pytest.raises(OwnPicturesError):
        save_model(tmp_path / "x", model(), ["cat"], "resnet18")
    with pytest.raises(SavedModelError, match="no file name"):
        save_model("", model(), ["cat", "dog"], "resnet18")
    (tmp_path / "file").write_text("x")
    with pytest.raises(SavedModelError, match="cannot be written"):
        save_model(tmp_path / "file" / "x", model(), ["cat", "dog"], "resnet18")
