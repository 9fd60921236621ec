"""What is special to the embedded lake: its options, whose it is, its files, its types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from warehouse_steps import (
    PRODUCT,
    after,
    bound,
    build,
    measured,
    port,
    publish,
    relation,
    rows,
    rows_of,
    shown_as,
)

from damaging import rot
from weft.mesh.check import Check, CheckKind, Measure
from weft.warehouses.duckdb import open_warehouse
from weft.warehouses.protocol import Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))

# What is stored of every type that DuckDB has: its new name, "" where it is refused.
STORED = {
    "true": "BOOLEAN",
    "1::TINYINT": "TINYINT",
    "1::UTINYINT": "UTINYINT",
    "1::SMALLINT": "SMALLINT",
    "1::USMALLINT": "USMALLINT",
    "1::INTEGER": "INTEGER",
    "1::UINTEGER": "UINTEGER",
    "1::BIGINT": "BIGINT",
    "18446744073709551615::UBIGINT": "UBIGINT",
    "(10::HUGEINT ** 37)::HUGEINT": "DECIMAL(38,0)",
    "1::UHUGEINT": "DECIMAL(38,0)",
    "1::BIGNUM": "",
    "1.5::FLOAT": "FLOAT",
    "'nan'::DOUBLE": "DOUBLE",
    "1.25::DECIMAL(38,10)": "DECIMAL(38,10)",
    "'ä'": "VARCHAR",
    r"'\x00\xFF'::BLOB": "BLOB",
    "'0101'::BIT": "",
    "DATE '2024-02-29'": "DATE",
    "'-infinity'::DATE": "DATE",
    "TIME '12:00:01.123456'": "TIME",
    "'12:00:00.123456789'::TIME_NS": "TIME_NS",
    "'12:00:01+02'::TIMETZ": "",
    "TIMESTAMP '2024-01-01 00:00:00.123456'": "TIMESTAMP",
    "TIMESTAMP_S '2024-01-01 00:00:01'": "TIMESTAMP",
    "TIMESTAMP_MS '2024-01-01 00:00:00.123'": "TIMESTAMP",
    "TIMESTAMP_NS '2024-01-01 00:00:00.123456789'": "TIMESTAMP_NS",
    "TIMESTAMPTZ '2024-01-01 00:00:00+02'": "TIMESTAMP WITH TIME ZONE",
    "INTERVAL '1 month'": "",
    "uuid()": "UUID",
    "'{\"a\": 1}'::JSON": "JSON",
    "'a'::ENUM('a', 'b')": "VARCHAR",
    "NULL": "INTEGER",
    "[1, NULL]": "INTEGER[]",
    "[1, 2]::INTEGER[2]": "INTEGER[]",
    "[1::HUGEINT]": "DECIMAL(38,0)[]",
    "{'a \"b': 1::HUGEINT, 'c': [TIMESTAMP_S '2024-01-01']}": (
        'STRUCT("a ""b" DECIMAL(38,0), c TIMESTAMP[])'
    ),
    "[INTERVAL '1 day']": "",
    "MAP {'a': 1::HUGEINT}": "MAP(VARCHAR, DECIMAL(38,0))",
    "union_value(k := 1)": "",
    "1::VARIANT": "VARIANT",
}


@pytest.mark.parametrize("value", [value for value, kept in STORED.items() if kept])
def test_what_is_stored_comes_back(the_lake: Any, value: str) -> None:
    the_lake.run(build("v", f"SELECT {value} AS x", kind="view"), bound())
    stored = the_lake.run(build("a", f"SELECT {value} AS x"), bound())
    assert [column.type for column in stored.columns] == [STORED[value]]
    select = (
        f"SELECT typeof(s.x) AS t, s.x::VARCHAR AS x, s.x IS NULL AS n FROM {relation('a')} AS s"
    )
    again = the_lake.run(build("b", select, ["a"]), bound())
    assert again.rows == 1
    same = the_lake.run(build("c", f"SELECT s.x FROM {relation('a')} AS s", ["a"]), bound())
    assert same.columns == stored.columns
    [(kind, text, null)] = rows_of(the_lake, "b", ["t", "x", "n"])
    assert kind == STORED[value] or null
    plain = f"SELECT ({value})::{kind}::VARCHAR AS x"
    if "uuid" not in value:
        assert rows(the_lake.query(plain, [])) == [(text,)]


@pytest.mark.parametrize("value", [value for value, kept in STORED.items() if not kept])
@pytest.mark.parametrize("kind", ["table", "view"])
def test_what_cannot_be_stored_is_refused(the_lake: Any, value: str, kind: str) -> None:
    with pytest.raises(WarehouseError, match="which cannot be stored: "):
        the_lake.run(build("a", f"SELECT {value} AS x", kind=kind), bound())


def test_a_number_that_is_too_large_is_an_error(the_lake: Any) -> None:
    select = "SELECT 170141183460469231731687303715884105727::HUGEINT AS x"
    with pytest.raises(WarehouseError, match="17014118346046923173168730371588410572"):
        the_lake.run(build("a", select), bound())


@pytest.mark.parametrize("names", [("a", "A"), ("a", "a")])
def test_names_that_parquet_cannot_tell_apart(the_lake: Any, names: tuple[str, str]) -> None:
    select = f'SELECT 1 AS "{names[0]}", 2 AS "{names[1]}"'
    with pytest.raises(WarehouseError, match="two columns are called"):
        the_lake.run(build("a", select), bound())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "`path` is missing"),
        ({"path": ""}, "`path` cannot be ``; it must be a folder"),
        ({"path": 4}, "`path` cannot be `4`"),
        ({"path": "x", "thread": 1}, "no option `thread`; did you mean `threads`"),
        ({"path": "x", "threads": -1}, "`threads` cannot be `-1`; it must be a whole number"),
        ({"path": "x", "threads": "two"}, "`threads` cannot be `two`"),
        ({"path": "x", "threads": True}, "`threads` cannot be `true`"),
        ({"path": "x", "memory_limit": "much"}, "`memory_limit` cannot be `much`; .* `4GB`"),
        ({"path": "x", "memory_limit": 4}, "`memory_limit` cannot be `4`"),
    ],
)
def test_options_are_checked(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(WarehouseError, match=message):
        open_warehouse("lake", options, str(tmp_path), "skyline", "store_1")


def test_a_foreign_lake_is_refused(open_lake: Any) -> None:
    open_lake().run(build("a", "SELECT 1 AS id"), bound())
    for mesh, store, message in [
        ("other", "store_1", "belongs to mesh `skyline` and not to `other`"),
        ("skyline", "store_2", "belongs to another store of mesh `skyline`"),
    ]:
        for act in (
            lambda lake: lake.observe(PROD),
            lambda lake: lake.run(build("b", "SELECT 1 AS id"), bound("run_2")),
        ):
            with pytest.raises(WarehouseError, match=message) as caught:
                act(open_lake(mesh, store))
            assert caught.value.denied


def test_a_folder_that_is_no_lake_is_left_alone(open_lake: Any, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(WarehouseError, match="is not empty and not a lake"):
        open_lake().run(build("a", "SELECT 1 AS id"), bound())
    assert [each.name for each in (tmp_path / "lake").iterdir()] == ["holiday.jpg"]


def test_a_newer_format_is_refused(open_lake: Any, tmp_path: Path) -> None:
    open_lake().run(build("a", "SELECT 1 AS id"), bound())
    path = tmp_path / "lake" / "lake.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(WarehouseError, match="written by a newer Weft"):
        open_lake().observe(PROD)


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]"])
def test_a_damaged_mark_is_named(open_lake: Any, tmp_path: Path, content: str) -> None:
    open_lake().run(build("a", "SELECT 1 AS id"), bound())
    (tmp_path / "lake" / "lake.json").write_text(content)
    with pytest.raises(WarehouseError, match=r"lake\.json is damaged"):
        open_lake().observe(PROD)


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]"])
def test_a_damaged_release_keeps_its_place(open_lake: Any, tmp_path: Path, content: str) -> None:
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    step = publish([port({"orders": ("a", ["id"])})])
    lake.run(step, bound())
    lake.close()
    (tmp_path / "lake/releases/prod/sales/orders/00000001.json").write_text(content)
    other = open_lake()
    [found] = other.observe(PROD).releases.values()
    assert (found.number, found.damaged) == (1, True)
    other.run(after(step, 1), bound("run_2"))
    [healed] = other.observe(PROD).releases.values()
    assert (healed.number, healed.damaged, healed.keys) == (2, False, {"a"})


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]"])
def test_a_damaged_build_is_built_again(open_lake: Any, tmp_path: Path, content: str) -> None:
    open_lake().run(build("a", "SELECT 1 AS id"), bound())
    (tmp_path / "lake" / "builds" / "a.json").write_text(content)
    outcome = open_lake().run(build("a", "SELECT 1 AS id"), bound("run_2"))
    assert not outcome.reused
    assert open_lake().run(build("a", "SELECT 1 AS id"), bound("run_3")).reused


def test_what_weft_did_not_make_is_never_touched(open_lake: Any, tmp_path: Path) -> None:
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    lake.run(publish([port({"orders": ("a", ["id"])})]), bound())
    lake.close()
    own = [
        "README",
        "builds/notes.txt",
        "files/mine.parquet",
        "files/my notes.txt",
        "releases/prod/sales/orders/0001.json",
        "releases/notes.txt",
        "quarantine/mine/rows.csv",
        "tmp/mine/thesis.tex",
    ]
    for name in own:
        path = tmp_path / "lake" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    lake = open_lake()
    observed = lake.observe(PROD)
    assert observed.builds == {"a"}
    assert observed.releases[PRODUCT].number == 1
    lake.run(build("b", "SELECT 1 AS id"), bound("run_2"))
    lake.close()
    open_lake().forget([], frozenset(["a"]), "2030-01-01T00:00:00+00:00")
    assert all((tmp_path / "lake" / name).read_text() == "mine" for name in own)
    assert open_lake().observe(PROD).builds == {"a"}


@pytest.mark.parametrize("damage", ["remove", "cut"])
def test_a_build_without_its_data_is_made_again(
    open_lake: Any, tmp_path: Path, damage: str
) -> None:
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    lake.close()
    [data] = (tmp_path / "lake" / "files").iterdir()
    if damage == "remove":
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:10])
    lake = open_lake()
    with pytest.raises(
        WarehouseError, match="build a is missing in the lake, or damaged; `weft plan` says"
    ):
        lake.run(publish([port({"orders": ("a", ["id"])})]), bound("run_2"))
    assert lake.observe(PROD).builds == frozenset()
    assert not lake.run(build("a", "SELECT 1 AS id"), bound("run_2")).reused
    lake.close()
    assert rows_of(open_lake(), "a", ["id"]) == [(1,)]


@pytest.mark.parametrize("key", ["../../x", "a/b", "", ".", "a" * 200, "ä"])
def test_keys_are_no_paths(the_lake: Any, tmp_path: Path, key: str) -> None:
    with pytest.raises(WarehouseError, match="cannot be the name of a file"):
        the_lake.run(build(key, "SELECT 1 AS id"), bound())
    step = publish([port({"orders": ("a", ["id"])})])
    step = replace(step, release=replace(step.release, environment=key))
    with pytest.raises(WarehouseError, match="cannot be the name of a file"):
        the_lake.run(step, bound())
    assert sorted(os.listdir(tmp_path)) == ["lake"]


def test_queries_cannot_leave_their_files(the_lake: Any, tmp_path: Path) -> None:
    the_lake.run(build("a", "SELECT 1 AS id"), bound())
    the_lake.run(build("b", "SELECT 2 AS id"), bound())
    other = next((tmp_path / "lake" / "files").glob("b-*"))
    for select in (
        f"SELECT * FROM read_parquet('{other}')",
        f"SELECT * FROM '{other}'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        f"SELECT * FROM read_json('{tmp_path}/lake/lake.json')",
    ):
        with pytest.raises(WarehouseError, match="Permission Error"):
            rows(the_lake.query(select, [shown_as("seen", "a", ["id"])]))


def test_observing_needs_no_engine(the_lake: Any, tmp_path: Path) -> None:
    the_lake.run(build("a", "SELECT 1 AS id"), bound())
    the_lake.run(publish([port({"orders": ("a", ["id"])})]), bound())
    program = f"""
import sys
from weft.warehouses.duckdb import open_warehouse
from weft.warehouses.protocol import Scope
lake = open_warehouse("wh", {{"path": "lake"}}, {str(tmp_path)!r}, "skyline", "store_1")
assert len(lake.observe(Scope("prod", ({PRODUCT!r},))).releases) == 1
lake.close()
assert "duckdb" not in sys.modules and "sqlglot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_sessions_run_in_utc(the_lake: Any) -> None:
    clock = "TIMESTAMPTZ '2024-07-01 12:00:00+00'::VARCHAR"
    select = f"SELECT {clock} AS t, strftime(DATE '2024-03-01', '%B') AS m"
    the_lake.run(build("a", select), bound())
    expected = [("2024-07-01 12:00:00+00", "March")]
    assert rows_of(the_lake, "a", ["t", "m"]) == expected
    assert rows(the_lake.query(select, [])) == expected


def test_python_objects_cannot_be_read(the_lake: Any) -> None:
    secret = [("x",)]
    with pytest.raises(WarehouseError, match="secret"):
        the_lake.run(build("a", "SELECT * FROM secret"), bound())
    assert secret


@pytest.mark.parametrize("kind", ["table", "view"])
def test_reading_lost_data_names_the_port_and_what_to_do(
    open_lake: Any, tmp_path: Path, kind: str
) -> None:
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    lake.run(build("v", f"SELECT a.id FROM {relation('a')} AS a", ["a"], kind), bound())
    for data in (tmp_path / "lake" / "files").iterdir():
        data.unlink()
    with pytest.raises(WarehouseError, match=r"^sales\.orders\.seen: its data is .*`weft apply`"):
        rows_of(open_lake(), "v", ["id"])


def test_a_check_that_fails_over_damaged_data_gives_no_verdict(
    open_lake: Any, tmp_path: Path
) -> None:
    open_lake().run(build("a", "SELECT 'text ' || hash(range) AS t FROM range(20000)"), bound())
    [data] = (tmp_path / "lake" / "files").iterdir()
    rot(data)
    longest = Measure(
        Check("longest", "longest", CheckKind.SQL), statement=f"SELECT max(t) FROM {relation('a')}"
    )
    step = measured("a", f"SELECT count(*) FROM {relation('a')}", [longest])
    with pytest.raises(WarehouseError, match=r"^the data of sales\.orders\.a is damaged"):
        open_lake().run(step, bound())


def test_only_who_names_a_build_looks_at_one_that_no_current_release_names(
    open_lake: Any, tmp_path: Path
) -> None:
    lake = open_lake()
    lake.run(build("a", "SELECT 1 AS id"), bound())
    lake.run(build("b", "SELECT 1 AS id"), bound())
    lake.run(publish([port({"orders": ("b", ["id"])})]), bound())
    both = replace(PROD, builds=frozenset("ab"))
    assert lake.observe(both).builds == {"a", "b"}
    for data in (tmp_path / "lake" / "files").glob("a-*"):
        data.unlink()
    assert open_lake().observe(PROD).builds == {"a", "b"}
    assert open_lake().observe(both).builds == {"b"}
    for data in (tmp_path / "lake" / "files").glob("b-*"):
        data.unlink()
    assert open_lake().observe(PROD).builds == {"a"}
