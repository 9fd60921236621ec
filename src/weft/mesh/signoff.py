"""A sign-off: what a consumer says to a version of a port that would break it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from weft.mesh.address import major_of

SIGN_OFF = "sign-off of "
"""How the sign-off of a consumer is called, with the consumer behind it."""


class Answer(StrEnum):
    """What was said; `open` as long as nothing was."""

    OPEN = "open"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class Signoff:
    """What `consumer` says to a `version` of a port, asked for until a day, an ISO date.

    `actor` answered, for a `reason`, at an ISO time in UTC; without one nobody did, and `reason`
    says what the state comes from.
    """

    environment: str
    product: str
    port: str
    version: str
    consumer: str
    state: Answer
    answer_by: str
    actor: str = ""
    reason: str = ""
    at: str = ""

    @property
    def major(self) -> int:
        """The major of the version; 0 where it has none."""
        return major_of(self.version) or 0

    @property
    def place(self) -> tuple[str, str]:
        """Its place among what a consumer said to one major: the highest was said last."""
        return (self.at, self.version)

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"

    @property
    def change(self) -> str:
        """What a waiver names that lets the version be released without a yes."""
        return f"{SIGN_OFF}{self.consumer}"
