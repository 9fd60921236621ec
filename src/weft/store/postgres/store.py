"""A PostgreSQL store, opened and made where there is none."""

from __future__ import annotations

from weft.store.database_store import DatabaseStore
from weft.store.migrate import initialise
from weft.store.postgres.address import read_address
from weft.store.postgres.database import MIGRATIONS, PostgresDatabase
from weft.store.protocol import StoreError

PATIENCE = 30.0


class PostgresStore(DatabaseStore):
    """A store in the schema `weft` of a database."""

    def __init__(self, url: str, mesh: str, new_id: str, patience: float = PATIENCE) -> None:
        """Open the store at an address, making it with the id `new_id` if there is none.

        `patience` is how many seconds other programs' transactions are waited for. Raises
        StoreError, which names host and database and nothing else of the address.
        """
        database = PostgresDatabase(read_address(url), patience)
        try:
            database.prepare(lambda it: initialise(it, MIGRATIONS, mesh, new_id))
        except BaseException as error:
            database.close()
            if isinstance(error, StoreError):
                error.interrupted = error.full
            raise
        super().__init__(database, mesh)

    @staticmethod
    def find(url: str, mesh: str) -> DatabaseStore | None:
        """Open the store at an address where there is one; nothing is made. Raises StoreError."""
        database = PostgresDatabase(read_address(url), PATIENCE)
        try:
            if database.is_empty():
                database.close()
                return None
        except BaseException:
            database.close()
            raise
        return DatabaseStore(database, mesh)
