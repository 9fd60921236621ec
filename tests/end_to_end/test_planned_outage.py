"""A deprecated port cannot be read for some hours: who reads it still notices, and reads on after.

On the lake and on Postgres, with a clock that the test sets.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg
import pytest

from applying import apply_files
from environment_meshes import Ground
from mesh_files import Port, Product
from weft.app.bootstrap import Opened, opened
from weft.app.deprecate import draft_deprecation
from weft.app.drift import look
from weft.app.ended_contract import Sunset
from weft.app.errors import Blocked
from weft.app.new_files import write
from weft.app.outage import draft_outage
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.refreshing import refresh
from weft.app.retire import draft_return
from weft.app.run import plan_run
from weft.app.system import System
from weft.app.yaml_write import yaml_text
from weft.cli.screens.plan import View, draw
from weft.mesh.address import PortAddress
from weft.plan.plan import Plan

GOLDEN = Path(__file__).parents[1] / "golden" / "outage"
ONE = PortAddress.parse("shop.sales.orders@1")
MODEL = "domains/shop/sums/models/sums.sql"
REFUSED = (duckdb.Error, psycopg.Error)
SAID = "shop.sales.orders@1 cannot be read until 2027-03-10 12:00Z, in a planned outage"


def files(ground: Ground) -> dict[str, bytes]:
    """Two majors of a port, and a product that pins the first."""
    columns = {"id": "integer"}
    made = ground.of(
        Product(
            "shop.sales",
            {"orders_v1": "SELECT 1 AS id", "orders_v2": "SELECT id AS number FROM orders_v1"},
            (Port("orders", columns), Port("orders", {"number": "integer"}, version="2.0.0")),
        ),
        Product(
            "shop.sums",
            {"sums": "SELECT CAST(count(id) AS INTEGER) AS n FROM orders"},
            (Port("sums", {"n": "integer"}),),
            inputs=("shop.sales.orders",),
        ),
    )
    reader = "domains/shop/sums/product.yaml"
    made[reader] = made[reader].replace(b'"contractId"', b'"version": "1", "contractId"', 1)
    for path in ("orders.v1.odcs.yaml", "product.yaml"):
        where = f"domains/shop/sales/{path}"
        made[where] = yaml_text(json.loads(made[where])).encode()
    return made


class Clock:
    """A mesh in a folder, at times that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, now: str) -> System:
        return System(now=lambda: f"2027-{now}:00.000Z", user=lambda: "mara")

    @contextmanager
    def mesh(self, now: str) -> Iterator[Opened]:
        with opened(self.folder, "", self.at(now)) as mesh:
            yield mesh

    def apply(self, now: str) -> None:
        apply_files(self.folder, system=self.at(now))

    def plan(self, now: str) -> Plan:
        with self.mesh(now) as mesh:
            return make_plan(mesh, PlanOptions()).plan

    def golden(self, name: str, now: str) -> Plan:
        """Compare how a plan is drawn with the golden file of that name; return it."""
        plan = self.plan(now)
        drawn = draw(replace(plan, id="0" * 12), View(width=100)).encode()
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("WEFT_GOLDEN") == "write":
            path.write_bytes(drawn)
        assert drawn == path.read_bytes()
        return plan

    def run(self, now: str) -> list[str]:
        """What a run says of products that are due."""
        with self.mesh(now) as mesh:
            events = list(refresh(mesh, plan_run(mesh)))
        return [f"{each.product}: {each.text}" for each in events if each.kind == "due"]

    def told(self) -> list[tuple[str, str]]:
        with self.mesh("04-01T00:00") as mesh:
            notices = mesh.store.notices.of("prod", ["shop.sales"])
        return [(each.consumer, str(each.kind)) for each in notices]


def test_an_outage_begins_and_ends_with_runs(ground: Ground, tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    apply_files(tmp_path, files(ground), clock.at("03-01T08:00"))
    with clock.mesh("03-02T08:00") as mesh:
        bumped = draft_deprecation(mesh, ONE, Sunset("2027-03-31", "@2"))
        assert bumped.draft
        write(tmp_path, bumped.draft)
    clock.apply("03-02T08:00")
    with clock.mesh("03-03T08:00") as mesh:
        bumped = draft_outage(mesh, ONE, "2027-03-10T09:00Z/2027-03-10T12:00Z")
        assert bumped.draft
        write(tmp_path, bumped.draft)
    clock.golden("1-planned", "03-03T08:00")
    clock.apply("03-03T08:00")

    assert clock.run("03-10T08:59") == []
    assert ground.served(tmp_path, relation="shop__sales.orders_v1") == [1]
    clock.golden("2-begins", "03-10T09:01")
    assert clock.run("03-10T09:01") == [
        "shop.sales: the planned outage of orders@1 begins, until 2027-03-10 12:00Z"
    ]
    assert ground.served(tmp_path, relation="shop__sales.orders") == [1]
    with pytest.raises(REFUSED, match=SAID):
        ground.served(tmp_path, relation="shop__sales.orders_v1")
    with clock.mesh("03-10T09:02") as mesh:
        assert look(mesh).open == ()
        with pytest.raises(Blocked, match=SAID), query(mesh, "FROM shop.sales.orders_v1"):
            pass

    model = tmp_path / MODEL
    model.write_text(model.read_text().replace("count(id)", "count(id) + 1"))
    waiting = clock.golden("3-waits", "03-10T10:00")
    assert [(each.product, each.cause) for each in waiting.held] == [
        ("shop.sums", f"waits: {SAID} before its end")
    ]
    assert (waiting.blocked, waiting.steps) == ((), ())
    clock.apply("03-10T10:00")
    assert ground.served(tmp_path, relation="shop__sums.sums") == [1]

    clock.golden("4-ends", "03-10T12:00")
    assert clock.run("03-10T12:00") == [
        "shop.sales: the planned outage of orders@1 is over",
    ]
    clock.apply("03-10T12:01")
    assert ground.served(tmp_path, relation="shop__sales.orders_v1") == [1]
    assert ground.served(tmp_path, relation="shop__sums.sums") == [2]
    with clock.mesh("03-10T12:02") as mesh:
        assert look(mesh).open == ()
    assert clock.plan("03-10T12:02").empty
    assert clock.told() == [
        ("shop.sums", "deprecated"),
        ("shop.sums", "outage planned"),
        ("shop.sums", "outage began"),
        ("shop.sums", "outage ended"),
    ]


def test_an_outage_that_is_taken_back_ends_with_the_next_apply(
    ground: Ground, tmp_path: Path
) -> None:
    clock = Clock(tmp_path)
    apply_files(tmp_path, files(ground), clock.at("03-01T08:00"))
    contract = tmp_path / "domains/shop/sales/orders.v1.odcs.yaml"
    for wanted in (Sunset("2027-03-31"), "2027-03-10"):
        with clock.mesh("03-02T08:00") as mesh:
            bumped = (
                draft_outage(mesh, ONE, wanted)
                if isinstance(wanted, str)
                else draft_deprecation(mesh, ONE, wanted)
            )
            assert bumped.draft
            write(tmp_path, bumped.draft)
            clock.apply("03-02T08:00")
    clock.apply("03-10T00:00")
    with pytest.raises(REFUSED, match="until 2027-03-11 00:00Z"):
        ground.served(tmp_path, relation="shop__sales.orders_v1")
    with clock.mesh("03-10T08:00") as mesh:
        bumped = draft_return(mesh, PortAddress.parse("shop.sales.orders"))
        assert bumped.draft
        write(tmp_path, bumped.draft)
    assert "outage" not in contract.read_text()
    clock.apply("03-10T08:01")
    assert ground.served(tmp_path, relation="shop__sales.orders_v1") == [1]
    assert clock.told()[-2:] == [("shop.sums", "outage taken back"), ("shop.sums", "outage ended")]
