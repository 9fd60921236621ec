"""An audit of the new rows finds what an audit of all rows finds, whatever grew before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.contract.checks import checks_of
from weft.contract.evaluate import evaluate
from weft.contract.measure import Increment, fused_scan
from weft.mesh.check import Check, CheckResult, Measure, Verdict
from weft.mesh.contract import Operator, QualityRule, Relationship, SchemaObject, SchemaProperty
from weft.sql.dialect import dialect_named

DIALECT = dialect_named("duckdb")
Rows = list[tuple[Any, ...]]


def rule(metric: str, bound: int = 0, unit: str = "rows", **arguments: Any) -> QualityRule:
    return QualityRule(
        metric=metric,
        operator=Operator.LESS_OR_EQUAL,
        threshold=bound,
        unit=unit,
        arguments=arguments,
    )


COLUMNS = (
    SchemaProperty("a", "integer", required=True, unique=True, options={"minimum": 0}),
    SchemaProperty(
        "b",
        "string",
        enum=("x", "y"),
        options={"maxLength": 1},
        relationships=(Relationship(("b",), ("parent.b",)),),
        quality=(
            rule("nullValues", 20, "percent"),
            rule("missingValues", 1, missingValues=[None, "y"]),
            rule("invalidValues", 1, validValues=["x"]),
            rule("duplicateValues", 2),
        ),
    ),
)
OBJECT = SchemaObject(
    "o",
    COLUMNS,
    quality=(
        rule("rowCount", 6),
        rule("duplicateValues", 10, "percent", properties=["a", "b"]),
    ),
)
CHECKS = checks_of(OBJECT)
ROW = st.tuples(
    st.one_of(st.none(), st.integers(-1, 8)), st.sampled_from([None, "x", "y", "z", "xx"])
)
REFERS = {each.id: "parent" for each in CHECKS if each.arguments.get("to")}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE parent (b VARCHAR)")
    connection.execute("INSERT INTO parent VALUES ('x'), ('y')")
    yield connection
    connection.close()


def fill(database: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    database.execute(f"CREATE OR REPLACE TABLE {name} (a INTEGER, b VARCHAR)")
    if rows:
        database.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)


def results(
    database: duckdb.DuckDBPyConnection, relation: str, increment: Increment | None = None
) -> list[CheckResult]:
    scan, measures = fused_scan(relation, CHECKS, DIALECT, {}, REFERS, increment)
    [counts] = database.execute(scan).fetchall()
    return [evaluate(each, counts[0], counts[each.column]) for each in measures]


def failing_rows(
    database: duckdb.DuckDBPyConnection, relation: str, increment: Increment | None = None
) -> list[tuple[str, Rows]]:
    _, measures = fused_scan(relation, CHECKS, DIALECT, {}, REFERS, increment)
    return [(each.check.id, _rows(database, each)) for each in measures]


def _rows(database: duckdb.DuckDBPyConnection, measure: Measure) -> Rows:
    return sorted(database.execute(measure.rows).fetchall(), key=repr) if measure.rows else []


def passed_by(found: list[CheckResult]) -> frozenset[str]:
    return frozenset(
        each.check for each in found if each.verdict is Verdict.PASS and not each.failed
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=6), st.lists(ROW, max_size=6), st.lists(st.booleans(), max_size=6))
def test_new_rows_tell_what_all_rows_tell(
    database: duckdb.DuckDBPyConnection, before: Rows, new: Rows, stays: list[bool]
) -> None:
    kept = [row for row, stay in zip(before, stays, strict=False) if stay]
    for name, rows in (("base", before), ("fresh", new), ("kept", kept), ("whole", kept + new)):
        fill(database, name, rows)
    database.execute("CREATE OR REPLACE VIEW counted AS SELECT count(*) AS rows FROM kept")
    increment = Increment("fresh", "kept", "counted", passed_by(results(database, "base")))
    assert results(database, "whole", increment) == results(database, "whole")
    assert failing_rows(database, "whole", increment) == failing_rows(database, "whole")


def test_a_check_that_rows_failed_before_is_measured_on_all(
    database: duckdb.DuckDBPyConnection,
) -> None:
    fill(database, "kept", [(None, "x")])
    fill(database, "fresh", [(1, "x")])
    fill(database, "whole", [(None, "x"), (1, "x")])
    database.execute("CREATE OR REPLACE VIEW counted AS SELECT count(*) AS rows FROM kept")
    required: Check = next(each for each in CHECKS if each.id == "required_a")

    def failed(passed: set[str]) -> int:
        increment = Increment("fresh", "kept", "counted", frozenset(passed))
        found = results(database, "whole", increment)
        return next(each.failed for each in found if each.check == required.id)

    assert failed(set()) == 1
    assert failed({required.id}) == 0
