"""What the system itself keeps a function from, where it can: Linux, by Landlock.

A function runs as the user who runs Weft. Landlock takes from its process, for good, most of what
that user may do with files, and all with processes that it did not start.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress

_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 38, 36

# The same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1

# The rights over files by the version of Landlock that first knew them: so many bits are rights.
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_LOOK = _EXECUTE | _READ | _LIST
# From this version on signals and sockets without a file stay inside.
_SCOPED, _SCOPES = 6, 0b11

# Where programs and what they need lie, and nothing of anybody's own.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin", "/nix/store", "/sys"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"),
    *("/etc/hosts", "/etc/resolv.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# Here the processes of one program share memory, by names that nobody else can guess.
_SHARED = "/dev/shm"


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def adopt_orphans() -> None:
    """Let whoever is orphaned below this process come to it, where the system can do that."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def landlock() -> int:
    """The version of Landlock that the system has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    return max(version, 0)


def confine(folder: str) -> bool:
    """Keep this process to reading programs and to `folder`; whether the system could do that.

    What it has open already stays open.
    """
    version = landlock()
    if not version:
        return False
    libc = _libc()
    known = max(bits for first, bits in _RIGHTS.items() if first <= version)
    everything = (1 << known) - 1
    rules = _Ruleset(everything, 0, _SCOPES if version >= _SCOPED else 0)
    size = ctypes.c_size_t(ctypes.sizeof(rules) if version >= _SCOPED else 8)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return False
    _allow(libc, ruleset, _programs(), _LOOK)
    _allow(libc, ruleset, _DEVICES, _READ | _WRITE)
    _allow(libc, ruleset, [folder], everything)
    _allow(libc, ruleset, [_SHARED], everything & ~_LIST)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    failed: int = libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return not failed


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _programs() -> Iterable[str]:
    """The folders of the system's programs, of Python's and of installed packages."""
    own = (sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values())
    # An installation for development lies wherever it was made.
    return dict.fromkeys((*_SYSTEM, *own, *(each for each in sys.path if each)))


def _allow(libc: ctypes.CDLL, ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                allowed = rights if os.path.isdir(path) else rights & _OF_FILES
                rule = _Beneath(allowed, place)
                libc.syscall(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(rule), 0)
            finally:
                os.close(place)
