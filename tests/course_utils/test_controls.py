"""Menus over a figure: the static figure always comes, menus only where somebody can use them."""

import sys

import ipywidgets
import pytest

from course_utils import controls


@pytest.fixture
def calls():
    return []


def not_live(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)


def test_without_a_live_notebook_the_first_choices_are_drawn_and_nothing_else(monkeypatch, calls):
    not_live(monkeypatch)
    monkeypatch.setattr(ipywidgets, "interact", lambda *args, **kwargs: calls.append("menu"))
    controls.explore(lambda **chosen: calls.append(chosen), layer=("early", "late"), channel=range(3))
    assert calls == [{"layer": "early", "channel": 0}]


def test_in_jupyter_menus_follow_and_begin_with_the_second_choice(monkeypatch, calls):
    not_live(monkeypatch)
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    menus = {}
    monkeypatch.setattr(ipywidgets, "interact", lambda draw, **given: menus.update(given))
    controls.explore(lambda **chosen: calls.append(chosen), layer=("early", "late"), channel=[7])
    assert calls == [{"layer": "early", "channel": 7}]
    assert {name: menu.value for name, menu in menus.items()} == {"layer": "late", "channel": 7}
    assert menus["layer"].options == ("early", "late")


def test_in_colab_it_is_live_too(monkeypatch):
    not_live(monkeypatch)
    assert not controls.is_live()
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert controls.is_live()


def test_missing_ipywidgets_leaves_the_figure(monkeypatch, calls):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    controls.explore(lambda layer: calls.append(layer), layer=["early"])
    assert calls == ["early"]
