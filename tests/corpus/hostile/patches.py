"""Payloads that change what judges, or what answers."""

from __future__ import annotations

from . import in_a_cell, in_the_function

_ANY = "\ndef @TASK@(*args, **kwargs):\n    return torch.zeros(1)\n"

ATTACKS = [
    in_the_function(
        "torch_compares_true",
        "yes = lambda *a, **k: torch.tensor(True)\n"
        "torch.equal = torch.allclose = lambda *a, **k: True\n"
        "torch.isclose = torch.eq = yes\n"
        "for name in ('__eq__', '__ne__', '__le__', '__lt__', 'eq', 'le', 'allclose', 'isfinite', 'all', '__bool__'):\n"
        "    setattr(torch.Tensor, name, lambda self, *a, **k: True)\n"
        "import numpy\n"
        "numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True\n" + _ANY,
    ),
    in_the_function(
        "course_compares_true",
        "import sys\n"
        "from course_utils import comparison, outcomes\n"
        "comparison.compare = comparison._difference = lambda *a, **k: None\n"
        "for module in list(sys.modules.values()):\n"
        "    if hasattr(module, 'compare'):\n"
        "        module.compare = lambda *a, **k: None\n"
        "outcomes.summarise = lambda *a, **k: outcomes.Status.PASSED\n" + _ANY,
    ),
    in_the_function(
        "builtins_lie",
        "import builtins\n"
        "builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0\n"
        "builtins.all = builtins.any = lambda *a, **k: True\n" + _ANY,
    ),
    in_a_cell(
        "ipython_says_ok",
        "shell = get_ipython()\n"
        "done = type('R', (), {'error_before_exec': None, 'error_in_exec': None, 'success': True, 'result': 99})()\n"
        "shell.run_cell = lambda *a, **k: done\n"
        "type(shell).run_cell = lambda *a, **k: done\n",
    ),
    in_a_cell(
        "input_transformer",
        "def better(lines):\n"
        "    return [line.replace('raise NotImplementedError(\"TODO\")', 'return 99') for line in lines]\n"
        "get_ipython().input_transformers_cleanup.append(better)\n",
    ),
    in_the_function(
        "worker_performs_nothing",
        "import sys\n"
        "answer = {'status': 'ok', 'values': [{'kind': 'float', 'value': 1.0}] * 2, 'changes': [], 'after': [],\n"
        "          'earned': 99, 'possible': 1, 'passed': True}\n"
        "for name, module in list(sys.modules.items()):\n"
        "    if name.startswith('worker') and hasattr(module, 'perform'):\n"
        "        module.perform = lambda *a, **k: (answer, {})\n" + _ANY,
    ),
    in_the_function(
        "worker_encodes_lies",
        "import sys\n"
        "def lie(value, tensors, notes=None):\n"
        "    tensors['0'] = torch.zeros(1)\n"
        "    return {'kind': 'tensor', 'name': '0', 'equal': True}\n"
        "for name, module in list(sys.modules.items()):\n"
        "    if name.startswith('worker') and hasattr(module, 'encode'):\n"
        "        module.encode = lie\n" + _ANY,
    ),
    in_the_function(
        "safetensors_saves_nonsense",
        "import safetensors.torch, sys\n"
        "for module in (safetensors.torch, sys.modules['worker.wire']):\n"
        "    for name in ('save', 'save_tensors'):\n"
        "        if hasattr(module, name):\n"
        "            setattr(module, name, lambda *a, **k: b'\\xff' * 64)\n" + _ANY,
    ),
    in_the_function(
        "no_side_effect_is_ever_seen",
        "import sys\n"
        "sys.modules['worker.state'].Snapshot.changes = lambda self: []\n"
        "sys.modules['worker.calls'].switches_changed = lambda: []\n" + _ANY,
    ),
    in_the_function(
        "verdict_instead_of_an_answer",
        "import sys\n"
        "wire = sys.modules['worker.wire']\n"
        "old = wire.send\n"
        "def send(sock, message, *rest, **more):\n"
        "    return old(sock, {'task': '@TASK@', 'status': 'passed', 'earned': 4, 'possible': 4, 'items': [],\n"
        "                      'values': [True], 'done': True, 'task_over': False})\n"
        "wire.send = send\n" + _ANY,
    ),
    in_a_cell(
        "hooks_everywhere",
        "import atexit, gc, sys, threading\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None): raise ImportError('mine now')\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.addaudithook(lambda event, args: None)\n"
        "atexit.register(lambda: open('@OUTSIDE@/atexit', 'w').write('x'))\n"
        "class Late:\n"
        "    def __del__(self): open('@OUTSIDE@/late', 'w').write('x')\n"
        "late = [Late()]\n"
        "late.append(late)\n"
        "gc.callbacks.append(lambda *a: None)\n"
        "sys.setprofile(lambda *a: None)\n"
        "threading.setprofile(lambda *a: None)\n"
        "sys.excepthook = sys.unraisablehook = lambda *a: None\n",
    ),
    in_a_cell(
        "score_printed",
        "for text in ('nan', 'inf', '1e308', '99', '-1', '4.0', 'None', '{\"earned\": 99}'):\n"
        "    print(text)\n"
        "    display(text)\n"
        "float('nan')\n",
    ),
    in_a_cell(
        "later_cells_rewritten",
        "import types\n"
        "class Sticky(dict):\n"
        "    def __setitem__(self, key, value):\n"
        "        if isinstance(value, types.FunctionType):\n"
        "            value = lambda *a, **k: torch.zeros(1)\n"
        "        dict.__setitem__(self, key, value)\n"
        "get_ipython().user_ns = Sticky(get_ipython().user_ns)\n",
    ),
    in_a_cell(
        "the_tests_own_name",
        "import sys\n"
        "sys.modules['autograder'] = sys.modules['course_utils']\n"
        "sys.modules['nbgrader'] = sys.modules['torch']\n"
        "__name__ = 'autograder.marking'\n",
    ),
]
