"""A diagnostic code: a kind of finding, and what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A kind of finding. `explanation` says what it means, why it is refused and what to write."""

    title: str
    explanation: str
