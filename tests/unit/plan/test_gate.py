"""What production refuses of a released port, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import yaml
from plan_values import COLUMNS, plan, port, product, shown, situation, transform

from weft.contract.document import contract_digest
from weft.mesh.contract import Status
from weft.mesh.evidence import EvidencedVersion
from weft.mesh.manifest import Column, PortVersion, ProductManifest
from weft.plan.plan import Plan

ADDRESS = "shop.orders.orders@1"
WIDER = (*COLUMNS, Column("more", "INTEGER"))
NARROWER = COLUMNS[:1]
READER = product("a.reader", [transform("m", port(ADDRESS))])
ENTRY = {
    "change": "column v removed",
    "by": "mara.lind@skyline.example",
    "reason": "nobody reads it",
    "until": "2027-01-31",
}


def released(version: str, columns: Sequence[Column] = COLUMNS, **terms: Any) -> PortVersion:
    """The port `orders` under a version, with these columns and terms of its contract."""
    promised = {"name": "orders", "properties": [{"name": each.name} for each in columns]}
    contract = {"version": version, "schema": [promised], **terms}
    return replace(shown("orders", tuple(columns)), version=version, contract=contract)


def waived(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"property": "waivers", "vendor": "weft", "value": list(entries)}]


def orders(version: PortVersion) -> ProductManifest:
    return product("shop.orders", [transform("orders")], [version])


def planned(
    before: PortVersion,
    after: PortVersion,
    *,
    environment: str = "prod",
    today: str = "2026-11-21",
    readers: Sequence[ProductManifest] = (),
) -> Plan:
    """The plan that brings a published port to another version."""
    old, new = orders(before), orders(after)
    known = situation(
        new,
        environment=environment,
        applied={"shop.orders": old},
        digests={"shop.orders": old.digest},
        today=today,
    )
    return plan(known, everyone=(new, *readers))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            released("1.4.2"),
            released("1.4.2", WIDER),
            "shop.orders.orders@1 is released as 1.4.2, and a released version does not change: "
            "column more added.\n"
            "give it the next version, 1.5.0:  weft release shop.orders.orders@1 --bump",
        ),
        (
            released("1.4.2"),
            released("1.4.3", WIDER),
            "shop.orders.orders@1: 1.4.2 -> 1.4.3 is too short a step for column more added.\n"
            "it needs 1.5.0:  weft release shop.orders.orders@1 --bump",
        ),
        (
            released("1.4.2"),
            released("1.4.2", description={"purpose": "Orders."}),
            "shop.orders.orders@1 is released as 1.4.2, and a released version does not change: "
            "description.purpose described otherwise.\n"
            "give it the next version, 1.4.3:  weft release shop.orders.orders@1 --bump",
        ),
        (
            released("1.4.2", status="active"),
            replace(released("1.4.2", status="deprecated"), status=Status.DEPRECATED),
            "shop.orders.orders@1 is released as 1.4.2, and a released version does not change: "
            "status is deprecated.\n"
            "give it the next version, 1.4.3:  weft release shop.orders.orders@1 --bump",
        ),
        (
            released("1.4.2"),
            released("1.4.1"),
            "shop.orders.orders@1: version 1.4.1 would follow 1.4.2, which is released.\n"
            "take a later one:  weft release shop.orders.orders@1 --bump",
        ),
    ],
    ids=["same version", "too short", "words", "status", "back"],
)
def test_a_released_version_does_not_change(
    before: PortVersion, after: PortVersion, said: str
) -> None:
    assert planned(before, after).blocked == (said,)
    assert planned(before, after, environment="dev").blocked == ()


@pytest.mark.parametrize(
    ("after", "version"),
    [(released("1.5.0", WIDER), "minor"), (released("1.4.3"), "patch"), (released("1.9.0"), "any")],
)
def test_a_version_that_is_later_enough_passes(after: PortVersion, version: str) -> None:
    assert planned(released("1.4.2"), after).blocked == (), version


@pytest.mark.parametrize("status", [Status.DRAFT, Status.PROPOSED])
def test_what_is_not_published_changes_freely(status: Status) -> None:
    before, after = (
        replace(each, status=status) for each in (released("1.4.2"), released("1.4.2", NARROWER))
    )
    assert planned(before, after).blocked == ()


def test_of_many_changes_the_first_are_named() -> None:
    more = tuple(Column(name, "INTEGER") for name in "abcde")
    (said,) = planned(released("1.0.0"), released("1.0.0", (*COLUMNS, *more))).blocked
    assert "column a added, column b added, column c added and 2 more." in said


def test_a_breaking_change_says_how_it_can_be_waived() -> None:
    found = planned(released("1.4.2"), released("1.5.0", NARROWER), readers=(READER,))
    assert found.breaking == (ADDRESS,)
    assert found.blocked == (
        "shop.orders.orders@1: a breaking change on an active port needs a new major version; "
        "it breaks 1 of 1 consumer: a.reader.\n"
        "keep major 1 alive:  weft new port shop.orders.orders --major 2 --keep 1\n"
        "or let somebody answer for it until a day, in customProperties of its contract:\n"
        "- property: waivers\n"
        "  vendor: weft\n"
        "  value:\n"
        '    - {change: "column v removed", by: WHO, reason: WHY, until: DATE}',
    )


@pytest.mark.parametrize("name", ["v", "a: b", "{v}", 'say "v"', "größe"])
def test_what_is_to_be_written_waives_once_it_is_filled_in(name: str) -> None:
    before, after = (*COLUMNS, Column(name, "INTEGER")), COLUMNS
    if name == "v":
        before, after = COLUMNS, NARROWER
    refused = planned(released("1.4.2", before), released("1.5.0", after)).blocked[0]
    written = refused.partition("its contract:\n")[2]
    filled = written.replace("WHO", "ann").replace("WHY", "unused").replace("DATE", "2126-01-31")
    properties = yaml.safe_load(filled.replace("2126-01-31", '"2126-01-31"'))
    found = planned(
        released("1.4.2", before), released("1.5.0", after, customProperties=properties)
    )
    assert found.blocked == ()


@pytest.mark.parametrize("today", ["2026-11-21", "2027-01-31"])
def test_a_waived_change_passes_and_says_who_answers(today: str) -> None:
    after = released("1.5.0", NARROWER, customProperties=waived(ENTRY))
    found = planned(released("1.4.2"), after, today=today, readers=(READER,))
    assert (found.breaking, found.blocked) == ((), ())
    (change,) = (each for each in found.changes if each.kind == "port")
    (waiver,) = (each.waiver for each in change.fields if each.waiver)
    assert (waiver.by, waiver.until) == (ENTRY["by"], ENTRY["until"])


def test_what_is_waived_needs_a_minor_all_the_same() -> None:
    after = released("1.4.3", NARROWER, customProperties=waived(ENTRY))
    (said,) = planned(released("1.4.2"), after).blocked
    assert "1.4.2 -> 1.4.3 is too short a step for column v removed" in said


def test_a_waiver_ends() -> None:
    after = released("1.5.0", NARROWER, customProperties=waived(ENTRY))
    found = planned(released("1.4.2"), after, today="2027-02-01")
    assert found.breaking == (ADDRESS,)
    assert found.blocked[1:] == (
        "shop.orders.orders@1: the waiver of mara.lind@skyline.example for column v removed "
        "ended on 2027-01-31, and it is 2027-02-01.",
    )


def test_a_waiver_for_something_else_is_told() -> None:
    other = {**ENTRY, "change": "column w removed"}
    after = released("1.5.0", NARROWER, customProperties=waived(other))
    found = planned(released("1.4.2"), after)
    assert found.blocked[1:] == (
        "shop.orders.orders@1: no change is called column w removed, which has a waiver.",
    )


def test_a_waiver_that_has_done_its_work_is_not_told() -> None:
    other = {**ENTRY, "change": "column w removed"}
    before = released("1.4.2", customProperties=waived(other))
    after = released("1.5.0", NARROWER, customProperties=waived(other))
    assert len(planned(before, after).blocked) == 1


@pytest.mark.parametrize("key", ENTRY)
def test_a_waiver_that_says_not_all_of_it_is_none(key: str) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != key}
    after = released("1.5.0", NARROWER, customProperties=waived(entry))
    assert planned(released("1.4.2"), after).breaking == (ADDRESS,)


def test_a_change_says_how_many_read_what_breaks() -> None:
    other = product("b.reader", [transform("m", replace(port(ADDRESS), columns=("id",)))])
    found = planned(released("1.4.2"), released("1.5.0", NARROWER), readers=(READER, other))
    notes = {field.what: field.note for change in found.changes for field in change.fields}
    assert notes["column v"] == "removed, read by 1 of 2 consumers"
    alone = planned(released("1.4.2"), released("1.5.0", NARROWER))
    notes = {field.what: field.note for change in alone.changes for field in change.fields}
    assert notes["column v"] == "removed, read by nobody"


def again(port: PortVersion, *before: str, was: PortVersion | None = None) -> tuple[str, ...]:
    """What is said of a port that is published anew, of which versions were released before.

    They had the contract of `was`, or its own; nobody can read that of one that ends in `?`.
    """
    contract = contract_digest((was or port).contract)
    evidenced = tuple(
        EvidencedVersion(
            "shop.orders", "orders", 1, each.rstrip("?"), "" if "?" in each else contract
        )
        for each in before
    )
    return plan(situation(orders(port), evidenced=evidenced)).blocked


def test_a_version_that_was_released_comes_back_as_it_was_or_not_at_all() -> None:
    wider = released("1.4.2", WIDER)
    assert again(wider) == again(wider, "1.4.2") == again(wider, "1.4.2?") == ()
    [refused] = again(wider, "1.0.0", "1.4.2", was=released("1.4.2"))
    assert refused == (
        "shop.orders.orders@1 was released before as 1.4.2, with another contract, and a released "
        "version does not change.\n"
        "give it a later version, such as 1.5.0, in its contract and in product.yaml; "
        "what was released:  weft release evidence shop.orders.orders@1"
    )
    [back] = again(wider, "1.6.0", was=released("1.6.0"))
    assert back.startswith(
        "shop.orders.orders@1: version 1.4.2 would follow 1.6.0, which was released before.\n"
    )
    assert again(released("1.7.0", WIDER), "1.6.0", was=released("1.6.0")) == ()


def test_a_draft_is_no_return() -> None:
    draft = replace(released("1.4.2"), status=Status.DRAFT)
    assert again(draft, "1.4.2", was=released("1.4.2", WIDER)) == ()
