"""Builds that grow on the embedded lake: which files they write, share, miss and leave behind."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from warehouse_steps import (
    PRODUCT,
    bound,
    build,
    growing,
    publish_grown,
    relation,
    rows,
    rows_of,
    shown_as,
)

from damaging import cut, rot
from weft.mesh.growth import Grown, Growth, Range
from weft.mesh.release import Build
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.protocol import Act, Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))
NOW = "2026-03-20T10:00:00+00:00"
BY_DAY = Growth("day")
BY_ID = Growth(unique_key=("id",))
DAILY = 250_000


def many(first: int, last: int, amount: int = 1) -> str:
    """Rows of whole days of January, so many a day."""
    return (
        f"SELECT r.id, DATE '2026-01-01' + CAST(r.id // {DAILY} AS INTEGER) AS day,"
        f" {amount} AS amount FROM range({(first - 1) * DAILY}, {last * DAILY}) AS r(id)"
    )


def by_day(key: str, select: str, base: str = "", since: int = 0) -> Any:
    ranges = [Range(f"2026-01-{since:02}" if since else "")]
    return growing(key, select, BY_DAY, base, ranges)


def manifest(folder: Path, key: str) -> Build:
    return msgspec.json.decode((folder / f"lake/builds/{key}.json").read_bytes(), type=Build)


def files(folder: Path) -> set[str]:
    return {f"files/{name}" for name in os.listdir(folder / "lake/files")}


def total(lake: Any, key: str) -> list[tuple[Any, ...]]:
    seen = [shown_as("seen", key, ["id", "amount"])]
    counted = "count(*), CAST(sum(amount) AS BIGINT), count(DISTINCT id)"
    return rows(lake.query(f"SELECT {counted} FROM sales.orders.seen", seen))


@pytest.fixture
def grown(open_lake: Any) -> Any:
    """`a` has ten days, `b` one more and the last of them anew; what made them has ended."""
    lake = open_lake()
    lake.run(by_day("a", many(1, 10)), bound())
    lake.run(by_day("b", many(1, 11, 2), "a", 10), bound("run_2"))
    lake.close()
    return open_lake()


def test_only_what_is_touched_is_written(grown: Any, tmp_path: Path) -> None:
    base, build = manifest(tmp_path, "a"), manifest(tmp_path, "b")
    first, second, third = (part.range for part in base.parts)
    assert (first.since, third.until) == ("2026-01-01", "2026-01-11")
    assert first.since < second.since < first.until < third.since < second.until < third.until
    assert build.parts[:2] == base.parts[:2]
    assert files(tmp_path) == {*base.all_files, *build.all_files}
    assert [each.startswith("files/b-run_2-") for each in build.all_files] == [False, False, True]
    assert (build.base, build.rows) == ("a", 11 * DAILY)
    assert build.bytes == sum(os.path.getsize(tmp_path / "lake" / file) for file in build.all_files)
    assert total(grown, "a") == [(10 * DAILY, 10 * DAILY, 10 * DAILY)]
    assert total(grown, "b") == [(11 * DAILY, 13 * DAILY, 11 * DAILY)]


def test_by_key_only_parts_with_such_keys_are_written(open_lake: Any, tmp_path: Path) -> None:
    lake = open_lake()
    lake.run(growing("a", many(1, 10), BY_ID), bound())
    changed = "SELECT * REPLACE (5 AS amount) FROM (" + many(7, 7) + ") AS t WHERE t.id % 1000 = 0"
    lake.run(growing("b", changed, BY_ID, "a"), bound("run_2"))
    base, grown = manifest(tmp_path, "a"), manifest(tmp_path, "b")
    # Sorted by key, the first million of rows has none of them.
    assert [part in grown.parts for part in base.parts][:2] == [True, False]
    assert total(lake, "b") == [(10 * DAILY, 10 * DAILY + 4 * 250, 10 * DAILY)]


@pytest.mark.parametrize("kind", ["incremental", "snapshot"])
def test_no_name_of_a_column_is_in_the_way(open_lake: Any, kind: str) -> None:
    lake = open_lake()
    named = f"SELECT *, 'mine' AS weft_file, 'too' AS \"WEFT_FILE_\" FROM ({many(1, 4)}) AS t"
    lake.run(growing("a", named, BY_ID, kind=kind), bound())
    changed = f"SELECT * REPLACE (5 AS amount) FROM ({named}) AS t WHERE t.id = 3"
    lake.run(growing("b", changed, BY_ID, "a", kind=kind), bound("run_2"))
    now = "" if kind == "incremental" else " WHERE valid_to IS NULL"
    columns = ["id", "amount", *(["valid_to"] if now else [])]
    seen = [shown_as("seen", "b", columns)]
    counted = f"SELECT count(*), count(DISTINCT id) FROM sales.orders.seen{now}"
    assert rows(lake.query(counted, seen)) == [(4 * DAILY, 4 * DAILY)]


def test_small_parts_become_one(the_lake: Any, tmp_path: Path) -> None:
    for number in range(1, 6):
        base = f"b{number - 1}" if number > 1 else ""
        select = f"SELECT {number} AS id"
        the_lake.run(growing(f"b{number}", select, BY_ID, base), bound(f"run_{number}"))
    assert len(manifest(tmp_path, "b5").parts) == 1
    assert sorted(rows_of(the_lake, "b5", ["id"])) == [(1,), (2,), (3,), (4,), (5,)]


def test_a_view_and_the_ports_file_show_all_parts(grown: Any, tmp_path: Path) -> None:
    grown.run(build("v", f"SELECT id, amount FROM {relation('b')}", ["b"], "view"), bound("run_3"))
    assert total(grown, "v") == [(11 * DAILY, 13 * DAILY, 11 * DAILY)]
    grown.run(publish_grown("b", {}), bound("run_3"))
    grown.serve("prod")
    import duckdb

    with duckdb.connect(str(tmp_path / "lake/ports.duckdb"), read_only=True) as ports:
        counted = ports.execute("SELECT count(*) FROM sales__orders.orders").fetchall()
    assert counted == [(11 * DAILY,)]


def test_what_another_build_shares_stays_when_a_build_is_pruned(grown: Any, tmp_path: Path) -> None:
    mine = set(manifest(tmp_path, "b").all_files)
    lost = set(manifest(tmp_path, "a").all_files) - mine
    told = grown.forget([], frozenset({"b"}), NOW, dry_run=True)
    assert set(told.names) == {"builds/a.json", *lost}
    assert told.bytes == sum(os.path.getsize(tmp_path / "lake" / name) for name in told.names)
    assert grown.forget([], frozenset({"b"}), NOW) == told
    assert files(tmp_path) == mine
    assert total(grown, "b") == [(11 * DAILY, 13 * DAILY, 11 * DAILY)]
    grown.forget([], frozenset(), NOW)
    assert files(tmp_path) == set()


def test_a_build_whose_base_is_pruned_meanwhile_fails_and_leaves_nothing(
    grown: Any, open_lake: Any, tmp_path: Path
) -> None:
    before = files(tmp_path)

    def prune(operation: str, path: str) -> None:
        if operation == "rename" and "/files/c-" in path:
            grown.forget([], frozenset({"a"}), NOW)

    lake = open_lake(disk=Disk(prune))
    with pytest.raises(WarehouseError, match="build b is missing"):
        lake.run(by_day("c", many(11, 12), "b", 11), bound("run_3"))
    assert files(tmp_path) == set(manifest(tmp_path, "a").all_files) < before
    assert open_lake().observe(PROD).builds == {"a"}


@pytest.mark.parametrize("damage", [cut, os.remove])
def test_lost_data_is_lost_to_all_who_share_it(
    grown: Any, open_lake: Any, tmp_path: Path, damage: Any
) -> None:
    shared = manifest(tmp_path, "a").parts[0].file
    damage(tmp_path / "lake" / shared)
    observed = open_lake().observe(replace(PROD, builds=frozenset({"a", "b"})))
    assert observed.builds == frozenset()
    with pytest.raises(WarehouseError, match="missing in the lake, or damaged"):
        open_lake().run(by_day("c", many(11, 12), "b", 11), bound("run_3"))


def test_lost_data_of_a_build_alone_leaves_its_base(
    grown: Any, open_lake: Any, tmp_path: Path
) -> None:
    os.remove(tmp_path / "lake" / manifest(tmp_path, "b").parts[-1].file)
    observed = open_lake().observe(replace(PROD, builds=frozenset({"a", "b"})))
    assert observed.builds == {"a"}


def test_rot_is_found_by_a_look_into_everything(grown: Any, open_lake: Any, tmp_path: Path) -> None:
    rot(tmp_path / "lake" / manifest(tmp_path, "a").parts[1].file)
    everything = replace(PROD, content=True)
    assert open_lake().observe(replace(PROD, builds=frozenset({"a"}))).builds == {"a", "b"}
    assert open_lake().observe(everything).builds == frozenset()
    assert open_lake().observe(replace(PROD, builds=frozenset({"a"}))).builds == {"b"}


def test_a_damaged_base_is_no_base(grown: Any, open_lake: Any, tmp_path: Path) -> None:
    models = {"orders": Grown("asked", "a", BY_DAY)}
    grown.run(publish_grown("b", models), bound("run_3"))
    os.remove(tmp_path / "lake" / manifest(tmp_path, "b").parts[-1].file)
    assert set(open_lake().observe(PROD).bases) == {"a"}


def texts(acts: list[Act]) -> list[str]:
    return [each.text for each in acts if each.is_statement]


ONE = "SELECT 1 AS id, DATE '2026-01-01' AS day"
TWO = "SELECT 2 AS id, DATE '2026-01-02' AS day"


def test_what_is_told_is_what_runs(the_lake: Any, tmp_path: Path) -> None:
    first, second = by_day("a", ONE), by_day("b", TWO, "a", 2)
    told = the_lake.tell([first, second], {})
    assert texts(told[first.id])[0].endswith(
        ') AS "all" ORDER BY "day" ) TO \''
        + f"{tmp_path}/lake"
        + "/tmp/RUN/N-parts' (FORMAT parquet, ROW_GROUPS_PER_FILE 8, RETURN_STATS true)"
    )
    assert told[first.id][-1].text == (
        "then what is in tmp/RUN/N-parts becomes files/a-RUN-N.part.parquet, "
        "and builds/a.json names it"
    )
    the_lake.run(first, bound())
    [statement] = texts(the_lake.tell([second], {})[second.id])
    assert "\"day\" >= CAST('2026-01-02' AS DATE)" in statement
    assert "UNION ALL" not in statement


def test_by_key_it_is_told_which_parts_are_read(the_lake: Any, tmp_path: Path) -> None:
    the_lake.run(growing("a", ONE, BY_ID), bound())
    step = growing("b", TWO, BY_ID, "a")
    told = the_lake.tell([step], {})[step.id]
    assert f"'{tmp_path}/lake/files/a-RUN-N.part.parquet'" in texts(told)[-1]
    assert [each.text for each in told if not each.is_statement] == [
        "the last one reads, as files/a-RUN-N.part.parquet, the files that the one before it",
        "gives, and those of few rows;",
        "then what is in tmp/RUN/N-parts becomes files/b-RUN-N.part.parquet, and builds/b.json "
        "names it, beside what a shares with it",
    ]


def test_a_snapshot_tells_each_of_its_statements(the_lake: Any) -> None:
    growth = Growth(unique_key=("id",), changed_at="changed")
    step = growing("a", "SELECT 1 AS id, 2 AS changed", growth, kind="snapshot")
    told = the_lake.tell([step], {})[step.id]
    assert [text.split(" AS\n")[0].split("(")[0].strip() for text in texts(told)] == [
        "CREATE OR REPLACE TEMP TABLE weft_new",
        "CREATE OR REPLACE TEMP TABLE weft_last",
        "CREATE OR REPLACE TEMP TABLE weft_states",
        "CREATE OR REPLACE TEMP TABLE weft_ended",
        "SELECT CAST",
        'SELECT DISTINCT "weft_file" FROM weft_ended',
        "COPY",
    ]
