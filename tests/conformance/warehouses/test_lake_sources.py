"""Files as sources of the embedded lake: exactly the pinned files, read as the contract says."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_steps import COLUMNS, DUCKDB, bound, build, rows_of

from weft.mesh.manifest import Column
from weft.warehouses.protocol import Bound, Scope, WarehouseError

RELATION = DUCKDB.relation("sources", "src")


def read(lake: Any, here: Bound, columns: tuple[str, ...] = ("id", "name")) -> list[Any]:
    lake.run(build("a", f"SELECT s.* FROM {RELATION} AS s", ["src"]), here)
    return rows_of(lake, "a", columns)


def test_csv_options(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.csv").write_text("1|'a|b'\n2|NA\n")
    here = pinned("x.csv", delimiter="|", quote="'", header=False, nullString="NA")
    assert read(the_lake, here) == [(1, "a|b"), (2, None)]


def test_compressed_csv(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"id,name\n1,x\n"))
    assert read(the_lake, pinned("x.csv.gz")) == [(1, "x")]


@pytest.mark.parametrize("damage", [lambda data: data[:12], lambda data: b"x" + data])
def test_a_damaged_compressed_csv_is_named_once(
    the_lake: Any, tmp_path: Path, pinned: Any, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "x.csv.gz").write_bytes(damage(gzip.compress(b"id,name\n1,x\n")))
    with pytest.raises(WarehouseError, match="cannot read the header of") as caught:
        read(the_lake, pinned("x.csv.gz"))
    assert str(caught.value).count("x.csv.gz") == 1


def test_a_type_that_the_engine_does_not_have(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.csv").write_text("id,name\n1,x\n")
    columns = (Column("id", "DECIMAL(99,2)"), Column("name", "VARCHAR"))
    with pytest.raises(WarehouseError, match=r"`DECIMAL\(99,2\)` is no type"):
        read(the_lake, pinned("x.csv", columns=columns))


@pytest.mark.parametrize("text", ['[{"id": 1, "name": "x"}]', '{"id": 1, "name": "x", "z": 2}\n'])
def test_json(the_lake: Any, tmp_path: Path, pinned: Any, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert read(the_lake, pinned("x.json", format="json")) == [(1, "x")]


def test_parquet_columns_by_name(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    select = "SELECT 'x' AS name, 2 AS more, 1 AS id"
    duckdb.execute(f"COPY ({select}) TO '{tmp_path}/x.parquet'")
    assert read(the_lake, pinned("x.parquet", format="parquet")) == [(1, "x")]


def test_missing_parquet_columns_are_named(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    duckdb.execute(f"COPY (SELECT 1 AS id, 'x' AS name) TO '{tmp_path}/x.parquet'")
    gone = pinned("x.parquet", format="parquet", columns=(*COLUMNS, Column("gone")))
    with pytest.raises(WarehouseError, match=r"x\.parquet .*`gone` missing"):
        the_lake.run(build("b", f"SELECT * FROM {RELATION}", ["src"]), gone)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id", "`name` missing"),
        ("id,name,extra", "`extra` not in the contract"),
        ("name,id", "in the order name, id"),
        ("id,nom", "`name` missing; `nom` not in the contract"),
        ("", "`id`, `name` missing"),
    ],
)
def test_another_header_is_refused(
    the_lake: Any, tmp_path: Path, pinned: Any, header: str, message: str
) -> None:
    (tmp_path / "x.csv").write_text(f"{header}\n1,x\n")
    with pytest.raises(WarehouseError) as caught:
        read(the_lake, pinned("x.csv"))
    assert message in str(caught.value)
    assert "x.csv" in str(caught.value) and "`crm`" in str(caught.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b'1,"a\n\n2,b', "line 2: Value with unterminated quote found."),
        (b"1", "line 2: Expected Number of Columns: 2 Found: 1"),
        (b"1,x\n" * 9999 + b"1,caf\xe9", "line 10001: Invalid unicode"),
        (b"1," + b"x" * 3_000_000, "line 2: Maximum line size of 2000000 bytes exceeded."),
    ],
)
def test_what_is_wrong_with_a_record_is_said_without_the_record(
    the_lake: Any, tmp_path: Path, pinned: Any, record: bytes, message: str
) -> None:
    (tmp_path / "x.csv").write_bytes(b"id,name\n" + record + b"\n")
    with pytest.raises(WarehouseError) as caught:
        read(the_lake, pinned("x.csv"))
    assert f"/x.csv: {message}" in str(caught.value)


@pytest.mark.parametrize("data", ["id,name\n1,x".encode("utf-16"), b"id,name\n1,caf\xe9\n"])
def test_a_file_in_another_encoding_is_refused_as_that(
    the_lake: Any, tmp_path: Path, pinned: Any, data: bytes
) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(WarehouseError, match=r"x\.csv is not UTF-8"):
        read(the_lake, pinned("x.csv"))


EXACT = [
    ("INTEGER", "7"),
    ("INTEGER", "7.0"),
    ("INTEGER", "+007"),
    ("INTEGER", " -7 "),
    ("DECIMAL(6,2)", "1.2"),
    ("DECIMAL(6,2)", "-01.2300"),
    ("DECIMAL(6,5)", "1e-05"),
    ("DOUBLE", "0.1"),
    ("DOUBLE", "-inf"),
    ("BOOLEAN", "TRUE"),
    ("BOOLEAN", "1"),
    ("DATE", "2026-1-31"),
    ("DATE", "2026-01-31 00:00:00"),
    ("TIME", "10:30"),
    ("TIME", "10:30:00.1234560"),
    ("TIMESTAMP", "2026-01-31T10:30:00.123456"),
    ("TIMESTAMP", "2026-01-31"),
    ("TIMESTAMP_NS", "2026-01-31 10:30:00.123456789"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-31T10:30:00Z"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-31 10:30:00+02:00"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-31 10:30:00 Europe/Berlin"),
    ("numeric(6,2)", "1.20"),
]

CHANGED = [
    ("INTEGER", "abc"),
    ("INTEGER", "7.6"),
    ("INTEGER", "1e3"),
    ("INTEGER", "1_000"),
    ("INTEGER", "0x1F"),
    ("UTINYINT", "256"),
    ("DECIMAL(6,2)", "1.234"),
    ("DECIMAL(6,2)", "1.234e0"),
    ("DECIMAL(6,0)", "1.5"),
    ("DECIMAL(6,2)", "."),
    ("DOUBLE", "1e400"),
    ("DOUBLE", "1_000"),
    ("FLOAT", "1_0.5"),
    ("FLOAT", "-1e39"),
    ("BOOLEAN", "2"),
    ("DATE", "2026-01-01 23:59:59"),
    ("DATE", "2026-01-01x"),
    ("DATE", "01/02/2026"),
    ("TIME", "10:30:00+02"),
    ("TIME", "2026-01-01 10:30:00"),
    ("TIME", "10:30:00.1234567"),
    ("TIMESTAMP", "2026-01-01 10:30:00+02"),
    ("TIMESTAMP", "2026-01-01T10:30:00Z"),
    ("TIMESTAMP", "2026-01-01 10:30:00.1234567"),
    ("TIMESTAMP_S", "2026-01-01 10:30:00.5"),
    ("TIMESTAMP WITH TIME ZONE", "2026-01-01 10:30:00.1234567Z"),
]


def typed(the_lake: Any, pinned: Any, file: str, native: str) -> Any:
    columns = (Column("id", "INTEGER"), Column("it's", native))
    here = pinned(file, format=file.partition(".")[2], columns=columns)
    select = f'SELECT CAST(s."it\'s" AS VARCHAR) AS text FROM {RELATION} AS s'
    the_lake.run(build("a", select, ["src"]), here)
    [(value,)] = rows_of(the_lake, "a", ("text",))
    return value


@pytest.mark.parametrize(("native", "text"), EXACT)
def test_texts_become_the_values_that_they_are(
    the_lake: Any, tmp_path: Path, pinned: Any, native: str, text: str
) -> None:
    (tmp_path / "x.csv").write_text(f"id,it's\n1,{text}\n")
    with duckdb.connect() as plain:
        plain.execute("SET TimeZone = 'UTC'")
        expected = plain.execute(f"SELECT '{text}'::{native}::VARCHAR").fetchone()
    assert (typed(the_lake, pinned, "x.csv", native),) == expected


@pytest.mark.parametrize(("native", "text"), CHANGED)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_texts_that_a_type_would_change_are_refused(
    the_lake: Any, tmp_path: Path, pinned: Any, native: str, text: str, kind: str
) -> None:
    rows = {"csv": f"id,it's\n1,{text}\n", "json": f'{{"id": 1, "it\'s": "{text}"}}'}
    (tmp_path / f"x.{kind}").write_text(rows[kind])
    with pytest.raises(WarehouseError) as caught:
        typed(the_lake, pinned, f"x.{kind}", native)
    assert f"x.{kind}: " in str(caught.value)
    assert f"column `it's` has `{text}`, which {native} cannot hold exactly" in str(caught.value)


@pytest.mark.parametrize(
    ("native", "value"),
    [
        ("INTEGER", "1.6"),
        ("INTEGER", "true"),
        ("INTEGER", "[1]"),
        ("DOUBLE", "true"),
        ("DECIMAL(6,2)", "1.234"),
        ("BOOLEAN", "1.5"),
        ("DATE", "20260101"),
        ("TIMESTAMP", "1700000000"),
    ],
)
def test_json_values_of_another_kind_are_refused(
    the_lake: Any, tmp_path: Path, pinned: Any, native: str, value: str
) -> None:
    (tmp_path / "x.json").write_text(f'{{"id": 1, "it\'s": {value}}}')
    with pytest.raises(WarehouseError, match=r"x\.json: .*cannot hold exactly"):
        typed(the_lake, pinned, "x.json", native)


@pytest.mark.parametrize(
    ("native", "value", "read"),
    [
        ("INTEGER", "7.0", "7"),
        ("INTEGER", '"7"', "7"),
        ("INTEGER", "null", None),
        ("DECIMAL(6,5)", "0.00001", "0.00001"),
        ("DECIMAL(38,0)", "12345678901234567890123", "12345678901234567890123"),
        ("DOUBLE", "0.1", "0.1"),
        ("BOOLEAN", "false", "false"),
        ("TIMESTAMP", '"2026-01-31T10:30:00"', "2026-01-31 10:30:00"),
    ],
)
def test_json_values_are_read_whole(
    the_lake: Any, tmp_path: Path, pinned: Any, native: str, value: str, read: str | None
) -> None:
    (tmp_path / "x.json").write_text(f'{{"id": 1, "it\'s": {value}}}')
    assert typed(the_lake, pinned, "x.json", native) == read


def test_of_several_files_the_one_at_fault_is_named(
    the_lake: Any, tmp_path: Path, pinned: Any
) -> None:
    (tmp_path / "x.csv").write_text("id,name\n1,x\n")
    (tmp_path / "y.csv").write_text("id,name\n1.5,x\n")
    with pytest.raises(WarehouseError, match=r"y\.csv: .*column `id` has `1\.5`"):
        read(the_lake, pinned("x.csv", "y.csv"))


def test_an_unknown_format_is_refused(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    (tmp_path / "x.xml").write_text("<x/>")
    with pytest.raises(WarehouseError, match="format `xml`; there are: csv, json, parquet"):
        read(the_lake, pinned("x.xml", format="xml"))


def test_files_changed_while_they_are_read_are_refused(
    the_lake: Any, tmp_path: Path, pinned: Any
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,name\n1,x\n")
    here = pinned("x.csv")
    assert read(the_lake, here) == [(1, "x")]
    path.write_text("id,name\n2,x\n")
    os.utime(path, ns=(1, 1))
    with pytest.raises(WarehouseError, match="changed while it was read; apply again"):
        the_lake.run(build("b", f"SELECT s.id FROM {RELATION} AS s", ["src"]), here)
    assert the_lake.observe(Scope("prod", ())).builds == {"a"}
    assert len(list((tmp_path / "lake" / "files").iterdir())) == 1


def test_builds_cannot_reach_other_files(the_lake: Any, tmp_path: Path) -> None:
    (tmp_path.parent / "outside.csv").write_text("id\n1\n")
    for path in ("/etc/passwd", str(tmp_path.parent / "outside.csv")):
        with pytest.raises(WarehouseError, match="Permission Error"):
            the_lake.run(build("a", f"SELECT * FROM read_text('{path}')"), bound())


def test_a_link_out_of_the_mesh_is_refused(the_lake: Any, tmp_path: Path, pinned: Any) -> None:
    (tmp_path.parent / "outside.csv").write_text("id,name\n1,x\n")
    (tmp_path / "x.csv").symlink_to(tmp_path.parent / "outside.csv")
    with pytest.raises(WarehouseError, match="lies outside the folder of the mesh"):
        read(the_lake, pinned("x.csv"))
