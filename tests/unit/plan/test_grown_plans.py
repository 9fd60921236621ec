"""Plans of products with models that grow: keys, releases, and what their audits look at."""

from __future__ import annotations

from dataclasses import replace

from plan_values import (
    COLUMNS,
    after,
    failed,
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
    unique,
)

from weft.mesh.growth import Growing, Growth, Range, Shape
from weft.mesh.manifest import ProductManifest
from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.examine import Situation
from weft.plan.plan import BuildSpec, Plan, StepKind
from weft.sql.dialect import dialect_named

DIALECT = dialect_named("duckdb")
DAILY = Growth(time_column="day", shape=Shape("body", {"id": "1", "v": "2"}))
GROWING = product(
    "shop.days",
    [replace(transform("days", source("feed"), kind=Materialization.INCREMENTAL), growth=DAILY)],
    [shown("days", checks=(required("id"),))],
    [file_source("feed")],
)


def grown_once(growing: ProductManifest = GROWING) -> tuple[Plan, Situation]:
    """The plan of a first build, and the situation after it."""
    start = situation(growing)
    first = plan(start)
    done = after(first, start)
    key = released(first, growing.address).builds["days"]
    covered = Range("", "2026-01-31")
    build = Build(
        key, growing.address, "days", Materialization.INCREMENTAL, COLUMNS, covered=covered
    )
    return first, replace(done, bases={key: build})


def only_build(done: Plan) -> BuildSpec:
    (step,) = (step for step in done.steps if step.build)
    assert step.build is not None
    return step.build


def test_a_model_that_grows_is_settled_until_there_is_newer_data() -> None:
    first, done = grown_once()
    assert only_build(first).growing == Growing(DAILY, ranges=(Range(),))
    assert plan(done, passed(first)).empty


def test_newer_data_is_added_to_the_released_build() -> None:
    first, done = grown_once()
    found = plan(newer(done, "shop.days", "feed", "more"), passed(first))
    base = released(first, "shop.days").builds["days"]
    assert only_build(found).growing == Growing(DAILY, base, (Range("2026-01-31"),))
    assert only_build(found).key != base
    assert released(found, "shop.days").grown["days"].base == base
    (audit,) = (step.audit for step in found.steps if step.audit)
    assert audit.base == base
    assert DIALECT.relation("new", only_build(found).key) in audit.scan


def test_the_same_data_after_another_history_has_another_key() -> None:
    first, done = grown_once()
    one = plan(newer(done, "shop.days", "feed", "one"), passed(first))
    two = plan(newer(done, "shop.days", "feed", "two"), passed(first))
    both = {only_build(each).key for each in (first, one, two)}
    assert len(both) == 3


def test_a_check_that_failed_before_or_asks_something_else_looks_at_all_rows() -> None:
    first, done = grown_once()
    now = newer(done, "shop.days", "feed", "more")
    bad = failed(first, "shop.days")
    (found,) = (step.audit for step in plan(now, bad).steps if step.audit)
    assert found.base == ""
    (audit,) = (step.audit.audit for step in first.steps if step.audit)
    rows = [replace(each, failed=1) for each in passed(first)[audit]]
    (found,) = (step.audit for step in plan(now, {audit: rows}).steps if step.audit)
    assert found.base == ""


def test_another_environment_goes_on_from_what_production_shows() -> None:
    first, done = grown_once()
    elsewhere = replace(
        newer(done, "shop.days", "feed", "more"),
        desired=replace(done.desired, environment="dev"),
        digests={}, recorded={}, releases={}, fallback=done.releases,
    )  # fmt: skip
    here = plan(newer(done, "shop.days", "feed", "more"), passed(first))
    assert only_build(plan(elsewhere, passed(first))).key == only_build(here).key


def test_a_rebuild_in_production_is_no_rebuild_elsewhere() -> None:
    start = situation(GROWING)
    salted = replace(start, salts={"shop.days.days": "rebuilt"})
    first = plan(salted)
    dev = replace(
        after(first, salted),
        salts={},
        desired=replace(start.desired, environment="dev"),
        digests={}, recorded={}, releases={}, fallback=after(first, salted).releases,
    )  # fmt: skip
    assert ids(plan(dev, passed(first)), StepKind.BUILD) == []


def test_a_change_of_the_head_that_needs_no_build_is_recorded_alone() -> None:
    first, done = grown_once()
    (days,) = GROWING.transforms
    growth = replace(DAILY, look_back=5)
    changed = product(
        GROWING.address, [replace(days, growth=growth)], GROWING.ports, GROWING.sources
    )
    now = replace(
        situation(changed), applied={GROWING.address: GROWING}, digests=done.digests,
        releases=done.releases, recorded=done.recorded, builds=done.builds, bases=done.bases,
    )  # fmt: skip
    found = plan(now, passed(first))
    assert ids(found) == ["shop.days/publish"]
    assert [each.effect for each in found.changes] == ["no rebuild"]


def test_a_snapshot_that_cannot_go_on_blocks_the_plan() -> None:
    (days,) = GROWING.transforms
    states = replace(DAILY, time_column="", unique_key=("id",))

    def snapshots(growth: Growth) -> ProductManifest:
        kept = replace(days, growth=growth, materialized=Materialization.SNAPSHOT)
        return product(GROWING.address, [kept], GROWING.ports, GROWING.sources)

    first, done = grown_once(snapshots(states))
    build = replace(next(iter(done.bases.values())), kind=Materialization.SNAPSHOT)
    changed = snapshots(replace(states, unique_key=("v",)))
    now = replace(
        situation(changed), applied={GROWING.address: snapshots(states)}, digests=done.digests,
        releases=done.releases, recorded=done.recorded, builds=done.builds,
        bases={build.key: build},
    )  # fmt: skip
    (told,) = plan(now, passed(first)).blocked
    assert told.startswith("shop.days: snapshot `days` cannot go on, because its `unique_key`")


def test_a_build_is_told_by_which_columns_its_audits_look_rows_up() -> None:
    checks = (required("id"), unique("id"), unique("day", "id"))
    [days] = GROWING.transforms
    promising = product("shop.days", [days], [shown("days", checks=checks)], [file_source("feed")])
    first, done = grown_once(promising)
    added = plan(newer(done, "shop.days", "feed", "more"), passed(first))
    for each in (first, added):
        assert only_build(each).looked_up == (("id",), ("day", "id"))
