"""Unit tests as statements, written for products made by hand and run by a bare engine."""

from __future__ import annotations

from typing import Any

import duckdb

from weft.mesh.manifest import (
    Column,
    FileSource,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    ResolvedInput,
    Transform,
)
from weft.mesh.product import Materialization, UnitTest
from weft.plan.unit_test import unit_statements

PORTS = {"a.up.port@1": {"port": {"id": "BIGINT", "at": "TIMESTAMP"}, "other": {"id": "BIGINT"}}}


def model(name: str, query: Query, *columns: Column) -> Transform:
    return Transform(name, "", Materialization.TABLE, name, query, columns)


def read(kind: ReadKind, target: str, *columns: str, obj: str = "") -> Read:
    return Read(kind, target, obj, columns)


STAGED = model(
    "staged",
    Query(
        ('SELECT "x"."n" AS "n", make_date("x"."y", 1, 1) AS "day" FROM ', 0, ' AS "x"'),
        (read(ReadKind.SOURCE, "raw", "n", "y"),),
    ),
    Column("n", "INTEGER"),
    Column("day", ""),
)
COUNTED = model(
    "counted",
    Query(
        ('SELECT count(*) AS "rows", max("s"."day") AS "last" FROM ', 0, ' AS "s"'),
        (read(ReadKind.MODEL, "staged", "day"),),
    ),
    Column("rows", "BIGINT"),
    Column("last", ""),
)
COPIED = model(
    "copied",
    Query(
        ('SELECT "p"."at" + INTERVAL 1 HOUR AS "later" FROM ', 0, ' AS "p"'),
        (read(ReadKind.PORT, "a.up.port@1", "at", obj="port"),),
    ),
    Column("later", ""),
)
OTHERS = model(
    "others",
    Query(
        ('SELECT count(*) AS "rows" FROM ', 0, ' AS "p"'),
        (read(ReadKind.PORT, "a.up.port@1", obj="other"),),
    ),
    Column("rows", "BIGINT"),
)
PRODUCT = ProductManifest(
    domain="a",
    name="b",
    root="r",
    path="",
    warehouse="lake",
    dialect="duckdb",
    inputs=(ResolvedInput("file", source="raw"), ResolvedInput("up", port="a.up.port@1")),
    sources=(FileSource("raw", "raw.csv", "csv", (Column("n", "INTEGER"), Column("y", "BIGINT"))),),
    transforms=(STAGED, COUNTED, COPIED, OTHERS),
)


def run(name: str, given: dict[str, Any], expect: list[dict[str, Any]]) -> tuple[Any, Any]:
    statements = unit_statements(UnitTest("t", name, "", given, expect), PRODUCT, PORTS)
    with duckdb.connect() as connection:
        actual, expected = connection.sql(statements.actual), connection.sql(statements.expected)
        assert actual.types == expected.types
        assert tuple(actual.columns) == statements.columns
        return actual.fetchall(), expected.fetchall()


def test_a_source_is_given_by_its_name_in_from() -> None:
    given = {"file": [{"n": 1, "y": 2013}]}
    actual, expected = run("staged", given, [{"n": 1, "day": "2013-01-01"}])
    assert actual == expected != []


def test_a_type_that_no_text_tells_is_asked_of_the_models_query() -> None:
    days = [{"day": "2013-05-01"}, {"day": "2014-05-01"}]
    actual, expected = run("counted", {"staged": days}, [{"rows": 2, "last": "2014-05-01"}])
    assert actual == expected != []


def test_what_is_not_given_is_empty() -> None:
    actual, expected = run("counted", {}, [{"rows": 0}])
    assert actual == expected == [(0, None)]


def test_a_port_has_the_types_of_its_contract() -> None:
    given = {"up": [{"at": "2013-07-01T03:55:00Z"}]}
    actual, expected = run("copied", given, [{"later": "2013-07-01T04:55:00"}])
    assert actual == expected != []


def test_one_of_several_objects_is_named_in_full() -> None:
    given = {"up": [{"id": 1}], "up.other": [{"id": 2}, {"id": 3}]}
    actual, _ = run("others", given, [])
    assert actual == [(2,)]
