"""Read the waivers of a contract, and tell which of them let a change pass today."""

from __future__ import annotations

from collections.abc import Iterable

from weft.contract.document import Element, custom_properties
from weft.mesh.waiver import Waiver

KEYS = ("change", "by", "reason", "until")
"""What every waiver says."""


def waivers_of(contract: Element) -> tuple[Waiver, ...]:
    """The waivers that stand in a contract; what says not all of it is none."""
    listed = custom_properties(contract).get("waivers", ())
    return tuple(
        Waiver(*(str(each[key]) for key in KEYS))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and all(each.get(key) for key in KEYS)
    )


def waiver_for(change: str, waivers: Iterable[Waiver], today: str) -> Waiver | None:
    """The waiver that lets a change pass on a day, an ISO date; a waiver's last day counts."""
    wanted = " ".join(change.split()).casefold()
    for each in waivers:
        if " ".join(each.change.split()).casefold() == wanted and today <= each.until:
            return each
    return None
