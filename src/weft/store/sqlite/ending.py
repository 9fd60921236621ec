"""Remove from SQLite all that is kept of an environment, but for the audit log."""

from __future__ import annotations

import sqlite3

# What names a run goes before the runs do. Definitions that nothing names are forgotten later.
_OF_RUNS = ("plans", "outcomes")
_OF_ENVIRONMENT = (
    *("verdicts", "applied", "descriptors", "releases", "holds", "salts", "locks", "fences"),
    "runs",
)
_ROWS = (
    *((table, "run IN (SELECT id FROM runs WHERE environment = ?)") for table in _OF_RUNS),
    *((table, "environment = ?") for table in _OF_ENVIRONMENT),
)


def rows(connection: sqlite3.Connection, environment: str) -> int:
    """Count what is kept of an environment."""
    counts = (" ".join(("SELECT count(*) FROM", *_where(each))) for each in _ROWS)
    return sum(connection.execute(each, (environment,)).fetchone()[0] for each in counts)


def end(connection: sqlite3.Connection, environment: str) -> None:
    """Remove what is kept of an environment, inside the caller's transaction."""
    for each in _ROWS:
        connection.execute(" ".join(("DELETE FROM", *_where(each))), (environment,))


def _where(rows: tuple[str, str]) -> tuple[str, str, str]:
    table, condition = rows
    return table, "WHERE", condition
