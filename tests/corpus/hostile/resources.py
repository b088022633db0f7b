"""Payloads that use up memory, disk, time or output. Each has a cap of its own, far above its limit here."""

from __future__ import annotations

from . import in_a_cell, in_the_function

_LOOP = "import time\nend = time.time() + 60\nwhile time.time() < end:\n    pass\n"

ATTACKS = [
    in_a_cell("allocate_64_gigabytes", "data = bytearray(64 << 30)\n"),
    in_a_cell("allocate_a_tensor", "data = torch.ones(16 << 30)\n"),
    in_a_cell(
        "allocate_step_by_step",
        "data = []\nfor _ in range(600):\n    data.append(torch.ones(4 << 20))\n",
    ),
    in_a_cell(
        "allocate_shared",
        "import mmap\n"
        "data = []\n"
        "for _ in range(24):\n"
        "    data.append(mmap.mmap(-1, 256 << 20))\n"
        "    for at in range(0, 256 << 20, 4096):\n"
        "        data[-1][at] = 1\n",
    ),
    in_a_cell(
        "allocate_in_small_programs",
        "import subprocess, sys, time\n"
        "code = \"import time; x = b'1' * (120 << 20); time.sleep(20)\"\n"
        "parts = [subprocess.Popen([sys.executable, '-S', '-c', code]) for _ in range(12)]\n"
        "time.sleep(18)\n",
    ),
    in_a_cell(
        "memory_of_nobody",
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "held = []\n"
        "for _ in range(60):\n"
        "    held.append(libc.syscall(319, b'x', 0))\n"
        "    if held[-1] < 0:\n"
        "        raise RuntimeError('end of payload')\n"
        "    os.write(held[-1], b'x' * (25 << 20))\n"
        "print('LEAK', len(held))\n"
        "raise RuntimeError('end of payload')\n",
    ),
    in_a_cell(
        "full_sockets",
        "import os, socket, time\n"
        "def fill():\n"
        "    held = []\n"
        "    for _ in range(230):\n"
        "        held.append(socket.socketpair())\n"
        "        for end in held[-1]:\n"
        "            end.setblocking(False)\n"
        "            try:\n"
        "                while True:\n"
        "                    end.send(b'x' * 65536)\n"
        "            except OSError:\n"
        "                pass\n"
        "    time.sleep(5)\n"
        "    os._exit(0)\n"
        "for _ in range(10):\n"
        "    if os.fork() == 0:\n"
        "        fill()\n"
        "time.sleep(4)\n"
        "print('LEAK a gigabyte')\n"
        "raise RuntimeError('stopped too late')\n",
    ),
    in_a_cell(
        "write_one_big_file",
        "with open('big', 'wb') as file:\n    for _ in range(600):\n        file.write(b'x' * (1 << 20))\n",
    ),
    in_a_cell(
        "write_many_files",
        "import time\n"
        "for n in range(60):\n"
        "    with open(f'big{n}', 'wb') as file:\n"
        "        file.write(b'x' * (10 << 20))\n"
        "time.sleep(2)\n",
    ),
    in_a_cell("write_a_sparse_file", "with open('sparse', 'wb') as file:\n    file.truncate(50 << 30)\n"),
    in_a_cell(
        "write_sparse_with_fallocate",
        "import os\nfile = os.open('sparse', os.O_CREAT | os.O_RDWR)\nos.posix_fallocate(file, 0, 50 << 30)\n",
    ),
    in_a_cell(
        "write_and_unlink",
        "import os, time\n"
        "held = []\n"
        "for n in range(30):\n"
        "    held.append(open('gone', 'wb'))\n"
        "    held[-1].write(b'x' * (10 << 20))\n"
        "    held[-1].flush()\n"
        "    os.unlink('gone')\n"
        "time.sleep(2)\n"
        "print('LEAK', len(held))\n"
        "raise RuntimeError('stopped too late')\n",
    ),
    in_a_cell(
        "write_and_rewrite",
        "import time\n"
        "end = time.time() + 30\n"
        "while time.time() < end:\n"
        "    with open('again', 'wb') as file:\n"
        "        file.write(b'x' * (10 << 20))\n",
        slow=True,
    ),
    in_a_cell(
        "many_small_files",
        "for n in range(100000):\n    open(f's{n}', 'w').close()\nimport time\ntime.sleep(2)\n",
        slow=True,
    ),
    in_a_cell(
        "deep_folders",
        "import os\n"
        "for _ in range(1500):\n"
        "    os.mkdir('d' * 8)\n"
        "    os.chdir('d' * 8)\n"
        "for n in range(8):\n"
        "    open(f'b{n}', 'wb').write(b'x' * (10 << 20))\n",
    ),
    in_a_cell(
        "locked_folders",
        "import os\n"
        "os.mkdir('a', 0o300)\n"
        "os.mkdir('a/b', 0o300)\n"
        "open('a/b/c', 'w').write('x')\n"
        "os.mkdir('e', 0)\n"
        "os.close(os.open('f', os.O_CREAT, 0))\n",
    ),
    in_a_cell(
        "print_without_end",
        "import time\nend = time.time() + 30\nwhile time.time() < end:\n    print('x' * 10000)\n",
    ),
    in_a_cell("print_a_gigabyte", "print('x' * (200 << 20))\n"),
    in_a_cell(
        "output_of_a_program",
        "import os, time\nend = time.time() + 30\nwhile time.time() < end:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'x' * 65536)\n",
    ),
    in_a_cell(
        "display_without_end",
        "from IPython.display import HTML, display\n"
        "for _ in range(20000):\n    display(HTML('<script>alert(1)</script>' * 100))\n",
        slow=True,
    ),
    in_a_cell("loop", _LOOP),
    in_the_function(
        "loop_in_a_call",
        "import time\ndef @TASK@(*args, **kwargs):\n    end = time.time() + 60\n    while time.time() < end:\n        pass\n",
        slow=True,
    ),
    in_a_cell(
        "loop_that_catches_all",
        "import time\n"
        "end = time.time() + 60\n"
        "while time.time() < end:\n"
        "    try:\n"
        "        while time.time() < end:\n"
        "            pass\n"
        "    except BaseException:\n"
        "        pass\n",
        slow=True,
    ),
    in_a_cell(
        "loop_that_blocks_signals",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n" + _LOOP,
        slow=True,
    ),
    in_a_cell(
        "loop_that_ignores_signals",
        "import signal\n"
        "for number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGALRM):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "signal.setitimer(signal.ITIMER_PROF, 0)\n" + _LOOP,
        slow=True,
    ),
    in_the_function(
        "loop_that_blocks_signals_in_a_call",
        "import signal, time\n"
        "def @TASK@(*args, **kwargs):\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "    end = time.time() + 60\n"
        "    while time.time() < end:\n"
        "        pass\n",
        slow=True,
    ),
    in_a_cell("loop_in_c", "import re\nre.match('(a+)+$', 'a' * 28 + 'b')\n", slow=True),
    in_a_cell("sleep_for_ever", "import time\ntime.sleep(60)\n", slow=True),
    in_the_function(
        "sleep_in_a_call", "import time\ndef @TASK@(*args, **kwargs):\n    time.sleep(60)\n", slow=True
    ),
    in_a_cell("stop_itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", slow=True),
    in_a_cell("exit_in_a_cell", "import os\nos._exit(0)\n"),
    in_the_function("exit_in_a_call", "import os\ndef @TASK@(*args, **kwargs):\n    os._exit(0)\n"),
    in_a_cell("exit_politely", "import sys\nexit()\nquit()\nsys.exit(0)\n"),
    in_a_cell("segmentation_fault", "import ctypes\nctypes.string_at(0)\n"),
    in_the_function(
        "segmentation_fault_in_a_call",
        "import ctypes\ndef @TASK@(*args, **kwargs):\n    ctypes.string_at(0)\n",
    ),
    in_a_cell(
        "stack_overflow", "import sys\nsys.setrecursionlimit(10**9)\nf = lambda: f()\nf()\n", slow=True
    ),
    in_a_cell(
        "lower_its_own_limits",
        "import resource\n"
        "for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_STACK, resource.RLIMIT_NPROC):\n"
        "    resource.setrlimit(kind, (1, 1))\n",
    ),
    in_a_cell(
        "import_takes_the_floor",
        "import torch, gc\ntorch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\n"
        "torch.manual_seed = torch.randn = torch.zeros = None\ngc.disable()\n",
    ),
]
