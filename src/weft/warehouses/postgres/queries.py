"""Answer one SELECT over named relations, which can read nothing else, as an Arrow stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from weft.sql.postgres import DIALECT, quote
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.connections import SET_UP
from weft.warehouses.postgres.copying import Connection
from weft.warehouses.postgres.errors import shortened
from weft.warehouses.postgres.reading import defined
from weft.warehouses.postgres.sessions import Described, Sessions
from weft.warehouses.protocol import Relation, Unmeasurable

if TYPE_CHECKING:
    from weft.sql.problem import Problem

# The numbers of types that the driver gives as they are: boolean, bytes, integers, texts, floats,
# dates and times, and lists of some of them.
_AS_THEY_ARE = frozenset(
    [
        *(16, 17, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184),
        *(1000, 1001, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1115, 1182, 1183, 1185),
    ]
)
_NUMERIC = 1700
_DIGITS = 38


class Answer:
    """The rows of a query, read once and as a stream by way of `__arrow_c_stream__`.

    It is a context manager, and raises WarehouseError in place of what the reader of the stream
    makes of an error of the server.
    """

    def __init__(self, columns: tuple[str, ...], rows: Any, closing: ExitStack) -> None:
        self.columns = columns
        self._rows = rows
        self._closing = closing

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Let go of the connection."""
        self._rows = None
        self._closing.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        self.close()
        # A stream of C knows no classes: its reader raises just this one, with the text.
        if kind is Exception:
            raise Unmeasurable(shortened(str(error))) from None


class Queries:
    """Answers queries, each on a connection of its own that can change nothing."""

    def __init__(self, sessions: Sessions, catalog: Catalog) -> None:
        self._sessions = sessions
        self._catalog = catalog

    def answer(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run a SELECT over relations, each under its path of three parts.

        Raises Unmeasurable when it reads anything else, or is at fault; WarehouseError.
        """
        known = {relation.path: relation for relation in relations}
        found = self._catalog.need(relation.key for relation in known.values())
        text, names = _renamed(select, known)
        selects = {
            name: " ".join(
                ("SELECT", _listed(known[path].columns), "FROM", found[known[path].key].relation)
            )
            for path, name in names.items()
        }
        return self.rows(defined(text, selects))

    def rows(self, select: str) -> Answer:
        """Run a SELECT that was made safe."""
        described = self._sessions.described(select)
        leaving = self._leaving(select, described)
        values = ", ".join(
            f"{value} AS {quote(each.name)}"
            for (value, _), each in zip(leaving, described, strict=True)
        )
        text = _over(values, select, len(described)) if described else select
        with ExitStack() as opened:
            connection = Connection(self._sessions.target, opened)
            with self._sessions.stopping.stoppable(connection.cancel):
                for statement in (*SET_UP.split(";"), "SET default_transaction_read_only = on"):
                    connection.run(statement)
                connection.commit()
                stream = connection.stream(text, opened)
            rows = _cast(stream, [size for _, size in leaving])
            return Answer(tuple(each.name for each in described), rows, opened.pop_all())

    def _leaving(
        self, select: str, described: Sequence[Described]
    ) -> list[tuple[str, tuple[int, int] | None]]:
        """Return how each value leaves, and the size of those that are decimals as text."""
        unsized = [
            place
            for place, each in enumerate(described)
            if each.oid == _NUMERIC and each.precision is None
        ]
        scales = self._scales(select, len(described), unsized)
        return [_value(place, each, scales.get(place)) for place, each in enumerate(described)]

    def _scales(self, select: str, columns: int, places: Sequence[int]) -> dict[int, int]:
        """Return the number of digits behind the point that columns of any numbers need.

        Where a number has more digits than an Arrow reader takes, the column is left out.
        """
        if not places:
            return {}
        asked = ", ".join(
            f"max(scale({quote(str(place))})), "
            f"max(char_length(CAST(trunc(abs({quote(str(place))})) AS text)))"
            for place in places
        )
        with self._sessions.transaction("SET LOCAL transaction_read_only = on"):
            ((*found,),) = self._sessions.ask_users(_over(asked, select, columns))
        return {
            place: found[2 * number] or 0
            for number, place in enumerate(places)
            if (found[2 * number] or 0) + (found[2 * number + 1] or 0) <= _DIGITS
        }


def _over(values: str, select: str, columns: int) -> str:
    """Return a SELECT of values over the columns of another, which are called by their places."""
    places = ", ".join(quote(str(place)) for place in range(columns))
    return " ".join(("SELECT", values, "FROM (\n", select, '\n) AS "q"', f"({places})"))


def _value(place: int, each: Described, scale: int | None) -> tuple[str, tuple[int, int] | None]:
    name = quote(str(place))
    if each.oid in _AS_THEY_ARE:
        return name, None
    size = None if scale is None else (_DIGITS, scale)
    if each.oid == _NUMERIC and each.precision is not None and each.scale is not None:
        size = (each.precision, each.scale)
    if size and size[0] <= _DIGITS and size[1] >= 0:
        return f"CAST(CAST({name} AS numeric({size[0]}, {size[1]})) AS text)", size
    return f"CAST({name} AS text)", None


def _cast(stream: Any, sizes: Sequence[tuple[int, int] | None]) -> Any:
    """Turn the texts of decimals into decimals, batch by batch."""
    from arro3.core import DataType, Field, RecordBatch, RecordBatchReader, Schema

    reader = RecordBatchReader.from_stream(stream)
    if not any(sizes):
        return reader
    types = [None if size is None else DataType.decimal128(*size) for size in sizes]
    fields = [reader.schema.field(place) for place in range(len(types))]
    schema = Schema(
        [
            field if kind is None else Field(field.name, kind)
            for field, kind in zip(fields, types, strict=True)
        ]
    )

    def batches() -> Iterator[Any]:
        for batch in reader:
            columns = [
                batch.column(place) if kind is None else _decimals(batch.column(place), kind)
                for place, kind in enumerate(types)
            ]
            yield RecordBatch.from_arrays(columns, schema=schema)

    return RecordBatchReader.from_batches(schema, batches())


def _decimals(texts: Any, kind: Any) -> Any:
    numbers = texts.cast(kind)
    if numbers.null_count != texts.null_count:
        raise ValueError("a value is no number (NaN or infinite); cast it to double precision")
    return numbers


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
