"""What counts as the same rows, asked of both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import psycopg
import pytest

from postgres_server import ADMIN, Server
from weft.mesh.manifest import Column, Read, ReadKind
from weft.plan.comparing import verify_spec
from weft.plan.copies import Foreign
from weft.plan.examine import Behind
from weft.plan.plan import VerifySpec
from weft.sql.dialect import dialect_named

COLUMNS = (("id", "INTEGER"), ("place", "DOUBLE PRECISION"), ('odd "name', "TEXT"))
Ask = Callable[[str], tuple[Any, ...]]


@pytest.fixture(scope="module")
def database(postgres: Server) -> Iterator[Ask]:
    options = postgres.options("postgres", ADMIN)
    with psycopg.connect(dbname=options.pop("database"), **options, autocommit=True) as connection:
        yield lambda select: connection.execute(select).fetchone() or ()


@pytest.fixture(params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest) -> tuple[str, Ask]:
    if request.param == "postgres":
        return "postgres", request.getfixturevalue("database")
    return "duckdb", lambda select: duckdb.sql(select).fetchone() or ()


def spec_of(dialect: str, names: tuple[str, ...]) -> VerifySpec:
    native = dialect_named(dialect)
    read = Read(ReadKind.PORT, "sales.orders.orders@1", "orders")
    foreign = Foreign(None, read, Behind("new", "lake", names))  # type: ignore[arg-type]
    return verify_spec(foreign, [Column(*each) for each in COLUMNS if each[0] in names], native)


def asked(
    engine: tuple[str, Ask], before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> tuple[tuple[Any, ...], dict[str, int]]:
    """The three numbers of a whole comparison, and those of the columns that differ."""
    name, ask = engine
    dialect = dialect_named(name)
    spec = spec_of(name, tuple(each for each, _ in COLUMNS))
    shown = {spec.copy: before, spec.key: after}
    tables = ", ".join(
        f"{dialect.relation('builds', key)} AS ({_values(rows, dialect)})"
        for key, rows in shown.items()
    )
    whole = ask(f"WITH {tables} {spec.whole}")
    single = {each.column: ask(f"WITH {tables} {each.statement}")[0] for each in spec.columns}
    return whole, {column: number for column, number in single.items() if number}


def _values(rows: list[tuple[Any, ...]], dialect: Any) -> str:
    selects = [
        ", ".join(
            f"CAST({dialect.literal(value)} AS {kind}) AS {dialect.quote(name)}"
            for value, (name, kind) in zip(row, COLUMNS, strict=True)
        )
        for row in rows
    ]
    return " UNION ALL ".join(f"SELECT {each}" for each in selects)


ROWS = [(1, 0.1, "a"), (1, 0.1, "a"), (2, None, None), (None, 7.5, "")]


def test_the_same_rows_in_another_order(engine: tuple[str, Ask]) -> None:
    assert asked(engine, ROWS, ROWS[::-1]) == ((4, 4, 0), {})


def test_floats_that_differ_in_their_last_digits(engine: tuple[str, Ask]) -> None:
    sums = [(1, 0.1 + 0.2, "a"), (2, 1e300, "b")]
    assert asked(engine, sums, [(1, 0.3, "a"), (2, 1e300 * (1 + 1e-12), "b")])[0] == (2, 2, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0.3, 0.3000001),
        (0.0, 1e-20),
        (1.0, -1.0),
        (1.0, None),
        (None, 1.0),
        (1.0, float("nan")),
        (1.0, float("inf")),
        (float("inf"), float("-inf")),
    ],
)
def test_floats_that_differ(engine: tuple[str, Ask], before: Any, after: Any) -> None:
    found, columns = asked(engine, [(1, before, "a")], [(1, after, "a")])
    assert (found, columns) == ((1, 1, 1), {"place": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 0.0])
def test_odd_floats_that_are_the_same(engine: tuple[str, Ask], value: float) -> None:
    assert asked(engine, [(1, value, "a")], [(1, value, "a")]) == ((1, 1, 0), {})


def test_the_columns_that_differ_are_counted(engine: tuple[str, Ask]) -> None:
    after = [(1, 0.1, "b"), (1, 0.1, "a"), (2, None, ""), (None, 7.5, "")]
    found, columns = asked(engine, ROWS, after)
    assert found == (4, 4, 2)
    assert columns == {'odd "name': 2}


def test_how_often_a_row_is_there_counts(engine: tuple[str, Ask]) -> None:
    after = [ROWS[0], ROWS[2], ROWS[2], ROWS[3]]
    assert asked(engine, ROWS, after)[0][2] >= 1
    assert asked(engine, ROWS[:3], ROWS)[0] == (3, 4, 0)
