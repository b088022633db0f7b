"""Menus over a figure, where a notebook is live; the figure alone wherever it is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any


def is_live() -> bool:
    """Whether somebody sits before this notebook in Jupyter or Colab, so that a menu could be used."""
    return "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ


def explore(draw: Callable[..., Any], **choices: Iterable[Any]) -> None:
    """Call ``draw`` with the first of each of ``choices``; where the notebook is live, offer menus, too.

    draw: shows one figure and takes each choice by its name. choices: name → the values to choose from, in
    order. The first figure stands for itself, so that a notebook that is printed, exported or opened without a
    kernel has it. Nothing is lost where ipywidgets is missing.
    """
    options = {name: list(values) for name, values in choices.items()}
    draw(**{name: values[0] for name, values in options.items()})
    if not is_live():
        return
    try:
        from ipywidgets import Dropdown, interact
    except ImportError:
        return
    # The figure above is the first choice already: begin with the next, so that the menu shows something new.
    menus = {
        name: Dropdown(options=values, value=values[min(1, len(values) - 1)], description=name)
        for name, values in options.items()
    }
    interact(draw, **menus)
