"""Going back to an earlier release, and being held there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, mesh_files
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Breaking, NotFound, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.rollback import RollbackOptions, lift_hold, plan_rollback, roll_back
from weft.app.system import System
from weft.plan.followers import Follower, followers

ADDRESS = "shop.orders"


def orders(number: int, more: bool = False) -> Product:
    columns = {"id": "integer", **({"more": "integer"} if more else {})}
    select = f"SELECT {number} AS id" + (", 1 AS more" if more else "")
    port = Port("orders", columns, version="1.1.0" if more else "1.0.0")
    return Product(ADDRESS, {"orders": select}, (port,))


def reader() -> Product:
    return Product("shop.reader", {"m": "SELECT more FROM orders"}, inputs=("shop.orders.orders",))


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Opened]:
    for number in (1, 2, 3):
        apply_files(tmp_path, mesh_files([orders(number)]))
    with opened(tmp_path, "", System()) as mesh:
        yield mesh


def back(mesh: Opened, release: int = 0, **options: object) -> None:
    ready = plan_rollback(mesh, RollbackOptions(ADDRESS, release, **options))  # type: ignore[arg-type]
    for _ in roll_back(mesh, ready, "wrong numbers"):
        pass


def shown(mesh: Opened) -> int:
    from arro3.core import RecordBatchReader

    with query(mesh, "SELECT id FROM shop.orders.orders") as answer:
        (batch,) = RecordBatchReader.from_stream(answer.rows)
        return int(batch.column(0)[0].as_py())


def test_one_release_back_is_a_new_release_with_the_old_content(mesh: Opened) -> None:
    back(mesh)
    assert shown(mesh) == 2
    newest = mesh.store.journal.releases("prod", ADDRESS)[0]
    assert (newest.number, newest.restores) == (4, 2)
    hold = mesh.store.journal.holds("prod")[ADDRESS]
    assert (hold.reason, hold.release) == ("wrong numbers", 2)


def test_going_back_once_more_does_not_return_to_what_was_left(mesh: Opened) -> None:
    back(mesh)
    back(mesh)
    assert shown(mesh) == 1
    with pytest.raises(Usage, match="no earlier release"):
        back(mesh)


def test_further_back_by_number(mesh: Opened) -> None:
    back(mesh, 1)
    assert shown(mesh) == 1


def test_it_stays_there_until_the_hold_is_lifted(mesh: Opened) -> None:
    back(mesh)
    held = make_plan(mesh, PlanOptions()).plan
    assert held.empty and held.held[0].cause.endswith("wrong numbers")
    lift_hold(mesh, ADDRESS)
    assert not make_plan(mesh, PlanOptions()).plan.empty
    apply_files(mesh.folder)
    with opened(mesh.folder, "", System()) as again:
        assert shown(again) == 3
    with pytest.raises(NotFound):
        lift_hold(mesh, ADDRESS)


def test_a_new_definition_ends_the_hold(mesh: Opened) -> None:
    back(mesh)
    apply_files(mesh.folder, mesh_files([orders(9)]))
    assert mesh.store.journal.holds("prod") == {}
    with opened(mesh.folder, "", System()) as again:
        assert shown(again) == 9


def test_a_new_definition_ends_the_hold_also_where_its_checks_fail(mesh: Opened) -> None:
    back(mesh)
    few = {"metric": "rowCount", "mustBeGreaterThan": 1}
    port = Port("orders", {"id": "integer"}, rules=(few,), version="1.1.0")
    more = Product(ADDRESS, {"orders": "SELECT 9 AS id"}, (port,))
    apply_files(mesh.folder, mesh_files([more]))
    [held] = make_plan(mesh, PlanOptions()).plan.held
    assert held.cause == "checks failed"
    assert mesh.store.journal.holds("prod") == {}


@pytest.mark.parametrize("release", [7, 99])
def test_a_release_that_is_not_there(mesh: Opened, release: int) -> None:
    with pytest.raises(Usage, match=f"keeps no release {release}"):
        back(mesh, release)


def test_a_product_that_is_not_there(mesh: Opened) -> None:
    with pytest.raises(NotFound):
        plan_rollback(mesh, RollbackOptions("shop.odrers"))


def test_where_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders(1)]))
    with opened(tmp_path, "", System()) as mesh, pytest.raises(Usage):
        back(mesh)


def test_what_would_break_a_consumer_needs_its_name(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders(1)]))
    apply_files(tmp_path, mesh_files([orders(2, more=True), reader()]))
    with opened(tmp_path, "", System()) as mesh:
        with pytest.raises(Breaking, match=r"breaks shop\.reader"):
            back(mesh)
        ready = plan_rollback(mesh, RollbackOptions(ADDRESS, breaks=("shop.reader",)))
        assert ready.downstream == ("shop.reader",)
        back(mesh, breaks=("shop.reader",))
        described = mesh.store.definitions.descriptors("prod")["shop.orders.orders@1"]
        assert [each.name for each in described.objects["orders"]] == ["id"]
        assert shown(mesh) == 1


def test_only_a_reader_can_be_given_up(mesh: Opened) -> None:
    with pytest.raises(NotFound, match=r"reader of shop\.orders called `shop\.raeder`"):
        back(mesh, breaks=("shop.raeder",))


def test_a_product_that_was_dropped_has_nothing_to_go_back_with(mesh: Opened) -> None:
    other = Product("shop.other", {"m": "SELECT 1 AS id"})
    apply_files(mesh.folder, mesh_files([other]))
    with pytest.raises(Usage, match="was dropped") as stopped:
        back(mesh)
    assert stopped.value.next_step == "weft history shop.orders"
    apply_files(mesh.folder, mesh_files([orders(3), other]))
    with pytest.raises(Usage, match=r"release 4 of .* shows nothing"):
        back(mesh, 4)
    assert plan_rollback(mesh, RollbackOptions(ADDRESS)).target.number == 2


def test_what_reads_it_is_built_on_the_older_release(tmp_path: Path) -> None:
    files = [orders(1, more=True), reader()]
    apply_files(tmp_path, mesh_files(files))
    apply_files(tmp_path, mesh_files([orders(2, more=True), reader()]))
    with opened(tmp_path, "", System()) as mesh:
        before = make_plan(mesh, PlanOptions()).plan
        assert before.empty
        back(mesh)
        after = make_plan(mesh, PlanOptions()).plan
        assert [step.id for step in after.steps] == ["shop.reader/publish"]
        assert [each.source for each in after.data] == ["shop.orders.orders@1"]
        assert followers(after) == (Follower("shop.reader", because=(ADDRESS,)),)
    apply_files(tmp_path)
    with opened(tmp_path, "", System()) as mesh:
        assert make_plan(mesh, PlanOptions()).plan.empty
