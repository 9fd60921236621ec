"""What differs between what was left and what is there, what it means, and the steps back."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.mesh.drift import Deviation, Difference, Drift, Settlement, Thing, ThingKind
from weft.mesh.release import Release
from weft.plan.drift import (
    as_left,
    can_be_adopted,
    destroys,
    drifted,
    loses_data,
    meaning,
    standing,
)
from weft.plan.plan import BuildSpec, Plan, Step, StepKind
from weft.plan.reverting import Undone, around

VIEW = Thing(
    ThingKind.VIEW,
    "sales__orders.orders_v1",
    "sales.orders",
    "sales.orders.orders@1",
    {"owner": "weft", "columns": "id integer"},
)
GRANT = Thing(ThingKind.GRANT, "sales__orders to bob", "sales.orders", facts={"rights": "USAGE"})
EMPTY = Plan("", "loom", "loom", "prod", kind="revert")

names = st.sampled_from(["a", "b", "c"])
facts = st.dictionaries(names, names)
things = st.builds(Thing, st.sampled_from(ThingKind), names, facts=facts)
several = st.lists(things, unique_by=lambda each: (each.kind, each.name))


def test_what_is_not_there_is_missing() -> None:
    [found] = drifted([VIEW], [])
    assert (found.deviation, found.name, found.address) == (
        Deviation.MISSING,
        VIEW.name,
        "sales.orders.orders@1",
    )


def test_what_nobody_left_there_is_unknown() -> None:
    [found] = drifted([], [replace(GRANT, since="2026-11-21T10:00:00Z")])
    assert (found.deviation, found.since) == (Deviation.UNKNOWN, "2026-11-21T10:00:00Z")
    assert found.differences == (Difference("rights", "", "USAGE"),)


def test_facts_are_compared_that_both_sides_know() -> None:
    there = replace(VIEW, facts={"owner": "bob", "size": "7"})
    [found] = drifted([VIEW], [there])
    assert found.deviation is Deviation.CHANGED
    assert found.differences == (Difference("owner", "weft", "bob"),)


@given(several)
def test_nothing_differs_from_itself(left: list[Thing]) -> None:
    assert drifted(left, left) == ()


@given(several, several)
def test_every_thing_is_told_once(left: list[Thing], found: list[Thing]) -> None:
    drifts = drifted(left, found)
    assert len({(each.kind, each.name) for each in drifts}) == len(drifts)
    gone = {(each.kind, each.name) for each in left} - {(each.kind, each.name) for each in found}
    told = {(each.kind, each.name) for each in drifts if each.deviation is Deviation.MISSING}
    assert told == gone


def test_the_id_changes_with_what_is_found_and_not_with_when() -> None:
    [found] = drifted([VIEW], [replace(VIEW, facts={"owner": "bob"})])
    assert len(found.id) == 8
    assert replace(found, since="2026-11-21T10:00:00Z").id == found.id
    [other] = drifted([VIEW], [replace(VIEW, facts={"owner": "eve"})])
    assert other.id != found.id
    assert replace(found, environment="dev").id != found.id
    assert replace(found, warehouse="lake").id != found.id


CHANGES = {
    ThingKind.ROLE: ["rights"],
    ThingKind.SCHEMA: ["owner", "mark"],
    ThingKind.BUILD: [
        *("rows", "content", "bytes", "columns", "owner", "mark"),
        *("definition", "options", "row security"),
    ],
    ThingKind.COPY: ["rows", "columns", "owner", "row security"],
    ThingKind.POINTER: ["release", "owner", "mark", "row security"],
    ThingKind.RELEASE: ["content", "owner", "row security"],
    ThingKind.VIEW: ["definition", "columns", "owner", "barrier", "mark"],
    ThingKind.GRANT: [],
    ThingKind.FOLDER: ["others"],
    ThingKind.FILE: ["others", "bytes", "written"],
}


@pytest.mark.parametrize(
    "drift",
    [
        *(Drift(kind, "x", Deviation.UNKNOWN) for kind in ThingKind),
        *(Drift(kind, "x", Deviation.MISSING) for kind in CHANGES if kind is not ThingKind.COPY),
        *(
            Drift(kind, "x", Deviation.CHANGED, differences=(Difference(fact, "1", "2"),))
            for kind, facts in CHANGES.items()
            for fact in facts
        ),
    ],
    ids=lambda each: f"{each.kind}-{each.deviation}-{'-'.join(each.facts)}",
)
def test_every_drift_means_something(drift: Drift) -> None:
    assert meaning(drift)


def test_one_meaning_is_said_once() -> None:
    both = (Difference("rows", "1", "2"), Difference("rows", "1", "3"))
    drift = Drift(ThingKind.BUILD, "x", Deviation.CHANGED, differences=both)
    assert meaning(drift) == "readers see data that no check has seen"


def test_only_what_came_on_top_can_be_adopted() -> None:
    adoptable = {
        (kind, deviation)
        for kind, deviation in product(ThingKind, Deviation)
        if can_be_adopted(Drift(kind, "x", deviation))
    }
    on_top = ("grant", "trigger", "rule", "policy", "object")
    assert adoptable == {(ThingKind(kind), Deviation.UNKNOWN) for kind in on_top}


def test_what_weft_cannot_make_again_is_destroyed_by_reverting() -> None:
    assert destroys(Drift(ThingKind.OTHER, "x", Deviation.UNKNOWN))
    assert destroys(Drift(ThingKind.TRIGGER, "x", Deviation.UNKNOWN))
    assert destroys(Drift(ThingKind.RELEASE, "x", Deviation.UNKNOWN))
    assert not destroys(Drift(ThingKind.GRANT, "x", Deviation.UNKNOWN))
    assert not destroys(Drift(ThingKind.VIEW, "x", Deviation.MISSING))


def settlement(drift: Drift, until: str) -> Settlement:
    return Settlement("prod", drift.id, "", "", until, "ana", "why", "2026-11-01T00:00:00Z")


@pytest.mark.parametrize(
    ("until", "counts"), [("2026-11-20", False), ("2026-11-21", True), ("", True)]
)
def test_a_decision_counts_to_the_end_of_its_day(until: str, counts: bool) -> None:
    [drift] = drifted([], [GRANT])
    decided = {drift.id: settlement(drift, until)}
    [found] = standing([drift], decided, "2026-11-21T23:59:59.999Z")
    assert found.open is not counts
    assert found.adopted is (until == "")


@pytest.mark.parametrize(
    ("kind", "fact", "loses"),
    [
        (ThingKind.BUILD, "definition", True),
        (ThingKind.BUILD, "row security", False),
        (ThingKind.COPY, "rows", False),
        (ThingKind.VIEW, "definition", False),
    ],
)
def test_what_has_to_be_made_again(kind: ThingKind, fact: str, loses: bool) -> None:
    drift = Drift(kind, "x", Deviation.CHANGED, differences=(Difference(fact, "1", "2"),))
    assert loses_data(drift) is loses


def revert(drift: Drift, product: str = "sales.orders") -> Undone:
    return Undone(
        product,
        replace(drift, product=product, warehouse="wh", environment=drift.environment or "prod"),
    )


def test_steps_back_stand_around_what_is_built() -> None:
    build = Drift(
        ThingKind.BUILD, "b", Deviation.CHANGED, differences=(Difference("rows", "1", "2"),)
    )
    lost = Drift(ThingKind.BUILD, "lost", Deviation.MISSING)
    view = Drift(ThingKind.VIEW, "v", Deviation.MISSING)
    stranger = Drift(ThingKind.OTHER, "o", Deviation.UNKNOWN)
    trigger = Drift(ThingKind.TRIGGER, "t", Deviation.UNKNOWN)
    assert loses_data(build) and loses_data(lost) and not loses_data(view)
    made = Step(
        "made",
        StepKind.BUILD,
        "sales.orders",
        "wh",
        "m",
        build=BuildSpec("k", "m", "table", "SELECT 1"),
        only_of=("orders@2",),
    )
    rebuilt = replace(EMPTY, steps=(made,))
    undone = [revert(each) for each in (view, build, lost, stranger, trigger)]
    steps = around(EMPTY, undone, {}, rebuilt).steps
    assert [each.target for each in steps] == ["trigger t", "object o", "build b", "m", "view v"]
    assert steps[1].needs == (steps[0].id,)
    assert steps[2].needs == (steps[1].id,)
    assert steps[3].needs == (steps[2].id,)
    assert steps[4].needs == ("made", steps[2].id)
    assert steps[3].only_of == ()


def test_products_do_not_wait_for_each_other() -> None:
    view = Drift(ThingKind.VIEW, "v", Deviation.MISSING)
    steps = around(EMPTY, [revert(view), revert(view, "sales.returns")], {}, None).steps
    assert [each.needs for each in steps] == [(), ()]


def test_a_step_knows_the_current_release_and_the_one_it_is_about() -> None:
    releases = tuple(Release("sales.orders", "prod", number, ()) for number in (3, 2, 1))
    drift = Drift(ThingKind.RELEASE, "r", Deviation.CHANGED, key="1")
    [step] = around(EMPTY, [revert(drift)], {"sales.orders": releases}, None).steps
    assert step.revert is not None
    assert [each.number for each in step.revert.releases] == [3, 1]


def test_a_plan_reverts_nothing_in_another_environment() -> None:
    drift = Drift(ThingKind.VIEW, "v", Deviation.MISSING, environment="dev")
    with pytest.raises(ValueError, match="would revert something in dev"):
        around(EMPTY, [revert(drift)], {}, None)
    drift = replace(drift, environment="prod")
    elsewhere = {"sales.orders": (Release("sales.orders", "dev", 1, ()),)}
    with pytest.raises(ValueError, match=r"would move sales\.orders in dev"):
        around(EMPTY, [revert(drift)], elsewhere, None)


def test_a_product_that_left_and_came_back_shows_nothing_of_what_it_was_elsewhere() -> None:
    recorded = tuple(
        Release("sales.orders", "prod", number, (), {"m": f"k{number}"}, manifest="d", fence=number)
        for number in (3, 2, 1)
    )
    empty = Release("sales.orders", "prod", 2, (), run="run_2", fence=2, at="2026-11-21")
    current, second, first = recorded
    assert as_left(recorded, {}) == recorded
    for by in (empty, replace(empty, run="run_3", fence=3)):
        assert as_left(recorded, {1: first, 2: by, 3: current}) == (current, by, first)
    for other in (
        replace(empty, fence=1),
        replace(empty, at=""),
        replace(second, builds={"m": "x"}),
    ):
        assert as_left(recorded, {2: other}) == recorded
    assert as_left(recorded, {3: replace(empty, number=3, fence=3)}) == recorded
