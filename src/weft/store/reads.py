"""Who read which port on which day, in a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from weft.mesh.consumption import PortReads, ReadBy
from weft.store.database import Database, Transaction, json_list, reading, writing

_COUNT = (
    "INSERT INTO reads (environment, product, port, major, kind, reader, day, count, last) "
    "VALUES (:environment, :product, :port, :major, :kind, :reader, :day, :count, :last) "
    "ON CONFLICT (environment, product, port, major, kind, reader, day) DO UPDATE SET "
    "count = reads.count + excluded.count, last = "
    "CASE WHEN excluded.last > reads.last THEN excluded.last ELSE reads.last END"
)
_OF_PRODUCTS = (
    "SELECT product, port, major, kind, reader, day, count, last FROM reads "
    "WHERE :environment IN ('', environment) "
    "AND product IN (SELECT value FROM json_each(:products) AS wanted) "
    "ORDER BY product, port, major, kind, reader, day"
)


class DatabaseReads:
    """Reads of ports, by reader and day."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @writing
    def add(self, transaction: Transaction, environment: str, reads: Sequence[PortReads]) -> None:
        """Count reads, beside those of the same reader and day."""
        count_reads(transaction, environment, reads)

    def of(self, environment: str, products: Iterable[str]) -> tuple[PortReads, ...]:
        """Who read the ports of products, by port version, kind, reader and day.

        In all environments when "" is given.
        """
        return self._of(environment, json_list(products))

    @reading
    def _of(
        self, transaction: Transaction, environment: str, products: str
    ) -> tuple[PortReads, ...]:
        wanted = {"environment": environment, "products": products}
        return tuple(map(_reads, transaction.execute(_OF_PRODUCTS, wanted)))


def count_reads(transaction: Transaction, environment: str, reads: Iterable[PortReads]) -> None:
    """Count reads inside of the caller's transaction."""
    rows = [{"environment": environment, **vars(each)} for each in reads]
    if rows:
        transaction.execute_all(_COUNT, rows)


def _reads(row: Any) -> PortReads:
    product, port, major, kind, *rest = row
    return PortReads(product, port, major, ReadBy(kind), *rest)
