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
    in_a_cell(
        "thousands_of_threads",
        "import threading, time\n"
        "threading.stack_size(32768)\n"
        "try:\n"
        "    for _ in range(3000):\n"
        "        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "except RuntimeError:\n"
        "    pass\n"
        "time.sleep(2)\n"
        "print('LEAK', threading.active_count())\n"
        "raise RuntimeError('stopped too late')\n",
    ),
    in_a_cell(
        # Forks and exits in turn from the moment that the marker hangs up; what is left takes the next one's memory.
        "chains_of_forks_at_the_end",
        "import os, socket, subprocess, sys, time\n"
        "for n in range(3, 200):\n"
        "    try:\n"
        "        socket.socket(fileno=os.dup(n)).detach()\n"
        "        os.dup2(n, 200)\n"
        "        break\n"
        "    except OSError:\n"
        "        pass\n"
        "code = '''\n"
        "import os, select, time\n"
        "poll = select.poll()\n"
        "poll.register(200, 0)\n"
        "poll.poll(20000)\n"
        "for _ in range(28):\n"
        "    try:\n"
        "        if os.fork():\n"
        "            os._exit(0)\n"
        "    except OSError:\n"
        "        break\n"
        "    time.sleep(0.0004)\n"
        "data = b'1' * (150 << 20)\n"
        "time.sleep(8)\n"
        "'''\n"
        "for _ in range(4):\n"
        "    subprocess.Popen([sys.executable, '-S', '-c', code], pass_fds=[200], start_new_session=True)\n"
        "time.sleep(0.3)\n",
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
