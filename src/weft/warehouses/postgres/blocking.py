"""Whom the statements of a run wait for: who uses what is replaced, or holds one of our locks."""

from __future__ import annotations

from weft.warehouses.postgres.purpose import of_run
from weft.warehouses.postgres.sessions import Sessions

# Threads of one run are in each other's way for a moment only; a server has other databases too.
_BLOCKED = """
SELECT DISTINCT substring(waiting.query FROM 'product=([^ ]*)'), waiting.wait_event = 'advisory',
 blocker.pid, blocker.application_name, blocker.usename::text
FROM pg_stat_activity AS waiting
CROSS JOIN unnest(pg_blocking_pids(waiting.pid)) AS found(pid)
JOIN pg_stat_activity AS blocker ON blocker.pid = found.pid
WHERE waiting.datname = current_database()
 AND waiting.wait_event_type = 'Lock' AND position(%s IN waiting.query) > 0
 AND position(%s IN coalesce(blocker.query, '')) = 0
ORDER BY 1, 3
"""
_IN_TURN = "holds a lock by which runs of Weft take turns"
_IN_USE = "uses what is to be replaced"


def blocked(sessions: Sessions, run: str) -> list[str]:
    """Say in words whom a run waits for now, and what to do about it. Raises WarehouseError."""
    mark = of_run(run)
    place = sessions.target.place
    return [
        f"{product or place} waits in {place} for process {pid} ({application or 'no name'} of "
        f"{login}), which {_IN_TURN if in_turn else _IN_USE}: let it end its transaction, or run "
        f"SELECT pg_terminate_backend({pid})"
        for product, in_turn, pid, application, login in sessions.ask(_BLOCKED, (mark, mark))
    ]
