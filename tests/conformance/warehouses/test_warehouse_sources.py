"""Files as sources of any warehouse: exactly the pinned ones, read as the contract says, once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_kinds import Kind
from warehouse_steps import PRODUCT, bound, build, rows_of, values_of_rows

from weft.mesh.manifest import Column
from weft.warehouses.protocol import Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))


@pytest.fixture
def source(warehouse_kind: Kind) -> str:
    """The name by which statements read the source."""
    return warehouse_kind.dialect.relation("sources", "src")


def test_a_file_is_read(warehouse: Any, source: str, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.csv").write_bytes(b'\xef\xbb\xbfid,name\n1,"a ""b"", c"\n2,\n')
    here = pinned("x.csv")
    warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), here)
    warehouse.run(build("b", f"SELECT sum(s.id) AS n FROM {source} AS s", ["src"]), here)
    assert rows_of(warehouse, "a", ["id", "name"]) == [(1, 'a "b", c'), (2, None)]
    assert rows_of(warehouse, "b", ["n"]) == [(3,)]
    assert warehouse.observe(PROD).builds == {"a", "b"}


def test_a_source_beside_a_build(
    warehouse: Any, source: str, relation: Any, tmp_path: Path, pinned: Any
) -> None:
    (tmp_path / "x.csv").write_text("id,name\n1,x\n2,y\n")
    warehouse.run(build("a", "SELECT 2 AS id"), bound())
    select = f"SELECT s.name FROM {source} AS s JOIN {relation('a')} AS a ON a.id = s.id"
    warehouse.run(build("b", select, ["a", "src"]), pinned("x.csv"))
    assert rows_of(warehouse, "b", ["name"]) == [("y",)]


def test_only_the_pinned_files_are_read(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any
) -> None:
    folder = tmp_path / "year=2024 [a]*"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"{number}.csv").write_text(f"id,name\n{number},x\n")
    here = pinned(*(f"{folder.name}/{number}.csv" for number in (1, 3)))
    warehouse.run(build("a", f"SELECT s.id FROM {source} AS s", ["src"]), here)
    assert sorted(rows_of(warehouse, "a", ["id"])) == [(1,), (3,)]


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_every_format_and_type(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any, kind: str
) -> None:
    columns = (
        Column("id", "BIGINT"),
        Column("price", "DECIMAL(12,3)"),
        Column("on_day", "DATE"),
        Column("open", "BOOLEAN"),
        Column("note", "VARCHAR"),
    )
    first = "9007199254740993 AS id, 0.100::DECIMAL(12,3) AS price, DATE '2024-02-29' AS on_day"
    rest = "true AS open, 'a,\"b''' AS note"
    select = f"SELECT {first}, {rest} UNION ALL SELECT 2, NULL, NULL, NULL, NULL"
    how = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet", "json": "FORMAT json"}[kind]
    duckdb.execute(f"COPY ({select}) TO '{tmp_path}/x.{kind}' ({how})")
    here = pinned(f"x.{kind}", columns=columns, format=kind)
    warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), here)
    assert rows_of(warehouse, "a", [column.name for column in columns]) == [
        (9007199254740993, Decimal("0.100"), "2024-02-29", True, "a,\"b'"),
        (2, None, None, None, None),
    ]


def test_an_empty_file(warehouse: Any, source: str, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.csv").write_text("id,name\n")
    outcome = warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), pinned("x.csv"))
    assert outcome.rows == 0
    assert rows_of(warehouse, "a", ["name"]) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"id,nom\n1,x\n", "`name` missing; `nom` not in the contract"),
        (b"id,name\nx,y\n", r"x\.csv"),
        (b"id,name\n1,\xff\n", r"x\.csv"),
        (b"id,name\n1,2,3\n", r"x\.csv"),
    ],
)
def test_bad_data_names_the_file(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any, data: bytes, message: str
) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(WarehouseError, match=message):
        warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), pinned("x.csv"))
    assert warehouse.observe(PROD).builds == frozenset()


def test_files_changed_after_planning_are_refused(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any
) -> None:
    (tmp_path / "x.csv").write_text("id,name\n1,x\n")
    here = pinned("x.csv")
    (tmp_path / "x.csv").write_text("id,name\n2,x\n")
    with pytest.raises(WarehouseError, match="changed after the plan was made") as caught:
        warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), here)
    assert caught.value.transient


EXACT: list[tuple[str, str, Any]] = [
    ("INTEGER", "7.0", 7),
    ("INTEGER", "+007", 7),
    ("INTEGER", " -7 ", -7),
    ("DECIMAL(6,2)", "-01.2300", Decimal("-1.23")),
    ("DECIMAL(6,5)", "1e-05", Decimal("0.00001")),
    ("DOUBLE PRECISION", "0.1", 0.1),
    ("DOUBLE PRECISION", "-inf", "-Infinity"),
    ("BOOLEAN", "TRUE", True),
    ("DATE", "2026-1-31", "2026-01-31"),
    ("DATE", "2026-01-31 00:00:00", "2026-01-31"),
    ("TIME", "10:30", "10:30:00"),
    ("TIME", "10:30:00.1234560", "10:30:00.123456"),
    ("TIMESTAMP", "2026-01-31T10:30:00.123456", "2026-01-31T10:30:00.123456"),
    ("TIMESTAMP", "2026-01-31", "2026-01-31T00:00:00"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-31T10:30:00Z", "2026-01-31T10:30:00Z"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-31 10:30:00+02:00", "2026-01-31T08:30:00Z"),
]

CHANGED = [
    ("INTEGER", "abc"),
    ("INTEGER", "7.6"),
    ("INTEGER", "1e3"),
    ("SMALLINT", "40000"),
    ("DECIMAL(6,2)", "1.234"),
    ("DOUBLE PRECISION", "1e400"),
    ("DOUBLE PRECISION", "1_000"),
    ("BOOLEAN", "2"),
    ("DATE", "2026-01-01 23:59:59"),
    ("DATE", "01/02/2026"),
    ("TIME", "10:30:00.1234567"),
    ("TIMESTAMP", "2026-01-01 10:30:00+02"),
    ("TIMESTAMP", "2026-01-01 10:30:00.1234567"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-01 10:30:00.1234567Z"),
]


def typed(native: str) -> tuple[Column, ...]:
    return (Column("id", "INTEGER"), Column("it's", native))


@pytest.mark.parametrize("case", EXACT, ids=str)
def test_texts_become_the_values_that_they_are(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any, case: Any
) -> None:
    native, text, value = case
    (tmp_path / "x.csv").write_text(f"id,it's\n1,{text}\n")
    here = pinned("x.csv", columns=typed(native))
    warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), here)
    assert values_of_rows(warehouse, "a", ["it's"]) == [(value,)]


@pytest.mark.parametrize("case", CHANGED, ids=str)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_texts_that_a_type_would_change_are_refused(
    warehouse: Any, source: str, tmp_path: Path, pinned: Any, case: Any, kind: str
) -> None:
    native, text = case
    rows = {"csv": f"id,it's\n1,{text}\n", "json": f'{{"id": 1, "it\'s": "{text}"}}'}
    (tmp_path / f"x.{kind}").write_text(rows[kind])
    here = pinned(f"x.{kind}", columns=typed(native), format=kind)
    with pytest.raises(WarehouseError) as caught:
        warehouse.run(build("a", f"SELECT s.* FROM {source} AS s", ["src"]), here)
    assert f"x.{kind}: " in str(caught.value)
    assert f"column `it's` has `{text}`, which " in str(caught.value)
    assert "cannot hold exactly" in str(caught.value)
    assert warehouse.observe(PROD).builds == frozenset()
