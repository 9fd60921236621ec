"""The three standard streams: there, whoever started the process, and able to write any text."""

from __future__ import annotations

import os
import sys
from typing import IO


def hold_streams() -> None:
    """See that every standard stream exists and that no text can fail to be written to it.

    A stream that was closed keeps its number, or the next file that is opened, such as the store,
    would get it. Results meant for a closed stdout fail as on any other broken one; what is meant
    for a closed stderr is lost.
    """
    if sys.stdin is None:
        sys.stdin = _opened(0, os.O_RDONLY, "r")
    if sys.stdout is None:
        sys.stdout = _opened(1, os.O_RDONLY, "w")
    if sys.stderr is None:
        sys.stderr = _opened(2, os.O_WRONLY, "w")
    for stream in (sys.stdout, sys.stderr):
        # Streams that stand in for these, in tests, take any text already.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def let_go_of_stdout() -> None:
    """Forget what could not be written, or the interpreter would try once more while it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _opened(number: int, access: int, mode: str) -> IO[str]:
    nowhere = os.open(os.devnull, access)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    return os.fdopen(number, mode, encoding="utf-8")
