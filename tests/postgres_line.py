"""A line between a program and its PostgreSQL server that can be cut at any message."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar


class Line:
    """Passes bytes on, until it is cut at message `cut_at` of the client, or at one with a text.

    `heard` says whether the server still gets that message; its answer is lost in any case.
    `on_cut` is called in between. With `dead`, nobody is connected any more afterwards. `said` is
    all that clients sent.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_at: int | bytes = -1
        self.heard = False
        self.dead = False
        self.on_cut: Callable[[], None] = lambda: None
        self.messages = 0
        self.cuts = 0
        self.said = bytearray()

    def serve(self) -> None:
        """Take connections until the line is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.dead and self.cuts:
                    client.close()
                    continue
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            while True:
                for side in select.select([client, server], [], [])[0]:
                    data = side.recv(1 << 20)
                    if not data:
                        return
                    if side is server:
                        client.sendall(data)
                    elif not self.sent(data, server):
                        return

    def sent(self, data: bytes, server: socket.socket) -> bool:
        """Send a message of the client; False when the line is cut here."""
        self.messages += not is_greeting(data)
        self.said += data
        here = (
            self.cut_at in data if isinstance(self.cut_at, bytes) else self.cut_at == self.messages
        )
        if self.cuts or not here:
            server.sendall(data)
            return True
        self.cuts += 1
        if self.heard:
            server.sendall(data)
            wait_for_answer(server)
        self.on_cut()
        return False


def is_greeting(data: bytes) -> bool:
    """Whether a message of a client only belongs to the beginning of a connection."""
    # What begins with a zero is a greeting, and `p` a password.
    return data[:1] in (b"\0", b"p")


def wait_for_answer(server: socket.socket) -> None:
    """Wait until a server begins to answer; a batch is not answered before its last message."""
    select.select([server], [], [], 0.2)


L = TypeVar("L", bound=Line)


@contextmanager
def serving(opened: L) -> Iterator[L]:
    """Let a line take connections."""
    thread = threading.Thread(target=opened.serve, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        opened.close()
        thread.join()


@contextmanager
def line(host: str, port: int) -> Iterator[Line]:
    """Open a line to a server."""
    with serving(Line(host, port)) as opened:
        yield opened
