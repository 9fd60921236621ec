"""One SELECT over published ports by their logical names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from arro3.core import RecordBatchReader

from applying import apply_files
from mesh_files import SETTINGS, Port, Product, document, mesh_files
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Exit, Usage, WrongQuery, rating
from weft.app.query import query, shown_objects
from weft.app.system import System
from weft.app.values import values_of
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, Descriptor
from weft.warehouses.protocol import WarehouseError

ORDERS = Product(
    "shop.orders",
    {
        "orders": "SELECT range AS id, range * 2 AS v, 'inside' AS hidden FROM range(3)",
        "items": "-- materialized: view\nSELECT id FROM orders",
    },
    (Port("orders", {"id": "integer", "v": "integer"}), Port("items", {"id": "integer"})),
)


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Opened]:
    apply_files(tmp_path, mesh_files([ORDERS]))
    with opened(tmp_path, "", System()) as mesh:
        yield mesh


def rows(mesh: Opened, text: str) -> list[tuple[object, ...]]:
    with query(mesh, text) as answer:
        batches = RecordBatchReader.from_stream(answer.rows)
        return [row for batch in batches for row in zip(*values_of(batch), strict=True)]


@pytest.mark.parametrize("name", ["shop.orders.orders", "shop.orders.orders_v1"])
def test_a_port_by_either_of_its_names(mesh: Opened, name: str) -> None:
    assert rows(mesh, f"SELECT * FROM {name} ORDER BY id") == [(0, 0), (1, 2), (2, 4)]


def test_two_ports_joined_and_one_of_them_a_view(mesh: Opened) -> None:
    text = "SELECT sum(o.v) AS s FROM shop.orders.orders o JOIN shop.orders.items_v1 i USING (id)"
    with query(mesh, text) as answer:
        assert answer.columns == ("s",)
    assert rows(mesh, text) == [(6,)]


def test_no_relation_at_all(mesh: Opened) -> None:
    assert rows(mesh, "SELECT 1 AS one") == [(1,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT * FROM shop.orders.odrers", "W410"),
        ("SELECT hidden FROM shop.orders.orders", ""),
        ("SELECT * FROM read_csv('/etc/passwd')", ""),
        ("DROP TABLE shop.orders.orders", ""),
        ("SELECT 1; SELECT 2", ""),
        ("SELECT FROM WHERE", ""),
    ],
)
def test_what_is_no_query_over_ports(mesh: Opened, text: str, code: str) -> None:
    with pytest.raises(WrongQuery) as refused:
        rows(mesh, text)
    assert rating(refused.value)[0] is Exit.USAGE
    first = refused.value.diagnostics[0]
    assert first.span is not None and first.span.file == "query"
    assert first.code.startswith(code or "W")


def test_a_misspelt_port_is_named(mesh: Opened) -> None:
    with pytest.raises(WrongQuery) as refused:
        rows(mesh, "SELECT 1 AS one\nFROM shop.orders.odrers")
    (found,) = refused.value.diagnostics
    assert found.span is not None and found.span.line == 2
    assert found.note == "did you mean `shop.orders.orders`?"


DRAFT = Port("orders", {"id": "integer"}, status="draft")


@pytest.mark.parametrize(
    ("ports", "why", "next_step"),
    [
        ((), "No product that was applied has an output port.", "weft new port"),
        (
            (DRAFT,),
            "shop.orders.orders@1 is draft, which consumers do not see in prod.",
            "set `status: active` in its contract and product.yaml, then weft apply",
        ),
    ],
)
def test_before_anything_is_published(
    tmp_path: Path, ports: tuple[Port, ...], why: str, next_step: str
) -> None:
    orders = Product("shop.orders", {"orders": "SELECT CAST(1 AS BIGINT) AS id"}, ports)
    apply_files(tmp_path, mesh_files([orders]))
    with opened(tmp_path, "", System()) as mesh, pytest.raises(Usage) as refused:
        rows(mesh, "SELECT 1 AS one")
    assert str(refused.value) == "nothing is published in prod yet"
    assert (refused.value.why, refused.value.next_step) == (why, next_step)


def test_before_anything_is_applied(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([]))
    with opened(tmp_path, "", System()) as mesh, pytest.raises(Usage) as refused:
        rows(mesh, "SELECT 1 AS one")
    assert (refused.value.why, refused.value.next_step) == ("", "weft apply")


def test_a_table_function_is_answered_with_what_there_is(mesh: Opened) -> None:
    with pytest.raises(WrongQuery) as refused:
        rows(mesh, "SELECT id FROM read_csv('a')")
    assert [each.help for each in refused.value.diagnostics] == ["weft ls"]
    assert refused.value.files == 0


def test_a_lost_store_is_not_called_empty(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([ORDERS]))
    (tmp_path / ".weft/store.db").unlink()
    with (
        opened(tmp_path, "", System()) as mesh,
        pytest.raises(WarehouseError, match=r"another store.*`weft doctor --rebuild-store`"),
    ):
        rows(mesh, "SELECT 1 AS one")


@pytest.mark.parametrize(
    ("text", "said", "marked", "help"),
    [
        ("SELECT nope FROM shop.orders.orders", "unknown column", "nope", "weft show {port}"),
        ("SELECT v + nope FROM shop.orders.orders", "", "nope", "weft show {port}"),
        ("SELECT id FROM orders", "no name that FROM knows", "orders", "weft ls"),
        ("SELECT id FROM shop.orders.odrers", "", "shop.orders.odrers", "weft ls"),
        ("SELECT id FROM 'a.csv'", "looks like a file", "'a.csv'", "weft ls"),
        ("SELECT CAST('x' AS INTEGER) AS y", "Conversion Error", "'x'", ""),
        ("SELECT sum('a' || v) AS s FROM shop.orders.orders", "Binder", "sum", "weft show {port}"),
        ("SELECT 'a' || 1 + [2] AS x", "Error", "SELECT 'a' || 1 + [2] AS x", ""),
    ],
)
def test_a_wrong_query_says_where_and_what_next(
    mesh: Opened, text: str, said: str, marked: str, help: str
) -> None:
    with pytest.raises(WrongQuery) as refused:
        rows(mesh, text)
    (found,) = refused.value.diagnostics
    assert said in found.message
    assert found.span is not None
    start = found.span.column - 1
    assert text[start : start + found.span.length] == marked
    assert found.help == help.format(port="shop.orders.orders@1")


def test_a_value_that_fails_while_rows_are_read_is_a_wrong_query_too(mesh: Opened) -> None:
    text = "SELECT CAST('x' || range AS INTEGER) AS y FROM range(1, 3000000) WHERE range > 2900000"
    with pytest.raises(WrongQuery, match="definitions") as refused:
        rows(mesh, text)
    (found,) = refused.value.diagnostics
    assert found.code == "W329"
    assert found.message.startswith("Conversion Error: Could not convert string 'x29")


@pytest.mark.parametrize(
    "name", ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"]
)
def test_a_function_without_brackets_beside_its_own_name(mesh: Opened, name: str) -> None:
    [(bare,)] = rows(mesh, f"SELECT {name}")
    assert isinstance(bare, str)
    [(count,)] = rows(mesh, f"SELECT count(*) AS {name} FROM range(3) WHERE {name} IS NOT NULL")
    assert count == 3
    [(again, same)] = rows(mesh, f"SELECT {name} AS {name}, typeof({name}) AS type")
    assert isinstance(again, str)
    assert str(same).startswith(("DATE", "TIME"))


def descriptor(major: int, status: Status) -> Descriptor:
    columns = {"p": (Column("id"),)}
    version = f"{major}.0.0"
    return Descriptor("p", major, "a.b", "lake", "root", version, status, {}, columns)


@pytest.mark.parametrize(
    ("statuses", "current"),
    [
        ((Status.ACTIVE, Status.ACTIVE), 2),
        ((Status.ACTIVE, Status.DEPRECATED), 1),
        ((Status.DEPRECATED, Status.DEPRECATED), 2),
    ],
)
def test_the_name_without_a_version(statuses: tuple[Status, Status], current: int) -> None:
    found = shown_objects(
        {f"a.b.p@{n}": descriptor(n, status) for n, status in enumerate(statuses, 1)}
    )
    assert set(found) == {"a.b.p", "a.b.p_v1", "a.b.p_v2"}
    assert found["a.b.p"].descriptor.major == current


def test_a_query_that_needs_too_much_memory_says_what_to_do(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([ORDERS]))
    lake = {"type": "duckdb", "path": ".weft/lake", "threads": 1, "memory_limit": "1MB"}
    (tmp_path / "weft.yaml").write_bytes(document({**SETTINGS, "warehouses": {"lake": lake}}))
    text = (
        "SELECT string_agg(id || 'x' || r.range, ',') AS s FROM shop.orders.orders, range(300000) r"
    )
    with opened(tmp_path, "", System()) as mesh, pytest.raises(WarehouseError) as stopped:
        rows(mesh, text)
    assert rating(stopped.value)[0] is Exit.UNREACHABLE
    assert stopped.value.next_step.startswith("raise `memory_limit`")
