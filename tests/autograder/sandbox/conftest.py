"""One warm template with small limits for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.sandbox import levels
from autograder.sandbox.client import Template
from autograder.sandbox.watch import Limits

SMALL = Limits(
    cell_seconds=3,
    call_seconds=2,
    wall_factor=8,
    idle_seconds=3,
    memory=500 * 2**20,
    processes=16,
    disk=32 * 2**20,
    file=16 * 2**20,
)


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template(levels.choose("full"), limits=SMALL) as template:
        yield template
