"""Payloads that look for what they must not see. What they find they print after ``LEAK``, and use where they can."""

from __future__ import annotations

from . import in_a_cell, in_the_function

_END = "\nraise RuntimeError('end of payload')\n"  # so that what was printed is kept

ATTACKS = [
    in_a_cell(
        "copy_the_solution",
        "import glob, os\n"
        "for place in ('@ROOT@/solutions/*/*.py', '@ROOT@/tests/answers/*/*/right_*.py', '@PLANTED@'):\n"
        "    for path in glob.glob(place) or [place]:\n"
        "        try:\n"
        "            text = open(path).read()\n"
        "        except OSError:\n"
        "            continue\n"
        "        print('LEAK', path)\n" + _END,
    ),
    in_a_cell(
        "read_the_checkout",
        "import os\n"
        "for path in ('@ROOT@', '@ROOT@/autograder', '@ROOT@/autograder/checks/@LESSON@.py', '@ROOT@/grading',\n"
        "             '@ROOT@/grading/secret', '@ROOT@/grading/gradebook.db', '@ROOT@/.git', '@ROOT@/pyproject.toml',\n"
        "             '@ROOT@/autograder/marking.py', '@ROOT@/tests', '@GRADEBOOK@', '@PLANTED@', '/etc/shadow', '/etc/passwd',\n"
        "             '/root', '/home', '/tmp', '/var/log', '/proc/self/root@PLANTED@', '/dev/fd', '..', '../..'):\n"
        "    for read in (lambda: os.listdir(path), lambda: open(path, 'rb').read(1)):\n"
        "        try:\n"
        "            read()\n"
        "            print('LEAK', path)\n"
        "        except OSError:\n"
        "            pass\n" + _END,
    ),
    in_a_cell(
        "read_processes",
        "import os\n"
        "for pid in ('self', os.getpid(), os.getppid(), @MARKER@, 1):\n"
        "    for name in ('environ', 'cmdline', 'mem', 'maps', 'cwd', 'root', 'fd', 'exe', 'task'):\n"
        "        path = f'/proc/{pid}/{name}'\n"
        "        for read in (lambda: os.listdir(path), lambda: open(path, 'rb').read(9)):\n"
        "            try:\n"
        "                if read() and pid != os.getpid() and pid != 'self':\n"
        "                    print('LEAK', path)\n"
        "            except OSError:\n"
        "                pass\n" + _END,
    ),
    in_a_cell(
        "look_into_other_memory",
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "for pid in (os.getppid(), @MARKER@, 1):\n"
        "    buffer = ctypes.create_string_buffer(64)\n"
        "    pair = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)\n"
        "    if libc.ptrace(16, pid, 0, 0) == 0 or libc.process_vm_readv(pid, pair, 1, pair, 1, 0) > 0:\n"
        "        print('LEAK memory of', pid)\n"
        "    handle = libc.syscall(434, pid, 0)\n"
        "    if handle >= 0 and libc.syscall(438, handle, 0, 0) >= 0:\n"
        "        print('LEAK descriptor of', pid)\n" + _END,
    ),
    in_a_cell(
        "search_the_heap",
        "import gc, sys\n"
        "gc.unfreeze()\n"
        "for thing in gc.get_objects():\n"
        "    kind = type(thing)\n"
        "    if str(kind.__module__).startswith('autograder.') or kind.__name__ in ('Draw', 'LessonChecks'):\n"
        "        print('LEAK', kind)\n"
        "    if kind is dict and ('expected' in thing and 'looks' in thing or '_secret' in thing):\n"
        "        print('LEAK', list(thing)[:9])\n"
        "for name in sys.modules:\n"
        "    if name.partition('.')[0] in ('autograder', 'captum', 'nbgrader') or name.startswith('course_utils.instruments'):\n"
        "        print('LEAK', name)\n" + _END,
    ),
    in_the_function(
        "look_at_the_frames",
        "import inspect, sys\n"
        "def @TASK@(*args, **kwargs):\n"
        "    frame = sys._getframe()\n"
        "    while frame is not None:\n"
        "        for name, value in {**frame.f_globals, **frame.f_locals}.items():\n"
        "            if name in ('expected', 'item', 'items', 'draw', 'secret', 'oracle', 'judge') or isinstance(value, dict) and 'expected' in value:\n"
        "                raise RuntimeError(f'LEAK {name}')\n"
        "        frame = frame.f_back\n"
        "    return [f.filename for f in inspect.stack()]\n",
    ),
    in_a_cell(
        "look_at_the_environment",
        "import os, sys\n"
        "if '@TOKEN@' in ' '.join(list(os.environ.values()) + sys.argv):\n"
        "    print('LEAK environment')\n" + _END,
    ),
    in_a_cell(
        "import_the_checks",
        "import importlib, sys\n"
        "sys.path[:0] = ['@ROOT@', '@ROOT@/autograder', '@ROOT@/tests']\n"
        "importlib.invalidate_caches()\n"
        "for name in ('autograder', 'autograder.checks.@LESSON@', 'checks.oracles', 'captum', 'captum.attr',\n"
        "             'course_utils.instruments', 'tests.corpus.notebooks'):\n"
        "    try:\n"
        "        found = importlib.import_module(name)\n"
        "        if getattr(found, '__file__', None):\n"
        "            print('LEAK', name)\n"
        "    except Exception:\n"
        "        pass\n" + _END,
    ),
    in_the_function(
        "guess_the_inputs_from_a_seed",
        "import sys\n"
        "def @TASK@(*args, **kwargs):\n"
        "    frame, seeds = sys._getframe(), {0, 1, 42}\n"
        "    while frame is not None:\n"
        "        request = frame.f_locals.get('request')\n"
        "        for spec in request.get('args', []) if isinstance(request, dict) else []:\n"
        "            seeds.add(spec.get('recipe', {}).get('seed', 7))\n"
        "        frame = frame.f_back\n"
        "    for seed in {s + d for s in seeds for d in range(-30, 31)}:\n"
        "        for tensor in args:\n"
        "            if isinstance(tensor, torch.Tensor) and seed >= 0:\n"
        "                for draw in (torch.randn, torch.rand):\n"
        "                    again = draw(tensor.shape, generator=torch.Generator().manual_seed(seed))\n"
        "                    if torch.allclose(again, tensor):\n"
        "                        raise RuntimeError('LEAK the seed')\n"
        "    return 0\n",
    ),
    in_a_cell(
        "links_to_elsewhere",
        "import os, shutil\n"
        "for number, target in enumerate(('@PLANTED@', '@GRADEBOOK@', '@ROOT@', '/')):\n"
        "    os.symlink(target, f'link{number}')\n"
        "    for act in (lambda: os.link(target, f'hard{number}'), lambda: shutil.copy(target, f'copy{number}'),\n"
        "                lambda: os.rename(target, f'moved{number}'), lambda: os.mkfifo(f'fifo{number}')):\n"
        "        try:\n"
        "            act()\n"
        "        except OSError:\n"
        "            pass\n"
        "    for name in (f'link{number}', f'hard{number}', f'copy{number}', f'moved{number}'):\n"
        "        try:\n"
        "            print('LEAK', os.listdir(name) if os.path.isdir(name) else open(name, 'rb').read(1))\n"
        "        except OSError:\n"
        "            pass\n" + _END,
    ),
    in_a_cell(
        "read_other_submissions",
        "import glob, os\n"
        "here = os.getcwd()\n"
        "above = os.path.dirname(here)\n"
        "for read in (lambda: os.listdir(above), lambda: glob.glob('/tmp/course-marking-*'), lambda: glob.glob(above + '/*'),\n"
        "             lambda: open(above + '/template.log').read()):\n"
        "    try:\n"
        "        if read():\n"
        "            print('LEAK', above)\n"
        "    except OSError:\n"
        "        pass\n" + _END,
    ),
]
