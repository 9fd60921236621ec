"""Plans of situations made by hand: what is built, held, waited for, refused and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from plan_values import (
    REVENUE,
    after,
    failed,
    file_source,
    ids,
    model,
    newer,
    passed,
    plan,
    port,
    product,
    refers_to,
    released,
    required,
    shown,
    situation,
    source,
    transform,
)

from weft.mesh.check import CheckResult, Promise
from weft.mesh.contract import Status
from weft.mesh.product import Materialization
from weft.mesh.release import Release
from weft.mesh.run import Hold
from weft.plan.examine import Situation
from weft.plan.plan import DataChange, Plan, StepKind
from weft.plan.planning import plan_id
from weft.sql.dialect import dialect_named

CHECKED = shown("orders", checks=(required("id"),))
ORDERS = product("shop.orders", [transform("orders")], [CHECKED])


def test_a_first_plan_builds_audits_and_publishes_each_product_after_what_it_reads() -> None:
    first = plan(situation(ORDERS, REVENUE))
    assert ids(first) == [
        "shop.orders/build/orders",
        "shop.orders/audit/orders@1.orders",
        "shop.orders/publish",
        "money.revenue/build/revenue",
        "money.revenue/audit/revenue@1.revenue",
        "money.revenue/publish",
    ]
    needs = {step.id: step.needs for step in first.steps}
    assert needs["shop.orders/audit/orders@1.orders"] == ("shop.orders/build/orders",)
    assert needs["money.revenue/build/revenue"] == ("shop.orders/publish",)
    assert set(first.base) == {"shop.orders", "money.revenue"}
    assert first.base["shop.orders"].warehouse == "lake"


def test_after_a_plan_there_is_nothing_to_do() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    again = plan(after(first, start), passed(first))
    assert again.empty and again.changes == () and again.base == {}


def test_the_name_of_a_plan_is_its_content() -> None:
    one, same = plan(situation(ORDERS)), plan(situation(ORDERS))
    assert one == same and one.id == plan_id(one)
    assert plan(situation(product("shop.orders", [transform("x")]))).id != one.id


def test_a_build_that_is_there_is_not_made_again() -> None:
    start = situation(ORDERS)
    first = plan(start)
    key = next(step.build.key for step in first.steps if step.build)
    found = plan(replace(start, builds={"lake": frozenset([key])}))
    assert ids(found, StepKind.BUILD) == []
    assert ids(found, StepKind.PUBLISH) == ["shop.orders/publish"]


def test_another_title_publishes_nothing() -> None:
    start = situation(ORDERS)
    first = plan(start)
    retitled = replace(ORDERS, title="Orders", digest="retitled")
    now = replace(
        after(first, start),
        desired=situation(retitled).desired,
        applied={"shop.orders": ORDERS},
    )
    found = plan(now, passed(first))
    assert [change.effect for change in found.changes] == ["no rebuild"]
    assert ids(found, StepKind.BUILD) == []


def test_newer_data_rebuilds_what_reads_it_and_is_no_change() -> None:
    raw = product(
        "shop.raw",
        [transform("raw", source("feed")), transform("fixed"), transform("sum", model("raw"))],
        [shown("raw")],
        [file_source("feed")],
    )
    start = situation(raw)
    first = plan(start)
    found = plan(newer(after(first, start), "shop.raw", "feed", "other bytes"), passed(first))
    assert ids(found, StepKind.BUILD) == ["shop.raw/build/raw", "shop.raw/build/sum"]
    assert found.changes == ()
    assert found.data == (DataChange("shop.raw.feed", ("shop.raw.raw", "shop.raw.sum")),)


def test_failed_checks_hold_a_product_and_what_reads_its_candidate() -> None:
    last = product(
        "money.report", [transform("report", port("money.revenue.revenue@1"))], [shown("report")]
    )
    start = situation(ORDERS, REVENUE, last)
    first = plan(start)
    found = plan(
        after(first, start, "shop.orders", "money.revenue", "money.report"),
        failed(first, "shop.orders"),
    )
    assert [(each.product, each.cause) for each in found.held] == [
        ("shop.orders", "checks failed"),
        ("money.revenue", "waits for shop.orders"),
        ("money.report", "waits for money.revenue"),
    ]
    assert found.held[0].checks == ("required id",)
    assert found.empty


def test_a_check_that_reads_a_held_candidate_waits_too() -> None:
    judged = product(
        "money.revenue",
        [transform("revenue")],
        [shown("revenue", checks=(refers_to(port("shop.orders.orders@1")),))],
    )
    start = situation(ORDERS, judged)
    first = plan(start)
    found = plan(after(first, start, "shop.orders", "money.revenue"), failed(first, "shop.orders"))
    assert [each.cause for each in found.held] == ["checks failed", "waits for shop.orders"]
    assert found.empty


def test_what_reads_the_release_of_a_held_product_goes_on() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    settled = after(first, start)
    worse = product("shop.orders", [transform("orders"), transform("new")], ORDERS.ports)
    wider = product("money.revenue", [*REVENUE.transforms, transform("more")], REVENUE.ports)
    now = replace(settled, desired=situation(worse, wider).desired)
    found = plan(now, failed(first, "shop.orders"))
    assert [each.product for each in found.held] == ["shop.orders"]
    assert "money.revenue/publish" in ids(found)


def test_a_person_may_hold_a_product_and_a_new_definition_ends_that() -> None:
    raw = product(
        "shop.raw", [transform("raw", source("feed"))], [shown("raw")], [file_source("feed")]
    )
    start = situation(raw)
    first = plan(start)
    hold = Hold("shop.raw", "prod", 1, "ana", "wrong totals", "2026-01-01T00:00:00Z")
    settled = replace(after(first, start), holds={"shop.raw": hold})
    held = plan(newer(settled, "shop.raw", "feed", "other"), passed(first))
    assert ids(held, StepKind.BUILD) == ["shop.raw/build/raw"]
    assert ids(held, StepKind.PUBLISH) == []
    assert held.held[0].cause == "held by ana: wrong totals"
    assert held.base["shop.raw"].hold == hold.since
    changed = product("shop.raw", [transform("raw", meaning="other")], [shown("raw")])
    found = plan(replace(settled, desired=situation(changed).desired), passed(first))
    assert ids(found, StepKind.PUBLISH) == ["shop.raw/publish"] and found.held == ()


def test_a_port_that_nobody_published_blocks() -> None:
    found = plan(situation(REVENUE))
    assert found.steps == ()
    assert found.blocked == (
        "money.revenue reads shop.orders.orders@1.orders, which is not published in prod yet: "
        "apply shop.orders first.",
    )


def test_a_check_never_goes_unasked_because_what_it_reads_is_not_there() -> None:
    judged = product(
        "money.revenue",
        [transform("revenue")],
        [shown("revenue", checks=(refers_to(port("shop.orders.orders@1")),))],
    )
    found = plan(situation(judged))
    assert found.steps == ()
    assert found.blocked == (
        "money.revenue reads shop.orders.orders@1.orders, which is not published in prod yet: "
        "apply shop.orders first.",
    )


def test_a_product_out_of_scope_is_read_as_it_is_released() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    alone = replace(after(first, start, "money.revenue"), desired=situation(REVENUE).desired)
    made = released(first, "money.revenue").builds["revenue"]
    found = plan(replace(alone, builds={"lake": alone.builds["lake"] - {made}}))
    assert {step.product for step in found.steps} == {"money.revenue"}
    assert found.steps[0].build is not None
    assert found.steps[0].build.reads == (released(first, "shop.orders").builds["orders"],)


def test_another_environment_reads_production_and_shows_drafts() -> None:
    start = situation(ORDERS)
    done = after(plan(start), start)
    made = done.releases["shop.orders"]
    draft = product(
        "money.revenue",
        REVENUE.transforms,
        [shown("revenue", status=Status.DRAFT)],
    )
    there = situation(draft, environment="dev", fallback={"shop.orders": made}, builds=done.builds)
    assert [each.port for each in released(plan(there), "money.revenue").ports] == ["revenue"]
    here = replace(
        there,
        desired=replace(there.desired, environment="prod"),
        releases={"shop.orders": made},
    )
    assert released(plan(here), "money.revenue").ports == ()


def test_a_model_less_is_published_beside_the_old_one_and_then_dropped() -> None:
    wide = product("shop.orders", [transform("orders"), transform("old")], [CHECKED])
    start = situation(wide)
    first = plan(start)
    now = replace(
        after(first, start), desired=situation(ORDERS).desired, applied={"shop.orders": wide}
    )
    found = plan(now, passed(first))
    publish, drop = found.steps
    assert (publish.kind, drop.kind) == (StepKind.PUBLISH, StepKind.DROP)
    assert publish.release is not None and drop.release is not None
    assert set(publish.release.builds) == {"orders", "old"}
    assert set(drop.release.builds) == {"orders"}
    assert (publish.expected, drop.expected) == (1, 2)
    assert drop.target == "old" and drop.needs == ("shop.orders/publish",)
    assert found.drops == (drop,)


def test_a_product_less_is_dropped_once_its_readers_have_moved_on() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    alone = product("money.revenue", [transform("revenue")], REVENUE.ports)
    now = replace(
        after(first, start),
        desired=situation(alone).desired,
        applied={"shop.orders": ORDERS, "money.revenue": REVENUE},
        removed=("shop.orders",),
    )
    found = plan(now, passed(first))
    assert ids(found)[-1] == "shop.orders/drop"
    assert found.steps[-1].needs == ("money.revenue/publish",)
    assert found.steps[-1].release is not None and found.steps[-1].release.ports == ()


def test_products_that_read_each_other_are_dropped_from_the_last() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    now = replace(
        after(first, start),
        desired=situation().desired,
        applied={"shop.orders": ORDERS, "money.revenue": REVENUE},
        removed=("money.revenue", "shop.orders"),
    )
    found = plan(now, passed(first))
    assert ids(found) == ["money.revenue/drop", "shop.orders/drop"]
    assert found.steps[1].needs == ("money.revenue/drop",)
    turned = plan(replace(now, removed=("shop.orders", "money.revenue")), passed(first))
    assert ids(turned) == ids(found)


def test_a_dropped_product_that_was_not_recorded_is_recorded() -> None:
    start = situation(ORDERS)
    gone = replace(released(plan(start), "shop.orders"), ports=(), builds={})
    now = replace(
        start,
        desired=situation().desired,
        applied={"shop.orders": ORDERS},
        digests={"shop.orders": ORDERS.digest},
        releases={"shop.orders": gone},
        removed=("shop.orders",),
    )
    found = plan(now)
    assert found.steps == () and not found.empty
    assert found.base["shop.orders"].release == gone.number
    assert found.base["shop.orders"].warehouse == "lake"


def test_a_release_that_was_not_recorded_is_recorded_without_a_step() -> None:
    start = situation(ORDERS)
    first = plan(start)
    killed = replace(after(first, start), recorded={})
    found = plan(killed, passed(first))
    assert found.steps == () and found.changes == ()
    assert list(found.manifests) == ["shop.orders"]


def test_a_number_of_a_release_that_was_lost_is_not_given_again() -> None:
    start = situation(ORDERS)
    lost = replace(after(plan(start), start), releases={}, builds={}, recorded={"shop.orders": 7})
    step = plan(lost).steps[-1]
    assert step.release is not None
    assert (step.kind, step.expected, step.release.number) == (StepKind.PUBLISH, 0, 8)


def test_a_view_is_built_like_a_table_and_needs_what_it_names() -> None:
    view = transform("total", model("orders"), kind=Materialization.VIEW)
    found = plan(situation(product("shop.orders", [transform("orders"), view])))
    assert found.steps[1].build is not None
    assert found.steps[1].build.kind == "view"
    assert found.steps[1].needs == ("shop.orders/build/orders",)
    (key,) = found.steps[1].build.reads
    relation = dialect_named("duckdb").relation("builds", key)
    assert found.steps[1].statements == (f"SELECT 1 FROM {relation} JOIN ",)


def test_a_rebuild_that_was_asked_for_has_another_key() -> None:
    start = situation(ORDERS)
    first = plan(start)
    salts = {"shop.orders.orders": "salt"}
    found = plan(replace(after(first, start), salts=salts, new_salts=salts), passed(first))
    assert ids(found, StepKind.BUILD) == ["shop.orders/build/orders"]
    assert found.salts == salts


def held(before: Situation, address: str) -> Situation:
    """The situation with a person's hold on one product."""
    hold = Hold(address, "prod", 1, "ana", "wrong totals", "2026-01-01T00:00:00Z")
    return replace(before, holds={address: hold})


FEED = product(
    "shop.raw", [transform("raw", source("feed"))], [shown("raw")], [file_source("feed")]
)
TOTALS = product("money.totals", [transform("totals", port("shop.raw.raw@1"))], [shown("totals")])


def rolled_back() -> tuple[Situation, Release, Mapping[str, Sequence[CheckResult]]]:
    """Two releases were published and read; then a person went back to the first one."""
    start = situation(FEED, TOTALS)
    first = plan(start)
    before = newer(after(first, start), "shop.raw", "feed", "other bytes")
    second = plan(before, passed(first))
    now = after(second, before)
    back = replace(released(first, "shop.raw"), number=3)
    now = replace(
        now,
        releases={**now.releases, "shop.raw": back},
        recorded={**now.recorded, "shop.raw": 3},
    )
    verdicts = {**passed(first), **passed(second)}
    return held(now, "shop.raw"), released(first, "money.totals"), verdicts


def test_what_reads_a_product_that_went_back_is_built_on_the_older_release() -> None:
    now, totals, verdicts = rolled_back()
    found = plan(now, verdicts)
    assert [(each.product, each.by_person) for each in found.held] == [("shop.raw", True)]
    assert ids(found) == ["money.totals/audit/totals@1.totals", "money.totals/publish"]
    assert released(found, "money.totals").builds == totals.builds
    assert found.data == (DataChange("shop.raw.raw@1", ("money.totals.totals",)),)
    again = plan(after(found, now), verdicts)
    assert again.empty and [each.product for each in again.held] == ["shop.raw"]


def test_what_reads_more_than_the_older_release_has_waits_for_the_hold_to_end() -> None:
    now, _, verdicts = rolled_back()
    back = now.releases["shop.raw"]
    narrow = replace(back.ports[0], objects=(replace(back.ports[0].objects[0], columns=("id",)),))
    releases = {**now.releases, "shop.raw": replace(back, ports=(narrow,))}
    found = plan(replace(now, releases=releases), verdicts)
    assert [each.cause for each in found.held][1:] == ["waits for shop.raw"]
    assert found.empty and found.blocked == ()


def test_a_hold_is_shown_though_nothing_waits_for_it() -> None:
    start = situation(FEED)
    first = plan(start)
    found = plan(held(after(first, start), "shop.raw"), passed(first))
    assert found.empty and [each.by_person for each in found.held] == [True]


def test_a_definition_that_is_gone_is_not_called_unpublished() -> None:
    start = situation(ORDERS, REVENUE)
    first = plan(start)
    less = product("shop.orders", [transform("orders")])
    now = replace(
        after(first, start),
        desired=situation(less, REVENUE).desired,
        applied={"shop.orders": ORDERS},
    )
    found = plan(now, passed(first))
    assert {each.product for each in found.changes} == {"shop.orders"}
    assert found.blocked[0] == (
        "money.revenue reads shop.orders.orders@1.orders, which is published in prod and which "
        "shop.orders no longer defines."
    )
    assert "weft new port" not in "".join(found.blocked)


def test_a_rebuild_on_request_is_no_newer_data() -> None:
    start = situation(FEED)
    first = plan(start)
    salts = {"shop.raw.raw": "salt"}
    changed = newer(after(first, start), "shop.raw", "feed", "other bytes")
    assert plan(replace(changed, salts=salts, new_salts=salts), passed(first)).data == ()


def test_a_source_that_cannot_be_read_keeps_back_its_product_and_those_that_read_it() -> None:
    feed = product(
        "shop.raw", [transform("raw", source("feed"))], [shown("raw")], [file_source("feed")]
    )
    orders = product(
        "shop.orders", [transform("orders", port("shop.raw.raw@1"))], [shown("orders")]
    )
    apart = product("money.apart", [transform("apart")], [shown("apart")])
    start = situation(feed, orders, REVENUE, apart)
    lost = {"unread": {"shop.raw": "no file"}, "contents": {}}
    for now in (start, after(plan(start), start)):
        found = plan(replace(now, **lost))
        assert [(each.product, each.cause, each.unread) for each in found.held] == [
            ("shop.raw", "no file", True),
            ("shop.orders", "waits for shop.raw", False),
            ("money.revenue", "waits for shop.orders", False),
        ]
        assert found.blocked == ()
    assert {step.product for step in plan(replace(start, **lost)).steps} == {"money.apart"}


def test_what_reads_the_data_of_another_source_goes_on() -> None:
    feed = product(
        "shop.raw",
        [transform("raw", source("feed")), transform("orders", source("other"))],
        [shown("raw"), shown("orders")],
        [file_source("feed"), file_source("other")],
    )
    reader = product(
        "money.revenue", [transform("revenue", port("shop.raw.orders@1"))], [shown("revenue")]
    )
    start = situation(feed, reader)
    done = after(plan(start), start)
    contents = {"shop.raw": {"other": done.contents["shop.raw"]["other"]}}
    found = plan(replace(done, unread={"shop.raw": "no file"}, contents=contents))
    assert [each.product for each in found.held] == ["shop.raw"]
    assert found.empty


def test_going_back_to_an_earlier_definition_reuses_its_build() -> None:
    first = plan(situation(ORDERS))
    settled = after(first, situation(ORDERS))
    other = product("shop.orders", [transform("orders", meaning="other")], [CHECKED])
    now = replace(settled, desired=situation(other).desired, applied={"shop.orders": ORDERS})
    second = plan(now)
    assert [each.effect for each in second.changes] == ["rebuild"]
    changed = after(second, now)
    back = replace(changed, desired=situation(ORDERS).desired, applied={"shop.orders": other})
    third = plan(back, passed(first))
    assert ids(third) == ["shop.orders/audit/orders@1.orders", "shop.orders/publish"]
    assert [each.effect for each in third.changes] == ["reused, its build is still there"]


def compared(found: Plan) -> list[tuple[str, str]]:
    """The builds that audits look at, each with the one whose types it has to keep."""
    return [(each.audit.key, each.audit.succeeds) for each in found.steps if each.audit]


def test_an_audit_is_told_which_build_readers_have_now() -> None:
    first = plan(situation(ORDERS))
    old = released(first, "shop.orders").builds["orders"]
    assert compared(first) == [(old, "")]
    other = product("shop.orders", [transform("orders", meaning="other")], [CHECKED])
    now = replace(
        after(first, situation(ORDERS)),
        desired=situation(other).desired,
        applied={"shop.orders": ORDERS},
    )
    second = plan(now, passed(first))
    new = released(second, "shop.orders")
    assert compared(second) == [(new.builds["orders"], old)]
    assert new.promised["orders", 1, "orders"].succeeds == old


def test_what_an_audit_is_compared_with_stays_when_its_build_is_released() -> None:
    related = [shown("revenue", checks=(refers_to(port("shop.orders.orders@1")),))]
    one, other = (
        product("money.revenue", [transform("revenue", meaning=each)], related) for each in "ab"
    )
    start = situation(ORDERS, one)
    first = plan(start)
    now = replace(
        after(first, start),
        desired=situation(ORDERS, other).desired,
        applied={one.address: one},
    )
    second = plan(now, passed(first))
    assert all(earlier for _, earlier in compared(second))
    again = plan(after(second, now), {**passed(first), **passed(second)})
    assert again.empty


def test_a_draft_promises_nobody_its_types() -> None:
    draft = product("shop.orders", [transform("orders")], [shown("orders", status=Status.DRAFT)])
    first = plan(situation(draft, environment="dev"))
    other = product("shop.orders", [transform("orders", meaning="other")], draft.ports)
    now = replace(
        after(first, situation(draft, environment="dev")),
        desired=situation(other, environment="dev").desired,
        applied={"shop.orders": draft},
    )
    assert [earlier for _, earlier in compared(plan(now, passed(first)))] == [""]


def test_what_is_reused_is_checked_for_new_promises_about_types() -> None:
    first = plan(situation(ORDERS))
    settled = after(first, situation(ORDERS))
    thing = replace(CHECKED.objects[0], promises=(Promise("id", "integer"),))
    promising = product("shop.orders", [transform("orders")], [replace(CHECKED, objects=(thing,))])
    now = replace(settled, desired=situation(promising).desired, applied={"shop.orders": ORDERS})
    assert ids(plan(now, passed(first)), StepKind.AUDIT) == ["shop.orders/audit/orders@1.orders"]


LAYERS = product(
    "shop.layers",
    [
        transform("base", source("feed")),
        transform("middle", model("base"), kind=Materialization.VIEW),
        transform("top", model("middle"), kind=Materialization.VIEW),
    ],
    [shown("top")],
    [file_source("feed")],
)
READS_TOP = product(
    "money.reads_top",
    [transform("totals", port("shop.layers.top@1"))],
    [shown("totals")],
)


def lost(now: Situation, address: str, *models: str) -> Situation:
    """The situation without the builds behind some models of a product's release."""
    builds = now.releases[address].builds
    gone = {builds[each] for each in models}
    hollow = {builds["middle"]: (builds["base"],), builds["top"]: (builds["middle"],)}
    return replace(
        now,
        builds={"lake": now.builds["lake"] - gone},
        hollow={key: reads for key, reads in hollow.items() if key not in gone},
    )


def test_what_reads_a_view_waits_for_the_table_that_it_lost() -> None:
    start = situation(LAYERS, READS_TOP)
    first = plan(start)
    now = lost(after(first, start), "shop.layers", "base")
    now = replace(now, salts={"money.reads_top.totals": "salt"})
    found = plan(now, passed(first))
    assert [(step.id, step.needs) for step in found.steps] == [
        ("shop.layers/build/base", ()),
        ("shop.layers/audit/top@1.top", ("shop.layers/build/base",)),
        ("money.reads_top/build/totals", ("shop.layers/build/base",)),
        ("money.reads_top/audit/totals@1.totals", ("money.reads_top/build/totals",)),
        (
            "money.reads_top/publish",
            ("money.reads_top/build/totals", "money.reads_top/audit/totals@1.totals"),
        ),
    ]


def test_what_is_published_anew_waits_for_what_its_views_lost() -> None:
    start = situation(LAYERS)
    first = plan(start)
    now = lost(after(first, start), "shop.layers", "base")
    more = replace(LAYERS, ports=(*LAYERS.ports, shown("middle")), digest="another")
    found = plan(replace(now, desired=situation(more).desired), passed(first))
    [publish] = [step for step in found.steps if step.kind is StepKind.PUBLISH]
    assert "shop.layers/build/base" in publish.needs


def test_lost_data_that_the_plan_does_not_build_keeps_its_readers_waiting() -> None:
    start = situation(LAYERS, READS_TOP)
    first = plan(start)
    now = lost(after(first, start), "shop.layers", "base")
    again = {"money.reads_top.totals": "salt"}
    found = plan(replace(now, desired=situation(READS_TOP).desired, salts=again), passed(first))
    assert found.empty
    assert [(each.product, each.cause, each.unread) for each in found.held] == [
        (
            "money.reads_top",
            "waits for shop.layers, whose data is lost: apply shop.layers first",
            True,
        )
    ]


def test_what_was_never_built_is_not_called_lost() -> None:
    start = situation(LAYERS)
    done = after(plan(start), start)
    reads_nothing = transform("orders", port("shop.nobody.nothing@1"))
    without = product("shop.orders", [transform("whole"), reads_nothing], [shown("whole")])
    reader = product(
        "money.revenue", [transform("revenue", port("shop.orders.whole@1"))], [shown("revenue")]
    )
    desired = situation(LAYERS, without, reader).desired
    for now in (done, lost(done, "shop.layers", "base")):
        found = plan(replace(now, desired=desired))
        assert [each.split(",")[0] for each in found.blocked] == [
            "shop.orders reads shop.nobody.nothing@1.nothing"
        ]
        assert [(each.product, each.cause) for each in found.held] == [
            ("money.revenue", "waits for shop.orders")
        ]


def test_a_hold_on_data_that_is_lost_says_so() -> None:
    now, _, verdicts = rolled_back()
    gone = frozenset(now.releases["shop.raw"].builds.values())
    found = plan(replace(now, builds={"lake": now.builds["lake"] - gone}), verdicts)
    assert [(each.product, each.by_person, each.lost) for each in found.held] == [
        ("shop.raw", True, True),
        ("money.totals", False, False),
    ]
    assert found.held[1].cause == "waits for shop.raw, whose data is lost"
    assert found.empty


def test_who_reads_what_a_port_has_lost_stays_as_it_is() -> None:
    start = situation(ORDERS, REVENUE)
    done = after(plan(start), start)
    thing = CHECKED.objects[0]
    narrow = replace(CHECKED, objects=(replace(thing, columns=thing.columns[:1]),))
    renamed = replace(CHECKED, objects=(replace(thing, name="lines"),))
    for less, lost in ((narrow, "v"), (renamed, "object orders")):
        changed = product("shop.orders", [transform("orders", meaning="less")], [less])
        found = plan(replace(done, desired=situation(changed, REVENUE).desired))
        assert [(each.product, each.cause) for each in found.held] == [
            ("money.revenue", f"shop.orders.orders@1 no longer has {lost}, which it reads")
        ]
        assert {step.product for step in found.steps} == {"shop.orders"}
