"""What differs between two contracts beside columns and checks, as plans tell it."""

from __future__ import annotations

from typing import Any

from weft.contract.term_compatibility import term_changes


def contract(*custom: dict[str, Any]) -> dict[str, Any]:
    return {"customProperties": list(custom)} if custom else {}


def own(name: str, value: Any) -> dict[str, Any]:
    return {"property": name, "value": value, "vendor": "weft"}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(each.action.value, each.what, each.old, each.new) for each in term_changes(old, new)]


def test_custom_properties_are_told_by_name_and_with_what_they_say() -> None:
    override = own("override", {"by": "mara", "reason": "nobody answers"})
    team = {"property": "team", "value": 7}
    assert told(contract(own("reason", "a")), contract(own("reason", "b"), override, team)) == [
        ("~", "reason", "a", "b"),
        ("+", "override", "", "by: mara, reason: nobody answers"),
        ("+", "property team", "", "7"),
    ]
    assert told(contract(override), contract()) == [
        ("-", "override", "by: mara, reason: nobody answers", "")
    ]


def test_custom_properties_in_another_order_differ_as_a_whole() -> None:
    first, second = own("reason", "a"), own("successor", "@2")
    assert told(contract(first, second), contract(second, first)) == [
        ("~", "customProperties", "", "")
    ]


def test_custom_properties_that_only_go_with_a_change_are_none() -> None:
    assert told(contract(), contract(own("candidate", "2030-01-01"))) == []
