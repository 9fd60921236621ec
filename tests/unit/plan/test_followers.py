"""Who is worked on without a change of its own, and why."""

from __future__ import annotations

from dataclasses import replace

from plan_values import (
    REVENUE,
    after,
    file_source,
    ids,
    model,
    newer,
    passed,
    plan,
    product,
    shown,
    situation,
    source,
    transform,
)

from weft.mesh.run import Hold
from weft.plan.followers import Follower, followers
from weft.plan.growing import again_salt

ORDERS = product(
    "shop.orders",
    [transform("raw", source("feed")), transform("orders", model("raw"))],
    [shown("orders")],
    [file_source("feed")],
)
START = situation(ORDERS, REVENUE)
FIRST = plan(START)
SETTLED = after(FIRST, START)


def test_nobody_follows_in_a_first_plan_or_in_one_of_newer_data() -> None:
    assert followers(FIRST) == ()
    assert followers(plan(newer(SETTLED, "shop.orders", "feed", "other"), passed(FIRST))) == ()


def test_what_reads_a_changed_model_follows_in_its_product_and_in_others() -> None:
    models = [transform("raw", source("feed"), meaning="other"), ORDERS.transforms[1]]
    changed = product("shop.orders", models, ORDERS.ports, ORDERS.sources)
    now = replace(
        SETTLED, desired=situation(changed, REVENUE).desired, applied={"shop.orders": ORDERS}
    )
    assert followers(plan(now, passed(FIRST))) == (
        Follower("shop.orders", ("orders",), 1),
        Follower("money.revenue", ("revenue",), 1, ("shop.orders",)),
    )


def test_what_reads_a_product_that_went_back_follows_it() -> None:
    later = newer(SETTLED, "shop.orders", "feed", "other")
    applied = after(plan(later, passed(FIRST)), later)
    earlier = replace(SETTLED.releases["shop.orders"], number=3, restores=1)
    hold = Hold("shop.orders", "prod", 1, "ann", "wrong", "2026-11-21T00:00:00Z")
    back = replace(
        applied,
        releases={**applied.releases, "shop.orders": earlier},
        recorded={**applied.recorded, "shop.orders": 3},
        holds={"shop.orders": hold},
    )
    planned = plan(back, {**passed(FIRST), **passed(plan(later, passed(FIRST)))})
    assert ids(planned) == ["money.revenue/audit/revenue@1.revenue", "money.revenue/publish"]
    assert followers(planned) == (Follower("money.revenue", (), 1, ("shop.orders",)),)


def test_a_rebuild_is_asked_for() -> None:
    salts = {"shop.orders.raw": "s", "shop.orders.orders": "s"}
    found = followers(plan(replace(SETTLED, salts=salts, new_salts=salts), passed(FIRST)))
    assert [(each.product, each.asked) for each in found] == [
        ("shop.orders", True),
        ("money.revenue", False),
    ]


def test_ranges_that_are_read_anew_are_no_rebuild() -> None:
    salts = {"shop.orders.raw": again_salt("s")}
    found = followers(plan(replace(SETTLED, salts=salts, new_salts=salts), passed(FIRST)))
    assert [(each.asked, each.anew) for each in found] == [(False, True), (False, False)]


def test_what_an_earlier_apply_left_has_no_cause() -> None:
    left = replace(SETTLED, releases={}, recorded={})
    (first, second) = followers(plan(left, passed(FIRST)))
    assert first == Follower("shop.orders")
    assert second.because == ()
    killed = replace(SETTLED, recorded={})
    assert [each.product for each in followers(plan(killed, passed(FIRST)))] == [
        "shop.orders",
        "money.revenue",
    ]
