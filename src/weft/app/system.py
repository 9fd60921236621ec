"""The clock, random numbers, ids and process identity: the only file that asks the machine.

Everything else receives a `System`, so that a test can say what time it is and who is asking.
"""

from __future__ import annotations

import getpass
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _readable(text: str) -> str:
    """A text of the system's as Unicode: bytes that are none are written as `\\udcXX`."""
    return text.encode(errors="backslashreplace").decode()


def _user() -> str:
    try:
        return _readable(getpass.getuser())
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _host() -> str:
    return _readable(socket.gethostname())


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True)
class System:
    """What a use case may know of the machine.

    `now` gives an ISO time in UTC, `nanoseconds` the same clock as files use it, `monotonic`
    seconds of a clock that only goes forward, `new_id` 12 random hex digits; `alive` says whether
    a process of this host runs.
    """

    now: Callable[[], str] = _now
    nanoseconds: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:12]
    user: Callable[[], str] = _user
    host: str = field(default_factory=_host)
    pid: int = field(default_factory=os.getpid)
    cpus: int = field(default_factory=lambda: os.cpu_count() or 1)
    alive: Callable[[int], bool] = _alive
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
