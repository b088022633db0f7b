"""Library functions that refuse to work for a while: all of them, under any name, and only for that while."""

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as F
from scipy.signal import correlate2d as slide
from torch import nn
from torch.nn.functional import conv2d as renamed

from course_utils.forbidden import CONVOLUTIONS, NotByHand, forbidden

IMAGE, KERNEL = torch.arange(64.0).view(1, 1, 8, 8), torch.ones(1, 1, 3, 3)
CALLS = {
    "functional": lambda: F.conv2d(IMAGE, KERNEL),
    "another name": lambda: renamed(IMAGE, KERNEL),
    "torch's own": lambda: torch.conv2d(IMAGE, KERNEL),
    "a layer": lambda: nn.Conv2d(1, 1, 3)(IMAGE),
    "one-dimensional": lambda: F.conv1d(IMAGE[:, 0, :1], KERNEL[:, :, 0]),
    "transposed": lambda: F.conv_transpose2d(IMAGE, KERNEL),
    "the operator": lambda: torch.ops.aten.conv2d(IMAGE, KERNEL),
    "numpy": lambda: np.convolve([1, 2], [3]),
    "scipy": lambda: scipy.signal.convolve2d(IMAGE[0, 0], KERNEL[0, 0]),
    "scipy, another name": lambda: slide(IMAGE[0, 0], KERNEL[0, 0]),
}


class Scripted(nn.Module):
    def forward(self, image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.conv2d(image, kernel)


def past_python():
    with torch._C.DisableTorchFunction():
        return F.conv2d(IMAGE, KERNEL)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_ways_past_pythons_functions_are_refused_too():
    """Found by a hostile notebook: neither a script nor a switched-off mode meets a Python function."""
    scripted = torch.jit.script(Scripted())
    for way in (lambda: scripted(IMAGE, KERNEL), past_python):
        with pytest.raises(RuntimeError), forbidden(CONVOLUTIONS):
            way()
        assert way().shape == (1, 1, 6, 6)


@pytest.mark.parametrize("name", CALLS)
def test_refused_within_and_working_after(name):
    with pytest.raises(NotByHand, match="by hand"), forbidden(CONVOLUTIONS, globals()):
        CALLS[name]()
    assert CALLS[name]() is not None


def test_what_does_it_by_hand_goes_on_working():
    with forbidden(CONVOLUTIONS, globals()):
        columns = F.unfold(IMAGE, 3)
        windows = IMAGE.unfold(2, 3, 1).unfold(3, 3, 1)
        numpy_windows = np.lib.stride_tricks.sliding_window_view(IMAGE[0, 0].numpy(), (3, 3))
    expected = F.conv2d(IMAGE, KERNEL)[0, 0]
    torch.testing.assert_close(columns.sum(1).view(6, 6), expected)
    torch.testing.assert_close(windows.sum((4, 5))[0, 0], expected)
    np.testing.assert_allclose(numpy_windows.sum((2, 3)), expected)


def test_no_names_forbid_nothing():
    with forbidden(()):
        assert F.conv2d(IMAGE, KERNEL).shape == (1, 1, 6, 6)


def test_names_come_back_where_the_block_raises():
    with pytest.raises(ZeroDivisionError), forbidden(CONVOLUTIONS, globals()):
        raise ZeroDivisionError
    assert slide is scipy.signal.correlate2d
    assert slide(np.ones((3, 3)), np.ones((3, 3)), mode="valid") == 9
