"""Share work among processes, where there is enough of it and the system can fork."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def shared(
    work: Callable[[Item], Answer], items: Sequence[Item], kind: type[list[Answer]], processes: int
) -> list[Answer]:
    """Do `work` on every item, on several processes of this very program; answers in order.

    Only for work that depends on nothing but what is in memory now, before any thread is started,
    and whose answers, plain dataclasses, make a list of `kind`. What a helper did not finish is
    done here.
    """
    processes = min(processes, len(items))
    if processes < 2 or not hasattr(os, "fork"):
        return [work(item) for item in items]
    shares = [items[share::processes] for share in range(processes)]
    helpers = [_start(work, share) for share in shares[1:]]
    done = [[work(item) for item in shares[0]]]
    for share, (process, pipe) in zip(shares[1:], helpers, strict=True):
        data = _received(process, pipe)
        done.append(
            msgspec.msgpack.decode(data, type=kind) if data else [work(item) for item in share]
        )
    return [done[number % processes][number // processes] for number in range(len(items))]


def _start(work: Callable[[Item], Answer], items: Sequence[Item]) -> tuple[int, int]:
    """Fork a helper that writes its answers into a pipe and ends."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    # From here on this is the helper; it must never return into the program it was forked from.
    complete = False
    try:
        os.close(reading)
        data = msgspec.msgpack.encode([work(item) for item in items])
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
        complete = True
    finally:
        os._exit(0 if complete else 1)


def _received(process: int, pipe: int) -> bytes:
    """All that a helper wrote; nothing when it died before it was done."""
    with os.fdopen(pipe, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(process, 0)
    return data if status == 0 else b""
