"""Every kind of check is measured on a real PostgreSQL too, with the same answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from test_measure import CASES, NASTY

from postgres_server import ADMIN, Server
from weft.contract.checks import checks_of
from weft.contract.measure import fused_scan
from weft.mesh.check import Check
from weft.mesh.contract import Operator, QualityRule, Relationship, SchemaObject, SchemaProperty
from weft.sql.dialect import dialect_named

DIALECT = dialect_named("postgres")
GOLDEN = Path(__file__).parents[2] / "golden" / "sql" / "postgres" / "checks.txt"
NATIVE = {
    "tinyint": "smallint",
    "double": "double precision",
    "double[]": "double precision[]",
    "hugeint": "numeric",
}
RELATION = DIALECT.relation("builds", "abc")
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def server(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    options = postgres.options("postgres", ADMIN)
    options |= {"dbname": options.pop("database"), "autocommit": True}
    # The one table has other columns in every test, which no prepared statement may remember.
    with psycopg.connect(**options, prepare_threshold=None) as connection:
        yield connection


def fill(server: psycopg.Connection[Any], columns: dict[str, str], rows: Rows) -> None:
    relation = sql.SQL(RELATION)
    server.execute(sql.SQL("drop table if exists {}").format(relation))
    body = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(NATIVE.get(native, native)))
        for name, native in columns.items()
    )
    server.execute(sql.SQL("create temp table {} ({})").format(relation, body))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    insert = sql.SQL("insert into {} values ({})").format(relation, marks)
    for row in rows:
        pairs = zip(columns.values(), row, strict=True)
        server.execute(insert, [_as_written(native, value) for native, value in pairs])


def _as_written(native: str, value: Any) -> Any:
    """A list that is written as a text, as the server reads it."""
    is_list = native.endswith("[]") and isinstance(value, str)
    return f"{{{value[1:-1]}}}" if is_list else value


def measured(
    server: psycopg.Connection[Any], checks: tuple[Check, ...], refers: dict[str, str] | None = None
) -> list[tuple[int, Rows]]:
    """Each check's count, and the rows that it says are failing."""
    scan, measures = fused_scan(RELATION, checks, DIALECT, {}, refers or {})
    counts = server.execute(scan).fetchone()
    assert counts is not None
    return [
        (counts[each.column], server.execute(each.rows).fetchall() if each.rows else [])
        for each in measures
    ]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("case", sorted(CASES))
def test_failing_rows_are_counted_and_found(
    case: str, name: str, server: psycopg.Connection[Any]
) -> None:
    promised, native, good, bad = CASES[case]
    promised = SchemaProperty(**{**vars(promised), "name": name})
    rows = [(value, number) for number, value in enumerate([*good, *bad])]
    fill(server, {name: native, "number": "integer"}, rows)
    ((count, failing),) = measured(server, checks_of(SchemaObject("o", (promised,))))
    assert count == len(bad)
    assert sorted(number for _, number in failing) == list(range(len(good), len(rows)))


@pytest.mark.parametrize("case", sorted(CASES))
def test_an_empty_relation_fails_nothing(case: str, server: psycopg.Connection[Any]) -> None:
    promised, native, _, _ = CASES[case]
    fill(server, {"c": native}, [])
    assert measured(server, checks_of(SchemaObject("o", (promised,)))) == [(0, [])]


@pytest.mark.parametrize(
    ("option", "value", "good", "bad"),
    [
        ("minItems", 2, ["[1, 2]", "[[1], [2, 3]]", None], ["[]", "[1]"]),
        ("maxItems", 1, ["[]", "[{}]", None, "{}", "3"], ["[1, 2]"]),
        ("uniqueItems", True, ["[]", "[1, 2]", "[null, 1]", "{}"], ["[1, 1]", "[null, null]"]),
    ],
)
@pytest.mark.parametrize("native", ["json", "jsonb"])
def test_lists_in_documents(
    native: str,
    option: str,
    value: Any,
    good: list[str | None],
    bad: list[str | None],
    server: psycopg.Connection[Any],
) -> None:
    fill(server, {"c": native}, [(each,) for each in [*good, *bad]])
    promised = SchemaProperty("c", "array", options={option: value})
    ((count, rows),) = measured(server, checks_of(SchemaObject("o", (promised,))))
    assert (count, len(rows)) == (len(bad), len(bad))


def test_whole_multiples_of_floats(server: psycopg.Connection[Any]) -> None:
    fill(server, {"c": "double precision"}, [(10.0,), (-5.0,), (None,), (2.5,), (float("nan"),)])
    promised = SchemaProperty("c", "number", options={"multipleOf": 5})
    ((count, _),) = measured(server, checks_of(SchemaObject("o", (promised,))))
    assert count == 2


def test_duplicates_and_orphans(server: psycopg.Connection[Any]) -> None:
    fill(server, {"a": "integer", "b": "integer"}, [(1, None), (2, 1), (2, 9), (2, 9), (None, 2)])
    twice = QualityRule(
        metric="duplicateValues",
        operator=Operator.EQUAL,
        threshold=0,
        arguments={"properties": ["a", "b"]},
    )
    to = Relationship(("b",), ("o.a",))
    own = (SchemaProperty("a", unique=True), SchemaProperty("b", relationships=(to,)))
    checks = checks_of(SchemaObject("o", own, quality=(twice,)))
    found = measured(server, checks, {each.id: RELATION for each in checks})
    assert sorted((count, sorted(rows)) for count, rows in found) == [
        (1, [(2, 9), (2, 9)]),
        (2, [(2, 1), (2, 9), (2, 9)]),
        (2, [(2, 9), (2, 9)]),
    ]


def test_the_statements_are_what_is_kept() -> None:
    lines = []
    for case, (promised, _, _, _) in CASES.items():
        checks = checks_of(SchemaObject("o", (promised,)))
        scan, (measure,) = fused_scan(RELATION, checks, DIALECT, {}, {})
        lines += [case, f"  {scan}", f"  {measure.rows}", ""]
    shown = "\n".join(lines).encode()
    if os.environ.get("WEFT_GOLDEN") == "write":
        GOLDEN.write_bytes(shown)
    assert shown == GOLDEN.read_bytes()
