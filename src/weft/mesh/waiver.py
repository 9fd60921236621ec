"""A waiver: somebody answers for a breaking change of an active port, until a day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Waiver:
    """Who lets a change pass, why, and until which day, an ISO date and itself included.

    `change` is the change in the words of a plan: `column dep_delay removed`.
    """

    change: str
    by: str
    reason: str
    until: str
