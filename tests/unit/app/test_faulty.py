"""Errors in the files of one product stop nobody's work on another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import files, plan_of
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Invalid
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.diagnostic import Severity

OTHER = Product("care.cases", {"cases": "SELECT 1 AS n"}, (Port("cases", {"n": "integer"}),))
ORDERS = "domains/shop/orders/models/orders.sql"
FAULTY = "domains/care/cases/models/cases.sql"


def broken(**more: str) -> dict[str, bytes]:
    """Two products, and a third one whose model cannot be read."""
    return {**mesh_files((OTHER,)), **files(**more), FAULTY: b"SELECT FROM WHERE"}


@pytest.mark.parametrize("selector", ["shop.orders", "shop", "shop.*", "shop.sums.sums"])
def test_others_are_planned_and_the_fault_is_a_warning(tmp_path: Path, selector: str) -> None:
    apply_files(tmp_path, {**broken(), FAULTY: b"SELECT 1 AS n"})
    lay_out(tmp_path, broken(orders="SELECT 2 AS id", sums="SELECT max(id) AS total FROM orders"))
    with opened(tmp_path, "", System()) as mesh:
        planned = make_plan(mesh, PlanOptions((selector,)))
    assert planned.plan.changes
    assert {each.product.partition(".")[0] for each in planned.plan.changes} == {"shop"}
    [fault] = planned.loaded.diagnostics
    assert fault.span
    assert (fault.severity, fault.span.file) == (Severity.WARNING, FAULTY)


@pytest.mark.parametrize(
    "selectors",
    [
        (),
        ("care.cases",),
        ("care",),
        ("care.*",),
        ("*.cases",),
        ("shop.orders", "care.cases"),
        ("shop.orders+",),
        ("tag:gold",),
    ],
)
def test_who_may_mean_the_fault_is_stopped_by_it(
    tmp_path: Path, selectors: tuple[str, ...]
) -> None:
    lay_out(tmp_path, broken())
    with pytest.raises(Invalid):
        plan_of(tmp_path, options=PlanOptions(selectors))


def test_what_reads_a_fault_goes_on_with_what_is_published(tmp_path: Path) -> None:
    lay_out(tmp_path, files())
    faulty = {**files(sums="SELECT 7 AS total FROM orders"), ORDERS: b"SELECT FROM WHERE"}
    lay_out(tmp_path, faulty)
    [blocked] = plan_of(tmp_path, options=PlanOptions(("shop.sums",))).blocked
    assert "not published in prod yet" in blocked
    apply_files(tmp_path, files())
    lay_out(tmp_path, faulty)
    plan = plan_of(tmp_path, options=PlanOptions(("shop.sums",)))
    assert not plan.blocked
    assert {each.product for each in plan.steps} == {"shop.sums"}


def test_a_domain_that_cannot_be_read_stops_its_own_products(tmp_path: Path) -> None:
    lay_out(tmp_path, {**broken(), "domains/care/domain.yaml": b"domain: [care"})
    assert plan_of(tmp_path, options=PlanOptions(("shop.orders",))).changes
    for selector in ("care.cases", "c*", "care"):
        with pytest.raises(Invalid):
            plan_of(tmp_path, options=PlanOptions((selector,)))
