"""The bird benchmark: its measures on answers known by hand, its table, and one whole run on a tiny network."""

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from benchmarks import birds
from course_utils.tiny_models import colour_spotter


def test_groups_by_hand():
    test = SimpleNamespace(
        labels=torch.tensor([0, 0, 0, 1, 1, 1, 1]), groups=torch.tensor([0, 0, 1, 0, 1, 1, 1])
    )
    got = birds._groups(torch.tensor([0, 1, 1, 1, 1, 1, 0]), test)
    assert got["groups"] == pytest.approx([0.5, 0.0, 1.0, 2 / 3])
    assert got["average"] == pytest.approx(13 / 24)
    assert got["worst"] == 0.0


def test_cell_weights_by_hand():
    weights = birds.cell_weights(torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1]))
    assert weights.tolist() == [0.5, 0.5, 1.0, 1.0]


def test_medians_are_taken_measure_by_measure():
    results = [
        {m: {"own": own, "flip_rate": flip, "groups": [0.0] * 4} for m in birds.MODELS}
        for own, flip in ((0.9, 0.3), (0.7, 0.1), (0.8, 0.9))
    ]
    assert birds.medians(results)["biased"] == {"own": 0.8, "flip_rate": 0.3}


@pytest.fixture
def small(monkeypatch):
    """The whole benchmark on few small pictures, with a network that sees colours alone."""
    model = colour_spotter()
    backbone = SimpleNamespace(
        name="spotter",
        model=model,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        device=torch.device("cpu"),
        layer_names={"gradcam_layer": "relu"},
    )
    monkeypatch.setattr(birds, "load_backbone", lambda *args, **kwargs: backbone)
    for name, value in {"TRAIN": 40, "FRESH": 20, "TEST": 24, "HEATMAPS": 6, "SIZE": 32}.items():
        monkeypatch.setattr(birds, name, value)
    assert isinstance(model.fc, nn.Linear)


def test_a_run_writes_one_object_a_seed_and_the_medians(small, capsys):
    assert birds.main(["--seeds", "2", "--json"]) in (0, 1)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("seed") for line in lines] == [0, 1, None]
    for model in birds.MODELS:
        for line in lines[:2]:
            assert 0 <= line[model]["worst"] <= line[model]["average"] <= 1
            assert 0 <= line[model]["flip_rate"] <= 1
            assert line[model]["area"] > 0
        assert lines[2]["medians"][model]["own"] == pytest.approx(
            (lines[0][model]["own"] + lines[1][model]["own"]) / 2
        )
    # Mean colours tell water from land and hardly more: a colour spotter falls for the shortcut.
    assert lines[2]["medians"]["biased"]["own"] > 0.8
    assert lines[2]["medians"]["biased"]["worst"] < 0.4
    assert len(lines[2]["goals"]) == 5


def test_the_table_for_readers(small, capsys):
    birds.main(["--seeds", "1"])
    out = capsys.readouterr().out
    assert out.splitlines()[0].count("|") == 7
    assert all(f"| {model} |" in out for model in birds.MODELS)


def test_no_seed_at_all_is_refused_in_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        birds.main(["--seeds", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
