"""Two repositories on one store and one lake: each is a root, and knows the other as published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from two_roots import COLUMNS, READER, UP, Roots, planned
from weft.app.apply import ApplyOptions, apply_plan, refuse_unless_allowed
from weft.app.bootstrap import opened
from weft.app.consumers import board
from weft.app.contract_diff import compare_versions
from weft.app.errors import Blocked, Exit, NotFound, Refusal, Stale, Usage, rating
from weft.app.plan import PlanOptions, make_plan
from weft.app.retire import draft_retirement
from weft.app.rollback import RollbackOptions, lift_hold, plan_rollback
from weft.app.run import plan_run
from weft.app.show import list_products
from weft.app.system import System
from weft.app.validate import validate
from weft.mesh.address import PortAddress
from weft.mesh.consumption import NoticeKind
from weft.mesh.diagnostic import Severity
from weft.plan.plan import Plan


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    found = Roots(tmp_path)
    apply_files(found.ra)
    apply_files(found.rb)
    return found


def exit_of(plan: Plan) -> Exit:
    with pytest.raises(Refusal) as refused:
        refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))
    return rating(refused.value)[0]


def states(root: Path) -> dict[str, tuple[str, str]]:
    with opened(root, "", System()) as mesh:
        return {each.product: (each.state, each.root) for each in list_products(mesh).lines}


def told(root: Path) -> Iterable[tuple[str, Severity]]:
    return [(each.code, each.severity) for each in validate(root, System()).loaded.diagnostics]


def test_what_another_root_reads_is_not_dropped(roots: Roots) -> None:
    roots.fill(roots.ra)
    plan = planned(roots.ra)
    assert [each.consumer for each in plan.affected if each.breaks] == ["down.b"]
    assert "down.b" in plan.blocked[0]
    assert exit_of(plan) is Exit.BREAKING


def test_a_candidate_of_another_root_is_compared(roots: Roots) -> None:
    fewer = Port("a", {"id": "integer"}, version="2.0.0", status="draft", candidate="2999-12-31")
    models = {"a_v1": "SELECT 1 AS id, 2 AS v", "a_v2": "SELECT 1 AS id"}
    roots.fill(roots.ra, replace(UP, models=models, ports=(*UP.ports, fewer)))
    apply_files(roots.ra)
    first, second = (PortAddress.parse(f"up.a.a@{major}") for major in (1, 2))
    with opened(roots.rb, "", System()) as mesh:
        found = compare_versions(mesh, first, second)
        with pytest.raises(NotFound):
            compare_versions(mesh, first, replace(second, major=3))
    assert (found.old.origin, found.new.origin) == ("published", "preview")
    assert [(each.change.title, each.readers) for each in found.differences] == [
        ("column v removed", ("down.b",))
    ]
    ended = replace(System(), now=lambda: "3000-01-01T00:00:00.000Z")
    with opened(roots.rb, "", ended) as mesh, pytest.raises(NotFound):
        compare_versions(mesh, first, second)


def test_another_root_is_told_of_an_end_and_keeps_it_from_coming(roots: Roots) -> None:
    ending = replace(UP, ports=(Port("a", COLUMNS, version="1.0.1", status="deprecated"),))
    roots.fill(roots.ra, ending)
    apply_files(roots.ra)
    assert told(roots.rb) == [("W431", Severity.WARNING)]
    [warning] = validate(roots.rb, System()).loaded.diagnostics
    assert warning.note == "what reads it has to move"
    port = PortAddress.parse("up.a.a@1")
    with opened(roots.ra, "", System()) as mesh:
        [consumer] = board(mesh, port).consumers
        with pytest.raises(Blocked, match=r"down\.b \(repository rb\) has it as its input"):
            draft_retirement(mesh, port)
    assert (consumer.consumer, consumer.root, consumer.pinned) == ("down.b", "rb", False)
    assert [each.kind for each in consumer.told] == [NoticeKind.DEPRECATED]


def test_a_column_that_another_root_reads_is_not_taken_away(roots: Roots) -> None:
    roots.fill(roots.ra, replace(UP, ports=(Port("a", {"id": "integer"}),)))
    plan = planned(roots.ra)
    assert [(each.consumer, each.verdict) for each in plan.affected] == [
        ("down.b", "BREAKS: reads v")
    ]
    assert exit_of(plan) is Exit.BREAKING


def test_validate_knows_what_other_roots_publish(roots: Roots) -> None:
    validation = validate(roots.rb, System())
    assert validation.loaded.diagnostics == ()
    assert list(validation.loaded.products) == ["down.b"]


def test_validate_without_the_store_warns_of_what_it_cannot_know(roots: Roots) -> None:
    roots.store.unlink()
    assert told(roots.rb) == [("W425", Severity.WARNING)]
    assert validate(roots.rb, System()).loaded.sound
    assert not roots.store.exists()


def test_validate_warns_too_where_the_store_cannot_be_opened(roots: Roots) -> None:
    roots.store.write_bytes(b"no store")
    assert told(roots.rb) == [("W425", Severity.WARNING)]


def test_a_port_that_nobody_has_is_an_error_where_that_is_certain(roots: Roots) -> None:
    wrong = replace(READER, inputs=("up.a.a", "up.a.c"))
    roots.fill(roots.rb, wrong)
    assert told(roots.rb) == [("W401", Severity.ERROR)]
    roots.store.unlink()
    roots.fill(roots.rb, UP, wrong)
    assert told(roots.rb) == [("W401", Severity.ERROR)]


def test_a_mesh_that_is_whole_has_no_ports_elsewhere(tmp_path: Path) -> None:
    lay_out(tmp_path, mesh_files((READER,)))
    assert told(tmp_path) == [("W401", Severity.ERROR)]


def test_ls_says_what_is_of_another_root(roots: Roots) -> None:
    assert states(roots.ra) == {"down.b": ("elsewhere", "rb"), "up.a": ("applied", "ra")}
    roots.fill(roots.rb)
    assert states(roots.rb) == {"down.b": ("removed", "rb"), "up.a": ("elsewhere", "ra")}


def closing(roots: Roots) -> None:
    """Let `up.a` read `down.b`, and that one `up.a`: in each repository half of a circle."""
    roots.fill(roots.rb, replace(READER, models={"b": "SELECT 3 AS v"}, inputs=()))
    apply_files(roots.rb)
    roots.fill(roots.rb, READER)
    reading = Product("up.a", {"a": "SELECT 1 AS id, v FROM b"}, UP.ports, inputs=("down.b.b",))
    roots.fill(roots.ra, reading)


def ended(root: Path, plan: Plan) -> str:
    with opened(root, "", System()) as mesh:
        return [each.text for each in apply_plan(mesh, plan, ApplyOptions())][-1]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_two_roots_do_not_close_a_circle_together(roots: Roots, at_once: bool) -> None:
    """Each plan is sound as long as that of the other is not carried out."""
    closing(roots)
    second = planned(roots.rb)
    with opened(roots.ra, "", System()) as mesh:
        first = apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions())
        assert next(first).kind == "started"
        events = [] if at_once else list(first)
        with pytest.raises(Stale, match=r"in a circle: down\.b -> up\.a -> down\.b") as refused:
            ended(roots.rb, second)
        assert refused.value.next_step == "weft plan"
        events += first
    assert events[-1].text == "done"
    assert [code for code, _ in told(roots.rb)] == ["W405"]
    assert planned(roots.ra).empty


def test_a_root_that_gave_up_closes_no_circle(roots: Roots) -> None:
    closing(roots)
    with opened(roots.ra, "", System()) as mesh:
        given_up = apply_plan(mesh, make_plan(mesh, PlanOptions()).plan, ApplyOptions())
        next(given_up)
        second = planned(roots.rb)
        given_up.close()
    assert ended(roots.rb, second) == "done"


def test_a_run_does_not_take_readers_of_another_root_for_changed(roots: Roots) -> None:
    with opened(roots.rb, "", System()) as mesh:
        assert plan_run(mesh).differing == ()


def test_a_run_says_nothing_of_what_another_root_applied(roots: Roots) -> None:
    roots.fill(roots.rb, UP, READER)
    with opened(roots.rb, "", System()) as mesh:
        assert plan_run(mesh).differing == ()


def test_another_roots_product_is_taken_over_only_where_that_is_asked_for(roots: Roots) -> None:
    roots.fill(roots.rb, UP, READER)
    plan = planned(roots.rb)
    assert plan.blocked == (
        "up.a was applied by root ra, and these files are of root rb.\n"
        "if it moved here for good:  weft apply --product up.a --take-over",
    )
    assert exit_of(plan) is Exit.BLOCKED
    assert planned(roots.rb, PlanOptions(select=("down.b",))).blocked == ()
    assert planned(roots.rb, PlanOptions(take_over=True)).blocked == ()


def test_what_was_taken_over_is_the_other_roots_no_more(roots: Roots) -> None:
    roots.fill(roots.rb, UP, READER)
    apply_files(roots.rb, options=PlanOptions(take_over=True))
    assert "applied by root rb" in planned(roots.ra).blocked[0]
    roots.fill(roots.ra)
    assert planned(roots.ra).empty
    assert planned(roots.rb).empty


def test_only_the_products_of_a_root_can_be_selected_for_removal(roots: Roots) -> None:
    roots.fill(roots.ra)
    assert planned(roots.ra, PlanOptions(select=("up.*",))).removed == ("up.a",)
    with pytest.raises(Refusal, match=r"down\.b is a product of root rb"):
        planned(roots.ra, PlanOptions(select=("down.b",)))


def test_another_roots_product_in_a_scope_is_told_by_its_owner(roots: Roots) -> None:
    with pytest.raises(Usage, match=r"up\.a is a product of root ra"):
        planned(roots.rb, PlanOptions(("up.a",)))
    with (
        opened(roots.rb, "", System()) as mesh,
        pytest.raises(Usage, match=r"up\.a is a product of root ra"),
    ):
        plan_run(mesh, ("+up.a",))


def test_another_roots_product_is_not_rolled_back(roots: Roots) -> None:
    with opened(roots.rb, "", System()) as mesh:
        with pytest.raises(Blocked, match=r"up\.a is a product of root ra"):
            plan_rollback(mesh, RollbackOptions("up.a"))
        with pytest.raises(Blocked, match=r"up\.a is a product of root ra"):
            lift_hold(mesh, "up.a")
