"""One warm template with small limits for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.sandbox import levels
from autograder.sandbox.client import Template
from tests.corpus.limits import SMALL


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template(levels.choose("full"), limits=SMALL) as template:
        yield template
