"""Stop what runs, in whichever thread, and let nothing else begin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from weft.warehouses.protocol import Stopped

# In seconds.
_PAUSE = 0.02


class Stopping:
    """What runs now, each with the way to stop it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: list[Callable[[], object]] = []
        self._stopped = threading.Event()

    @contextmanager
    def stoppable(self, cancel: Callable[[], object], *, work: bool = True) -> Iterator[None]:
        """Let `cancel` be called as long as this lasts.

        Raises Stopped when all was stopped already and this is `work`; what is there can
        be read all the same.
        """
        with self._guard:
            if self._stopped.is_set() and work:
                raise Stopped()
            self._running.append(cancel)
        try:
            yield
        finally:
            with self._guard:
                self._running.remove(cancel)

    def wait(self, seconds: float) -> None:
        """Wait. Raises Stopped when all is stopped meanwhile."""
        if self._stopped.wait(seconds):
            raise Stopped()

    def cancel(self) -> None:
        """Stop what runs, and let no other work begin; none runs any more afterwards.

        What is just beginning does not hear it, so that it is said until all have ended.
        """
        self._stopped.set()
        pause = threading.Event()
        while True:
            with self._guard:
                running = tuple(self._running)
            if not running:
                return
            for cancel in running:
                cancel()
            pause.wait(_PAUSE)
