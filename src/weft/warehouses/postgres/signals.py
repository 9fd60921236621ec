"""Let signals end what waits for the server in C, where no handler of Python runs."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ended_by_signals(cancel: Callable[[], object]) -> Iterator[None]:
    """Have `cancel` called, by another thread, when a signal asks the program to end.

    Signals are the main thread's: any other one is ended by who waits for it there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        while number := heard.recv(1):
            if number[0] in _ENDING:
                cancel()

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        listening.join()
        heard.close()
