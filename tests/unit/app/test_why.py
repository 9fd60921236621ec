"""What `why` says of a small mesh after each kind of change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import NotFound
from weft.app.plan import PlanOptions, make_plan
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.app.why import Reason, Why, why

STAGED = "-- every order\nSELECT id, price FROM orders"
FEW = {
    "name": "few",
    "type": "library",
    "metric": "rowCount",
    "mustBeLessThan": 3,
}


def files(
    staged: str = STAGED,
    data: bytes = b"id,price\n1,10\n2,20\n",
    version: str = "1.0.0",
    rules: tuple[dict[str, object], ...] = (),
) -> dict[str, bytes]:
    """`sales.shop` with two models over a file, and `finance.report` that reads its port."""
    columns = {"id": "integer", "price": "integer"}
    shop = Product(
        "sales.shop",
        {"staged": staged, "sold": "SELECT id, price FROM staged", "prices": "SELECT 1 AS one"},
        (Port("sold", columns, rules=rules, version=version),),
        sources=(Source("orders", "orders.csv", columns),),
    )
    report = Product(
        "finance.report",
        {"total": "SELECT sum(price) AS total FROM sold"},
        (Port("total", {"total": "integer"}),),
        inputs=("sales.shop.sold",),
    )
    return mesh_files([shop, report]) | {"orders.csv": data}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apply_files(tmp_path, files())
    for path in tmp_path.rglob("*.csv"):
        os.utime(path, (0, 0))
    return tmp_path


def asked(folder: Path, address: str) -> Why:
    with opened(folder, "", System()) as mesh:
        return why(mesh, address)


def said(folder: Path, address: str) -> tuple[str, list[Reason]]:
    found = asked(folder, address)
    return found.verdict, list(found.reasons)


def test_nothing_differs(folder: Path) -> None:
    found = asked(folder, "sales.shop.sold@1")
    assert (found.verdict, found.reasons) == ("up to date", ())
    assert found.release is not None
    assert found.run is not None
    assert (found.release.number, found.run.id) == (1, found.release.run)


def test_a_changed_query_shows_the_line(folder: Path) -> None:
    lay_out(folder, files("-- all of them\nSELECT id, price + 1 AS price\nFROM orders"))
    line = Reason(
        "model staged: query",
        "SELECT id, price FROM orders",
        "SELECT id, price + 1 AS price",
        "rebuild",
    )
    for address in ("sales.shop", "sales.shop.staged", "sales.shop.sold@1", "sales.shop.sold"):
        assert said(folder, address) == ("changed", [line])
    assert said(folder, "sales.shop.prices") == ("up to date", [])


def test_a_changed_field_shows_old_and_new(folder: Path) -> None:
    lay_out(folder, files(version="1.1.0"))
    reason = Reason("port sold@1: version", "1.0.0", "1.1.0", "no rebuild")
    assert said(folder, "sales.shop.sold@1") == ("changed", [reason])
    assert said(folder, "sales.shop.staged") == ("up to date", [])


def test_newer_data_names_the_file(folder: Path) -> None:
    lay_out(folder, files(data=b"id,price\n1,10\n"))
    note = "its content changed since"
    reason = Reason("source orders", "release 1", "orders.csv (14 bytes)", note)
    assert said(folder, "sales.shop.staged") == ("newer data", [reason])
    assert said(folder, "sales.shop") == ("newer data", [reason])


def test_what_reads_a_changed_product_points_to_it(folder: Path) -> None:
    lay_out(folder, files(data=b"id,price\n1,10\n"))
    note = "sales.shop is to publish other data first"
    reason = Reason("input sales.shop.sold@1", "release 1", "to be released", note)
    assert said(folder, "finance.report") == ("newer data", [reason])


def test_a_held_product_says_which_check_holds_it(folder: Path) -> None:
    more = b"id,price\n1,1\n2,2\n3,3\n"
    apply_files(folder, files(data=more, version="1.1.0", rules=(FEW,)))
    verdict, reasons = said(folder, "sales.shop")
    assert verdict == "held"
    assert reasons[0].note.startswith("checks failed: ")
    assert "release 1" in reasons[0].old
    verdict, reasons = said(folder, "finance.report")
    assert (verdict, reasons[0].note) == ("held", "waits for sales.shop")


def test_a_hold_says_who_and_since_when(folder: Path) -> None:
    apply_files(folder, files(data=b"id,price\n1,10\n"))
    with opened(folder, "", System(user=lambda: "ada")) as mesh:
        rollback = plan_rollback(mesh, RollbackOptions("sales.shop"))
        for _ in roll_back(mesh, rollback, "looks wrong"):
            pass
    verdict, reasons = said(folder, "sales.shop")
    assert verdict == "held"
    assert reasons[0].note.startswith("held by ada: looks wrong, since 20")


def test_a_rebuild_that_was_asked_for_says_so(folder: Path) -> None:
    with opened(folder, "", System(new_id=lambda: "5a17")) as mesh:
        plan = make_plan(mesh, PlanOptions(("sales.shop",), rebuild=True)).plan
        mesh.store.definitions.set_salts("prod", plan.salts, "ada", System().now())
    reason = Reason("model prices: salt", "", "5a17", "a rebuild was asked for")
    assert said(folder, "sales.shop.prices") == ("rebuild", [reason])


def test_a_product_that_was_never_applied_is_new(tmp_path: Path) -> None:
    lay_out(tmp_path, files())
    found = asked(tmp_path, "sales.shop")
    assert (found.verdict, found.release) == ("new", None)
    assert found.reasons == (Reason("product", note="it was never applied in prod"),)


def test_a_product_without_files_is_removed(folder: Path) -> None:
    left = {path: data for path, data in files().items() if "finance/report" not in path}
    lay_out(folder, left)
    assert asked(folder, "finance.report").verdict == "removed"


@pytest.mark.parametrize(
    ("address", "near"),
    [("sales.shob", "sales.shop"), ("sales.shop.stagd", "sales.shop.staged")],
)
def test_an_unknown_address_offers_the_nearest(folder: Path, address: str, near: str) -> None:
    with pytest.raises(NotFound) as unknown:
        asked(folder, address)
    assert unknown.value.why == f"did you mean `{near}`?"
