"""A port that was dropped comes back: as it was released, or under a later version."""

from __future__ import annotations

from pathlib import Path

from applying import apply_files
from environment_meshes import plan_of, seen
from mesh_files import Port, Product, lay_out, mesh_files

OLD = Port("lines", {"id": "integer", "price": "integer"})
OTHER = Port("ids", {"id": "integer"})


def files(*ports: Port) -> dict[str, bytes]:
    models = {"lines": "SELECT 1 AS id, 2 AS price", "ids": "SELECT 3 AS id"}
    return mesh_files([Product("shop.orders", models, ports)])


def test_what_was_dropped_and_released_comes_back_as_it_was(tmp_path: Path) -> None:
    apply_files(tmp_path, files(OLD, OTHER))
    apply_files(tmp_path, files(OTHER))
    lay_out(tmp_path, files(Port("lines", {"id": "integer"}), OTHER))
    [refused] = plan_of(tmp_path).blocked
    assert "shop.orders.lines@1 was released before as 1.0.0, with another contract" in refused
    assert not plan_of(tmp_path, "dev").blocked
    lay_out(tmp_path, files(Port("lines", {"id": "integer"}, version="1.1.0"), OTHER))
    assert not plan_of(tmp_path).blocked
    apply_files(tmp_path, files(OLD, OTHER))
    assert seen(tmp_path, "", "shop.orders.lines") == [1]
