"""A PostgreSQL server of one's own that dies and is started again where it was."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

import postgres_server

_LOOKS = 0.02
# A server that ends so many seconds after its start, and so many times, cannot start.
_AT_ONCE, _PATIENT = 1.0, 50


class OwnServer:
    """A server that may be stopped at once and started again."""

    def __init__(self, server: postgres_server.Server) -> None:
        self.options = server.options()
        admin = server.options(user=postgres_server.ADMIN)
        with psycopg.connect(**postgres_server.as_keywords(admin)) as it:
            (folder,) = it.execute("SHOW data_directory").fetchone() or ("",)
        self._data = Path(folder)
        self._command = shlex.split((self._data / "postmaster.opts").read_text())
        self._log = self._data / "restarts.log"
        self._owner = self._data.stat().st_uid
        self._pid = server.pid
        self._later: subprocess.Popen[bytes] | None = None

    def stop_and_start(self) -> None:
        """What `pg_ctl stop -m immediate` does, then a start."""
        self.stop()
        self.start()

    def start(self) -> None:
        """Start it; it takes connections a little later."""
        as_owner = {"user": self._owner, "extra_groups": ()} if os.geteuid() == 0 else {}
        with self._log.open("ab") as log:
            self._later = subprocess.Popen(
                self._command,
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **as_owner,  # type: ignore[call-overload]
            )
        self._pid = self._later.pid

    def told(self) -> str:
        """The last of what it said since it was started again."""
        return self._log.read_text()[-2000:] if self._log.exists() else ""

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGQUIT)
        if self._later:
            self._later.wait()
        while (self._data / "postmaster.pid").exists() and self.runs():
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it, as the system would; what it holds in memory is lost."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def runs(self) -> bool:
        """Whether it takes connections."""
        try:
            with psycopg.connect(**postgres_server.as_keywords(self.options), connect_timeout=1):
                return True
        except psycopg.OperationalError:
            return False

    def revive(self, ended: threading.Event) -> None:
        """Start it again whenever it has died, until `ended`."""
        begun, failed = time.monotonic(), 0
        while not ended.wait(_LOOKS):
            if self._has_died():
                failed = failed + 1 if time.monotonic() - begun < _AT_ONCE else 0
                if failed > _PATIENT:
                    self._end_what_is_left()
                self.start()
                begun = time.monotonic()

    def _end_what_is_left(self) -> None:
        """End processes that outlive their server, which keep the next one from starting."""
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (each / "cwd").readlink() == self._data:
                    os.kill(int(each.name), signal.SIGKILL)

    def _has_died(self) -> bool:
        if self._later:
            return self._later.poll() is not None
        # As long as nobody waits for a dead process it seems to live, to those after it too.
        with suppress(ChildProcessError):
            return os.waitpid(self._pid, os.WNOHANG) != (0, 0)
        return True


@contextmanager
def reviving() -> Iterator[OwnServer]:
    """Run a server that is started again whenever it dies. Raises NoServer."""
    with postgres_server.running() as server:
        own, ended = OwnServer(server), threading.Event()
        keeper = threading.Thread(target=own.revive, args=(ended,), daemon=True)
        keeper.start()
        try:
            yield own
        finally:
            ended.set()
            keeper.join()
            own.stop()
