"""Right work in code that tools stumble over."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.course import Lesson

from . import Quirk, below, cell_of, changed, on_top, tasks, with_cell


def _in_every_task(notebook: NotebookNode, lesson: Lesson, line: str) -> None:
    for task in tasks(lesson):
        cell = cell_of(notebook, task.name)
        cell.source = f"{cell.source}\n\n{line.replace('@TASK@', task.name)}"


_WRAP = "def _wrap(function):\n    def call(*args, **kwargs):\n        %s\n        return function(*args, **kwargs)\n    return call\n@TASK@ = _wrap(@TASK@)"


def wrapped(name: str, line: str) -> Quirk:
    """Each task's function does something odd at every call."""
    return changed(name, lambda notebook, lesson: _in_every_task(notebook, lesson, _WRAP % line))


def _numpy_result(notebook: NotebookNode, lesson: Lesson) -> None:
    sources = {task.name: cell_of(notebook, task.name).source for task in tasks(lesson)}
    alone = next(
        n for n in sources if not any(f"{n}(" in text for other, text in sources.items() if other != n)
    )
    cell_of(
        notebook, alone
    ).source += (
        f"\n\n_tensor = {alone}\ndef {alone}(*args, **kwargs):\n    return _tensor(*args, **kwargs).numpy()"
    )


QUIRKS = [
    # what the notebook says before the work
    with_cell(
        "google_colab",
        "from google.colab import drive, files, userdata\ndrive.mount('/content/drive')\nfiles.upload()\nfiles.download('x')",
    ),
    with_cell(
        "pip",
        "!pip install -q torchinfo\n%pip install -q captum\nimport sys\n!{sys.executable} -m pip --version\n!apt-get install -y x",
    ),
    with_cell(
        "magics",
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'\n%env X=1\n%pwd\n%who\n%timeit -n1 -r1 1\n%cd .",
    ),
    with_cell(
        "missing_magics",
        "%matplotlib widget\n%load_ext tensorboard\n%tensorboard --logdir runs\n%nonsense\nstill_here = 1",
    ),
    with_cell("shell", "files = !ls\n!echo hello && nvidia-smi\n!cat /proc/cpuinfo | head -1"),
    with_cell("bash_cell", "%%bash\necho hello\nexit 0"),
    with_cell("html_cell", "%%html\n<b>hi</b>"),
    with_cell("help", "torch.relu?\n?torch.relu\nhelp(len)"),
    with_cell("input", "name = input('Your name? ')\nprint('Hello', name)\nimport getpass"),
    with_cell(
        "question_in_a_loop",
        "while True:\n    answer = input('again? ')\n    if answer == 'no':\n        break",
    ),
    with_cell("failing_scratch", "1 / 0"),
    with_cell("failing_import", "import tensorflow as tf\nimport cv2_does_not_exist"),
    with_cell("undefined_name", "print(no_such_name)"),
    with_cell("assertion", "assert False, 'to do later'"),
    with_cell("keyboard_interrupt", "raise KeyboardInterrupt"),
    with_cell("exit", "exit()"),
    with_cell("quit_and_sys_exit", "import sys\nquit()\nsys.exit(1)"),
    with_cell(
        "top_level_await",
        "import asyncio\nawait asyncio.sleep(0)\nasync def f():\n    return 3\nprint(await f())",
    ),
    with_cell("asyncio_run", "import asyncio\nasync def g():\n    return 3\nasyncio.run(g())"),
    with_cell(
        "noise_on_stderr",
        "import sys, warnings, logging\nprint('x' * 5000, file=sys.stderr)\nwarnings.warn('careful')\nlogging.error('no')\nwarnings.simplefilter('error')",
    ),
    with_cell(
        "tqdm",
        "from tqdm.auto import tqdm\nfrom tqdm.notebook import trange\nfor _ in tqdm(range(3)): pass\nfor _ in trange(3): pass",
    ),
    with_cell("much_printed", "for n in range(20000):\n    print(n, 'x' * 50)"),
    with_cell(
        "pictures",
        "import matplotlib.pyplot as plt\nplt.style.use('dark_background')\nfor _ in range(25):\n    plt.figure()\nplt.plot([1]); plt.show(); plt.savefig('mine.png')",
    ),
    with_cell(
        "widgets",
        "import ipywidgets as widgets\nfrom IPython.display import display, HTML, Javascript, clear_output\nwidgets.interact(lambda n: n, n=3)\ndisplay(HTML('<b>x</b>'), Javascript('1'))\nclear_output(wait=True)",
    ),
    with_cell(
        "cuda_in_scratch",
        "device = torch.device('cuda')\nx = torch.ones(2).to(device)\nm = torch.nn.Linear(2, 2).cuda()\nprint(m(x.cuda()), torch.zeros(1, device='cuda:0'))",
    ),
    with_cell(
        "device_if_there",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'\ntorch.cuda.empty_cache()\ntorch.cuda.manual_seed_all(3)",
    ),
    with_cell("default_device_cuda", "torch.set_default_device('cuda')\ntorch.zeros(3)"),
    with_cell("grad_off", "torch.set_grad_enabled(False)"),
    with_cell("double_by_default", "torch.set_default_dtype(torch.float64)"),
    with_cell(
        "deterministic",
        "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.deterministic = True\ntorch.autograd.set_detect_anomaly(True)",
    ),
    with_cell("inference_mode_left_on", "torch.inference_mode().__enter__()"),
    with_cell("no_grad_left_on", "torch.no_grad().__enter__()"),
    with_cell(
        "many_threads",
        "torch.set_num_threads(4)\ntorch.set_num_interop_threads(4)\ntorch.nn.functional.conv2d(torch.randn(8, 16, 64, 64), torch.randn(32, 16, 3, 3)).sum()",
    ),
    with_cell(
        "threads_left",
        "import threading, time\nthreading.Thread(target=lambda: time.sleep(20), daemon=True).start()",
    ),
    with_cell(
        "loader_with_helpers",
        "from torch.utils.data import DataLoader, TensorDataset\nfor _ in DataLoader(TensorDataset(torch.zeros(8, 2)), batch_size=2, num_workers=2, persistent_workers=True): pass",
    ),
    with_cell("seeds", "import random, numpy as np\ntorch.manual_seed(0); random.seed(0); np.random.seed(0)"),
    with_cell(
        "odd_names_taken",
        "status = values = answer = expected = request = args = 'mine'\nsum = max = list = None\ndel sum, max, list",
    ),
    with_cell(
        "files_written",
        "import os, shutil, tempfile\nopen('notes.txt', 'w').write('x')\nshutil.copy('notes.txt', 'more.txt')\nos.makedirs('a/b', exist_ok=True)\ntempfile.mkstemp()\ntorch.save({'a': torch.ones(1)}, 'm.pt')\ntorch.load('m.pt')",
    ),
    with_cell("chdir", "import os\nos.makedirs('work', exist_ok=True)\nos.chdir('work')"),
    with_cell("emoji_and_long_lines", "été = '🦩' * 3\nx = [" + "1, " * 30000 + "]"),
    with_cell("old_mac_separators", "text = 'a\\u2028b'\nprint(text)"),
    with_cell("pasted_picture", f"picture = '{'QUJD' * 700_000}'"),
    with_cell(
        "display_hooks",
        "torch.set_printoptions(precision=2)\nimport sys\nsys.displayhook = print\nget_ipython().ast_node_interactivity = 'all'\n1\n2",
    ),
    with_cell(
        "reset_of_names",
        "import torch, copy\nget_ipython().run_line_magic('xmode', 'Verbose')\nfrom importlib import reload\nreload(copy)",
    ),
    with_cell("stdout_replaced", "import sys, io\nsys.stdout = io.StringIO()\nsys.stderr = None"),
    with_cell("compiled", "f = torch.compile(lambda x: x + 1)\nprint(f(torch.ones(1)))"),
    with_cell("cell_that_takes_its_time", "import time\ntime.sleep(1)"),
    # what stands around the work
    on_top("time_on_top", "%%time"),
    on_top("capture_on_top", "%%capture out"),
    on_top("blank_lines_on_top", "\n\n"),
    on_top(
        "import_on_top",
        "from __future__ import annotations\nimport torch, typing as t\nfrom torch import Tensor",
    ),
    on_top("magic_on_top", "%matplotlib inline\n!pip install -q torchinfo"),
    on_top("type_ignored", "# type: ignore\n# fmt: off"),
    below("call_below", "try:\n    @TASK@()\nexcept TypeError as error:\n    print(error)"),
    below("failing_call_below", "@TASK@(1, 2, 3, 4, 5)"),
    below("docstring_of_its_own", "@TASK@.__doc__ = None"),
    # the function in another dress
    below("through_a_lambda", "_mine = @TASK@\n@TASK@ = lambda *args, **kwargs: _mine(*args, **kwargs)"),
    below("through_partial", "import functools\n@TASK@ = functools.partial(@TASK@)"),
    below("through_a_class", "class Tools:\n    run = staticmethod(@TASK@)\n@TASK@ = Tools.run"),
    below(
        "callable_object",
        "class Caller:\n    def __init__(self, function): self.function = function\n    def __call__(self, *args, **kwargs): return self.function(*args, **kwargs)\n@TASK@ = Caller(@TASK@)",
    ),
    below(
        "method_of_an_object",
        "class Thing:\n    def __init__(self, function): self._function = function\n    def run(self, *args, **kwargs): return self._function(*args, **kwargs)\n@TASK@ = Thing(@TASK@).run",
    ),
    below(
        "decorated",
        "import functools\ndef noisy(function):\n    @functools.wraps(function)\n    def call(*args, **kwargs):\n        print('called')\n        return function(*args, **kwargs)\n    return call\n@TASK@ = noisy(@TASK@)",
    ),
    changed("numpy_result", _numpy_result),
    below(
        "double_result",
        "_single = @TASK@\ndef @TASK@(*args, **kwargs):\n    return _single(*args, **kwargs).double()",
    ),
    below(
        "parameter_result",
        "_plain = @TASK@\ndef @TASK@(*args, **kwargs):\n    return torch.nn.Parameter(_plain(*args, **kwargs), requires_grad=False)",
    ),
    below(
        "not_contiguous_result",
        "_plain = @TASK@\ndef @TASK@(*args, **kwargs):\n    out = _plain(*args, **kwargs)\n    return torch.stack([out, out], -1)[..., 0]",
    ),
    below(
        "more_defaults",
        "_plain = @TASK@\ndef @TASK@(*args, verbose=False, device='cpu', **kwargs):\n    return _plain(*args, **kwargs)",
    ),
    # what the functions do besides
    wrapped("prints_at_every_call", "print('x' * 10000)"),
    wrapped("warns_at_every_call", "__import__('warnings').warn('careful')"),
    wrapped("seeds_at_every_call", "torch.manual_seed(0)"),
    wrapped("draws_at_every_call", "__import__('matplotlib.pyplot').pyplot.figure()"),
    wrapped("checks_its_input", "assert all(a is not None for a in args[:1])"),
    wrapped("asks_for_cuda", "torch.zeros(1, device='cuda')"),
    wrapped(
        "moves_to_cuda",
        "args = [a.cuda() if isinstance(a, (torch.Tensor, nn.Module)) and not isinstance(a, nn.Parameter) else a for a in args]",
    ),
]
