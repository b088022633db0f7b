"""The questions of lesson 3."""

from __future__ import annotations

from course_utils.guide import Question

QUESTIONS = (
    Question(
        "q_unchanged",
        "acd180aaa3832ae9$2de396eba2331c3f92335da6f652381931bb5e09e938994428df75ae126f48ca",
        {
            "A": "A hook that returns nothing hands the output on as it is. No weight is touched by a "
            "forward "
            "pass.",
            "B": "The arithmetic is the same, operation by operation, so the logits are the same to the last "
            "bit. Only a hook that returns something replaces the output.",
            "C": "`state_dict()` holds parameters and buffers. A hook is neither, so it is not saved with "
            "the "
            "model, either.",
            "D": "The layer keeps a list of hooks and calls them after its own work. That list is all that "
            "changes, until `handle.remove()` takes the entry out again.",
        },
    ),
    Question(
        "q_inplace",
        "849a962c78039ae0$e19935094ba383e819090f3ccf1b94beaaea0c9f075be14e1f1ea971ee0e32c8",
        {
            "A": "-30 is what the convolution gave. But the ReLU then wrote its result into the same memory.",
            "B": "`detach()` gives a new tensor on the same memory. The in-place ReLU writes there, and what "
            "was kept changes with it, without any message.",
            "C": "There is no error: `detach()` takes the kept tensor out of autograd's sight, and so "
            "nothing "
            "warns you.",
            "D": "A tensor always holds one number a cell; the hook kept a tensor, and so there are values "
            "to "
            "look at. They are only the wrong ones.",
        },
    ),
    Question(
        "q_leak",
        "8004016229355dbf$da1316b5bb9c3f14f0d2aef10b5fd7c28d1bd6556184006699ed108b59c01a1e",
        {
            "A": "Each run of the cell registers one more hook; the old ones are still there.",
            "B": "That would be one call for each run. But in the second run two hooks are registered "
            "already, in "
            "the third three.",
            "C": "1 + 2 + 3 + 4 + 5 = 15: each run calls all hooks registered so far. The work grows with "
            "the "
            "square of the runs.",
            "D": "PyTorch allows any number of hooks on a layer, and registering a second one is no error. "
            "That "
            "is why nobody notices.",
        },
    ),
)
