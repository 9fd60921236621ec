"""What one warehouse has is brought over to another as it is, both ways."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from warehouse_kinds import opener
from warehouse_steps import bound, build, values_of_rows

from weft.app.copying import copy
from weft.mesh.manifest import Column
from weft.plan.plan import CopySpec
from weft.sql.dialect import dialect_named
from weft.sql.types import canonical_type
from weft.warehouses.protocol import Origin, WarehouseError

# Of each kind of value: how the lake and how the database writes it, and in which type it is kept
# by the other one.
EXACT = {
    "truth": ("true", "BOOLEAN", "boolean", "BOOLEAN", "boolean"),
    "small": ("'-32768'", "SMALLINT", "smallint", "SMALLINT", "smallint"),
    "whole": ("'2147483647'", "INTEGER", "integer", "INTEGER", "integer"),
    "long": ("'-9223372036854775808'", "BIGINT", "bigint", "BIGINT", "bigint"),
    "single": ("'1.5'", "FLOAT", "real", "FLOAT", "real"),
    "double": ("'0.1'", "DOUBLE", "double precision", "DOUBLE", "double precision"),
    "exact": (
        "'12345678901234567890123456789012.345678'",
        "DECIMAL(38,6)",
        "numeric(38,6)",
        "DECIMAL(38,6)",
        "numeric(38,6)",
    ),
    "text": ("'ä € 😀'", "VARCHAR", "text", "VARCHAR", "text"),
    "day": ("'2024-02-29'", "DATE", "date", "DATE", "date"),
    "time": ("'23:59:59.999999'", "TIME", "time", "TIME", "time without time zone"),
    "stamp": (
        "'1969-12-31 23:59:59.999999'",
        "TIMESTAMP",
        "timestamp",
        "TIMESTAMP",
        "timestamp without time zone",
    ),
    "moment": (
        "'2024-03-31 02:59:59.999999+02'",
        "TIMESTAMP WITH TIME ZONE",
        "timestamp with time zone",
        "TIMESTAMP WITH TIME ZONE",
        "timestamp with time zone",
    ),
    "uuid": ("'00000000-0000-4000-8000-000000000001'", "UUID", "uuid", "UUID", "uuid"),
    "json": ("""'{"b": [1, null], "a": "x"}'""", "JSON", "json", "JSON", "json"),
}
LISTS = {
    "longs": ("ARRAY[1, NULL, 3]", "BIGINT[]", "bigint[]"),
    "texts": ("ARRAY['a', 'b\"c', NULL, '']", "VARCHAR[]", "text[]"),
    "exacts": ("ARRAY[1.25, NULL, -3.50]", "DECIMAL(10,2)[]", "numeric(10,2)[]"),
}


@pytest.fixture
def database_one(database: dict[str, Any], tmp_path: Any) -> Iterator[Any]:
    for open_it in opener("postgres", database, tmp_path):
        yield open_it()


@pytest.fixture
def pair(request: pytest.FixtureRequest, the_lake: Any, database_one: Any) -> tuple[Any, Any]:
    """A warehouse to read from and one to bring it to."""
    return (the_lake, database_one) if request.param == "lake" else (database_one, the_lake)


FROM_BOTH = pytest.mark.parametrize("pair", ["lake", "database"], indirect=True)


def copied(pair: tuple[Any, Any], names: list[str], key: str = "a") -> Any:
    """Bring columns of a build over, under a key of their own."""
    source, target = pair
    dialect = dialect_named(source.dialect)
    listed = ", ".join(map(dialect.quote, names))
    select = f"SELECT {listed} FROM {dialect.relation('builds', key)}"
    columns = tuple(Column(name) for name in names)
    spec = CopySpec(f"copy_{key}", "there", key, "sales.orders.orders@1", "orders", select, columns)
    return copy(spec, source, target, "here", Origin(run="run_1"))


def made(source: Any, values: dict[str, tuple[str, str]]) -> None:
    """Build a table of one row of values in types, and one of nulls."""
    row = ", ".join(f'CAST({text} AS {kind}) AS "{name}"' for name, (text, kind) in values.items())
    null = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, (_, kind) in values.items())
    select = f"SELECT 1 AS id, {row} UNION ALL SELECT 2, {null}"
    source.run(build("a", select), bound())


@FROM_BOTH
def test_every_type_stays_what_it_is(pair: tuple[Any, Any]) -> None:
    from_lake = pair[0].dialect == "duckdb"
    own, theirs = (1, 4) if from_lake else (2, 3)
    made(pair[0], {name: (each[0], each[own]) for name, each in EXACT.items()})
    names = ["id", *EXACT]
    outcome = copied(pair, names)
    assert outcome.rows == 2
    dialect = dialect_named(pair[1].dialect)
    kept = {each.name: canonical_type(each.type, dialect) for each in outcome.columns}
    assert kept == {"id": kept["id"]} | {
        name: canonical_type(each[theirs], dialect) for name, each in EXACT.items()
    }
    there, here = values_of_rows(pair[0], "a", names), values_of_rows(pair[1], "copy_a", names)
    assert sorted(map(repr, here)) == sorted(map(repr, there))


@FROM_BOTH
def test_lists_stay_lists(pair: tuple[Any, Any]) -> None:
    own = 1 if pair[0].dialect == "duckdb" else 2
    made(pair[0], {name: (each[0], each[own]) for name, each in LISTS.items()})
    names = ["id", *LISTS]
    assert copied(pair, names).rows == 2
    there, here = values_of_rows(pair[0], "a", names), values_of_rows(pair[1], "copy_a", names)
    assert sorted(map(repr, here)) == sorted(map(repr, there))


@FROM_BOTH
def test_only_the_asked_columns_come_in_their_order(pair: tuple[Any, Any]) -> None:
    pair[0].run(build("a", "SELECT 1 AS a, 2 AS b, 3 AS secret"), bound())
    assert [each.name for each in copied(pair, ["b", "a"]).columns] == ["b", "a"]
    assert values_of_rows(pair[1], "copy_a", ["a", "b"]) == [(1, 2)]


@FROM_BOTH
def test_a_copy_that_is_there_is_used_again(pair: tuple[Any, Any]) -> None:
    pair[0].run(build("a", "SELECT 1 AS a"), bound())
    assert [copied(pair, ["a"]).reused for _ in range(2)] == [False, True]


@FROM_BOTH
def test_a_view_and_an_empty_table(pair: tuple[Any, Any]) -> None:
    source, _ = pair
    source.run(build("t", "SELECT 1 AS a WHERE 1 = 0"), bound())
    relation = dialect_named(source.dialect).relation("builds", "t")
    source.run(build("v", f"SELECT * FROM {relation}", ["t"], "view"), bound())
    assert copied(pair, ["a"], "v").rows == 0
    assert values_of_rows(pair[1], "copy_v", ["a"]) == []


def test_numbers_of_any_size_keep_all_their_digits(the_lake: Any, database_one: Any) -> None:
    select = (
        "SELECT sum(CAST(n AS bigint)) AS a, sum(n) / 3.0 AS b FROM generate_series(1, 10) AS t(n)"
    )
    database_one.run(build("a", select), bound())
    kept = {each.name: each.type for each in copied((database_one, the_lake), ["a", "b"]).columns}
    assert kept["a"] == "DECIMAL(38,0)"
    assert values_of_rows(the_lake, "copy_a", ["a", "b"]) == values_of_rows(
        database_one, "a", ["a", "b"]
    )


INFINITE = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


@FROM_BOTH
@pytest.mark.parametrize("kind", INFINITE)
@pytest.mark.parametrize("infinity", ["infinity", "-infinity"])
def test_infinite_times_do_not_arrive_as_other_ones(
    pair: tuple[Any, Any], kind: str, infinity: str
) -> None:
    value = f"CAST('{infinity}' AS {kind})"
    for key, select in (("a", f"SELECT {value} AS a"), ("b", f"SELECT ARRAY[{value}] AS a")):
        pair[0].run(build(key, select), bound())
        with pytest.raises(WarehouseError, match="infini"):
            copied(pair, ["a"], key)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("TIMESTAMP '294276-12-31 23:59:59.999999'", "years after 294246"),
        ("TIMESTAMP WITH TIME ZONE '294247-01-10 12:00:00+00'", "years after 294246"),
        ("ARRAY[[1, 2], [3, 4]]", "several dimensions"),
        ("CAST('{{a},{b}}' AS text[])", "several dimensions"),
        ("CAST('NaN' AS numeric(10,2))", "NaN"),
        ("CAST('NaN' AS numeric)", "infinite, NaN"),
    ],
)
def test_values_that_only_the_database_has_are_refused(
    the_lake: Any, database_one: Any, value: str, told: str
) -> None:
    database_one.run(build("a", f"SELECT 1 AS id, {value} AS a"), bound())
    with pytest.raises(WarehouseError, match=told) as refused:
        copied((database_one, the_lake), ["id", "a"])
    assert str(refused.value).startswith("column `a` holds ")


@FROM_BOTH
def test_the_last_times_that_both_have_stay_what_they_are(pair: tuple[Any, Any]) -> None:
    values = {"day": "DATE '5874897-12-31'", "stamp": "TIMESTAMP '294246-12-31 23:59:59.999999'"}
    listed = ", ".join(f"{value} AS {name}" for name, value in values.items())
    pair[0].run(build("a", f"SELECT {listed}"), bound())
    copied(pair, [*values])
    assert values_of_rows(pair[1], "copy_a", [*values]) == [
        ("5874897-12-31", "294246-12-31 23:59:59.999999")
    ]


@pytest.mark.parametrize(
    ("select", "pair"),
    [
        ("SELECT {'x': 1} AS a", "lake"),
        ("SELECT [[1]] AS a", "lake"),
        ("SELECT CAST('2024-01-01 00:00:00.000000001' AS TIMESTAMP_NS) AS a", "lake"),
        ("SELECT CAST('1 day' AS interval) AS a", "database"),
        ("SELECT CAST('10.0.0.0/8' AS inet) AS a", "database"),
        ("SELECT CAST(1 AS numeric(40,2)) AS a", "database"),
    ],
    indirect=["pair"],
)
def test_what_the_other_warehouse_cannot_keep_is_refused(
    pair: tuple[Any, Any], select: str
) -> None:
    pair[0].run(build("a", select), bound())
    with pytest.raises(WarehouseError, match="cannot keep as it is"):
        copied(pair, ["a"])
    assert pair[1].built(["copy_a"]) == {}


@FROM_BOTH
def test_a_source_that_fails_in_the_middle_leaves_nothing(pair: tuple[Any, Any]) -> None:
    source, target = pair
    numbers = "SELECT CAST(n AS bigint) AS a FROM generate_series(1, 300000) AS t(n)"
    source.run(build("t", numbers), bound())
    relation = dialect_named(source.dialect).relation("builds", "t")
    failing = f"SELECT 1 / (a - 299999) AS a FROM {relation}"
    if source.dialect == "duckdb":
        failing = (
            f"SELECT CAST(CASE a WHEN 299999 THEN 'x' ELSE '1' END AS BIGINT) AS a FROM {relation}"
        )
    source.run(build("v", failing, ["t"], "view"), bound())
    with pytest.raises(WarehouseError):
        copied(pair, ["a"], "v")
    assert target.built(["copy_v"]) == {}
    assert copied(pair, ["a"], "t").rows == 300_000


@FROM_BOTH
def test_a_copy_is_stopped_in_the_middle(pair: tuple[Any, Any]) -> None:
    source, target = pair
    source.run(build("t", "SELECT 1 AS one"), bound())
    relation = dialect_named(source.dialect).relation("builds", "t")
    many = "SELECT CAST(n AS bigint) AS a FROM generate_series(1, 2000000000) AS s(n)"
    source.run(build("v", f"{many} CROSS JOIN {relation} AS t", ["t"], "view"), bound())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(copied, pair, ["a"], "v")
        time.sleep(1)
        assert not running.done(), running.result()
        for each in pair:
            each.cancel()
        with pytest.raises(WarehouseError):
            running.result(30)
    assert target.built(["copy_v"]) == {}
