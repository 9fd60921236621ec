"""Loading a mesh: what is read again, what is remembered, and what is wrong as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.cache import Cache
from weft.app.errors import Invalid
from weft.app.load import Loaded, load
from weft.app.system import System
from weft.mesh.manifest import Descriptor

COLUMNS = {"id": "integer"}
ORDERS = Product("shop.orders", {"orders": "SELECT 1 AS id"}, (Port("orders", COLUMNS),))
SUMS = Product(
    "shop.sums",
    {"sums": "SELECT id FROM orders"},
    (Port("sums", COLUMNS),),
    inputs=("shop.orders.orders",),
)
LATER = System(nanoseconds=lambda: 2**62)


def loaded(folder: Path, descriptors: tuple[Descriptor, ...] = ()) -> Loaded:
    """Load as if long after the files were written, so that they may be remembered."""
    cache = Cache(folder / ".weft")
    try:
        return load(folder, LATER, cache, descriptors)
    finally:
        cache.close()


def codes(found: Loaded) -> list[str]:
    return [each.code for each in found.diagnostics]


def test_products_come_in_the_order_in_which_they_read_each_other(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([SUMS, ORDERS]))
    found = loaded(tmp_path)
    assert found.order == ("shop.orders", "shop.sums")
    assert found.sound and found.diagnostics == ()
    assert found.files == 1 + 1 + 3 + 3
    manifest = found.manifest("dev").narrowed(["shop.sums"])
    assert (manifest.environment, manifest.order) == ("dev", ("shop.sums",))


def test_a_second_look_gives_the_same(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([SUMS, ORDERS]))
    assert loaded(tmp_path).products == loaded(tmp_path).products


def test_unchanged_files_are_not_read_again(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([ORDERS]))
    first = loaded(tmp_path)
    path = tmp_path / ORDERS.folder / "models" / "orders.sql"
    stat = path.stat()
    cache = Cache(tmp_path / ".weft")
    entry = cache.products()[ORDERS.folder]
    assert entry.manifest == first.products["shop.orders"]
    assert {stamp.path for stamp in entry.files} >= {path.relative_to(tmp_path).as_posix()}
    cache.close()
    path.write_text("SELECT 2 AS id")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    changed = loaded(tmp_path).products["shop.orders"]
    assert changed.digest != first.products["shop.orders"].digest, "the time of change also counts"


def test_files_that_were_written_just_now_are_not_remembered(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([ORDERS]))
    newest = max(each.stat().st_mtime_ns for each in tmp_path.rglob("*"))
    cache = Cache(tmp_path / ".weft")
    load(tmp_path, System(nanoseconds=lambda: newest), cache)
    assert cache.products() == {}
    load(tmp_path, LATER, cache)
    assert len(cache.products()) == 1
    cache.close()


def test_a_changed_input_compiles_its_readers_again(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([SUMS, ORDERS]))
    assert loaded(tmp_path).sound
    other = Product(
        "shop.orders", {"orders": "SELECT 1 AS key"}, (Port("orders", {"key": "integer"}),)
    )
    lay_out(tmp_path, mesh_files([SUMS, other]))
    found = loaded(tmp_path)
    assert not found.sound
    assert found.diagnostics[0].span is not None
    assert found.diagnostics[0].span.file == f"{SUMS.folder}/models/sums.sql"
    with pytest.raises(Invalid):
        found.manifest("prod")
    lay_out(tmp_path, mesh_files([SUMS, ORDERS]))
    assert loaded(tmp_path).sound


def test_a_product_less_is_forgotten(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([SUMS, ORDERS]))
    loaded(tmp_path)
    lay_out(tmp_path, mesh_files([ORDERS]))
    assert list(loaded(tmp_path).products) == ["shop.orders"]
    cache = Cache(tmp_path / ".weft")
    assert list(cache.products()) == [ORDERS.folder]
    cache.close()


def test_an_empty_folder_is_no_product(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files([ORDERS]))
    (tmp_path / "domains" / "shop" / "left_over" / "models").mkdir(parents=True)
    assert loaded(tmp_path).sound


def test_warnings_are_remembered_with_what_they_are_about(tmp_path: Path) -> None:
    now = Product("shop.clock", {"clock": "SELECT now() AS id"})
    lay_out(tmp_path, mesh_files([now]))
    assert codes(loaded(tmp_path)) == codes(loaded(tmp_path)) == ["W419"]


def test_products_in_a_circle(tmp_path: Path) -> None:
    one = Product("a.one", {"m": "SELECT id FROM p"}, (Port("m", COLUMNS),), ("a.two.p",))
    two = Product("a.two", {"p": "SELECT id FROM m"}, (Port("p", COLUMNS),), ("a.one.m",))
    lay_out(tmp_path, mesh_files([one, two]))
    assert codes(loaded(tmp_path)) == ["W405"]
    assert codes(loaded(tmp_path)) == ["W405"], "and again when both are remembered"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"domain": "other", "warehouse": "lake"}, "W201"),
        ({"domain": "shop", "warehouse": "pond"}, "W412"),
        ({"domain": "shop", "warehouse": "lake", "dialect": "klingon"}, "W412"),
    ],
)
def test_a_domain_that_does_not_fit(tmp_path: Path, content: dict[str, str], code: str) -> None:
    files = mesh_files([ORDERS]) | {"domains/shop/domain.yaml": document(content)}
    lay_out(tmp_path, files)
    assert code in codes(loaded(tmp_path))


def test_a_domain_without_a_file(tmp_path: Path) -> None:
    files = mesh_files([ORDERS])
    del files["domains/shop/domain.yaml"]
    lay_out(tmp_path, files)
    assert codes(loaded(tmp_path)) == ["W423"]


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "weft.yaml").write_text("mesh: 7")
    with pytest.raises(Invalid):
        loaded(tmp_path)


NAMED = (
    b"apiVersion: v3.2.0\nkind: DataContract\nid: shop.orders.orders\nversion: 1.0.0\n"
    b"status: active\nschema: [{name: orders, properties: [{use: id}]}]\n"
)


def lay_out_shared(folder: Path, **others: bytes) -> None:
    """The port of one product uses a fragment of the mesh; the other product uses none."""
    files = mesh_files([SUMS, ORDERS])
    files["domains/shop/orders/orders.v1.odcs.yaml"] = NAMED
    files["shared/columns.yaml"] = b"properties: {id: {logicalType: integer}}"
    lay_out(folder, files | others)


def test_a_contract_may_use_fragments(tmp_path: Path) -> None:
    lay_out_shared(tmp_path)
    found = loaded(tmp_path)
    assert found.sound and found.files == 1 + 1 + 3 + 3 + 1
    (port,) = found.products["shop.orders"].ports
    assert port.contract["schema"][0]["properties"] == [{"name": "id", "logicalType": "integer"}]


def test_a_changed_fragment_changes_what_uses_it_and_nothing_else(tmp_path: Path) -> None:
    lay_out_shared(tmp_path)
    before = loaded(tmp_path).products
    assert loaded(tmp_path).products == before
    path = tmp_path / "shared" / "columns.yaml"
    path.write_text("properties: {id: {logicalType: integer, description: Mine.}}")
    after = loaded(tmp_path).products
    assert after["shop.orders"].digest != before["shop.orders"].digest
    assert after["shop.sums"] == before["shop.sums"]
    own = tmp_path / "domains" / "shop" / "shared"
    own.mkdir()
    (own / "own.yaml").write_text("properties: {id: {logicalType: integer}}")
    assert loaded(tmp_path).products["shop.orders"].digest == before["shop.orders"].digest
    (own / "own.yaml").unlink()
    path.unlink()
    assert codes(loaded(tmp_path)) == ["W270"]


def test_fragments_are_no_product_and_what_is_misplaced_there_is_named(tmp_path: Path) -> None:
    others = {"domains/shop/shared/product.yaml": b"", "shared/a.YML": b"", "shared/b": b""}
    lay_out_shared(tmp_path, **others)
    found = loaded(tmp_path)
    assert codes(found) == ["W132", "W131"]
    assert set(found.products) == {"shop.orders", "shop.sums"}
