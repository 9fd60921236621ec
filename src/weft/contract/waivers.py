"""Read the waivers of a contract: what is wrong with them, and which let a change pass today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from weft.contract.change_kinds import KINDS
from weft.contract.days import is_day
from weft.contract.document import Element, custom_properties
from weft.mesh.change import Effect
from weft.mesh.signoff import SIGN_OFF
from weft.mesh.waiver import Waiver

KEYS = ("change", "by", "reason", "until")
"""What every waiver says."""

_VERBS = tuple(
    f" {each.verb}".casefold() for each in KINDS.values() if each.consumer is Effect.BREAKING
)


def waivers_of(contract: Element) -> tuple[Waiver, ...]:
    """The waivers that stand in a contract; one with a problem is none."""
    listed = custom_properties(contract).get("waivers", ())
    return tuple(
        Waiver(*(str(each[key]) for key in KEYS))
        for each in (listed if isinstance(listed, list) else ())
        if not any(_problems(each))
    )


def waiver_problems(value: Any) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """What is wrong with the value of the custom property `waivers`: where inside, and why."""
    if not isinstance(value, list):
        yield (), "write a list of waivers"
        return
    for number, each in enumerate(value):
        for path, note in _problems(each):
            yield (number, *path), note


def _problems(waiver: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(waiver, dict):
        yield (), f"write its keys: {', '.join(KEYS)}"
        return
    for key in KEYS:
        value = waiver.get(key)
        if not (isinstance(value, str) and value.strip()):
            yield ((key,) if key in waiver else ()), f"`{key}` is missing, or is no text"
        elif key == "until" and not is_day(value):
            yield (key,), "write a date, such as 2027-01-31"
    for key in waiver.keys() - set(KEYS):
        yield (str(key),), f"a waiver has the keys {', '.join(KEYS)}"


def can_break(change: str) -> bool:
    """Whether some breaking change is called like this: `column dep_delay removed`."""
    return in_one_form(change).endswith(_VERBS)


def is_about_sign_off(change: str) -> bool:
    """Whether a waiver is about a consumer that said no, and about no change."""
    return in_one_form(change).startswith(SIGN_OFF)


def waiver_for(change: str, waivers: Iterable[Waiver], today: str) -> Waiver | None:
    """The waiver that lets a change pass on a day, an ISO date; a waiver's last day counts."""
    wanted = in_one_form(change)
    for each in waivers:
        if in_one_form(each.change) == wanted and today <= each.until:
            return each
    return None


def in_one_form(change: str) -> str:
    """The words of a change, whatever their spaces and their case.

    >>> in_one_form("Column  dep_delay removed")
    'column dep_delay removed'
    """
    return " ".join(change.split()).casefold()
