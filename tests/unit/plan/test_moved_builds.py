"""What models that grow have kept moves with their product to another warehouse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_values import (
    COLUMNS,
    after,
    file_source,
    ids,
    newer,
    passed,
    plan,
    product,
    released,
    required,
    shown,
    situation,
    source,
    transform,
)

from weft.mesh.growth import Growth, Range, Shape
from weft.mesh.manifest import Column, Manifest
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.examine import Situation
from weft.plan.plan import BuildSpec, Plan, Step, StepKind

DAYS = "shop.days"
SHAPE = Shape("body", {"id": "1", "v": "2"})
DAILY = Growth(time_column="day", shape=SHAPE)
STATES = Growth(unique_key=("id",), compare=("v",), shape=SHAPE)
TIMES = (Column("valid_from", "TIMESTAMP"), Column("valid_to", "TIMESTAMP"))
COVERED = Range("", "2026-01-31")
MOVED = [
    "shop.days/copy/shop.days.days",
    "shop.days/keep/days",
    "shop.days/audit/days@1.days",
    "shop.days/verify/shop.days.days",
    "shop.days/publish",
    "shop.days/leave/lake",
]


def moving(kind: Materialization = Materialization.INCREMENTAL, **lake: Any) -> Situation:
    """A product that grew on the lake and whose files say `ops_db` now; `lake` is what differs."""
    growth = DAILY if kind is Materialization.INCREMENTAL else STATES
    days = replace(transform("days", source("feed"), kind=kind), growth=growth)
    grows = product(DAYS, [days], [shown("days", checks=(required("id"),))], [file_source("feed")])
    start = situation(grows)
    first = plan(start)
    done = after(first, start)
    release = replace(released(first, DAYS), at="2026-02-01T08:00:00+00:00")
    key = release.builds["days"]
    columns = COLUMNS if growth is DAILY else COLUMNS + TIMES
    build = Build(key, DAYS, "days", kind, columns, rows=7, bytes=70, covered=COVERED)
    moved = replace(grows, warehouse="ops_db", digest="moved")
    return replace(
        done,
        desired=Manifest("mesh", "prod", "here", {DAYS: moved}, (DAYS,)),
        applied={DAYS: grows},
        releases={DAYS: release},
        homes={DAYS: "lake"},
        there={"lake": {DAYS: release}, "ops_db": {}},
        dialects={"lake": "duckdb", "ops_db": "duckdb"},
        builds={"lake": frozenset({key}), "ops_db": frozenset(), **lake},
        bases={key: build},
        made={key: build},
    )


def old_key(now: Situation) -> str:
    return now.releases[DAYS].builds["days"]


def step_of(found: Plan, id: str) -> Step:
    return next(each for each in found.steps if each.id == id)


def built(found: Plan, act: str) -> BuildSpec:
    spec = step_of(found, f"{DAYS}/{act}/days").build
    assert spec is not None
    return spec


@pytest.mark.parametrize("kind", [Materialization.INCREMENTAL, Materialization.SNAPSHOT])
def test_what_is_released_is_copied_kept_and_compared(kind: Materialization) -> None:
    now = moving(kind)
    found = plan(now)
    assert ids(found) == MOVED
    assert not found.held
    copy, kept = step_of(found, MOVED[0]).copy, built(found, "keep")
    assert copy is not None
    assert (copy.rows, copy.bytes) == (7, 70)
    assert (copy.port, copy.released) == ("shop.days.days", now.releases[DAYS].at)
    assert kept.key == copy.build == old_key(now)
    assert copy.key in kept.reads
    assert kept.growing is not None
    assert kept.growing.brought is not None
    assert kept.growing.brought.covered == COVERED
    assert kept.growing.brought.shape == kept.shape != kept.select
    assert MOVED[0] in step_of(found, MOVED[1]).needs
    compared = step_of(found, MOVED[3])
    assert compared.verify is not None
    assert (compared.verify.key, compared.verify.copy) == (kept.key, copy.key)
    assert MOVED[1] in compared.needs


def test_newer_data_is_added_to_what_is_kept() -> None:
    now = moving()
    found = plan(newer(now, DAYS, "feed", "more"))
    assert ids(found) == [*MOVED[:2], "shop.days/build/days", *MOVED[2:]]
    assert (built(found, "keep").key, built(found, "build").key) != (old_key(now), old_key(now))
    grown = built(found, "build").growing
    assert grown is not None
    assert (grown.base, grown.ranges) == (old_key(now), (Range("2026-01-31"),))
    assert MOVED[1] in step_of(found, "shop.days/build/days").needs
    assert step_of(found, MOVED[3]).verify is not None
    release = step_of(found, "shop.days/publish").release
    assert release is not None
    assert release.grown["days"].base == old_key(now)


def test_what_was_audited_elsewhere_is_audited_whole() -> None:
    now = moving()
    before = situation(now.applied[DAYS])
    found = plan(newer(now, DAYS, "feed", "more"), passed(plan(before)))
    (audit,) = (step.audit for step in found.steps if step.audit)
    assert audit.base == ""


def test_what_an_interrupted_run_has_kept_is_only_compared() -> None:
    now = moving()
    there = replace(now, builds={**now.builds, "ops_db": frozenset({old_key(now)})})
    assert ids(plan(there)) == [MOVED[0], *MOVED[2:]]


def test_an_environment_that_shows_production_brings_its_builds_and_compares_nothing() -> None:
    now = moving()
    elsewhere = replace(
        now,
        desired=replace(now.desired, environment="dev"),
        digests={}, recorded={}, releases={}, there={"lake": {}, "ops_db": {}},
        fallback=now.releases,
    )  # fmt: skip
    found = plan(elsewhere)
    assert ids(found) == [*MOVED[:3], "shop.days/publish"]
    assert built(found, "keep").key == old_key(now)


def test_what_the_old_warehouse_has_lost_is_built_in_full_or_not_at_all() -> None:
    found = plan(moving(lake=frozenset()))
    assert ids(found) == ["shop.days/build/days", MOVED[2], *MOVED[4:]]
    states = newer(moving(Materialization.SNAPSHOT, lake=frozenset()), DAYS, "feed", "more")
    (held,) = plan(states).held
    assert held.cause == "snapshot `days` has lost its states: go back with weft rollback shop.days"


def test_what_is_built_anew_is_not_brought() -> None:
    now = moving()
    found = plan(replace(now, salts={"shop.days.days": "7f3a"}))
    assert StepKind.COPY not in {step.kind for step in found.steps}
    assert built(found, "build").growing == replace(
        built(found, "build").growing or pytest.fail("grows"), base="", brought=None
    )


def test_a_snapshot_that_cannot_go_on_is_not_left_behind() -> None:
    now = moving(Materialization.SNAPSHOT)
    (days,) = now.desired.products[DAYS].transforms
    other = replace(days, growth=replace(STATES, unique_key=("v",)))
    changed = replace(now.desired.products[DAYS], transforms=(other,), digest="changed")
    desired = replace(now.desired, products={DAYS: changed})
    (blocked,) = plan(replace(now, desired=desired)).blocked
    assert "because its `unique_key` changed" in blocked
