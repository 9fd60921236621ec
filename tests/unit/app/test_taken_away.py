"""What two repositories do between each other's plan and apply: nobody loses what they read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, document
from two_roots import COLUMNS, READER, UP, Roots, planned
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.errors import Stale, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.saved_plan import for_saved_plan
from weft.app.system import System
from weft.plan.plan import Plan

WAIVER = {"change": "column v removed", "by": "ana", "reason": "wrong", "until": "2999-12-31"}


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    """Both are applied, and `down.b` reads nothing of `up.a` yet."""
    found = Roots(tmp_path)
    apply_files(found.ra)
    found.fill(found.rb, replace(READER, models={"b": "SELECT 3 AS v"}, inputs=()))
    apply_files(found.rb)
    return found


def applied(root: Path, plan: Plan, *, saved: bool = False) -> str:
    options = ApplyOptions(allow_drop=True)
    with opened(root, "", System()) as mesh:
        if saved:
            options = for_saved_plan(mesh, plan, options)
        return [each.text for each in apply_plan(mesh, plan, options)][-1]


def waive(roots: Roots) -> None:
    """Let `up.a` lose a column, for which somebody answers."""
    roots.fill(roots.ra, replace(UP, ports=(Port("a", {"id": "integer"}, version="1.1.0"),)))
    [path] = (roots.ra / "domains/up/a").glob("*.odcs.yaml")
    contract = json.loads(path.read_text())
    contract["customProperties"] = [{"vendor": "weft", "property": "waivers", "value": [WAIVER]}]
    path.write_bytes(document(contract))


@pytest.mark.parametrize("saved", [False, True], ids=["agreed to late", "saved"])
def test_a_product_that_somebody_reads_by_now_is_not_dropped(roots: Roots, saved: bool) -> None:
    roots.fill(roots.ra)
    plan = planned(roots.ra)
    assert plan.blocked == ()
    roots.fill(roots.rb, READER)
    apply_files(roots.rb)
    with pytest.raises(Stale, match=r"by now down\.b reads up\.a\.a@1") as refused:
        applied(roots.ra, plan, saved=saved)
    assert refused.value.next_step == "weft plan"
    assert planned(roots.ra).breaking == ("up.a.a@1",)


def test_a_waiver_is_not_for_those_who_came_later(roots: Roots) -> None:
    waive(roots)
    plan = planned(roots.ra)
    assert plan.blocked == ()
    roots.fill(roots.rb, READER)
    apply_files(roots.rb)
    with pytest.raises(Stale, match=r"down\.b reads up\.a\.a@1"):
        applied(roots.ra, plan)
    late = replace(System(), now=lambda: "3000-01-01T00:00:00.000Z")
    known = planned(roots.ra)
    with opened(roots.ra, "", late) as mesh, pytest.raises(Stale, match="waiver of ana"):
        list(apply_plan(mesh, known, ApplyOptions()))
    assert [each.consumer for each in known.affected if each.breaks] == ["down.b"]
    assert applied(roots.ra, known) == "done"


@pytest.mark.parametrize("saved", [False, True], ids=["agreed to late", "saved"])
def test_nobody_begins_to_read_what_is_gone_by_now(roots: Roots, saved: bool) -> None:
    roots.fill(roots.rb, READER)
    plan = planned(roots.rb)
    roots.fill(roots.ra)
    apply_files(roots.ra)
    with pytest.raises(Stale):
        applied(roots.rb, plan, saved=saved)


def test_nobody_begins_to_read_a_column_that_is_gone_by_now(roots: Roots) -> None:
    roots.fill(roots.rb, READER)
    plan = planned(roots.rb)
    waive(roots)
    apply_files(roots.ra)
    with pytest.raises(Stale, match=r"down\.b reads up\.a\.a@1, where that is gone by now"):
        applied(roots.rb, plan)


@pytest.mark.parametrize("first", ["drop", "read"])
def test_of_two_at_once_the_later_is_refused(roots: Roots, first: str) -> None:
    roots.fill(roots.rb, READER)
    roots.fill(roots.ra)
    earlier, later = (roots.ra, roots.rb) if first == "drop" else (roots.rb, roots.ra)
    second = planned(later)
    with opened(earlier, "", System()) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        events = apply_plan(mesh, plan, ApplyOptions(allow_drop=True))
        assert next(events).kind == "started"
        with pytest.raises(Stale, match=r"down\.b reads up\.a\.a@1"):
            applied(later, second)
        assert [each.text for each in events][-1] == "done"


def test_what_somebody_queried_by_now_does_not_end(roots: Roots) -> None:
    roots.fill(roots.ra)
    plan = planned(roots.ra)
    eve = System(user=lambda: "eve")
    with opened(roots.rb, "", eve) as mesh, query(mesh, "SELECT v FROM up.a.a"):
        pass
    with pytest.raises(Stale, match=r"by now up\.a\.a@1 is read") as refused:
        applied(roots.ra, plan)
    assert refused.value.why.startswith("eve read it 1 time in 14 days")
    assert "eve read it" in planned(roots.ra).blocked[0]


def test_nobody_goes_back_from_what_somebody_reads_by_now(roots: Roots) -> None:
    fewer = replace(UP, ports=(Port("a", {"id": "integer"}),), address="up.c")
    roots.fill(roots.ra, UP, fewer)
    apply_files(roots.ra)
    more = replace(fewer, ports=(Port("a", COLUMNS, version="1.1.0"),))
    roots.fill(roots.ra, UP, more)
    apply_files(roots.ra)
    with opened(roots.ra, "", System()) as mesh:
        back = plan_rollback(mesh, RollbackOptions("up.c"))
        roots.fill(roots.rb, replace(READER, inputs=("up.c.a",)))
        apply_files(roots.rb)
        with pytest.raises(Stale, match=r"by now down\.b reads up\.c\.a@1"):
            list(roll_back(mesh, back, "wrong"))
    with opened(roots.ra, "", System()) as mesh:
        assert mesh.store.journal.holds("prod") == {}
        back = plan_rollback(mesh, RollbackOptions("up.c", breaks=("down.b",)))
        assert [each.text for each in roll_back(mesh, back, "wrong")][-1] == "done"


def test_who_waits_and_will_read_nothing_of_it_is_no_reader(roots: Roots) -> None:
    rule = {"type": "sql", "query": "SELECT count(*) FROM y", "mustBe": 1}
    port = Port("y", {"v": "integer"}, rules=(rule,))
    ahead = Product("down.y", {"y": "SELECT 3 AS v"}, (port,))
    reader = replace(READER, address="down.c")
    roots.fill(roots.ra, UP, ahead, reader)
    apply_files(roots.ra)
    ahead = replace(ahead, models={"y": "SELECT 3 AS v UNION ALL SELECT 4"})
    reader = replace(reader, models={"b": "SELECT v FROM y"}, inputs=("down.y.y",))
    roots.fill(roots.ra, UP, ahead, reader)
    apply_files(roots.ra)
    roots.fill(roots.ra, ahead, reader)
    plan = planned(roots.ra)
    assert [each.product for each in plan.held] == ["down.y", "down.c"]
    assert applied(roots.ra, plan) == "done"


def test_who_lost_a_column_under_a_waiver_can_still_go_back(roots: Roots) -> None:
    for number in (1, 2):
        models = {"b": f"SELECT v + {number} AS v FROM a"}
        roots.fill(roots.rb, replace(READER, models=models))
        apply_files(roots.rb)
    waive(roots)
    apply_files(roots.ra)
    with opened(roots.rb, "", System()) as mesh:
        back = plan_rollback(mesh, RollbackOptions("down.b"))
        assert [each.text for each in roll_back(mesh, back, "wrong")][-1] == "done"


def test_a_plan_of_another_root_says_whose_it_is(roots: Roots) -> None:
    plan = planned(roots.ra, PlanOptions(rebuild=True))
    with pytest.raises(Usage, match="a plan of root ra, and these files are of root rb"):
        applied(roots.rb, plan, saved=True)
