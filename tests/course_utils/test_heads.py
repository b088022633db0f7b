"""Heads on a frozen body: the parts put together again are the network, and training draws as told."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course_utils.backbones import BackboneError
from course_utils.heads import as_input, features_of, headless, train_head
from course_utils.tiny_models import colour_spotter


def backbone_of(model):
    return SimpleNamespace(model=model, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), device=torch.device("cpu"))


def test_body_and_old_head_are_the_network_again():
    backbone = backbone_of(colour_spotter())
    body = headless(backbone)
    images = torch.randint(0, 256, (20, 3, 6, 8), dtype=torch.uint8)
    features = features_of(body, images, backbone)
    assert features.shape == (20, 3)
    with torch.no_grad():
        wanted = backbone.model(images.float() / 255)
        torch.testing.assert_close(backbone.model.fc(features), wanted)
        torch.testing.assert_close(nn.Sequential(body, backbone.model.fc)(as_input(images, backbone)), wanted)
    assert isinstance(backbone.model.fc, nn.Linear)
    assert not any(p.requires_grad for p in body.parameters())
    assert all(p.requires_grad for p in backbone.model.parameters())


def test_a_network_without_a_linear_layer_is_one_clear_line():
    with pytest.raises(BackboneError, match="no linear layer"):
        headless(backbone_of(nn.Sequential(nn.Conv2d(3, 4, 1))))


def test_a_head_learns_what_is_there():
    generator = torch.Generator().manual_seed(5)
    labels = torch.arange(90) % 3
    features = torch.randn(90, 6, generator=generator) + 4 * nn.functional.one_hot(labels, 6)
    head = train_head(features, labels)
    assert head.out_features == 3
    assert not head.training
    assert (head(features).argmax(1) == labels).float().mean() > 0.97


def test_weights_decide_what_is_drawn():
    features, labels = torch.ones(10, 2), torch.tensor([0] * 9 + [1])
    answers = [int(train_head(features, labels, w)(features[:1]).argmax()) for w in (None, labels.float())]
    assert answers == [0, 1]


def test_same_seed_same_head_and_the_global_state_stays():
    features, labels = torch.randn(30, 4), torch.arange(30) % 2
    torch.manual_seed(8)
    before = torch.get_rng_state()
    first = train_head(features, labels, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(9)
    assert torch.equal(train_head(features, labels, seed=2).weight, first.weight)
    assert not torch.equal(train_head(features, labels, seed=3).weight, first.weight)
