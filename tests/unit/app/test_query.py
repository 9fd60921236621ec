"""One SELECT over published ports by their logical names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from arro3.core import RecordBatchReader

from applying import apply_files
from mesh_files import Port, Product, mesh_files
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Invalid, Usage
from weft.app.query import query, shown_objects
from weft.app.system import System
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, Descriptor

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
    with query(mesh, text).rows as found:
        return [
            tuple(batch.column(place)[row].as_py() for place in range(batch.num_columns))
            for batch in RecordBatchReader.from_stream(found)
            for row in range(batch.num_rows)
        ]


@pytest.mark.parametrize("name", ["shop.orders.orders", "shop.orders.orders_v1"])
def test_a_port_by_either_of_its_names(mesh: Opened, name: str) -> None:
    assert rows(mesh, f"SELECT * FROM {name} ORDER BY id") == [(0, 0), (1, 2), (2, 4)]


def test_two_ports_joined_and_one_of_them_a_view(mesh: Opened) -> None:
    text = "SELECT sum(o.v) AS s FROM shop.orders.orders o JOIN shop.orders.items_v1 i USING (id)"
    answer = query(mesh, text)
    assert answer.columns == ("s",)
    answer.rows.close()
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
    with pytest.raises(Invalid) as refused:
        query(mesh, text)
    first = refused.value.diagnostics[0]
    assert first.span is not None and first.span.file == "query"
    assert first.code.startswith(code or "W")


def test_a_misspelt_port_is_named(mesh: Opened) -> None:
    with pytest.raises(Invalid) as refused:
        query(mesh, "SELECT 1 AS one\nFROM shop.orders.odrers")
    (found,) = refused.value.diagnostics
    assert found.span is not None and found.span.line == 2
    assert found.note == "did you mean `shop.orders.orders`?"


def test_before_anything_is_published(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([Product("shop.orders", {"orders": "SELECT 1 AS id"})]))
    with opened(tmp_path, "", System()) as mesh, pytest.raises(Usage, match="nothing is published"):
        query(mesh, "SELECT 1 AS one")


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
