"""Two versions of a contract side by side: as they are published, and as the files have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.contract_diff import ContractDiff, Side, against_published, compare_versions
from weft.app.errors import Invalid, NotFound
from weft.app.system import System
from weft.contract.versions import Bump
from weft.mesh.address import PortAddress

LINES = "shop.orders.lines"
CONTRACT = "domains/shop/orders/lines.v1.odcs.yaml"
WIDE = {"id": "integer", "price": "integer", "note": "string"}
SELECTS = {"id": "1 AS id", "price": "2 AS price", "note": "'x' AS note", "cost": "2 AS cost"}
WAIVER = {
    "change": "column price removed",
    "by": "mara.lind@skyline.example",
    "reason": "nobody reads it",
    "until": "2127-01-31",
}


def orders(columns: dict[str, str] = WIDE, *versions: str) -> Product:
    """A product with one port of these versions, each of them with these columns."""
    select = "SELECT " + ", ".join(SELECTS[name] for name in columns)
    ports = tuple(Port("lines", columns, version=each) for each in versions or ("1.0.0",))
    return Product("shop.orders", {"lines": select}, ports)


def reader(name: str, select: str) -> Product:
    return Product(f"finance.{name}", {"m": select}, inputs=(LINES,))


ALL = reader("all", "SELECT * FROM lines")
PRICES = reader("prices", "SELECT price FROM lines")
IDS = reader("ids", "SELECT id FROM lines")


def files(*products: Product, pinned: bool = False) -> dict[str, bytes]:
    found = mesh_files(products)
    for path in [each for each in found if pinned and each.endswith("product.yaml")]:
        document: Any = json.loads(found[path])
        for port in document.get("inputPorts", ()):
            port["version"] = "1"
        found[path] = json.dumps(document).encode()
    return found


def compared(folder: Path, address: str = "") -> list[ContractDiff]:
    with opened(folder, "", System()) as mesh:
        return list(against_published(mesh, address))


def titles(found: ContractDiff) -> list[tuple[str, Sequence[str]]]:
    return [(each.change.title, each.readers) for each in found.differences]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apply_files(tmp_path, files(orders(), ALL, PRICES, IDS))
    return tmp_path


def test_what_is_applied_does_not_differ(folder: Path) -> None:
    (found,) = compared(folder)
    assert found.differences == () and found.is_enough
    assert (found.needed, found.taken, found.affected) == (None, None, ())


def test_a_select_of_everything_reads_what_it_was_expanded_to(folder: Path) -> None:
    lay_out(folder, files(orders({"id": "integer", "note": "string"}), ALL, PRICES, IDS))
    (found,) = compared(folder, LINES)
    assert titles(found) == [("column price removed", ("finance.all", "finance.prices"))]
    assert [(each.consumer, each.verdict) for each in found.affected] == [
        ("finance.all", "BREAKS: reads price"),
        ("finance.prices", "BREAKS: reads price"),
        ("finance.ids", "ok"),
    ]
    assert (found.needed, found.taken, found.is_enough) == (Bump.MAJOR, None, False)


def test_the_step_that_was_taken_is_measured(folder: Path) -> None:
    wider = {**WIDE, "cost": "integer"}
    lay_out(folder, files(orders(wider, "1.0.1"), ALL))
    (short,) = compared(folder)
    assert (short.needed, short.taken, short.is_enough) == (Bump.MINOR, Bump.PATCH, False)
    lay_out(folder, files(orders(wider, "1.1.0"), ALL))
    (enough,) = compared(folder)
    assert (enough.taken, enough.is_enough) == (Bump.MINOR, True)


def test_what_is_waived_needs_a_minor_and_says_who(folder: Path) -> None:
    found = files(orders({"id": "integer", "note": "string"}), IDS)
    document = json.loads(found[CONTRACT])
    value = [{"property": "waivers", "vendor": "weft", "value": [WAIVER]}]
    document["customProperties"] = value
    lay_out(folder, {**found, CONTRACT: json.dumps(document).encode()})
    (diff,) = compared(folder)
    (difference,) = diff.differences
    assert difference.waiver is not None and difference.waiver.by == WAIVER["by"]
    assert diff.needed is Bump.MINOR


def test_a_port_that_goes_and_one_that_comes(folder: Path) -> None:
    other = Product("shop.other", {"lines": "SELECT 1 AS id"}, (Port("lines", {"id": "integer"}),))
    reads = Product("finance.reads", {"m": "SELECT 1 AS one"})
    lay_out(folder, files(Product("shop.orders", {"m": "SELECT 1 AS id"}), other, reads))
    gone, new = compared(folder)
    assert titles(gone) == [
        ("port lines@1 removed", ("finance.all", "finance.ids", "finance.prices"))
    ]
    assert all(each.breaks for each in gone.affected)
    assert titles(new) == [("port lines@1 added", ())]
    assert new.new == Side("shop.other.lines@1", "1.0.0", "files", "active")
    assert (new.old.version, gone.needed, new.needed) == ("", None, None)


def test_a_port_that_is_withdrawn_needs_no_version(folder: Path) -> None:
    found = files(orders(), ALL, PRICES, IDS)
    document = json.loads(found[CONTRACT]) | {"status": "retired"}
    lay_out(folder, {**found, CONTRACT: json.dumps(document).encode()})
    (diff,) = compared(folder, LINES)
    assert [each.change.kind for each in diff.differences] == ["status-withdrawn"]
    assert diff.needed is None and all(each.breaks for each in diff.affected)


def test_two_majors_are_compared_with_those_who_read_the_first(tmp_path: Path) -> None:
    mesh = files(orders(WIDE, "1.0.0", "2.0.0"), PRICES, pinned=True)
    second = CONTRACT.replace("v1", "v2")
    document = json.loads(mesh[second])
    columns = document["schema"][0]["properties"]
    columns[:] = [each for each in columns if each["name"] != "price"]
    document["status"] = "draft"
    apply_files(tmp_path, {**mesh, second: json.dumps(document).encode()})
    first, other = (PortAddress.parse(f"{LINES}@{major}") for major in (1, 2))
    with opened(tmp_path, "", System()) as mesh_:
        found = compare_versions(mesh_, first, other)
        back = compare_versions(mesh_, other, first)
    assert (found.old.origin, found.new.origin) == ("published", "files")
    assert titles(found) == [("column price removed", ("finance.prices",))]
    assert [(each.consumer, each.breaks) for each in found.affected] == [("finance.prices", True)]
    assert (found.needed, found.taken) == (Bump.MAJOR, Bump.MAJOR)
    assert back.taken is None and back.affected == ()


@pytest.mark.parametrize("address", ["shop.ordres", "shop.orders.line", f"{LINES}@2"])
def test_what_nobody_knows_is_not_found(folder: Path, address: str) -> None:
    with pytest.raises(NotFound):
        compared(folder, address)


@pytest.mark.parametrize("address", [LINES, ""])
def test_files_with_errors_are_not_compared(folder: Path, address: str) -> None:
    lay_out(folder, {**files(orders()), CONTRACT: b"a: ["})
    with pytest.raises(Invalid):
        compared(folder, address)
