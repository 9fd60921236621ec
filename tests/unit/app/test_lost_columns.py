"""A column goes and somebody answers for it: who reads it stays as it is until its files change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import plan_of, seen
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Invalid
from weft.app.run import plan_run
from weft.app.system import System
from weft.app.validate import validate

CONTRACT = "domains/shop/orders/lines.v1.odcs.yaml"
WIDE, NARROW = {"id": "integer", "price": "integer"}, {"id": "integer"}
READER = Product(
    "finance.sums",
    {"sums": "SELECT price AS total FROM lines"},
    (Port("sums", {"total": "integer"}),),
    inputs=("shop.orders.lines",),
)
OTHER = "care.cases"
WAIVER = {
    "change": "column price removed",
    "by": "ann",
    "reason": "it was wrong",
    "until": "2126-01-31",
}
CAUSE = "shop.orders.lines@1 no longer has price, which it reads"


def orders(columns: Mapping[str, str], select: str, version: str) -> Product:
    return Product("shop.orders", {"lines": select}, (Port("lines", columns, version=version),))


BEFORE = orders(WIDE, "SELECT 1 AS id, 2 AS price", "1.0.0")
AFTER = orders(NARROW, "SELECT 3 AS id", "1.1.0")


def cases(number: int) -> Product:
    """A product that has nothing to do with the others."""
    ports = (Port("cases", {"n": "integer"}),)
    return Product(OTHER, {"cases": f"SELECT {number} AS n"}, ports)


def mesh(root: Path, *products: Product, waived: bool = False) -> dict[str, bytes]:
    """The files of one root; all of them share a store and a lake."""
    shared = root.parent / "shared"
    found = mesh_files(products)
    found["weft.yaml"] = document(
        {
            "mesh": "loom",
            "root": root.name,
            "store": f"sqlite:///{shared}/store.db",
            "warehouses": {"lake": {"type": "duckdb", "path": f"{shared}/lake", "threads": 1}},
        }
    )
    if waived:
        contract = json.loads(found[CONTRACT])
        contract["customProperties"] = [
            {"property": "waivers", "vendor": "weft", "value": [WAIVER]}
        ]
        found[CONTRACT] = document(contract)
    return found


def stays(root: Path, *, changing: bool = False) -> None:
    """Who reads the column is held in every plan, and shows what it has shown."""
    plan = plan_of(root)
    assert [(each.product, each.release, each.cause) for each in plan.held] == [
        ("finance.sums", 1, CAUSE)
    ]
    assert plan.blocked == () and plan.empty is not changing
    assert seen(root, "", "finance.sums.sums") == [2]


def test_in_the_same_files_it_stays_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "one"
    apply_files(root, mesh(root, BEFORE, READER, cases(1)))
    lay_out(root, mesh(root, AFTER, READER, cases(2), waived=True))
    stays(root, changing=True)
    apply_files(root)
    stays(root)
    assert seen(root, "", "shop.orders.lines") == [3]
    with opened(root, "", System()) as found:
        assert [each.cause for each in plan_run(found, everything=True).plan.held] == [CAUSE]
    assert not validate(root, System()).loaded.sound

    mended = Product(
        READER.address, {"sums": "SELECT id AS total FROM lines"}, READER.ports, READER.inputs
    )
    apply_files(root, mesh(root, AFTER, mended, cases(2), waived=True))
    assert seen(root, "", "finance.sums.sums") == [3]
    assert plan_of(root).held == ()


def test_in_another_repository_it_stays_as_it_is(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    apply_files(one, mesh(one, BEFORE))
    apply_files(two, mesh(two, READER, cases(1)))
    apply_files(one, mesh(one, AFTER, waived=True))
    stays(two)
    apply_files(two, mesh(two, READER, cases(2)))
    assert seen(two, "", "care.cases.cases") == [2]
    stays(two)


def test_a_mistake_of_its_own_is_one_all_the_same(tmp_path: Path) -> None:
    root = tmp_path / "one"
    apply_files(root, mesh(root, BEFORE, READER))
    apply_files(root, mesh(root, AFTER, READER, waived=True))
    wrong = Product(
        READER.address, {"sums": "SELECT prize FROM lines"}, READER.ports, READER.inputs
    )
    lay_out(root, mesh(root, AFTER, wrong, waived=True))
    with pytest.raises(Invalid):
        plan_of(root)
