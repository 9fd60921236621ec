"""What consumers say to versions that would break them, in a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from weft.mesh.signoff import Answer, Signoff
from weft.store import acts
from weft.store.audit_log import record
from weft.store.database import Database, Transaction, reading, writing

_ALL = (
    "SELECT environment, product, port, version, consumer, state, answer_by, actor, reason, at "
    "FROM signoffs WHERE environment = :environment ORDER BY product, port, version, consumer"
)
_INSERT = (
    "INSERT INTO signoffs "
    "(environment, product, port, version, consumer, state, answer_by, actor, reason, at) VALUES "
    "(:environment, :product, :port, :version, :consumer, :state, :answer_by, :actor, :reason, :at)"
)
_KEY = " ON CONFLICT (environment, product, port, version, consumer) "
# What was asked before, and what was answered, stays.
_OPEN = f"{_INSERT}{_KEY}DO NOTHING"
_ANSWER = (
    f"{_INSERT}{_KEY}DO UPDATE SET state = excluded.state, actor = excluded.actor, "
    "reason = excluded.reason, at = excluded.at"
)


class DatabaseSignoffs:
    """Sign-offs, by port version and consumer."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @reading
    def all(self, transaction: Transaction, environment: str) -> tuple[Signoff, ...]:
        """Return every sign-off of an environment, by port, version and consumer."""
        rows = transaction.execute(_ALL, {"environment": environment})
        return tuple(map(_signoff, rows))

    @writing
    def answer(self, transaction: Transaction, signoff: Signoff) -> None:
        """Keep an answer, replacing an earlier one; the day to answer by stays."""
        transaction.execute(_ANSWER, vars(signoff))
        record(transaction, signoff.actor, signoff.at, acts.signoff_answered(signoff))


def ask(transaction: Transaction, signoffs: Iterable[Signoff], at: str) -> None:
    """Open sign-offs inside of the caller's transaction; those that are there stay as they are."""
    for each in signoffs:
        opened = replace(each, state=Answer.OPEN, actor="", reason="", at=at)
        transaction.execute(_OPEN, vars(opened))


def _signoff(row: Any) -> Signoff:
    environment, product, port, version, consumer, state, *said = row
    return Signoff(environment, product, port, version, consumer, Answer(state), *said)
