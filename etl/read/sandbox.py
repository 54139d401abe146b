"""What the reading process may do: limits of the operating system, set once, from inside, before the first file.

Called by `etl.read.worker` in the child process only. The limits (memory, writing, open files) hold everywhere; the
filter of system calls (no network, no new process, no change to any file) needs Linux on x86-64 or ARM64 and no
privileges. Where there is no such filter the process says so and goes on with the limits alone.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import resource
import signal
import struct

MEMORY_BYTES = 480 * 1024**2
"""Address space of the child: with what the parent holds of an answer it stays below 512 MiB."""

_ERRNO, _ALLOW = 0x00050000, 0x7FFF0000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NR, _ARCH, _ARG1, _ARG2 = 0, 4, 24, 32  # offsets in struct seccomp_data; low words
_WRITES = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
# Numbers from the kernel's own tables: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
# In order: sockets; processes (clone, fork, vfork, execve, kill, tkill, ptrace, pidfd, clone3, execveat); files
# (rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown, truncate, mknod); name spaces, mounts, kernel
# interfaces (io_uring, bpf, keyctl, userfaultfd, perf).
_DENIED = {
    "x86_64": (
        0xC000003E,
        (2, 257),
        (
            *range(41, 56), 288, 299, 307,
            56, 57, 58, 59, 62, 101, 200, 310, 311, 322, 424, 434, 435, 438,
            76, 77, *range(82, 89), *range(90, 95), 132, 133, 235, 258, 259, 260, 261,
            263, 264, 265, 266, 268, 280, 285, 316, 437, 452,
            155, 161, 165, 166, 169, 175, 246, 248, 249, 250, 272, 298, 304, 308, 313, 321, 323, 425, 426, 427, 428,
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (None, 56),
        (
            *range(198, 213), 242, 243, 269,
            117, 129, 130, 220, 221, 240, 270, 271, 281, 424, 434, 435, 438,
            *range(33, 39), 45, 46, 47, 52, 53, 54, 55, 88, 276, 437, 452,
            39, 40, 41, 51, 97, 104, 105, 106, 142, 217, 218, 219, 241, 265, 268, 273, 280, 282, 425, 426, 427, 428,
        ),
    ),
}  # fmt: skip


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def apply_limits(memory: int = MEMORY_BYTES) -> None:
    """Limits memory and open files; forbids core dumps and writing to files."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def forbid_system_calls() -> bool:
    """Forbids what reading a workbook never needs; False where this system has no such filter."""
    denied_calls = _DENIED.get(platform.machine())
    if platform.system() != "Linux" or denied_calls is None:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    program = _build_filter_program(*denied_calls)
    about = _FilterProgram(len(program) // 8, program)
    if library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(about), 0, 0) == 0)


def _build_filter_program(arch: int, opens: tuple[int | None, int], denied: tuple[int, ...]) -> bytes:
    """A filter in the kernel's own byte code: another architecture's calls and those listed fail with EPERM."""
    refuse = _encode_instruction(_RETURN, _ERRNO | errno.EPERM)
    allow = _encode_instruction(_RETURN, _ALLOW)
    steps = [
        _encode_instruction(_LOAD, _ARCH),
        _encode_instruction(_EQUAL, arch, 1, 0),
        refuse,
        _encode_instruction(_LOAD, _NR),
    ]
    for number, flags in zip(opens, (_ARG1, _ARG2), strict=True):
        if number is not None:
            steps += [
                _encode_instruction(_EQUAL, number, 0, 4),
                _encode_instruction(_LOAD, flags),
                _encode_instruction(_ANY_BIT, _WRITES, 0, 1),
                refuse,
                allow,
            ]
    for number in sorted(set(denied)):
        steps += [_encode_instruction(_EQUAL, number, 0, 1), refuse]
    return b"".join((*steps, allow))


def _encode_instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def set_timers(cpu_seconds: float, seconds: float) -> None:
    """Starts the time of one file, or stops it with zeros: the process ends by SIGPROF or SIGALRM when it is up."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds)
