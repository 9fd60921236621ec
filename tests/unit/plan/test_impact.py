"""Who is affected by a changed port, and which changes are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_values import COLUMNS, port, product, refers_to, shown, transform

from weft.mesh.check import Promise
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, PortVersion
from weft.plan.diff import diff_product
from weft.plan.impact import (
    affected_by,
    blocking_sentences,
    breaking_ports,
    columns_read,
    with_readers,
)
from weft.plan.plan import Affected

ADDRESS = "shop.orders.orders@1"
BEFORE = product("shop.orders", [transform("orders")], [shown("orders")])
READS_ALL = product("a.reader", [transform("m", port(ADDRESS))])
READS_ID = product("b.reader", [transform("m", replace(port(ADDRESS), columns=("id",)))])
STRANGER = product("c.stranger", [transform("m")])
EVERYONE = {each.address: each for each in (READS_ID, READS_ALL, STRANGER)}


def becomes(*ports: PortVersion) -> tuple[Affected, ...]:
    after = product("shop.orders", [transform("orders")], ports)
    return affected_by(diff_product(after, BEFORE), EVERYONE)


def test_only_what_names_a_removed_column_breaks() -> None:
    assert [(each.consumer, each.verdict) for each in becomes(shown("orders", COLUMNS[:1]))] == [
        ("a.reader", "BREAKS: reads v"),
        ("b.reader", "ok"),
    ]


def test_everyone_breaks_when_the_port_goes() -> None:
    assert {each.verdict for each in becomes()} == {"BREAKS: reads it"}


def test_a_new_port_affects_nobody() -> None:
    assert becomes(*BEFORE.ports, shown("other")) == ()


def test_columns_that_are_read() -> None:
    assert columns_read(READS_ALL, ADDRESS) == {"id", "v"}
    assert columns_read(READS_ALL, "shop.orders.orders@2") == frozenset()
    assert columns_read(STRANGER, ADDRESS) == frozenset()


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (Status.ACTIVE, (ADDRESS,)),
        (Status.DEPRECATED, (ADDRESS,)),
        (Status.DRAFT, ()),
        (Status.PROPOSED, ()),
    ],
)
def test_only_what_was_published_can_be_broken(status: Status, found: tuple[str, ...]) -> None:
    models = [transform("orders")]
    before = product("shop.orders", models, [shown("orders", status=status)])
    after = product("shop.orders", models, [shown("orders", COLUMNS[:1], status=status)])
    changes = diff_product(after, before)
    assert breaking_ports(changes, {"shop.orders": before}) == found
    assert breaking_ports(changes, {}) == ()


def test_a_refusal_names_the_victims_and_the_way_out() -> None:
    affected = becomes(shown("orders", COLUMNS[:1]))
    (sentence,) = blocking_sentences([ADDRESS], affected, ())
    assert "it breaks 1 of 2 consumers: a.reader." in sentence
    assert "weft new port shop.orders.orders --major 2 --keep 1" in sentence
    assert "no consumer in this mesh" in blocking_sentences([ADDRESS], (), ())[0]


@pytest.mark.parametrize(
    ("status", "production", "verdict"),
    [
        (Status.RETIRED, True, "BREAKS: reads it, and it becomes retired"),
        (Status.RETIRED, False, "BREAKS: reads it, and it becomes retired"),
        (Status.DRAFT, True, "BREAKS: reads it, and it becomes draft"),
        (Status.DRAFT, False, "ok"),
        (Status.DEPRECATED, True, "ok"),
    ],
)
def test_a_port_that_ends_breaks_whoever_reads_it(
    status: Status, production: bool, verdict: str
) -> None:
    after = product("shop.orders", [transform("orders")], [shown("orders", status=status)])
    changes = diff_product(after, BEFORE)
    affected = affected_by(changes, EVERYONE, production=production)
    assert {each.verdict for each in affected} == {verdict}
    assert {each.breaks for each in affected} == {verdict != "ok"}
    assert breaking_ports(changes, {"shop.orders": BEFORE}) == ()


@pytest.mark.parametrize(
    ("ports", "word"), [([shown("orders", status=Status.RETIRED)], "become retired"), ([], "go")]
)
def test_a_port_that_ends_while_it_is_read_is_not_answered_with_a_new_major(
    ports: list[PortVersion], word: str
) -> None:
    changes = diff_product(product("shop.orders", [transform("orders")], ports), BEFORE)
    (sentence,) = blocking_sentences([ADDRESS], affected_by(changes, EVERYONE), changes)
    assert sentence.startswith(f"{ADDRESS} cannot {word} yet: it is read by a.reader, b.reader.")
    assert "status: deprecated" in sentence and "new port" not in sentence


def test_a_column_of_another_type_is_told_to_those_who_read_it() -> None:
    retyped = (COLUMNS[0], replace(COLUMNS[1], type="DATE"))
    assert [(each.consumer, each.verdict) for each in becomes(shown("orders", retyped))] == [
        ("a.reader", "reads v of another type"),
        ("b.reader", "ok"),
    ]


def test_what_is_removed_inside_of_a_column_is_told_to_those_who_read_the_column() -> None:
    old, new = (
        replace(shown("orders"), objects=(replace(shown("orders").objects[0], promises=promises),))
        for promises in (
            (Promise("id"), Promise("v", "object", properties=(Promise("city", "string"),))),
            (Promise("id"), Promise("v", "object")),
        )
    )
    before = product("shop.orders", [transform("orders")], [old])
    changes = diff_product(product("shop.orders", [transform("orders")], [new]), before)
    affected = affected_by(changes, EVERYONE)
    assert [(each.consumer, each.verdict) for each in affected] == [
        ("a.reader", "may read v.city"),
        ("b.reader", "ok"),
    ]
    assert breaking_ports(changes, {"shop.orders": before}) == (ADDRESS,)


def test_a_wider_type_breaks_nobody_and_is_told() -> None:
    narrow, wide = (
        replace(
            shown("orders", (Column("id"), Column("v"))),
            objects=(
                replace(
                    shown("orders", (Column("id"), Column("v"))).objects[0],
                    given=(Column("v", kind),),
                ),
            ),
        )
        for kind in ("INTEGER", "BIGINT")
    )
    before = product("shop.orders", [transform("orders")], [narrow])
    changes = diff_product(product("shop.orders", [transform("orders")], [wide]), before)
    affected = affected_by(changes, EVERYONE)
    assert [each.verdict for each in affected] == ["ok, reads v of a wider type", "ok"]
    assert breaking_ports(changes, {"shop.orders": before}) == ()
    assert "it breaks none of 2 consumers." in blocking_sentences([ADDRESS], affected, changes)[0]


def test_who_reads_a_removed_object_breaks() -> None:
    (changed,) = diff_product(
        product("shop.orders", [transform("orders")], [replace(shown("orders"), objects=())]),
        BEFORE,
    )
    assert {each.verdict for each in affected_by([changed], EVERYONE)} == {"BREAKS: reads orders"}


def test_a_check_reads_columns_too() -> None:
    checked = product(
        "d.checker", [transform("m")], [shown("m", checks=(refers_to(port(ADDRESS)),))]
    )
    assert columns_read(checked, ADDRESS) == {"id"}


def test_an_object_that_was_renamed_was_read_by_who_reads_it_now() -> None:
    thing = BEFORE.ports[0].objects[0]
    renamed = replace(BEFORE.ports[0], objects=(replace(thing, name="lines"),))
    changes = diff_product(product("shop.orders", [transform("orders")], [renamed]), BEFORE)
    name = "a.reader"
    model = EVERYONE[name].transforms[0]
    [read] = model.query.reads
    moved = replace(model, query=replace(model.query, reads=(replace(read, object="lines"),)))
    everyone = {**EVERYONE, name: replace(EVERYONE[name], transforms=(moved,))}
    [told] = with_readers(changes, everyone, {name: EVERYONE[name]})
    notes = {each.kind: each.note for each in told.fields if each.kind == "object-removed"}
    assert "read by 2 of 2 consumers" in notes["object-removed"]
    [told] = with_readers(changes, everyone, {})
    assert any("read by 1 of 2 consumers" in each.note for each in told.fields)
