"""What heads say of growing: what is right, and what is wrong at which key."""

from __future__ import annotations

import pytest

from weft.mesh.growth import Growth, Interval, Shape
from weft.mesh.manifest import Column
from weft.mesh.product import Model
from weft.project.growth import grown_columns, growth_of, growth_problems
from weft.project.read_sql import read_model
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named

DIALECT = dialect_named("duckdb")
COLUMNS = (
    Column("id", "INTEGER"),
    Column("day", "DATE"),
    Column("at", "TIMESTAMP"),
    Column("gone", "BOOLEAN"),
    Column("any"),
)


def model(head: str, kind: str = "incremental") -> Model:
    lines = "".join(f"-- {line}\n" for line in (f"materialized: {kind}", *head.split("; ")) if line)
    found, diagnostics = read_model(SourceFile("p/models/m.sql", f"{lines}SELECT 1".encode()))
    assert found is not None and diagnostics == ()
    return found


def problems(head: str, kind: str = "incremental") -> list[tuple[str, str]]:
    return [(each.key, each.code) for each in growth_problems(model(head, kind), COLUMNS, DIALECT)]


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("incremental", "time_column: day"),
        ("incremental", "time_column: at; interval: hour; look_back: 2; start: 2026-01-01"),
        ("incremental", "time_column: at; interval: hour; start: 2026-01-01T05:00"),
        ("incremental", "time_column: day; interval: month; start: 2026-02-01"),
        ("incremental", "time_column: any; unique_key: id; changed_at: at; deleted: gone"),
        ("incremental", "unique_key: [id, day]; changed_at: id"),
        ("snapshot", "unique_key: id; changed_at: at; closes: true"),
        ("snapshot", "unique_key: id; compare: [day, gone]; deleted: any"),
        ("table", ""),
        ("view", ""),
    ],
)
def test_what_is_right(kind: str, head: str) -> None:
    assert problems(head, kind) == []


@pytest.mark.parametrize(
    ("kind", "head", "found"),
    [
        ("incremental", "", [("materialized", "W426")]),
        ("snapshot", "", [("materialized", "W426")]),
        ("incremental", "look_back: 3", [("look_back", "W427"), ("materialized", "W426")]),
        ("incremental", "unique_key: id; start: 2026-01-01", [("start", "W427")]),
        ("incremental", "time_column: day; changed_at: at", [("changed_at", "W427")]),
        ("incremental", "unique_key: id; closes: true", [("closes", "W427")]),
        ("snapshot", "unique_key: id; time_column: day", [("time_column", "W427")]),
        ("snapshot", "unique_key: id; changed_at: at; compare: day", [("compare", "W427")]),
        ("table", "time_column: day", [("time_column", "W427")]),
        ("view", "unique_key: id", [("unique_key", "W427")]),
        ("incremental", "time_column: dya", [("time_column", "W418")]),
        (
            "snapshot",
            "unique_key: [id, x]; compare: y",
            [("unique_key", "W418"), ("compare", "W418")],
        ),
        ("incremental", "time_column: id", [("time_column", "W428")]),
        ("incremental", "time_column: day; interval: hour", [("time_column", "W428")]),
        ("incremental", "unique_key: id; deleted: day", [("deleted", "W428")]),
        ("snapshot", "unique_key: id; changed_at: id", [("changed_at", "W428")]),
        (
            "incremental",
            "time_column: day; interval: month; start: 2026-01-02",
            [("start", "W429")],
        ),
        ("incremental", "time_column: day; start: 2026-01-02T10:00", [("start", "W429")]),
    ],
)
def test_what_is_wrong(kind: str, head: str, found: list[tuple[str, str]]) -> None:
    assert problems(head, kind) == found


@pytest.mark.parametrize("name", ["valid_to", "Valid_From"])
def test_a_snapshot_may_not_have_the_columns_that_it_adds(name: str) -> None:
    columns = (*COLUMNS, Column(name, "DATE"))
    snapshot = model("unique_key: id", "snapshot")
    assert [each.code for each in growth_problems(snapshot, columns, DIALECT)] == ["W430"]


def test_without_columns_only_the_head_itself_is_looked_at() -> None:
    assert list(growth_problems(model("time_column: nowhere"), None, DIALECT)) == []


def test_a_snapshot_adds_two_times_of_the_type_by_which_it_changes() -> None:
    dated = grown_columns(model("unique_key: id; changed_at: day", "snapshot"), COLUMNS, DIALECT)
    assert dated[len(COLUMNS) :] == (Column("valid_from", "DATE"), Column("valid_to", "DATE"))
    compared = grown_columns(model("unique_key: id", "snapshot"), COLUMNS, DIALECT)
    assert [each.type for each in compared[-2:]] == ["TIMESTAMP", "TIMESTAMP"]
    assert grown_columns(model("time_column: day"), COLUMNS, DIALECT) == COLUMNS


def test_what_a_model_grows_by_has_the_shape_of_its_query() -> None:
    shape = Shape("body", {"id": "x"})
    found = growth_of(model("time_column: at; interval: hour; look_back: 2"), shape)
    assert found == Growth(time_column="at", interval=Interval.HOUR, look_back=2, shape=shape)
    assert growth_of(model("", "table"), shape) is None
