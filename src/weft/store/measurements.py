"""What service levels were measured to be, in a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from weft.mesh.service_level import Measurement
from weft.store.database import Database, Transaction, json_list, reading, writing

_ADD = (
    "INSERT INTO measurements "
    "(environment, product, port, major, level, at, value, problem) "
    "VALUES (:environment, :product, :port, :major, :level, :at, :value, :problem) "
    "ON CONFLICT (environment, product, port, major, level, at) DO UPDATE SET "
    "value = excluded.value, problem = excluded.problem"
)
# What held at the beginning is the last of what was measured before.
_SINCE = (
    "SELECT found.product, found.port, found.major, found.level, found.at, found.value, "
    "found.problem FROM measurements AS found LEFT JOIN "
    "(SELECT product, port, major, level, max(at) AS at FROM measurements "
    "WHERE environment = :environment AND at <= :since "
    "AND product IN (SELECT value FROM json_each(:products) AS wanted) "
    "GROUP BY product, port, major, level) AS first "
    "ON first.product = found.product AND first.port = found.port "
    "AND first.major = found.major AND first.level = found.level "
    "WHERE found.environment = :environment "
    "AND found.product IN (SELECT value FROM json_each(:products) AS wanted) "
    "AND found.at >= coalesce(first.at, :since) "
    "ORDER BY found.product, found.port, found.major, found.level, found.at"
)


class DatabaseMeasurements:
    """What was measured, by port version, level and moment."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @writing
    def add(
        self, transaction: Transaction, environment: str, measured: Sequence[Measurement]
    ) -> None:
        """Keep measurements, each replacing an earlier one of the same moment."""
        rows = [{"environment": environment, **vars(each)} for each in measured]
        transaction.execute_all(_ADD, rows)

    def since(
        self, environment: str, products: Iterable[str], since: str
    ) -> tuple[Measurement, ...]:
        """What was measured of products from an ISO time on, and what was known at that time.

        By port version, level and moment.
        """
        return self._since(environment, json_list(products), since)

    @reading
    def _since(
        self, transaction: Transaction, environment: str, products: str, since: str
    ) -> tuple[Measurement, ...]:
        wanted = {"environment": environment, "products": products, "since": since}
        return tuple(Measurement(*row) for row in transaction.execute(_SINCE, wanted))
