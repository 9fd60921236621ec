"""A store in a database, wired: the same for every kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from weft.mesh.run import Run
from weft.store.acts import environment_ended, store_taken_over
from weft.store.audit_log import DatabaseAuditLog, record
from weft.store.database import Database, Transaction, reading, writing
from weft.store.definitions import DatabaseDefinitions
from weft.store.ending import end, rows
from weft.store.evidence import DatabaseEvidence
from weft.store.forgetting import forget
from weft.store.journal import DatabaseJournal
from weft.store.locks import need_all
from weft.store.measurements import DatabaseMeasurements
from weft.store.migrate import identified
from weft.store.notices import DatabaseNotices
from weft.store.protocol import Outdated, StoreError
from weft.store.reads import DatabaseReads
from weft.store.settlements import DatabaseSettlements
from weft.store.signoffs import DatabaseSignoffs
from weft.store.transfer import exported, imported


class DatabaseStore:
    """A store in a database. All parts may be used from threads, which take turns."""

    def __init__(self, database: Database, mesh: str) -> None:
        """Take over an open database that holds a store; it is closed when it is refused.

        Raises StoreError.
        """
        self.database = database
        try:
            self.identity = identified(database, mesh)
        except BaseException:
            database.close()
            raise
        self.definitions = DatabaseDefinitions(database)
        self.journal = DatabaseJournal(database)
        self.settlements = DatabaseSettlements(database)
        self.signoffs = DatabaseSignoffs(database)
        self.evidence = DatabaseEvidence(database)
        self.reads = DatabaseReads(database)
        self.notices = DatabaseNotices(database)
        self.measurements = DatabaseMeasurements(database)
        self.audit = DatabaseAuditLog(database)

    def take_over(self, id: str, actor: str, at: str) -> None:
        """Take the id of a store that was lost. Raises StoreError when this one was used."""
        self._take_over(id, actor, at)
        self.identity = replace(self.identity, id=id)

    @writing
    def _take_over(self, transaction: Transaction, id: str, actor: str, at: str) -> None:
        if transaction.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
            raise StoreError(f"{self.database.place} was used already and keeps its own id")
        transaction.execute("UPDATE identity SET id = :id", {"id": id})
        record(transaction, actor, at, store_taken_over(self.identity.id, id))

    @writing
    def forget(self, transaction: Transaction, outdated: Outdated) -> None:
        """Remove what need not be kept; runs, releases and the audit log stay for ever."""
        forget(transaction, outdated)

    @writing
    def end(self, transaction: Transaction, run: Run, at: str, outdated: Outdated) -> None:
        """Remove all that is kept of a run's environment. Raises FencedOut."""
        need_all(transaction, run)
        end(transaction, run.environment)
        forget(transaction, outdated)
        record(transaction, run.actor, at, environment_ended(run))

    @reading
    def rows(self, transaction: Transaction, environment: str) -> int:
        """How many rows are kept of an environment, beside the audit log."""
        return rows(transaction, environment)

    def export(self, file: BinaryIO) -> int:
        """Write everything into an empty file, as of one moment; how many rows."""
        return self.database.read(lambda transaction: exported(transaction, self.identity, file))

    def restore(self, file: BinaryIO, actor: str, at: str) -> int:
        """Fill this store with what `export` wrote, its id too; how many rows.

        All of it or nothing. Raises Unfit when anything was ever done with this store, and when
        the file is damaged or was written for another mesh or format.
        """
        id, rows = self.database.write(
            lambda transaction: imported(transaction, self.identity, file, actor, at)
        )
        self.identity = replace(self.identity, id=id)
        return rows

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
