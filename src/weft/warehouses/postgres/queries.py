"""Answer one SELECT over named relations, which can read nothing else, as an Arrow stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from weft.sql.postgres import DIALECT, quote
from weft.warehouses.answering import Answer
from weft.warehouses.messages import missing_data, one_line
from weft.warehouses.postgres.adbc import Connection, connected
from weft.warehouses.postgres.errors import Interrupted
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.leaving import (
    NUMERIC,
    TYPES,
    Leaving,
    Type,
    any_number,
    digits_asked,
    is_plain,
    leaving,
    number,
    typed,
)
from weft.warehouses.postgres.reading import defined
from weft.warehouses.postgres.sessions import Described, Sessions
from weft.warehouses.protocol import Relation, Unmeasurable, WarehouseError

if TYPE_CHECKING:
    from weft.sql.problem import Problem


_READ_ONLY = "SET default_transaction_read_only = on"

_STREAMED = re.compile(r"^(C Data interface error: |\[libpq\] Execution error \[\w+\]: )+")


def answered(
    columns: tuple[str, ...], rows: Any, connection: Connection, closing: ExitStack
) -> Answer:
    """Return rows that come by a connection. Whether that is lost tells whose fault an error is."""

    def meant(text: str) -> WarehouseError:
        told = one_line(_STREAMED.sub("", text))
        return Interrupted(told) if connection.is_lost() else Unmeasurable(told)

    return Answer(columns, rows, closing, meant)


class Queries:
    """Answers queries, each on a connection of its own that can change nothing."""

    def __init__(self, sessions: Sessions, known: Known) -> None:
        self._sessions = sessions
        self._known = known

    def answer(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run a SELECT over relations, each under its path of three parts.

        Raises Unmeasurable when it reads anything else, or is at fault; WarehouseError.
        """
        known = {relation.path: relation for relation in relations}
        found = self._known.sought(relation.key for relation in known.values())
        for path, each in known.items():
            if each.key not in found:
                raise missing_data(path, self._sessions.target.place)
        text, names = _renamed(select, known)
        selects = {
            name: " ".join(
                ("SELECT", _listed(known[path].columns), "FROM", found[known[path].key].relation)
            )
            for path, name in names.items()
        }
        return self.rows(defined(text, selects))

    def rows(self, select: str) -> Answer:
        """Run a SELECT that was made safe, for people to read what it gives."""
        described = self._sessions.described(select)
        return self.stream(select, described, self._leaving(select, described))

    def stream(
        self, select: str, described: Sequence[Described], values: Sequence[Leaving]
    ) -> Answer:
        """Run a SELECT that was made safe; its values leave as these say."""
        listed = ", ".join(
            f"{value.expression} AS {quote(each.name)}"
            for value, each in zip(values, described, strict=True)
        )
        text = _over(listed, select, len(described)) if described else select
        with ExitStack() as opened:
            connection = opened.enter_context(connected(self._sessions, _READ_ONLY))
            stream = connection.stream(text, opened)
            rows = typed(stream, values)
            return answered(
                tuple(each.name for each in described), rows, connection, opened.pop_all()
            )

    def _leaving(self, select: str, described: Sequence[Described]) -> list[Leaving]:
        """Return how each value leaves."""
        odd = list({each.oid for each in described if not is_plain(each.oid)})
        asked = self._sessions.ask(TYPES, (odd,)) if odd else []
        types = {oid: Type(*rest) for oid, *rest in asked}
        digits = self.digits(select, described)
        found = []
        for place, each in enumerate(described):
            if place in digits:
                found.append(any_number(place, digits[place]))
            elif each.oid == NUMERIC:
                found.append(number(place, each.size))
            else:
                found.append(leaving(place, each.oid, types))
        return found

    def digits(self, select: str, described: Sequence[Described]) -> dict[int, Sequence[Any]]:
        """Return how many digits the values have of numerics whose types do not say it."""
        places = [x for x, each in enumerate(described) if each.oid == NUMERIC and not each.size]
        if not places:
            return {}
        found = self._of_all(", ".join(map(digits_asked, places)), select, described)
        return {place: found[3 * x : 3 * x + 3] for x, place in enumerate(places)}

    def met(
        self, select: str, described: Sequence[Described], conditions: Mapping[int, str]
    ) -> list[int]:
        """Return the places of columns of which a value meets a condition; "" is none."""
        asked = {place: f"bool_or({each})" for place, each in conditions.items() if each}
        if not asked:
            return []
        found = self._of_all(", ".join(asked.values()), select, described)
        return [place for place, met in zip(asked, found, strict=True) if met]

    def _of_all(self, asked: str, select: str, described: Sequence[Described]) -> Sequence[Any]:
        """Ask one thing of all rows of a SELECT."""
        with self._sessions.transaction("SET LOCAL transaction_read_only = on"):
            [found] = self._sessions.ask_users(_over(asked, select, len(described)))
        return found


def _over(values: str, select: str, columns: int) -> str:
    """Return a SELECT of values over the columns of another, which are called by their places."""
    places = ", ".join(quote(str(place)) for place in range(columns))
    return " ".join(("SELECT", values, "FROM (\n", select, '\n) AS "q"', f"({places})"))


def _renamed(
    select: str, known: dict[tuple[str, ...], Relation]
) -> tuple[str, dict[tuple[str, ...], str]]:
    """Return a query with a plain name for each relation, and these names, quoted, by path."""
    from sqlglot import exp

    from weft.sql.gate import cte_of, survey
    from weft.sql.reading import read

    tree, problems = read(select, DIALECT)
    if tree is None:
        raise _refused(problems)
    names: dict[tuple[str, ...], str] = {}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or cte_of(table, DIALECT) is not None:
            continue
        path = tuple(part.name for part in table.parts)
        if path not in known:
            raise Unmeasurable(f"there is no relation `{'.'.join(path)}` to read here")
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(path[-1], quoted=True)))
        name = names.setdefault(path, f"relation {len(names)}")
        table.set("this", exp.to_identifier(name, quoted=True))
        table.set("db", None)
        table.set("catalog", None)
    for column in tree.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    problems = tuple(survey(tree, select, DIALECT, (1,)).problems)
    if problems:
        raise _refused(problems)
    text = tree.sql(dialect=DIALECT.sqlglot, identify=True, comments=False)
    return text, {path: quote(name) for path, name in names.items()}


def _refused(problems: Iterable[Problem]) -> Unmeasurable:
    return Unmeasurable("; ".join(dict.fromkeys(each.message for each in problems)))


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(quote, columns))
