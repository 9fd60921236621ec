"""What fails of a port version that is not released keeps back that version alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from plan_values import (
    after,
    model,
    passed,
    plan,
    port,
    product,
    refers_to,
    released,
    required,
    shown,
    situation,
    transform,
)

from weft.mesh.check import Check, CheckKind, CheckResult, Verdict
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, Read
from weft.mesh.product import Materialization
from weft.plan.audits import audits_of
from weft.plan.examine import Situation
from weft.plan.plan import KeptBack, Plan, StepKind
from weft.plan.previews import without

TODAY, LATER = "2026-01-01", "2026-12-31"
FIRST = shown("orders", checks=(required("id"),))
SECOND = shown(
    "orders", major=2, status=Status.DRAFT, checks=(required("v"),), filled_by="orders_v2"
)
CANDIDATE = replace(SECOND, candidate=LATER)
OWN = Check("own", "own", CheckKind.REQUIRED, ("id",))


def orders(*ports: PortVersion, meaning: str = "", old: str = "") -> ProductManifest:
    """Two majors, each with a model of its own."""
    models = [transform("orders", meaning=old), transform("orders_v2", meaning=meaning)]
    return product("shop.orders", models, ports)


def failing(done: Plan, *objects: str) -> Mapping[str, Sequence[CheckResult]]:
    """The verdicts of a plan's audits, all good but for these objects."""
    found = passed(done)
    for step in done.steps:
        if step.audit and step.target in objects:
            bad = [replace(each, verdict=Verdict.FAIL) for each in found[step.audit.audit]]
            found[step.audit.audit] = bad
    return found


def as_found(done: Plan, *objects: str) -> Plan:
    """A plan as it is carried out where the checks of these objects fail, or these models."""
    bad = {step.id for step in done.steps if step.target in objects}
    steps = []
    for step in done.steps:
        if step.build and step.id in bad:
            continue
        kept = [each for each in step.previews if bad.intersection(each.steps)]
        others = [each for each in step.previews if each not in kept]
        release = without(step.release, kept, others) if step.release else None
        steps.append(replace(step, release=release))
    return replace(done, steps=tuple(steps))


def names(done: Plan) -> list[str]:
    """The port versions of the last release that a plan makes."""
    return [f"{each.port}@{each.major}" for each in released(done, "shop.orders").ports]


@pytest.mark.parametrize("draft", [SECOND, CANDIDATE])
def test_a_preview_with_bad_data_is_not_shown_and_the_released_major_is(draft: PortVersion) -> None:
    start = situation(orders(FIRST, draft), today=TODAY)
    first = plan(start)
    found = as_found(first, "orders@2.orders")
    assert names(found) == ["orders@1"]
    assert set(released(found, "shop.orders").builds) == {"orders"}
    again = plan(after(found, start), failing(first, "orders@2.orders"))
    assert again.empty and again.changes == () and again.held == ()
    assert again.kept == (KeptBack("shop.orders", "orders@2", ("required v",)),)
    held = plan(after(found, start), failing(first, "orders@1.orders"))
    assert held.held[0].checks == ("required id",)


def test_a_preview_that_gets_bad_data_stays_as_it_was() -> None:
    start = situation(orders(FIRST, CANDIDATE), today=TODAY)
    first = plan(start)
    before = released(first, "shop.orders")
    changed = orders(FIRST, CANDIDATE, meaning="worse", old="better")
    now = changing(after(first, start), changed)
    second = plan(now, passed(first))
    found = as_found(second, "orders@2.orders")
    made = released(found, "shop.orders")
    assert made.ports[1] == before.ports[1] and made.ports[0] != before.ports[0]
    assert made.builds["orders_v2"] == before.builds["orders_v2"]
    verdicts = {**passed(first), **failing(second, "orders@2.orders")}
    again = plan(after(found, now), verdicts)
    assert again.empty
    assert again.kept == (KeptBack("shop.orders", "orders@2", ("required v",), shown=True),)
    ended = plan(replace(after(found, now), today="2027-01-01"), verdicts)
    assert names(ended) == ["orders@1"] and ended.drops == ()

    mended = orders(FIRST, CANDIDATE, meaning="mended", old="better")
    found = plan(changing(after(found, now), mended), verdicts)
    assert found.kept == () and names(found) == ["orders@1", "orders@2"]


def test_a_preview_whose_day_is_over_is_not_announced() -> None:
    start = situation(orders(FIRST), today="2027-02-01")
    done = after(plan(start), start)
    found = plan(changing(done, orders(FIRST, CANDIDATE)))
    [effect] = [each.effect for each in found.changes if each.name == "orders@2"]
    assert effect == f"draft, not shown: its last day as a preview was {LATER}"
    assert names(found) == ["orders@1"]


def changing(now: Situation, manifest: ProductManifest) -> Situation:
    """A situation in which the files say something else of one product."""
    applied = {manifest.address: now.desired.products[manifest.address]}
    desired = situation(manifest, environment=now.desired.environment).desired
    return replace(now, desired=desired, applied=applied)


def test_stricter_checks_of_a_preview_over_the_same_model_keep_it_back_alone() -> None:
    same = product("shop.orders", [transform("orders")], [FIRST, both(CANDIDATE)])
    start = situation(same, today=TODAY)
    first = plan(start)
    found = as_found(first, "orders@2.orders")
    assert names(found) == ["orders@1"]
    again = plan(after(found, start), failing(first, "orders@2.orders"))
    assert again.empty and len(again.kept) == 1


def both(preview: PortVersion) -> PortVersion:
    """A preview that the same model fills as the first major."""
    return replace(preview, objects=(replace(preview.objects[0], model="orders"),))


def test_a_stricter_rule_over_the_same_data_is_told_as_long_as_it_fails() -> None:
    start = situation(orders(FIRST, CANDIDATE), today=TODAY)
    first = plan(start)
    thing = replace(CANDIDATE.objects[0], checks=(required("v"), required("id")))
    strict = replace(CANDIDATE, objects=(thing,), contract={"version": "2.0.0", "stricter": True})
    now = changing(after(first, start), orders(FIRST, strict))
    second = plan(now, passed(first))
    found = as_found(second, "orders@2.orders")
    verdicts = {**passed(first), **failing(second, "orders@2.orders")}
    again = plan(after(found, now), verdicts)
    assert again.empty and [each.shown for each in again.kept] == [True]


def test_who_reads_a_draft_that_is_kept_back_waits() -> None:
    reader = product(
        "money.sums", [transform("sums", port("shop.orders.orders@2"))], [shown("sums")]
    )
    start = situation(orders(FIRST, SECOND), reader, environment="dev")
    first = plan(start)
    [audit] = [step.id for step in first.steps if step.audit and step.only_of]
    needs = {step.id: step.needs for step in first.steps}
    assert audit in needs["money.sums/publish"]
    found = as_found(first, "orders@2.orders")
    again = plan(after(found, start, "money.sums"), failing(first, "orders@2.orders"))
    assert [each.cause for each in again.held] == ["waits for shop.orders.orders@2"]


def test_a_product_of_which_nothing_is_published_is_held_as_a_whole() -> None:
    start = situation(orders(SECOND), environment="dev")
    first = plan(start)
    again = plan(after(first, start, "shop.orders"), failing(first, "orders@2.orders"))
    assert again.kept == () and [each.checks for each in again.held] == [("required v",)]


def test_checks_of_a_model_concern_whom_it_is_behind() -> None:
    base = transform("base", checks=(OWN,))
    view = Materialization.VIEW
    models = [base, transform("orders", model("base"), kind=view), transform("orders_v2")]
    own = product("shop.orders", models, [FIRST, SECOND])
    assert {each.object: each.previews for each in audits_of(own, None)} == {
        "orders@1.orders": (),
        "orders@2.orders": ("orders@2",),
        "base": (),
    }
    models[1:] = [transform("orders"), transform("orders_v2", model("base"))]
    alone = product("shop.orders", models, [FIRST, SECOND])
    assert {each.object: each.previews for each in audits_of(alone, None)}["base"] == ("orders@2",)
    over = [transform("orders_v2", checks=(OWN,)), transform("orders", model("orders_v2"))]
    found = audits_of(product("shop.orders", over, [FIRST, SECOND]), None)
    assert [(each.object, each.previews, len(each.checks)) for each in found] == [
        ("orders@1.orders", (), 1),
        ("orders@2.orders", ("orders@2",), 1),
        ("orders_v2", (), 1),
    ]


def only_of(done: Plan) -> dict[str, tuple[str, ...]]:
    """The versions that the steps of a plan are for, by what they are about."""
    kinds = (StepKind.BUILD, StepKind.COPY, StepKind.AUDIT)
    return {step.target: step.only_of for step in done.steps if step.kind in kinds}


def test_steps_say_which_versions_alone_they_are_for() -> None:
    third = shown("orders", major=3, status=Status.DRAFT, filled_by="orders_v3")
    models = [
        transform("base"),
        transform("orders", model("base")),
        transform("joined", model("base")),
        transform("orders_v2", model("joined")),
        transform("orders_v3", model("joined")),
        transform("stray"),
    ]
    own = product("shop.orders", models, [FIRST, SECOND, third])
    assert only_of(plan(situation(own))) == {
        "base": (),
        "orders": (),
        "joined": ("orders@2", "orders@3"),
        "orders_v2": ("orders@2",),
        "orders_v3": ("orders@3",),
        "stray": (),
        "orders@1.orders": (),
        "orders@2.orders": ("orders@2",),
        "orders@3.orders": ("orders@3",),
    }
    unpublished = plan(situation(orders(SECOND), environment="dev"))
    assert set(only_of(unpublished).values()) == {()}


def test_what_others_need_as_well_fails_with_them() -> None:
    third = shown("orders", major=3, status=Status.DRAFT, filled_by="orders_v3")
    looking = replace(
        SECOND, objects=(replace(SECOND.objects[0], checks=(refers_to(model("orders_v3")),)),)
    )
    models = [transform(name) for name in ("orders", "orders_v2", "orders_v3")]
    found = only_of(plan(situation(product("shop.orders", models, [FIRST, looking, third]))))
    assert found["orders_v3"] == ("orders@2", "orders@3")
    stray = transform("stray", model("orders_v3"))
    ports = [FIRST, SECOND, third]
    found = only_of(plan(situation(product("shop.orders", [*models, stray], ports))))
    assert (found["orders_v3"], found["orders_v2"]) == ((), ("orders@2",))


def test_a_version_that_could_not_be_built_is_tried_again_without_the_rest() -> None:
    start = situation(orders(FIRST, CANDIDATE), today=TODAY)
    first = plan(start)
    found = as_found(first, "orders_v2")
    assert names(found) == ["orders@1"]
    built = {"shop.orders": {"shop.orders/build/orders_v2": "build orders_v2 failed: 1 / 0\nhere"}}
    now = replace(after(found, start), failed=built)
    again = plan(now, passed(first))
    assert [(step.kind, step.only_of) for step in again.steps] == [
        (StepKind.BUILD, ("orders@2",)),
        (StepKind.AUDIT, ("orders@2",)),
        (StepKind.PUBLISH, ("orders@2",)),
    ]
    [kept] = again.kept
    assert (kept.port, kept.shown, kept.why) == (
        "orders@2",
        False,
        "build orders_v2 failed: 1 / 0",
    )
    assert again.changes == () and again.held == ()
    assert names(again) == ["orders@1", "orders@2"]
    assert as_found(again, "orders_v2").steps[-1].release == replace(
        released(found, "shop.orders"), number=2
    )

    changed = orders(FIRST, CANDIDATE, old="better")
    mixed = plan(changing(now, changed), passed(first))
    assert mixed.steps[-1].kind is StepKind.PUBLISH and mixed.steps[-1].only_of == ()


def test_what_failed_in_a_version_that_is_shown_leaves_it_as_it_was() -> None:
    start = situation(orders(FIRST, CANDIDATE), today=TODAY)
    first = plan(start)
    now = changing(after(first, start), orders(FIRST, CANDIDATE, meaning="worse"))
    second = plan(now, passed(first))
    found = as_found(second, "orders_v2")
    before, made = released(first, "shop.orders"), released(found, "shop.orders")
    assert (made.ports, made.builds) == (before.ports, before.builds)
    failed = {"shop.orders": {"shop.orders/build/orders_v2": "build orders_v2 failed: no"}}
    again = plan(replace(after(found, now), failed=failed), passed(first))
    assert [each.shown for each in again.kept] == [True]


def test_who_reads_a_draft_waits_for_what_makes_it() -> None:
    reader = product(
        "money.sums", [transform("sums", port("shop.orders.orders@2"))], [shown("sums")]
    )
    other = product("money.revenue", [transform("one", port("shop.orders.orders@1"))], [])
    done = plan(situation(orders(FIRST, SECOND), reader, other, environment="dev"))
    needs = {step.id: step.needs for step in done.steps}
    assert needs["money.sums/build/sums"] == ("shop.orders/build/orders_v2", "shop.orders/publish")
    assert needs["money.revenue/build/one"] == ("shop.orders/publish",)


def test_a_product_that_moves_to_another_warehouse_comes_as_a_whole() -> None:
    before = orders(FIRST, CANDIDATE)
    start = situation(before, today=TODAY)
    done = after(plan(start), start)
    moved = replace(
        done,
        desired=situation(replace(before, warehouse="ops_db", digest="moved")).desired,
        applied={before.address: before},
        homes={before.address: "lake"},
        there={"lake": done.releases, "ops_db": {}},
        dialects={"lake": "duckdb", "ops_db": "duckdb"},
        builds={**done.builds, "ops_db": frozenset()},
    )
    found = only_of(plan(moved))
    assert (found["orders"], found["orders_v2"]) == ((), ())


@pytest.mark.parametrize(
    ("first", "expected"), [((), ("sums@2",)), ((port("shop.orders.orders@1"),), ())]
)
def test_a_copy_is_for_whom_it_is_read(first: tuple[Read, ...], expected: tuple[str, ...]) -> None:
    models = [
        transform("sums", *first),
        transform("sums_v2", port("shop.orders.orders@1")),
    ]
    second = shown("sums", major=2, status=Status.DRAFT, filled_by="sums_v2")
    reader = replace(product("money.sums", models, [shown("sums"), second]), warehouse="ops_db")
    dialects = {"lake": "duckdb", "ops_db": "duckdb"}
    there = {"lake": frozenset[str](), "ops_db": frozenset[str]()}
    done = plan(situation(orders(FIRST), reader, dialects=dialects, builds=there))
    assert only_of(done)["shop.orders.orders@1"] == expected
