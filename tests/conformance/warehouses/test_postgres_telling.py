"""What Postgres says that its steps will do is what they do then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from warehouse_kinds import ADMIN
from warehouse_steps import (
    PRODUCT,
    audit,
    bound,
    build,
    measured,
    port,
    publish,
    relation,
    required,
)

from postgres_line import Line, line
from postgres_objects import drop_roles
from weft.mesh.check import Check, CheckKind, Measure
from weft.mesh.manifest import Column, FileSource
from weft.mesh.release import Observed
from weft.plan.plan import Source, Step, StepKind
from weft.sql.dialect import dialect_named
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres import open_warehouse, parts
from weft.warehouses.protocol import Act, Scope, TellsSteps

PROD = Scope("prod", (PRODUCT,))
POSTGRES = dialect_named("postgres")
SOURCE = POSTGRES.relation("sources", "src")


def named(key: str) -> str:
    return relation(key, POSTGRES)


def rule(key: str, statement: str) -> Step:
    check = Measure(Check("rule", "rule", CheckKind.SQL), statement=statement)
    return measured(key, f"SELECT count(*) FROM {named(key)}", [check], name="audit_2")


def steps() -> list[Step]:
    return [
        build("first", f"SELECT id, seen, id + 1.5 AS next FROM {SOURCE}", ["src"]),
        build("seen", f"SELECT id, seen FROM {named('first')}", ["first"], "view"),
        build("second", f"SELECT sum(id) AS total FROM {named('seen')}", ["seen"]),
        audit("seen", required("id"), dialect=POSTGRES),
        rule("second", f"SELECT total FROM {named('second')}"),
        publish([port({"orders": ("second", ["total"]), "lines": ("seen", ["id", "seen"])})]),
    ]


def statements(acts: Sequence[Act]) -> list[str]:
    return [each.text for each in acts if each.is_statement]


def words(acts: Sequence[Act]) -> str:
    return "\n".join(each.text for each in acts if not each.is_statement)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "orders.csv").write_bytes(b"id,seen\n1,2026-01-31\n2,\n")
    columns = (Column("id", "numeric(12,2)"), Column("seen", "date"))
    spec = FileSource("orders", "orders.csv", "csv", columns, {})
    content = SourceFiles(str(tmp_path)).content(["orders.csv"])
    return Source("src", spec, ("orders.csv",), content)


@pytest.fixture
def in_parts(tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of two files that are landed apart."""
    monkeypatch.setattr(parts, "SMALL_BYTES", 0)
    (tmp_path / "more.csv").write_bytes(b"id,seen\n3,\n")
    files = ("orders.csv", "more.csv")
    return replace(source, files=files, content=SourceFiles(str(tmp_path)).content(files))


@pytest.fixture
def wire(database: dict[str, Any]) -> Iterator[Line]:
    """A line to the server that keeps what is said."""
    with line(database["host"], database["port"]) as found:
        yield found


@pytest.fixture
def warehouse(database: dict[str, Any], wire: Line, tmp_path: Path) -> Iterator[Any]:
    mesh = database["database"].replace("test_", "t")
    options = {**database, "port": wire.port}
    opened = open_warehouse("wh", options, str(tmp_path), mesh, "store_1")
    yield opened
    opened.close()
    drop_roles(database, mesh)


@pytest.fixture
def admin(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    keywords = {**database, "dbname": database["database"], "user": ADMIN}
    del keywords["database"]
    with psycopg.connect(**keywords) as connection:
        yield connection


def test_telling_changes_nothing(
    warehouse: Any, source: Source, admin: psycopg.Connection[Any]
) -> None:
    assert isinstance(warehouse, TellsSteps)
    told = warehouse.tell(steps(), {"src": source})
    assert list(told) == [step.id for step in steps()]
    assert not any("going to fail" in words(acts) for acts in told.values())
    assert warehouse.observe(PROD) == Observed()
    assert warehouse.marks() is None


@pytest.mark.parametrize("of", ["source", "in_parts"])
def test_told_statements_are_those_that_run(
    warehouse: Any, wire: Line, of: str, request: pytest.FixtureRequest
) -> None:
    source: Source = request.getfixturevalue(of)
    told = warehouse.tell(steps(), {"src": source})
    wire.said.clear()
    for step in steps():
        warehouse.run(step, bound(sources={"src": source}))
        for statement in statements(told[step.id]):
            text = statement.replace("fence = N", "fence = 1").replace("fence <= N", "fence <= 1")
            assert text.encode() in wire.said, text
    changes = rb'(?:GRANT(?! OPTION)|CREATE|ALTER|ANALYZE|UPDATE(?= ")|DROP) [^\0]*'
    ran = {each.decode() for each in re.findall(changes, bytes(wire.said))}
    every = "\n".join(each for acts in told.values() for each in statements(acts))
    every = every.replace("fence = N", "fence = 1").replace("fence <= N", "fence <= 1")
    assert [each for each in ran if each not in every] == []


def test_told_statements_alone_make_what_the_steps_make(
    warehouse: Any, source: Source, admin: psycopg.Connection[Any]
) -> None:
    told = warehouse.tell(steps(), {"src": source})
    admin.execute("SET search_path = pg_catalog")
    for step in steps():
        for act in told[step.id]:
            if act.is_statement:
                admin.execute(act.text.replace(" N ", " 1 "))
            elif "orders.csv are copied into it" in act.text:
                target = "sales__orders__internal.s_src"
                admin.execute(f"INSERT INTO {target} VALUES (1, '2026-01-31'), (2, NULL)")
    assert admin.execute("SELECT total FROM sales__orders.orders").fetchall() == [(3,)]
    assert admin.execute("SELECT id FROM sales__orders.lines_v1 ORDER BY id").fetchall() == [
        (1,),
        (2,),
    ]


def test_every_product_is_told_how_its_place_is_made(warehouse: Any) -> None:
    made = [build(key, "SELECT 1 AS id", product=f"sales.{key}") for key in ("left", "right")]
    first, second = (statements(each) for each in warehouse.tell(made, {}).values())
    assert [each.replace("left", "right") for each in first[:-2]] == (second[:-2])
    assert len(first) > 10


def test_a_second_release_tells_what_changes(warehouse: Any, wire: Line, source: Source) -> None:
    for step in steps():
        warehouse.run(step, bound(sources={"src": source}))
    later = [
        build("third", "SELECT 'x' AS total"),
        publish([port({"orders": ("third", ["total"])})], expected=1),
    ]
    told = warehouse.tell(later, {})
    assert not [each for each in statements(told["build third"]) if "CREATE SCHEMA" in each]
    wire.said.clear()
    for step in later:
        warehouse.run(step, bound("run_2", 2))
        for statement in statements(told[step.id]):
            text = statement.replace("fence = N", "fence = 2").replace("fence <= N", "fence <= 2")
            assert text.encode() in wire.said, text
    assert "release 2 is written to" in words(told[f"publish {PRODUCT}"])


def test_a_drop_tells_what_is_left(warehouse: Any, source: Source) -> None:
    for step in steps():
        warehouse.run(step, bound(sources={"src": source}))
    step = publish([], expected=1, kind=StepKind.DROP)
    dropped = [each for each in statements(warehouse.tell([step], {})[step.id]) if "DROP" in each]
    assert dropped == [
        f'DROP VIEW IF EXISTS "sales__orders"."{name}"'
        for name in ("lines", "orders", "lines_v1", "orders_v1")
    ]


def test_a_step_that_fails_is_told_as_it_was_meant(warehouse: Any) -> None:
    wrong = build("wrong", "SELECT 1 + ARRAY[2] AS x")
    reader = build("reader", f"SELECT x FROM {named('wrong')}", ["wrong"])
    told = warehouse.tell([wrong, reader], {})
    assert statements(told["build wrong"]) == ["SELECT 1 + ARRAY[2] AS x"]
    assert "this is going to fail" in words(told["build wrong"])
    assert "build wrong is missing" in words(told["build reader"])
