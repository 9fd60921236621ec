"""The audit log in SQLite: entries are linked and written in the transaction of what they tell."""

from __future__ import annotations

import sqlite3

from weft.mesh.run import AuditEntry
from weft.store.audit_chain import Act, Head, examined, linked
from weft.store.sqlite.database import Database

_NEWEST_FIRST = (
    "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit "
    "ORDER BY number DESC LIMIT ?"
)
_OLDEST_FIRST = (
    "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit ORDER BY number"
)
_APPEND = (
    "INSERT INTO audit (number, at, actor, action, subject, detail, previous, hash) "
    "VALUES (:number, :at, :actor, :action, :subject, :detail, :previous, :hash)"
)

# What every change of state leaves in the log, looked for from the other side.
_UNEXPLAINED = """
SELECT 'run ' || id || ' began' FROM runs
WHERE id NOT IN (SELECT subject FROM audit WHERE action = 'run.begun')
UNION ALL
SELECT 'run ' || id || ' ended' FROM runs
WHERE ended <> '' AND id NOT IN (
  SELECT subject FROM audit WHERE action IN ('run.ended', 'run.interrupted')
)
UNION ALL
SELECT 'release ' || number || ' of ' || product || ' was published in ' || environment
FROM releases
WHERE (product, environment, number) NOT IN (
  SELECT subject, detail ->> 'environment', detail ->> 'release' FROM audit
  WHERE action = 'release.published'
)
UNION ALL
SELECT product || ' was held in ' || environment FROM holds
WHERE (product, environment, since) NOT IN (
  SELECT subject, detail ->> 'environment', at FROM audit WHERE action = 'hold.placed'
)
LIMIT 1
"""


def record(connection: sqlite3.Connection, actor: str, at: str, *acts: Act) -> None:
    """Append acts to the audit log, in order, inside the caller's transaction."""
    head = _head(connection)
    for done in acts:
        entry = linked(head, done, actor, at)
        _append(connection, entry)
        head = Head(entry.number, entry.hash)


class SqliteAuditLog:
    """The tamper-evident list of who did what; what it can show is said in `audit_chain`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, limit: int = 0) -> tuple[AuditEntry, ...]:
        """Entries, newest first; all of them when `limit` is 0."""
        with self._database.reading() as connection:
            rows = connection.execute(_NEWEST_FIRST, (limit or -1,))
            return tuple(AuditEntry(*row) for row in rows)

    def add(self, actor: str, action: str, subject: str, detail: str, at: str) -> AuditEntry:
        """Append an entry of its own, for acts that change nothing else in the store."""
        with self._database.writing() as connection:
            entry = linked(_head(connection), Act(action, subject, detail), actor, at)
            _append(connection, entry)
        return entry

    def verify(self) -> tuple[int, str]:
        """Check the whole chain; how many entries are good, and what is wrong with the next."""
        with self._database.reading() as connection:
            good, fault = examined(connection.execute(_OLDEST_FIRST), _head(connection))
            return good, fault or _unexplained(connection)


def _head(connection: sqlite3.Connection) -> Head:
    """The newest link; a head of nothing when somebody took the row away."""
    row = connection.execute("SELECT number, hash FROM audit_head").fetchone()
    return Head(*row) if row else Head()


def _unexplained(connection: sqlite3.Connection) -> str:
    """Name something in the store that no entry tells of; "" when there is nothing such."""
    row = connection.execute(_UNEXPLAINED).fetchone()
    return f"no entry says that {row[0]}: entries are missing" if row else ""


def _append(connection: sqlite3.Connection, entry: AuditEntry) -> None:
    connection.execute(_APPEND, vars(entry))
    connection.execute("UPDATE audit_head SET number = ?, hash = ?", (entry.number, entry.hash))
