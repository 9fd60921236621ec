"""`ports.duckdb`: what any other DuckDB program sees of the embedded lake."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_steps import PRODUCT, bound, build, port, publish, relation

from weft.mesh.contract import Status
from weft.mesh.release import PortRelease
from weft.warehouses.duckdb import open_warehouse, scratch
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.protocol import WarehouseError


def seen(folder: Path, select: str, name: str = "ports.duckdb") -> list[Any]:
    with duckdb.connect(str(folder / "lake" / name), read_only=True) as connection:
        return connection.execute(select).fetchall()


def views(folder: Path, name: str = "ports.duckdb") -> list[Any]:
    return seen(
        folder, "SELECT schema, name, column_names FROM (SHOW ALL TABLES) ORDER BY ALL", name
    )


def release(lake: Any, *ports: PortRelease, expected: int = 0, environment: str = "prod") -> None:
    lake.run(build("a", "SELECT 1 AS id, 'x' AS name, 0 AS hidden"), bound())
    lake.run(build("b", "SELECT 2 AS id, 'y' AS name"), bound())
    lake.run(publish(ports, expected, environment=environment), bound())
    lake.serve(environment)


def test_columns_as_promised_and_nothing_else(the_lake: Any, tmp_path: Path) -> None:
    release(the_lake, port({"orders": ("a", ["name", "id"])}))
    assert views(tmp_path) == [
        ("sales__orders", "orders", ["name", "id"]),
        ("sales__orders", "orders_v1", ["name", "id"]),
    ]
    assert seen(tmp_path, "SELECT * FROM sales__orders.orders") == [("x", 1)]
    comments = seen(tmp_path, "SELECT DISTINCT comment FROM duckdb_views() WHERE NOT internal")
    assert comments == [(f"{PRODUCT}.orders 1.0.0, release 1, run run_1",)]


def test_the_file_is_its_owners(the_lake: Any, tmp_path: Path) -> None:
    release(the_lake, port({"orders": ("a", ["id"])}))
    mode = (tmp_path / "lake" / "ports.duckdb").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_views_are_unfolded(the_lake: Any, tmp_path: Path) -> None:
    the_lake.run(build("t", "SELECT range AS id FROM range(4)"), bound())
    first = f'SELECT t.id, t.id * 2 AS "a ""b" FROM {relation("t")} AS t WHERE t.id > 1'
    the_lake.run(build("v", first, ["t"], "view"), bound())
    both = f"{relation('v')} AS x JOIN {relation('v')} AS y USING (id)"
    second = f'SELECT x.id, y."a ""b" AS "order" FROM {both}'
    the_lake.run(build("w", second, ["v"], "view"), bound())
    release(the_lake, port({"orders": ("w", ["order", "id"])}))
    assert views(tmp_path)[0] == ("sales__orders", "orders", ["order", "id"])
    assert seen(tmp_path, "SELECT * FROM sales__orders.orders ORDER BY ALL") == [(4, 2), (6, 3)]
    select = "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND schema_name <> 'main'"
    assert seen(tmp_path, select) == [("sales__orders",)]


def test_the_plain_name_is_the_highest_active_major(the_lake: Any, tmp_path: Path) -> None:
    release(
        the_lake,
        port({"orders": ("a", ["id"])}, major=1),
        port({"orders": ("b", ["id"])}, major=2),
        port({"orders": ("a", ["id"])}, major=3, status=Status.DEPRECATED),
        port({"draft": ("b", ["id"])}, name="draft", major=1, status=Status.DRAFT),
    )
    assert [name for _, name, _ in views(tmp_path)] == [
        "orders",
        "orders_v1",
        "orders_v2",
        "orders_v3",
    ]
    assert seen(tmp_path, "SELECT * FROM sales__orders.orders") == [(2,)]


def test_other_environments_have_files_of_their_own(the_lake: Any, tmp_path: Path) -> None:
    draft = port({"orders": ("a", ["id"])}, status=Status.DRAFT)
    release(the_lake, draft, environment="dev")
    assert [name for _, name, _ in views(tmp_path, "ports.dev.duckdb")] == ["orders", "orders_v1"]
    assert not (tmp_path / "lake" / "ports.duckdb").exists()


def test_a_new_release_replaces_the_file(the_lake: Any, tmp_path: Path) -> None:
    release(the_lake, port({"orders": ("a", ["id"])}))
    with duckdb.connect(str(tmp_path / "lake" / "ports.duckdb"), read_only=True) as reader:
        before = reader.execute("SELECT id FROM sales__orders.orders").fetchall()
        release(the_lake, port({"orders": ("b", ["id"])}), expected=1)
        assert reader.execute("SELECT id FROM sales__orders.orders").fetchall() == before == [(1,)]
    assert seen(tmp_path, "SELECT id FROM sales__orders.orders") == [(2,)]
    release(the_lake, expected=2)
    assert views(tmp_path) == []


@pytest.mark.parametrize("folder", ["it's", 'a "b"', "year=2024", "a[1]*"])
def test_any_folder(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    lake = open_warehouse("wh", {"path": "lake"}, str(place), "skyline", "store_1")
    release(lake, port({"orders": ("a", ["id"])}))
    lake.close()
    assert seen(place, "SELECT * FROM sales__orders.orders") == [(1,)]


def test_a_file_is_current_until_a_release_or_a_hand_changes_that(
    the_lake: Any, tmp_path: Path
) -> None:
    assert the_lake.is_served("prod")
    release(the_lake, port({"orders": ("a", ["id"])}))
    assert the_lake.is_served("prod") and the_lake.is_served("dev")
    the_lake.run(publish([port({"orders": ("b", ["id"])})], 1), bound())
    assert not the_lake.is_served("prod")
    the_lake.serve("prod")
    assert the_lake.is_served("prod")
    file = tmp_path / "lake" / "ports.duckdb"
    os.utime(file)
    assert not the_lake.is_served("prod")
    the_lake.serve("prod")
    (tmp_path / "lake" / "ports.json").write_bytes(b"{")
    assert not the_lake.is_served("prod")
    the_lake.serve("prod")
    file.unlink()
    assert not the_lake.is_served("prod")


def test_one_who_was_stopped_while_writing_is_not_waited_for_for_ever(
    open_lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake()
    release(lake, port({"orders": ("a", ["id"])}))
    stopped = Scratch(Layout(str(tmp_path / "lake")), Disk())
    assert stopped.take("ports-prod")
    monkeypatch.setattr(scratch, "PATIENCE", 0.1)
    with pytest.raises(WarehouseError, match=r"ports\.duckdb is being written by") as caught:
        lake.serve("prod")
    assert caught.value.transient and not caught.value.interrupted
    stopped.drop("ports-prod")
    lake.serve("prod")
