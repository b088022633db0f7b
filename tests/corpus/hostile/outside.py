"""Payloads that reach for files, processes and sockets outside their own folder."""

from __future__ import annotations

from . import in_a_cell

ATTACKS = [
    in_a_cell(
        "change_mode_owner_times",
        "import ctypes, os, shutil\n"
        "libc = ctypes.CDLL(None)\n"
        "path = '@GRADEBOOK@'.encode()\n"
        "times = (ctypes.c_long * 4)(1, 0, 1, 0)\n"
        "calls = [lambda: os.chmod(path, 0), lambda: os.chown(path, 1, 1), lambda: os.utime(path, (1, 1)),\n"
        "         lambda: os.setxattr(path, 'user.x', b'y'), lambda: libc.chmod(path, 0), lambda: libc.lchown(path, 1, 1),\n"
        "         lambda: libc.syscall(268, -100, path, 0), lambda: libc.syscall(452, -100, path, 0, 0),\n"
        "         lambda: libc.utimensat(-100, path, times, 0), lambda: libc.syscall(235, path, times),\n"
        "         lambda: libc.setxattr(path, b'user.x', b'y', 1, 0), lambda: libc.truncate(path, 0),\n"
        "         lambda: os.system('chmod 000 @GRADEBOOK@; touch -d 1999-01-01 @GRADEBOOK@; chown 1 @GRADEBOOK@')]\n"
        "for call in calls:\n"
        "    try:\n"
        "        call()\n"
        "    except OSError:\n"
        "        pass\n",
    ),
    in_a_cell(
        "delete_and_move",
        "import os, shutil\n"
        "for call in (lambda: os.unlink('@GRADEBOOK@'), lambda: os.rename('@GRADEBOOK@', '@OUTSIDE@/moved'),\n"
        "             lambda: os.rename('@PLANTED@', 'mine'), lambda: os.replace('@PLANTED@', '@GRADEBOOK@'),\n"
        "             lambda: os.rmdir('@OUTSIDE@'), lambda: shutil.rmtree('@OUTSIDE@'), lambda: os.truncate('@GRADEBOOK@', 0),\n"
        "             lambda: os.link('@GRADEBOOK@', '@OUTSIDE@/linked'), lambda: os.symlink('x', '@OUTSIDE@/linked')):\n"
        "    try:\n"
        "        call()\n"
        "    except OSError:\n"
        "        pass\n",
    ),
    in_a_cell(
        "write_elsewhere",
        "import os\n"
        "for folder in ('@OUTSIDE@', '/tmp', '/var/tmp', '/dev/shm', '/root', '/home', '..', '@ROOT@', '@ROOT@/grading',\n"
        "               os.path.dirname(torch.__file__), os.path.dirname(os.__file__)):\n"
        "    for call in (lambda: open(f'{folder}/course-probe', 'w').write('x'), lambda: os.mkdir(f'{folder}/course-probe')):\n"
        "        try:\n"
        "            call()\n"
        "        except OSError:\n"
        "            pass\n",
    ),
    in_a_cell(
        "write_marks",
        "import sqlite3\n"
        "for path in ('@GRADEBOOK@', '@ROOT@/grading/gradebook.db'):\n"
        "    try:\n"
        "        base = sqlite3.connect(path)\n"
        "        base.execute('create table marks (student text, mark real)')\n"
        "        base.execute(\"insert into marks values ('me', 99)\")\n"
        "        base.commit()\n"
        "    except sqlite3.Error:\n"
        "        pass\n",
    ),
    in_a_cell(
        "slow_others_down",
        "import ctypes, os, resource\n"
        "libc = ctypes.CDLL(None)\n"
        "for pid in (@SLEEPER@, os.getppid(), @MARKER@):\n"
        "    for call in (lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, 4096)),\n"
        "                 lambda: os.setpriority(os.PRIO_PROCESS, pid, 19), lambda: os.sched_setaffinity(pid, {0}),\n"
        "                 lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),\n"
        "                 lambda: libc.syscall(251, 1, pid, 3 << 13)):\n"
        "        try:\n"
        "            call()\n"
        "        except OSError:\n"
        "            pass\n"
        "for who in (os.PRIO_USER, os.PRIO_PGRP):\n"
        "    try:\n"
        "        os.setpriority(who, 0, 19)\n"
        "    except OSError:\n"
        "        pass\n",
    ),
    in_a_cell(
        "signal_others",
        "import os, signal\n"
        "for pid in (os.getppid(), @MARKER@, @SLEEPER@, -@SLEEPER@, 1):\n"
        "    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):\n"
        "        try:\n"
        "            os.kill(pid, number)\n"
        "        except OSError:\n"
        "            pass\n",
    ),
    in_a_cell(
        "signal_everyone",
        "import os, signal\nos.kill(-1, signal.SIGKILL)\n",
    ),
    in_a_cell(
        "leave_things_with_the_kernel",
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "shared = libc.shmget(0x5EE5, 4096, 0o1666)\n"
        "queue = libc.msgget(0x5EE5, 0o1666)\n"
        "sema = libc.semget(0x5EE5, 1, 0o1666)\n"
        "posix = libc.syscall(240, b'course-probe', 0o102, 0o666, 0)\n"
        "key = libc.syscall(248, b'user', b'course-probe', b'x', 1, -4)\n"
        "if max(shared, queue, sema, posix, key) >= 0:\n"
        "    print('LEAK', shared, queue, sema, posix, key)\n"
        "raise RuntimeError('end of payload')\n",
    ),
    in_a_cell(
        "call_home",
        "import ctypes, socket\n"
        "here = ('127.0.0.1', @PORT@)\n"
        "def tcp(): socket.create_connection(here, timeout=1).sendall(b'x')\n"
        "def fast_open():\n"
        "    for flags in (0x20000000, 0x20004000):\n"
        "        s = socket.socket(); s.settimeout(1); s.sendto(b'x', flags, here)\n"
        "def fast_open_connect():\n"
        "    s = socket.socket(); s.settimeout(1); s.setsockopt(6, 30, 1); s.connect(here); s.send(b'x')\n"
        "def mptcp(): s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); s.settimeout(1); s.connect(here)\n"
        "def sctp(): s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132); s.settimeout(1); s.connect(here)\n"
        "def udp(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', here)\n"
        "def udp6(): socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('::ffff:127.0.0.1', @PORT@))\n"
        "def path(): socket.socket(socket.AF_UNIX).connect('@UNIX@')\n"
        "def path_datagram(): socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '@UNIX@.datagram')\n"
        "def abstract(): socket.socket(socket.AF_UNIX).connect('\\x00@ABSTRACT@')\n"
        "def abstract_datagram(): socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '\\x00@ABSTRACT@.datagram')\n"
        "def listen(): s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); print('LEAK', s.getsockname())\n"
        "for call in (tcp, fast_open, fast_open_connect, mptcp, sctp, udp, udp6, path, path_datagram, abstract, abstract_datagram, listen):\n"
        "    try:\n"
        "        call()\n"
        "    except OSError:\n"
        "        pass\n"
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', \"import socket; socket.create_connection(('127.0.0.1', @PORT@), timeout=1)\"],\n"
        "               stderr=subprocess.DEVNULL)\n"
        "raise RuntimeError('end of payload')\n",
    ),
    in_a_cell(
        "ask_for_a_name",
        "import socket\n"
        "try:\n"
        "    print('LEAK', socket.getaddrinfo('course-probe.invalid', 80))\n"
        "except OSError:\n"
        "    pass\n"
        "raise RuntimeError('end of payload')\n",
    ),
    in_a_cell(
        "other_worlds",
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):\n"
        "    if libc.unshare(flag) == 0 or libc.syscall(56, flag | 17, 0, 0, 0, 0) > 0:\n"
        "        print('LEAK namespace', hex(flag))\n"
        "if libc.mount(b'x', b'.', b'tmpfs', 0, 0) == 0 or libc.chroot(b'.') == 0:\n"
        "    print('LEAK mount')\n"
        "params = ctypes.create_string_buffer(256)\n"
        "if libc.syscall(425, 4, params) >= 0 or libc.syscall(321, 0, params, 120) >= 0:\n"
        "    print('LEAK kernel interface')\n"
        "raise RuntimeError('end of payload')\n",
    ),
    in_a_cell(
        "raise_its_own_limits",
        "import resource, os\n"
        "for kind in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):\n"
        "    try:\n"
        "        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "        print('LEAK limit', kind)\n"
        "    except (OSError, ValueError):\n"
        "        pass\n"
        "try:\n"
        "    os.nice(-10)\n"
        "    print('LEAK priority')\n"
        "except OSError:\n"
        "    pass\n"
        "raise RuntimeError('end of payload')\n",
    ),
]
