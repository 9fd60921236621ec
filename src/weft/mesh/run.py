"""Runs and their events: what an apply, a run or a test tells while it goes on, and keeps after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from weft.mesh.check import CheckResult


class StepState(StrEnum):
    """How a step ended, or that it began."""

    DONE = "done"
    REUSED = "reused"
    HELD = "held"
    SKIPPED = "skipped"
    FAILED = "failed"


class RunState(StrEnum):
    """How a run stands. `running` without a live lock means that it was interrupted."""

    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class StepResult:
    """What a step did. `seconds` is wall time; `cause` names the step or product to blame.

    An audit of what a `consumer` expects has that product's address. What is `only_of` port
    versions that are not released, and fails or finds checks that do, keeps back these alone.
    """

    step: str
    product: str
    kind: str
    target: str
    state: StepState
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    message: str = ""
    cause: str = ""
    checks: tuple[CheckResult, ...] = ()
    consumer: str = ""
    only_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One execution: who, from which commit and branch, of which plan, when, and how it ended.

    Times are ISO in UTC; `ended` is "" while it goes on.
    """

    id: str
    kind: str
    environment: str
    plan: str
    state: RunState
    started: str
    ended: str = ""
    actor: str = ""
    host: str = ""
    pid: int = 0
    commit: str = ""
    root: str = ""
    message: str = ""
    branch: str = ""


@dataclass(frozen=True)
class RunEvent:
    """One thing that happened in a run; `done` of `total` steps are finished.

    `result` is set for steps, `product` where one has ended; `text` are the run's own words.
    """

    kind: str
    run: str
    done: int = 0
    total: int = 0
    result: StepResult | None = None
    text: str = ""
    product: str = ""


@dataclass(frozen=True)
class Lock:
    """Who may change a product in an environment. `fence` only ever grows."""

    id: str
    product: str
    environment: str
    fence: int
    holder: str
    host: str
    pid: int
    since: str


@dataclass(frozen=True)
class Hold:
    """A wish of a person that a product stays on its release; who, why and since when."""

    product: str
    environment: str
    release: int
    actor: str
    reason: str
    since: str


@dataclass(frozen=True)
class AuditEntry:
    """One link of the audit chain. `hash` covers all other fields, `previous` among them."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str
