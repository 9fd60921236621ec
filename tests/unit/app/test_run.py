"""A run refreshes data under the applied definitions, whatever the files say meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened, opened
from weft.app.errors import NotFound
from weft.app.run import RunPlan, plan_run
from weft.app.system import System
from weft.plan.plan import StepKind

FEED = Source("feed", "data/feed.csv", {"id": "integer"})


def orders(select: str = "SELECT id FROM feed") -> Product:
    port = Port("orders", {"id": "integer"})
    return Product("shop.orders", {"orders": select}, (port,), sources=(FEED,))


def files(*products: Product, rows: int = 1) -> dict[str, bytes]:
    data = "".join(f"{number}\n" for number in range(rows))
    return mesh_files(products or [orders()]) | {"data/feed.csv": f"id\n{data}".encode()}


def run(folder: Path, *select: str) -> RunPlan:
    with opened(folder, "", System()) as mesh:
        planned = plan_run(mesh, select)
        _carry_out(mesh, planned)
        return planned


def _carry_out(mesh: Opened, planned: RunPlan) -> None:
    for _ in apply_plan(mesh, planned.plan, ApplyOptions()):
        pass


def kinds(planned: RunPlan) -> list[StepKind]:
    return [step.kind for step in planned.plan.steps]


def test_without_newer_data_there_is_nothing_to_do(tmp_path: Path) -> None:
    apply_files(tmp_path, files())
    planned = run(tmp_path)
    assert planned.plan.empty and planned.products == 1 and planned.differing == ()


def test_newer_data_is_built_checked_and_published(tmp_path: Path) -> None:
    apply_files(tmp_path, files())
    lay_out(tmp_path, files(rows=2))
    planned = run(tmp_path)
    assert kinds(planned) == [StepKind.BUILD, StepKind.AUDIT, StepKind.PUBLISH]
    assert planned.plan.kind == "run" and planned.plan.changes == ()
    assert run(tmp_path).plan.empty


def test_the_files_are_not_applied_but_told_apart(tmp_path: Path) -> None:
    apply_files(tmp_path, files())
    new = Product("shop.new", {"new": "SELECT 1 AS id"})
    lay_out(tmp_path, files(orders("SELECT id + 1 AS id FROM feed"), new))
    planned = run(tmp_path)
    assert planned.plan.empty
    assert planned.differing == ("shop.new", "shop.orders")


def test_broken_files_do_not_stop_a_run(tmp_path: Path) -> None:
    apply_files(tmp_path, files())
    lay_out(tmp_path, files(orders("SELECT nothing FROM nowhere"), rows=3))
    planned = run(tmp_path)
    assert StepKind.PUBLISH in kinds(planned)
    assert planned.differing == ("shop.orders",)


def test_what_is_to_be_refreshed_always_is_built_in_every_run(tmp_path: Path) -> None:
    always = "-- refresh: always\nSELECT id FROM feed"
    apply_files(tmp_path, files(orders(always)))
    for _ in range(2):
        assert kinds(run(tmp_path)) == [StepKind.BUILD, StepKind.AUDIT, StepKind.PUBLISH]
    with opened(tmp_path, "", System()) as mesh:
        assert set(mesh.store.definitions.salts("prod")) == {"shop.orders.orders"}


def test_a_run_of_some_products(tmp_path: Path) -> None:
    other = Product("shop.other", {"other": "-- refresh: always\nSELECT 1 AS id"})
    apply_files(tmp_path, files(orders(), other))
    assert run(tmp_path, "shop.orders").plan.empty
    with pytest.raises(NotFound):
        run(tmp_path, "shop.nothing")
