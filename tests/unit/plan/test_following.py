"""Who goes to a new major: consumers that float follow, those that pin stay, others are named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_values import COLUMNS, port, product, shown, situation, transform

from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest, ResolvedInput
from weft.plan.diff import diff_product
from weft.plan.following import how_to_stay, moving, new_majors, with_followers
from weft.plan.plan import Affected

FIRST, SECOND = "shop.orders.orders@1", "shop.orders.orders@2"
OLD = shown("orders")
NEW = replace(shown("orders", COLUMNS[:1]), major=2, version="2.0.0")
BEFORE = product("shop.orders", [transform("orders")], [OLD])
AFTER = product("shop.orders", [transform("orders")], [OLD, NEW])


def reader(name: str, address: str, *, pinned: bool, column: str = "id") -> ProductManifest:
    read = replace(port(address), columns=(column,))
    found = product(f"a.{name}", [transform("m", read)])
    return replace(found, inputs=(ResolvedInput("orders", address, pinned=pinned),))


def found(
    consumer: ProductManifest, after: ProductManifest = AFTER, broken: bool = False
) -> list[tuple[str, str]]:
    """The ports and verdicts of a consumer."""
    everyone = {after.address: after, consumer.address: consumer}
    there = replace(situation(after), broken=(SECOND,) if broken else ())
    changes = diff_product(after, BEFORE)
    return [(each.port, each.verdict) for each in moving(changes, everyone, there)]


@pytest.mark.parametrize(
    ("consumer", "broken", "expected"),
    [
        (reader("pins", FIRST, pinned=True), False, (FIRST, "ok")),
        (reader("floats", SECOND, pinned=False), False, (SECOND, "ok, follows to major 2")),
        (
            reader("floats", FIRST, pinned=False),
            False,
            (FIRST, "ok, follows to major 2 when its files are applied again"),
        ),
        (
            reader("floats", FIRST, pinned=False, column="v"),
            False,
            (FIRST, "ok until its files are applied again: major 2 does not have v"),
        ),
        (
            reader("floats", FIRST, pinned=False, column="v"),
            True,
            (FIRST, "BREAKS: would follow, and major 2 does not have v"),
        ),
        (
            reader("floats", FIRST, pinned=False),
            True,
            (FIRST, "ok, follows to major 2 when its files are applied again"),
        ),
    ],
)
def test_what_a_new_major_means_for_a_consumer(
    consumer: ProductManifest, broken: bool, expected: tuple[str, str]
) -> None:
    assert found(consumer, broken=broken) == [expected]


def test_a_consumer_of_another_root_is_never_in_the_way() -> None:
    consumer = replace(reader("floats", FIRST, pinned=False, column="v"), root="elsewhere")
    [(_, verdict)] = found(consumer, broken=True)
    assert verdict == "ok until its files are applied again: major 2 does not have v"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.PROPOSED])
def test_a_draft_is_followed_by_nobody(status: Status) -> None:
    after = product("shop.orders", [transform("orders")], [OLD, replace(NEW, status=status)])
    assert found(reader("floats", FIRST, pinned=False), after) == []


def test_a_draft_that_becomes_active_is_a_new_major() -> None:
    draft = replace(NEW, status=Status.DRAFT)
    before = product("shop.orders", [transform("orders")], [OLD, draft])
    changes = diff_product(AFTER, before)
    assert list(new_majors(changes, {AFTER.address: AFTER})) == [SECOND]


def test_an_older_major_beside_the_current_one_moves_nobody() -> None:
    third = replace(NEW, major=3, version="3.0.0")
    before = product("shop.orders", [transform("orders")], [OLD, third])
    after = product("shop.orders", [transform("orders")], [OLD, NEW, third])
    assert new_majors(diff_product(after, before), {after.address: after}) == {}


def test_who_would_break_is_told_how_to_stay() -> None:
    consumer = reader("floats", FIRST, pinned=False, column="v")
    consumer = replace(consumer, path="domains/a/floats")
    everyone = {AFTER.address: AFTER, consumer.address: consumer}
    changes = diff_product(AFTER, BEFORE)
    affected = moving(changes, everyone, replace(situation(AFTER), broken=(SECOND,)))
    assert list(how_to_stay(affected, changes, everyone)) == [
        "shop.orders.orders@2 would break a.floats, which floats and would follow to it.\n"
        'let it stay: `version: "1"` at its input port `orders` in domains/a/floats/product.yaml'
    ]
    assert list(how_to_stay((), changes, everyone)) == []


def test_the_change_of_a_port_itself_says_more_than_that_nobody_moves() -> None:
    known = Affected("a.pins", FIRST, True, "ok, reads id of a wider type")
    stays = Affected("a.pins", FIRST, True, "ok")
    moves = Affected("b.floats", SECOND, False, "ok, follows to major 2")
    assert with_followers((known,), (stays, moves)) == (known, moves)
    breaks = replace(stays, verdict="BREAKS: x")
    assert with_followers((stays,), (breaks,)) == (breaks,)
    assert with_followers((replace(stays, verdict="may read y"),), (breaks,)) == (breaks,)
