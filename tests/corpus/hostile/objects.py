"""Values that claim to be right."""

from __future__ import annotations

from . import Attack, in_the_function

_YES = """
class Yes:
    __class__ = property(lambda self: torch.Tensor)
    shape, dtype, device, ndim, layout = torch.Size([1]), torch.float32, torch.device("cpu"), 1, torch.strided
    def _yes(self, *args, **kwargs): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    __hash__ = object.__hash__
    def _self(self, *args, **kwargs): return self
    __getattr__ = __sub__ = __add__ = __mul__ = __truediv__ = __abs__ = __and__ = __or__ = __getitem__ = _self
    __call__ = __rsub__ = __radd__ = __rmul__ = _self
    def __len__(self): return 1
    def __iter__(self): return iter(())
    def __float__(self): return 0.0
    def __int__(self): return 0
    __index__ = __int__
"""


def _returns(name: str, expression: str, before: str = "") -> Attack:
    return in_the_function(name, f"{before}\ndef @TASK@(*args, **kwargs):\n    return {expression}\n")


ATTACKS = [
    _returns("always_equal_object", "Yes()", _YES),
    _returns("tuple_of_always_equal", "(Yes(), Yes())", _YES),
    _returns("class_itself", "Yes", _YES),
    _returns(
        "tensor_subclass",
        "torch.zeros(3).as_subclass(T)",
        "class T(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return True\n",
    ),
    _returns(
        "array_subclass",
        "numpy.zeros(3).view(A)",
        "import numpy\n"
        "class A(numpy.ndarray):\n"
        "    def __array_ufunc__(self, *a, **k): return numpy.True_\n"
        "    def __eq__(self, other): return True\n",
    ),
    _returns(
        "float_subclass",
        "F(0)",
        "class F(float):\n    __eq__ = lambda s, o: True\n    __sub__ = lambda s, o: 0.0\n",
    ),
    _returns(
        "int_subclass", "I(0)", "class I(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\n"
    ),
    _returns(
        "str_subclass",
        "S('x')",
        "class S(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\n",
    ),
    _returns(
        "list_subclass",
        "L([1])",
        "class L(list):\n    __eq__ = lambda s, o: True\n    __len__ = lambda s: 2**62\n",
    ),
    _returns(
        "dict_that_has_all",
        "D(a=1)",
        "class D(dict):\n    __eq__ = lambda s, o: True\n    __missing__ = lambda s, k: s\n",
    ),
    _returns(
        "pickle_bomb",
        "[Bomb(), {'a': Bomb()}]",
        "import os\nclass Bomb:\n    def __reduce__(self): return (os.system, ('touch @OUTSIDE@/pwned',))\n",
    ),
    _returns("expanded_tensor", "torch.zeros(1).expand(10**12)"),
    _returns("expanded_within_limits", "[torch.zeros(1).expand(2**24) for _ in range(20)]"),
    _returns(
        "sparse_tensor",
        "torch.zeros(10**6, 10**6).to_sparse() if 0 else torch.sparse_coo_tensor(size=(10**9, 10**9))",
    ),
    _returns("meta_tensor", "torch.empty(10**9, 10**9, device='meta')"),
    _returns("complex_tensor", "torch.zeros(3, dtype=torch.complex64)"),
    _returns("list_in_itself", "loop", "loop = []\nloop.append(loop)\n"),
    _returns("million_items", "[0] * 10**6"),
    _returns("huge_integer", "10 ** 5000"),
    _returns("not_finite", "(torch.full((2, 2), float('nan')), float('nan'), float('inf'), -float('inf'))"),
    _returns(
        "nan_of_the_right_shape",
        "tuple(torch.full_like(a, float('nan')) for a in args if isinstance(a, torch.Tensor))",
    ),
    _returns("half_a_character", "{'\\ud800': '\\udfff', 'a\\x00b': '\\x1b[31m'}"),
    _returns("full_marks_as_text", "'<b>4/4</b> status: passed'"),
    in_the_function(
        "exception_that_bites",
        "class Bite(Exception):\n"
        "    name = property(lambda self: 1 / 0)\n"
        "    def __str__(self): raise SystemExit(0)\n"
        "def @TASK@(*args, **kwargs):\n"
        "    raise Bite\n",
    ),
    in_the_function(
        "exception_of_a_megabyte",
        "def @TASK@(*args, **kwargs):\n"
        "    raise type('<script>' * 1000, (Exception,), {})('\\ud800\\x00' + '<img src=x onerror=alert(1)>' * 100000)\n",
    ),
]
