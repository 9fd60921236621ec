"""Evidence: what stood behind a version of a port when it was first published.

One record for each released version, in a chain of its own per environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from weft.mesh.check import Verdict
from weft.mesh.contract import Status
from weft.mesh.signoff import Answer
from weft.mesh.waiver import Waiver


@dataclass(frozen=True)
class EvidencedObject:
    """An object that was published: its model, its build, and how many rows; None if not known."""

    name: str
    model: str
    build: str
    rows: int | None = None


@dataclass(frozen=True)
class EvidencedCheck:
    """What a check of an object found. Keys of rows are not kept: evidence stays for ever.

    `consumer` is the one who expects it, "" where the contract promises it.
    """

    object: str
    check: str
    label: str
    verdict: Verdict
    rows: int = 0
    failed: int = 0
    value: float | None = None
    expected: str = ""
    consumer: str = ""


@dataclass(frozen=True)
class EvidencedSignoff:
    """What a consumer said to a version that would break it; without an `actor` nobody did."""

    consumer: str
    state: Answer
    actor: str
    reason: str
    at: str


@dataclass(frozen=True)
class EvidencedInput:
    """A port that was read: its full version, and the release of its product."""

    port: str
    version: str
    release: int


@dataclass(frozen=True)
class Evidence:
    """What stood behind a version of a port when consumers first got it.

    `contract` is the SHA-256 of the resolved document as JSON, with sorted keys and no spaces,
    `definition` the digest of the whole product. `sources` are the keys of what was read from
    outside of the mesh. `waivers` are those that counted on that day.
    """

    environment: str
    product: str
    port: str
    major: int
    version: str
    status: Status
    contract: str
    definition: str
    release: int
    plan: str
    run: str
    commit: str
    branch: str
    root: str
    actor: str
    at: str
    objects: tuple[EvidencedObject, ...] = ()
    checks: tuple[EvidencedCheck, ...] = ()
    inputs: tuple[EvidencedInput, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    signoffs: tuple[EvidencedSignoff, ...] = ()

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"


@dataclass(frozen=True)
class EvidencedVersion:
    """A version that consumers once got: `contract` is as in `Evidence`, "" where it is lost."""

    product: str
    port: str
    major: int
    version: str
    contract: str = ""

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}@{self.major}"


@dataclass(frozen=True)
class EvidenceRecord:
    """A link of the chain. `hash` covers all other fields, `previous` among them.

    `evidence` is an `Evidence` as plain data, with what other versions of Weft know of one.
    """

    number: int
    previous: str
    hash: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class EvidenceHead:
    """The newest record of a chain: its number and hash; number 0 before there is one."""

    number: int = 0
    hash: str = "0" * 64
