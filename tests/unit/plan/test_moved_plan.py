"""What runs on a warehouse is written in its dialect, whichever the product's own is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from postgres_server import ADMIN, Server
from weft.mesh.check import Check, CheckKind, Promise
from weft.mesh.contract import Status
from weft.mesh.manifest import (
    CheckQuery,
    Column,
    FileSource,
    Manifest,
    PortObject,
    PortVersion,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    ResolvedInput,
    Transform,
)
from weft.mesh.product import Materialization, UnitTest
from weft.plan.audits import audits_of
from weft.plan.examine import Situation, examine
from weft.plan.keys import SourceContent
from weft.plan.plan import StepKind
from weft.plan.planning import assemble
from weft.plan.unit_test import unit_statements

SOURCE = FileSource(
    "raw", "raw.csv", "csv", (Column("n", "INTEGER"), Column("name", "VARCHAR")), fingerprint="f"
)
QUERY = Query(
    parts=('SELECT "x"."n" / 2 AS "half" FROM ', 0, ' AS "x"'),
    reads=(Read(ReadKind.SOURCE, "raw", columns=("n",)),),
    moved=(
        'SELECT CAST("x"."n" AS DOUBLE PRECISION) / 2 AS "half" FROM ',
        0,
        ' AS "x"',
    ),
)
RULE = Query(
    parts=("SELECT count(*) // 2 FROM ", 0),
    reads=(Read(ReadKind.MODEL, "table_under_audit"),),
    moved=("SELECT count(*) / 2 FROM ", 0),
)
PRODUCT = ProductManifest(
    domain="a",
    name="b",
    root="r",
    path="",
    warehouse="home",
    dialect="duckdb",
    inputs=(ResolvedInput("file", source="raw"),),
    sources=(SOURCE,),
    transforms=(
        Transform("halves", "", Materialization.TABLE, "f", QUERY, (Column("half", "DOUBLE"),)),
    ),
    ports=(
        PortVersion(
            "halves",
            1,
            "1.0.0",
            Status.ACTIVE,
            (
                PortObject(
                    "halves",
                    "halves",
                    (Column("half", "DOUBLE"),),
                    promises=(Promise("half", "number", "DOUBLE"),),
                    checks=(
                        CheckQuery(Check("some", "some", CheckKind.SQL), query=RULE),
                        CheckQuery(
                            Check(
                                "few",
                                "few",
                                CheckKind.OPTION,
                                ("half",),
                                {"option": "multipleOf", "value": 1, "type": "number"},
                            )
                        ),
                    ),
                ),
            ),
        ),
    ),
    digest="d",
    warehouse_dialect="postgres",
)


def planned(product: ProductManifest) -> dict[StepKind, tuple[str, ...]]:
    """The statements of the one build and the one audit of a product's first plan."""
    situation = Situation(
        desired=Manifest("m", "prod", "r", {product.address: product}, (product.address,)),
        production="prod",
        contents={product.address: {"raw": SourceContent(("raw.csv",), "c")}},
    )
    plan = assemble(situation, examine(situation), {}, {product.address: product})
    return {step.kind: step.statements for step in plan.steps}


def test_builds_and_audits_are_in_the_warehouses_dialect() -> None:
    steps = planned(PRODUCT)
    (build,) = steps[StepKind.BUILD]
    assert 'CAST("x"."n" AS DOUBLE PRECISION) / 2' in build
    assert '"sources ' in build
    scan, rule = steps[StepKind.AUDIT]
    assert 'CAST("half" AS DECIMAL) % 1' in scan
    assert rule.startswith('SELECT count(*) / 2 FROM "builds ')


def test_checks_are_in_the_products_dialect_where_the_warehouse_has_no_other() -> None:
    assert '"half" % 1' in planned(replace(PRODUCT, warehouse_dialect=""))[StepKind.AUDIT][0]


def test_promised_types_are_those_of_the_warehouse() -> None:
    (audit,) = audits_of(PRODUCT, None)
    assert audit.promises == (Promise("half", "number", "DOUBLE PRECISION"),)
    (audit,) = audits_of(replace(PRODUCT, warehouse_dialect=""), None)
    assert audit.promises == (Promise("half", "number", "DOUBLE"),)


@pytest.fixture(scope="module")
def server(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    options = postgres.options("postgres", ADMIN)
    with psycopg.connect(dbname=options.pop("database"), **options, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ([{"n": 3}, {"n": None}], [{"half": 1.5}, {}]),
        ([], []),
        ([{"n": 4, "name": "it's \\ 'x'"}], [{"half": 2}]),
    ],
)
def test_unit_tests_run_on_the_warehouse(
    given: list[dict[str, Any]],
    expect: list[dict[str, Any]],
    server: psycopg.Connection[Any],
) -> None:
    test = UnitTest("t", "halves", "", {"file": given}, expect)
    statements = unit_statements(test, PRODUCT, {})
    actual = server.execute(statements.actual)
    expected = server.execute(statements.expected)
    assert actual.description is not None
    assert expected.description is not None
    kinds = [(each.name, each.type_code) for each in actual.description]
    assert kinds == [(each.name, each.type_code) for each in expected.description]
    assert actual.fetchall() == expected.fetchall()
