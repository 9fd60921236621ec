"""What consumers were told of ports, in a database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weft.mesh.consumption import Notice, NoticeKind
from weft.store.database import Database, Transaction, json_list, reading

# Writers take turns, so that the next number is the one after the last.
_TELL = (
    "INSERT INTO notices "
    "(environment, number, product, port, major, consumer, kind, message, at) "
    "SELECT :environment, coalesce(max(number), 0) + 1, :product, :port, :major, :consumer, "
    ":kind, :message, :at FROM notices WHERE environment = :environment"
)
_OF_PRODUCTS = (
    "SELECT product, port, major, consumer, kind, message, at FROM notices "
    "WHERE environment = :environment "
    "AND product IN (SELECT value FROM json_each(:products) AS wanted) ORDER BY number"
)


class DatabaseNotices:
    """Notices to consumers, in the order in which they were given."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, environment: str, products: Iterable[str]) -> tuple[Notice, ...]:
        """What consumers were told of the ports of products, oldest first."""
        return self._of(environment, json_list(products))

    @reading
    def _of(self, transaction: Transaction, environment: str, products: str) -> tuple[Notice, ...]:
        wanted = {"environment": environment, "products": products}
        return tuple(map(_notice, transaction.execute(_OF_PRODUCTS, wanted)))


def tell(transaction: Transaction, environment: str, notices: Iterable[Notice], at: str) -> None:
    """Keep what consumers are told now, inside of the caller's transaction."""
    for each in notices:
        transaction.execute(_TELL, {"environment": environment, **vars(each), "at": at})


def _notice(row: Any) -> Notice:
    product, port, major, consumer, kind, *rest = row
    return Notice(product, port, major, consumer, NoticeKind(kind), *rest)
