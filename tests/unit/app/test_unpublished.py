"""What was applied while checks held its product counts for nobody until it is published."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.deprecate import draft_deprecation
from weft.app.ended_contract import Sunset
from weft.app.new_files import write
from weft.app.plan import PlanOptions, make_plan
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.app.yaml_write import yaml_text
from weft.mesh.address import PortAddress
from weft.mesh.consumption import NoticeKind
from weft.plan.plan import Plan

ONE = PortAddress.parse("shop.sales.orders@1")
CONTRACT = "domains/shop/sales/orders.v1.odcs.yaml"
MODEL = "domains/shop/sales/models/orders.sql"
GOOD, BAD = (f"SELECT CAST({value} AS INTEGER) AS id, 5 AS amount\n" for value in (1, "NULL"))
SALES = Product("shop.sales", {"orders": GOOD}, (Port("orders", {"id": "integer"}, ("id",)),))
SUMS = Product(
    "shop.sums",
    {"sums": "SELECT CAST(sum(id) AS INTEGER) AS n FROM orders"},
    (Port("sums", {"n": "integer"}),),
    inputs=("shop.sales.orders",),
)


def files(sales: Product = SALES) -> dict[str, bytes]:
    """A product and its reader, written as people write definitions."""
    made = mesh_files([sales, SUMS])
    return {
        path: yaml_text(json.loads(data)).encode() if path.endswith(".yaml") else data
        for path, data in made.items()
    }


def on(day: str) -> System:
    return System(now=lambda: f"{day}T08:00:00.000Z", user=lambda: "mara")


def planned(folder: Path, day: str) -> Plan:
    with opened(folder, "", on(day)) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def told(folder: Path) -> list[NoticeKind]:
    with opened(folder, "", on("2027-01-01")) as mesh:
        return [each.kind for each in mesh.store.notices.of("prod", ["shop.sales"])]


@pytest.fixture
def mesh_folder(tmp_path: Path) -> Path:
    """A port that was published, and whose data fails its checks since."""
    apply_files(tmp_path, files(), on("2027-01-01"))
    (tmp_path / MODEL).write_text(BAD)
    return tmp_path


def deprecate(folder: Path) -> None:
    """Apply that the port ends, while it is held."""
    with opened(folder, "", on("2027-01-02")) as mesh:
        bumped = draft_deprecation(mesh, ONE, Sunset("2027-01-31"))
        assert bumped.draft
        write(folder, bumped.draft)
    apply_files(folder, system=on("2027-01-02"))
    again = planned(folder, "2027-01-03")
    assert (again.changes, again.steps, again.blocked) == ((), (), ())
    assert told(folder) == []


def test_consumers_are_told_when_it_is_published(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    (mesh_folder / MODEL).write_text(GOOD)
    [port] = [each for each in planned(mesh_folder, "2027-01-04").changes if each.kind == "port"]
    assert "deprecated" in {each.new for each in port.fields}
    apply_files(mesh_folder, system=on("2027-01-04"))
    assert told(mesh_folder) == [NoticeKind.DEPRECATED]
    assert planned(mesh_folder, "2027-01-05").empty


def test_what_nobody_was_told_does_not_end(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    contract = mesh_folder / CONTRACT
    contract.write_text(contract.read_text().replace("status: deprecated", "status: retired"))
    refused = "\n".join(planned(mesh_folder, "2027-02-01").blocked)
    assert "it is active, and what ends is deprecated first" in refused


def test_it_can_be_taken_back(mesh_folder: Path) -> None:
    """Nobody has seen the column, so that nobody misses it."""
    wider = Port("orders", {"id": "integer", "amount": "integer"}, ("id",), version="1.1.0")
    more = replace(SALES, models={"orders": BAD}, ports=(wider,))
    apply_files(mesh_folder, files(more), on("2027-01-02"))
    assert planned(mesh_folder, "2027-01-03").held
    lay_out(mesh_folder, files())
    back = planned(mesh_folder, "2027-01-04")
    assert (back.blocked, back.changes) == ((), ())
    apply_files(mesh_folder, system=on("2027-01-04"))
    with opened(mesh_folder, "", on("2027-01-05")) as mesh:
        assert mesh.store.definitions.descriptors("prod")[str(ONE)].version == "1.0.0"
    assert planned(mesh_folder, "2027-01-05").empty


def test_what_was_published_before_a_rollback_was_promised(mesh_folder: Path) -> None:
    """Data goes back; which versions were released does not."""
    wider = Port("orders", {"id": "integer", "amount": "integer"}, ("id",), version="1.1.0")
    apply_files(mesh_folder, files(replace(SALES, ports=(wider,))), on("2027-01-02"))
    with opened(mesh_folder, "", on("2027-01-03")) as mesh:
        list(roll_back(mesh, plan_rollback(mesh, RollbackOptions("shop.sales")), "wrong"))
    bad = replace(SALES, models={"orders": BAD}, ports=(replace(wider, version="1.1.1"),))
    apply_files(mesh_folder, files(bad), on("2027-01-04"))
    lay_out(mesh_folder, files())
    assert "column amount removed" in "\n".join(planned(mesh_folder, "2027-01-05").blocked)


def test_what_was_never_published_can_change(tmp_path: Path) -> None:
    """A first version whose checks fail is nobody's yet: it changes, or becomes a proposal."""
    wider = Port("orders", {"id": "integer", "amount": "integer"}, ("id",))
    bad = replace(SALES, models={"orders": BAD}, ports=(wider,))
    apply_files(tmp_path, files(bad), on("2027-01-01"))
    lay_out(tmp_path, mesh_files([replace(bad, status="proposed")]))
    assert planned(tmp_path, "2027-01-02").blocked == ()
    lay_out(tmp_path, files())
    assert planned(tmp_path, "2027-01-02").blocked == ()
    apply_files(tmp_path, system=on("2027-01-02"))
    assert planned(tmp_path, "2027-01-03").empty
