"""Read rows as a typed stream of Arrow batches, for whoever computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft.plan.plan import Source
from weft.sql.postgres import quote
from weft.warehouses.answering import Answer
from weft.warehouses.postgres.leaving import NUMERIC, Leaving, any_decimal, number
from weft.warehouses.postgres.loading import RUN
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.queries import Queries
from weft.warehouses.postgres.reading import Reading, over
from weft.warehouses.postgres.sessions import Described, Sessions
from weft.warehouses.postgres.unsendable import refused, unsendable
from weft.warehouses.protocol import Bound, WarehouseError

# Truths, numbers, texts, bytes, dates, times and timestamps, as the driver gives them.
_AS_THEY_ARE = frozenset([16, 17, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184])

_KINDS = """
SELECT t.oid::bigint, format_type(t.oid, NULL),
 t.typcategory = 'S' OR t.typtype = 'e' OR t.oid IN ('uuid'::regtype, 'json'::regtype,
  'jsonb'::regtype),
 CASE WHEN t.typcategory = 'A' THEN t.typelem::bigint ELSE 0 END
FROM pg_type AS t WHERE t.oid = ANY(%s::bigint[]::oid[])
"""


@dataclass(frozen=True)
class _Kind:
    """A type: its name, whether texts hold its values, and the type of its items if it has any."""

    name: str
    is_text: bool
    item: int


class Rows:
    """Reads rows in the Arrow types that are next to those of the server and keep every value."""

    def __init__(
        self, sessions: Sessions, reading: Reading, names: Names, queries: Queries
    ) -> None:
        self._sessions = sessions
        self._reading = reading
        self._names = names
        self._queries = queries

    def rows(
        self, select: str, keys: tuple[str, ...], sources: Mapping[str, Source], environment: str
    ) -> Answer:
        """Run a SELECT over builds and pinned sources, which are landed there if need be.

        Raises WarehouseError where one of them is missing, or where Arrow cannot hold a column.
        """
        bound = Bound(RUN, 0, "", sources)
        statement = over(
            select, self._reading.located(keys, self._names.place("", environment), bound)
        )
        described = self._sessions.described(statement)
        return self._queries.stream(statement, described, self._leaving(statement, described))

    def _leaving(self, select: str, described: list[Described]) -> list[Leaving]:
        kinds = self._kinds({each.oid for each in described})
        self._refuse_unsendable(select, described, kinds)
        digits = self._queries.digits(select, described)
        found = []
        for place, each in enumerate(described):
            if place in digits:
                found.append(any_decimal(place, each.name, digits[place]))
            elif each.oid == NUMERIC:
                found.append(number(place, each.size))
            else:
                found.append(_value(place, each, kinds))
        return found

    def _refuse_unsendable(
        self, select: str, described: list[Described], kinds: Mapping[int, _Kind]
    ) -> None:
        """Look for values that would arrive as other ones, before any row is on its way."""
        items = [kinds[each.oid].item if each.oid in kinds else 0 for each in described]
        conditions = {
            place: unsendable(place, each.oid, items[place])
            for place, each in enumerate(described)
            if each.oid != NUMERIC or each.size
        }
        for place in self._queries.met(select, described, conditions):
            raise refused(described[place].name, described[place].oid, items[place])

    def _kinds(self, oids: set[int]) -> dict[int, _Kind]:
        """Look up types, and those of their items."""
        found: dict[int, _Kind] = {}
        odd = oids - _AS_THEY_ARE - {NUMERIC}
        while odd:
            asked = self._sessions.ask(_KINDS, (list(odd),))
            found |= {oid: _Kind(*rest) for oid, *rest in asked}
            items = {kind.item for kind in found.values() if kind.item}
            odd = items - found.keys() - _AS_THEY_ARE
        return found


def _value(place: int, column: Described, kinds: Mapping[int, _Kind]) -> Leaving:
    """Return how a value leaves that is no number of any size."""
    name = quote(str(place))
    if column.oid in _AS_THEY_ARE:
        return Leaving(name)
    kind = kinds[column.oid]
    if kind.is_text:
        return Leaving(f"CAST({name} AS text)")
    if kind.item in _AS_THEY_ARE:
        return Leaving(name)
    if kind.item and (kind.item == NUMERIC or kinds[kind.item].is_text):
        return Leaving(f"CAST({name} AS text[])")
    raise WarehouseError(
        f"column `{column.name}` is of type {kind.name}, which cannot leave the database as it "
        "is; cast it to text"
    )
