"""What people decided on drift, in a database: to keep it, or to bear it for a while."""

from __future__ import annotations

from weft.mesh.drift import Settlement
from weft.store import acts
from weft.store.audit_log import record
from weft.store.database import Database, Transaction, reading, writing

_ALL = (
    "SELECT environment, drift, product, subject, until, actor, reason, since FROM settlements "
    "WHERE environment = :environment ORDER BY since, drift"
)
_SETTLE = (
    "INSERT INTO settlements "
    "(environment, drift, product, subject, until, actor, reason, since) "
    "VALUES (:environment, :drift, :product, :subject, :until, :actor, :reason, :since) "
    "ON CONFLICT (environment, drift) DO UPDATE SET until = excluded.until, "
    "actor = excluded.actor, reason = excluded.reason, since = excluded.since"
)
_WITHDRAW = "DELETE FROM settlements WHERE environment = :environment AND drift = :drift"


class DatabaseSettlements:
    """Decisions on drift, by its id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @reading
    def all(self, transaction: Transaction, environment: str) -> dict[str, Settlement]:
        """Return every decision in an environment by the drift's id, past ones too."""
        rows = transaction.execute(_ALL, {"environment": environment})
        return {row[1]: Settlement(*row) for row in rows}

    @writing
    def settle(self, transaction: Transaction, settlement: Settlement) -> None:
        """Keep a decision, replacing an earlier one on the same drift."""
        transaction.execute(_SETTLE, vars(settlement))
        record(transaction, settlement.actor, settlement.since, acts.drift_settled(settlement))

    @writing
    def withdraw(
        self, transaction: Transaction, drift: str, environment: str, actor: str, at: str
    ) -> bool:
        """End a decision; False when there was none."""
        place = {"environment": environment, "drift": drift}
        ended = transaction.execute(_WITHDRAW, place).rowcount > 0
        if ended:
            record(transaction, actor, at, acts.settlement_withdrawn(drift, environment))
        return ended
