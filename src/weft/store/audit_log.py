"""The audit log in a database: entries are written in the transaction of what they tell."""

from __future__ import annotations

from weft.mesh.run import AuditEntry
from weft.store.audit_chain import Act, Head, examined, linked
from weft.store.database import Database, Transaction, reading, writing

_NEWEST_FIRST = (
    "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit "
    "ORDER BY number DESC LIMIT :limit"
)
_OLDEST_FIRST = (
    "SELECT number, at, actor, action, subject, detail, previous, hash FROM audit ORDER BY number"
)
_APPEND = (
    "INSERT INTO audit (number, at, actor, action, subject, detail, previous, hash) "
    "VALUES (:number, :at, :actor, :action, :subject, :detail, :previous, :hash)"
)
_ALL = 2**63 - 1

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
WHERE (product, environment, CAST(number AS TEXT)) NOT IN (
  SELECT subject, detail ->> 'environment', CAST(detail ->> 'release' AS TEXT) FROM audit
  WHERE action = 'release.published'
)
UNION ALL
SELECT product || ' was held in ' || environment FROM holds
WHERE (product, environment, since) NOT IN (
  SELECT subject, detail ->> 'environment', at FROM audit WHERE action = 'hold.placed'
)
UNION ALL
SELECT 'drift ' || drift || ' was settled in ' || environment FROM settlements
WHERE (drift, environment, since) NOT IN (
  SELECT detail ->> 'drift', detail ->> 'environment', at FROM audit
  WHERE action IN ('drift.adopted', 'drift.accepted')
)
UNION ALL
SELECT 'version ' || version || ' of ' || product || '.' || port || ' was released in '
  || environment
FROM evidence
WHERE hash NOT IN (SELECT detail ->> 'hash' FROM audit WHERE action = 'version.released')
LIMIT 1
"""


def record(transaction: Transaction, actor: str, at: str, *acts: Act) -> None:
    """Append acts to the audit log, in order, inside the caller's transaction."""
    head = _head(transaction)
    for done in acts:
        entry = linked(head, done, actor, at)
        _append(transaction, entry)
        head = Head(entry.number, entry.hash)


def verified(transaction: Transaction) -> tuple[int, str]:
    """Check the whole chain; how many entries are good, and what is wrong with the next."""
    good, fault = examined(transaction.execute(_OLDEST_FIRST), _head(transaction))
    return good, fault or _unexplained(transaction)


class DatabaseAuditLog:
    """The tamper-evident list of who did what; what it can show is said in `audit_chain`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @reading
    def entries(self, transaction: Transaction, limit: int = 0) -> tuple[AuditEntry, ...]:
        """Entries, newest first; all of them when `limit` is 0."""
        rows = transaction.execute(_NEWEST_FIRST, {"limit": limit or _ALL})
        return tuple(AuditEntry(*row) for row in rows)

    @writing
    def add(
        self, transaction: Transaction, actor: str, action: str, subject: str, detail: str, at: str
    ) -> AuditEntry:
        """Append an entry of its own, for acts that change nothing else in the store."""
        entry = linked(_head(transaction), Act(action, subject, detail), actor, at)
        _append(transaction, entry)
        return entry

    @reading
    def verify(self, transaction: Transaction) -> tuple[int, str]:
        """Check the whole chain; how many entries are good, and what is wrong with the next."""
        return verified(transaction)


def _head(transaction: Transaction) -> Head:
    """The newest link; a head of nothing when somebody took the row away."""
    row = transaction.execute("SELECT number, hash FROM audit_head").fetchone()
    return Head(*row) if row else Head()


def _unexplained(transaction: Transaction) -> str:
    """Name something in the store that no entry tells of; "" when there is nothing such."""
    row = transaction.execute(_UNEXPLAINED).fetchone()
    return f"no entry says that {row[0]}: entries are missing" if row else ""


def _append(transaction: Transaction, entry: AuditEntry) -> None:
    values = vars(entry)
    transaction.execute(_APPEND, values)
    transaction.execute("UPDATE audit_head SET number = :number, hash = :hash", values)
