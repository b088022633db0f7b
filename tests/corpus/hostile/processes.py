"""Payloads that start processes and threads, to stay, to hide or to fill the machine. Each ends by itself in 40 s."""

from __future__ import annotations

from . import in_a_cell, in_the_function

_LATER = (
    "import os, time\n"
    "def later():\n"
    "    end = time.time() + 40\n"
    "    while time.time() < end:\n"
    "        for path in ('@OUTSIDE@/daemon', 'daemon'):\n"
    "            try:\n"
    "                open(path, 'w').write('x')\n"
    "            except OSError:\n"
    "                pass\n"
    "        time.sleep(0.05)\n"
    "    os._exit(0)\n"
)
_DAEMON = _LATER + (
    "def daemon():\n"
    "    if os.fork() == 0:\n"
    "        os.setsid()\n"
    "        if os.fork() == 0:\n"
    "            later()\n"
    "        os._exit(0)\n"
    "    os.wait()\n"
)

ATTACKS = [
    in_a_cell("daemon_forked_twice", _DAEMON + "daemon()\n"),
    in_the_function(
        "daemon_from_a_call", _DAEMON + "def @TASK@(*args, **kwargs):\n    daemon()\n    return 0\n"
    ),
    in_a_cell(
        "daemon_that_ignores_signals",
        _DAEMON.replace(
            "            later()\n",
            "            import signal\n"
            "            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
            "            later()\n",
        )
        + "daemon()\n",
    ),
    in_a_cell(
        "daemon_without_its_first_thread",
        _LATER + "import ctypes, threading\n"
        "if os.fork() == 0:\n"
        "    threading.Thread(target=later).start()\n"
        "    ctypes.CDLL(None).syscall(60, 0)\n",
    ),
    in_a_cell(
        "own_reaper",
        _LATER + "import ctypes\n"
        "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0:\n"
        "        later()\n"
        "    os._exit(0)\n",
    ),
    in_a_cell("shell_in_the_background", "!(sleep 40; echo x > @OUTSIDE@/shell) &\n!setsid sleep 40 &\n"),
    in_a_cell(
        "many_daemons",
        _DAEMON + "for _ in range(10):\n    daemon()\n",
    ),
    in_a_cell(
        "fork_bomb",
        "import os, time\n"
        "end = time.time() + 12\n"
        "while time.time() < end:\n"
        "    try:\n"
        "        os.fork()\n"
        "    except OSError:\n"
        "        pass\n"
        "if os.getpid() != os.getpgid(0):\n"
        "    os._exit(0)\n",
        slow=True,
    ),
    in_the_function(
        "fork_bomb_in_a_call",
        "import os, time\n"
        "def @TASK@(*args, **kwargs):\n"
        "    end = time.time() + 12\n"
        "    while time.time() < end:\n"
        "        try:\n"
        "            if os.fork() == 0:\n"
        "                os.setsid()\n"
        "        except OSError:\n"
        "            pass\n"
        "    os._exit(0)\n",
        slow=True,
    ),
    in_a_cell(
        "shell_fork_bomb",
        "!timeout 10 sh -c 'b() { b | b & }; b; sleep 9'\n",
        slow=True,
    ),
    in_a_cell(
        "many_threads",
        "import threading, time\n"
        "def spin():\n"
        "    end = time.time() + 40\n"
        "    while time.time() < end:\n"
        "        sum(range(10000))\n"
        "for _ in range(300):\n"
        "    try:\n"
        "        threading.Thread(target=spin, daemon=True).start()\n"
        "    except RuntimeError:\n"
        "        break\n",
        slow=True,
    ),
    in_the_function(
        "kills_the_worker_from_a_call",
        "import os, signal\n"
        "def @TASK@(*args, **kwargs):\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"
        "    return 0\n",
    ),
    in_the_function(
        "stops_the_worker_from_a_call",
        "import os, signal\n"
        "def @TASK@(*args, **kwargs):\n"
        "    os.kill(os.getppid(), signal.SIGSTOP)\n"
        "    os._exit(0)\n",
        slow=True,
    ),
]
