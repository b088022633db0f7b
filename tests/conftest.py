"""What all tests share: one thread a process, no network unless a test says so, and where the checkout is."""

import os

# Before torch is imported anywhere: several test processes share few cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("COURSE_OFFLINE", "1")

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
import torch  # noqa: E402

# Before any test imports torchvision, which on some machines imports only after this (course_utils.compat).
import course_utils  # noqa: E402, F401

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def torch_classes_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some wrong answers patch torch's classes for good; the next test must not compute with them."""
    for kind in (torch.nn.ReLU, torch.nn.ReLU6):
        monkeypatch.setattr(kind, "forward", kind.forward)
