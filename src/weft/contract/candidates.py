"""Read of a contract that its version is a candidate: a preview for its readers, until a day."""

from __future__ import annotations

from typing import Any

from weft.contract.days import is_day
from weft.contract.document import Element, custom_properties
from weft.mesh.contract import Status

UNFINISHED = (Status.PROPOSED, Status.DRAFT)
"""The statuses that a candidate may have; any other says for itself who sees the port."""


def candidate_until(contract: Element, status: Status) -> str:
    """The last day of a preview, an ISO date; "" where the contract is none, or no longer."""
    asked = custom_properties(contract).get("candidate")
    if status not in UNFINISHED or candidate_problem(asked):
        return ""
    return str(asked["until"]) if asked is not None else ""


def candidate_problem(asked: Any) -> str:
    """What is wrong with the custom property `candidate`, "" where nothing is.

    >>> candidate_problem({"until": "2027-01-31"}), candidate_problem({"until": "soon"})
    ('', '`until` is a date, such as 2027-01-31')
    """
    if asked is None:
        return ""
    if not isinstance(asked, dict) or set(asked) != {"until"}:
        return "it has one key, `until`: the last day of the preview"
    return "" if is_day(str(asked["until"])) else "`until` is a date, such as 2027-01-31"


def is_shown(until: str, today: str) -> bool:
    """Whether a preview is still to be shown on a day; its last day is one of them."""
    return bool(until) and today <= until
