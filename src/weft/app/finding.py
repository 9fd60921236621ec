"""A finding of the doctor: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a finding stands: a warning costs something, a failure stops some verb."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix` is what to do where it is not ok.

    `environment` is the one that the commands in `fix` are for, "" where there is none.
    """

    name: str
    state: State
    detail: str
    fix: str = ""
    environment: str = ""
