"""Edits of custom properties touch Weft's own, and leave everybody else's as they are."""

from __future__ import annotations

import pytest

from weft.app.custom_property import with_custom, without_custom

OTHERS = """\
customProperties:
  - property: reason  # of another tool
    value: audits
  - {vendor: others, property: reason, value: whim}
"""
OWN = """\
  - vendor: weft
    property: reason
    value: nobody reads it
"""


def test_a_property_of_another_vendor_stays_as_it_is() -> None:
    assert with_custom(OTHERS, "reason", "nobody reads it") == OTHERS + OWN
    assert without_custom(OTHERS + OWN, "reason") == OTHERS
    assert without_custom(OTHERS, "reason") == OTHERS


@pytest.mark.parametrize("name", ["vendor: weft\n    property: outage", "property: weft.outage"])
def test_values_are_given_in_their_places(name: str) -> None:
    before = f"customProperties:\n  - {name}\n    value: {{from: 2027-01-01, to: 2027-01-02}}\n"
    after = with_custom(before, "outage", {"from": "2027-02-01", "to": "2027-02-02"})
    assert after == before.replace("2027-01-", "2027-02-")


def test_the_list_comes_and_goes_with_its_only_property() -> None:
    before = "kind: DataContract\n"
    after = with_custom(before, "candidate", {"until": "2027-01-31"})
    assert after == (
        f"{before}\ncustomProperties:\n"
        "  - vendor: weft\n    property: candidate\n    value: {until: 2027-01-31}\n"
    )
    assert without_custom(after, "candidate") == before
