"""A difference between two versions of a contract, and what it means to those it binds.

Finding them is the work of `weft.contract.compatibility`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeAction(StrEnum):
    """What happens to the thing that a change names."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"
    WARN = "!"


class Effect(StrEnum):
    """What a change of a contract means to somebody, mildest first.

    `additive` gives more, `tightened` promises more, `loosened` promises less, and `breaking` makes
    wrong what was built on the contract.
    """

    METADATA = "metadata"
    ADDITIVE = "additive"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    BREAKING = "breaking"


@dataclass(frozen=True)
class ContractChange:
    """One difference between two versions of a port, old and new as people write them.

    `kind` is a stable word such as `column-removed`, and `verb` says the same of `what`. `provider`
    is what it means to those who keep the promise, `consumer` to those who rely on it. `columns`
    are the columns, as the old version calls them, whose readers it concerns; none where it
    concerns all readers of `object`, or of the port where that is "".
    """

    kind: str
    action: ChangeAction
    what: str
    verb: str
    provider: Effect
    consumer: Effect
    old: str = ""
    new: str = ""
    note: str = ""
    object: str = ""
    columns: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether what consumers built on the contract may go wrong."""
        return self.consumer is Effect.BREAKING

    @property
    def title(self) -> str:
        """The change in a few words, as a waiver names it: `column dep_delay removed`."""
        return f"{self.what} {self.verb}"
