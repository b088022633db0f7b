"""System calls that no submission needs and that neither Landlock nor a namespace keeps from doing harm.

A fork of the template refuses them to itself, and to all it starts, with a seccomp filter of its own. What is not a
path is out of Landlock's reach: another process's limits and priority, queues and keys that outlive the process,
memory that belongs to no process, a connection opened by the first ``sendto``.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_ALLOW, _ERRNO, _ASK = 0x7FFF0000, 0x00050000, 0x7FC00000
_AF_UNIX, _SOCK_STREAM, _SOCK_SEQPACKET, _SOCK_TYPES = 1, 1, 5, 0xF
_PRIO_PROCESS = 0
_CLONE_NEW = 0x7E020000  # every CLONE_NEW… flag that clone knows
_CLONE_THREAD = 0x10000
_TIOCSTI, _TIOCLINUX, _FS_IOC_SETFLAGS = 0x5412, 0x541C, 0x40086602
_X32 = 0x40000000

# AUDIT_ARCH and the numbers of system calls: x86-64 from its own table, 64-bit ARM from the generic one.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# name: (x86-64, generic); None where the architecture does not have the call.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # mode, owner, times, attributes
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "file_setattr": (469, 469),
    # news of what others do with files, which Landlock does not cover: names appear in folders that cannot be read
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "statmount": (457, 457),
    "listmount": (458, 458),
    # memory that no process's size shows; vmsplice pins whole huge pages in a pipe
    "vmsplice": (278, 75),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # what outlives the process, or reaches another one
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # namespaces, mounts, the machine
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "name_to_handle_at": (303, 264),
    "lookup_dcookie": (212, 18),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "uselib": (134, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "nfsservctl": (180, 42),
    "iopl": (172, None),
    "ioperm": (173, None),
    "vhangup": (153, 58),
    "personality": (135, 92),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
}
_SOCKET, _SOCKETPAIR, _CONNECT = (41, 198), (53, 199), (42, 203)
_PRLIMIT, _SETPRIORITY, _CLONE, _CLONE3 = (302, 261), (141, 140), (56, 220), (435, 435)
_FORKS: tuple[tuple[int | None, int | None], ...] = ((57, None), (58, None))  # fork, vfork
_SECCOMP = (317, 277)
_IOCTL, _PRCTL, _SOCKETCALLS = (16, 29), (157, 167), ((44, 206, 3), (46, 211, 2), (307, 269, 3))
_MSG_FASTOPEN = 0x20000000
_FCNTL, _SETSOCKOPT = (72, 25), (54, 208)
_F_NOTIFY, _F_SETPIPE_SZ = 1026, 1031
_SO_SNDBUF, _SO_SNDBUFFORCE = 7, 32


class _Program:
    """A classic BPF program over ``struct seccomp_data``, written top to bottom."""

    def __init__(self) -> None:
        self.code: list[bytes] = []

    def load(self, offset: int) -> None:
        self._add(0x20, 0, 0, offset)

    def load_argument(self, index: int) -> None:
        """The lower half of an argument, which is all that the kernel looks at where these are ``int``."""
        self.load(16 + 8 * index)

    def end(self, action: int) -> None:
        self._add(0x06, 0, 0, action)

    def if_equal(self, value: int, skip: int) -> None:
        """Go on where the loaded value is ``value``, else leave out ``skip`` lines."""
        self._add(0x15, 0, skip, value)

    def if_not_equal(self, value: int, skip: int) -> None:
        self._add(0x15, skip, 0, value)

    def if_at_least(self, value: int, skip: int) -> None:
        self._add(0x35, 0, skip, value)

    def if_any_bit(self, bits: int, skip: int) -> None:
        self._add(0x45, 0, skip, bits)

    def keep_bits(self, bits: int) -> None:
        self._add(0x54, 0, 0, bits)

    def _add(self, code: int, true: int, false: int, k: int) -> None:
        self.code.append(struct.pack("=HBBI", code, true, false, k))


def program() -> bytes | None:
    """The filter for this machine as BPF instructions; ``None`` on an architecture that has none here."""
    if platform.machine() not in _ARCHITECTURES or sys.byteorder != "little":
        return None
    audit, column = _ARCHITECTURES[platform.machine()]
    refuse = _ERRNO | errno.EPERM
    bpf = _Program()
    bpf.load(4)
    bpf.if_not_equal(audit, 1)
    bpf.end(refuse)
    bpf.load(0)
    bpf.if_at_least(_X32, 1)
    bpf.end(refuse)
    for numbers in _REFUSED.values():
        if numbers[column] is not None:
            bpf.if_equal(numbers[column], 1)
            bpf.end(refuse)
    # Without clone3, whose flags cannot be seen from here, libc takes clone.
    bpf.if_equal(_CLONE3[column], 1)
    bpf.end(_ERRNO | errno.ENOSYS)
    _process_rules(bpf, column, refuse)
    _socket_rules(bpf, column)
    _argument_rule(bpf, _PRLIMIT[column], 0, lambda: bpf.if_not_equal(0, 1), refuse)
    _argument_rule(bpf, _SETPRIORITY[column], 0, lambda: bpf.if_not_equal(_PRIO_PROCESS, 1), refuse)
    _argument_rule(bpf, _SETPRIORITY[column], 1, lambda: bpf.if_not_equal(0, 1), refuse)
    _argument_rule(bpf, _PRCTL[column], 0, lambda: bpf.if_equal(_PR_SET_DUMPABLE, 1), refuse)
    for request in (_TIOCSTI, _TIOCLINUX, _FS_IOC_SETFLAGS):
        _argument_rule(bpf, _IOCTL[column], 1, lambda wanted=request: bpf.if_equal(wanted, 1), refuse)
    # Buffers keep the size that `accounts.kernel_memory` charges for them; a folder's news (dnotify) as above.
    for request in (_F_NOTIFY, _F_SETPIPE_SZ):
        _argument_rule(bpf, _FCNTL[column], 1, lambda wanted=request: bpf.if_equal(wanted, 1), refuse)
    for option in (_SO_SNDBUF, _SO_SNDBUFFORCE):
        _argument_rule(bpf, _SETSOCKOPT[column], 2, lambda wanted=option: bpf.if_equal(wanted, 1), refuse)
    for *number, flags in _SOCKETCALLS:
        _argument_rule(bpf, number[column], flags, lambda: bpf.if_any_bit(_MSG_FASTOPEN, 1), refuse)
    bpf.end(_ALLOW)
    return b"".join(bpf.code)


def _process_rules(bpf: _Program, column: int, refuse: int) -> None:
    """New processes are asked for, threads are not, new namespaces are refused."""
    for number in _FORKS:
        if number[column] is not None:
            bpf.if_equal(number[column], 1)
            bpf.end(_ASK)
    bpf.if_equal(_CLONE[column], 6)
    bpf.load_argument(0)
    bpf.if_any_bit(_CLONE_NEW, 1)
    bpf.end(refuse)
    bpf.if_any_bit(_CLONE_THREAD, 1)
    bpf.end(_ALLOW)
    bpf.end(_ASK)


def _socket_rules(bpf: _Program, column: int) -> None:
    """Pairs of streams alone: nothing of the machine's own that listens, at a path or at an address, can be reached."""
    refuse = _ERRNO | errno.EACCES
    bpf.if_equal(_CONNECT[column], 1)
    bpf.end(refuse)
    for number in (_SOCKET[column], _SOCKETPAIR[column]):
        _argument_rule(bpf, number, 0, lambda: bpf.if_not_equal(_AF_UNIX, 1), refuse)
        # A datagram needs no connection to arrive.
        bpf.if_equal(number, 6)
        bpf.load_argument(1)
        bpf.keep_bits(_SOCK_TYPES)
        bpf.if_not_equal(_SOCK_STREAM, 2)
        bpf.if_not_equal(_SOCK_SEQPACKET, 1)
        bpf.end(refuse)
        bpf.load(0)


def _argument_rule(bpf: _Program, number: int, argument: int, test: object, action: int) -> None:
    """``action`` for a system call where ``test`` holds of its argument; the call's number is loaded again after."""
    bpf.if_equal(number, 4)
    bpf.load_argument(argument)
    test()  # type: ignore[operator]
    bpf.end(action)
    bpf.load(0)


class _SockFprog(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse(libc: ctypes.CDLL) -> int | None:
    """Install the filter for this process and all it starts; there is no way back.

    Returns:
        The descriptor at which new processes are asked for (see :mod:`.births`): until it is answered, and once it is
        closed, there are none. ``None`` on an architecture that has no filter here.

    Raises:
        OSError: if the kernel does not take it.
    """
    code = program()
    if code is None:
        return None
    instructions = ctypes.create_string_buffer(code, len(code))
    wanted = _SockFprog(len(code) // 8, ctypes.addressof(instructions))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the process keeps the right to new privileges")
    call = _SECCOMP[_ARCHITECTURES[platform.machine()][1]]
    listener = libc.syscall(call, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(wanted))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the system-call filter was not accepted")
    return listener


def drop_privileges(libc: ctypes.CDLL) -> None:
    """Give up every capability, so that a marker run by root does not lend root's rights to a submission."""
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    libc.capset(ctypes.create_string_buffer(header, 8), ctypes.create_string_buffer(24))
