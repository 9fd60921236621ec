"""Whether the process behind a run or a lock may still be at work."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.mesh.run import Lock, Run


def is_alive(mesh: Opened, process: Run | Lock) -> bool:
    """Whether a process may still be at work; of another machine's nothing is known."""
    return process.host != mesh.system.host or mesh.system.alive(process.pid)
