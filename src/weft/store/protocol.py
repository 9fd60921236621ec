"""What any store must do. A store keeps what no warehouse can be asked; it decides nothing.

Every method is one transaction that is durable when it returns, together with its audit entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from weft.mesh.check import CheckResult
from weft.mesh.consumption import EnforcedEnd, Notice, PortReads
from weft.mesh.drift import Settlement
from weft.mesh.evidence import Evidence, EvidencedVersion, EvidenceHead, EvidenceRecord
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import AuditEntry, Hold, Lock, Run, StepResult
from weft.mesh.service_level import Measurement
from weft.mesh.signoff import Signoff

WHOLE = "*"
"""What is locked in place of a product where it is all of an environment."""


class StoreError(Exception):
    """The store could not be opened, read or written; the message names the place and the cause.

    `full` means that the disk, or this user's quota of it, has no room left; `damaged` that the
    store itself is broken; `interrupted` that a run, or making the store, did not come to its end.
    """

    def __init__(
        self,
        message: str,
        *,
        full: bool = False,
        damaged: bool = False,
        interrupted: bool = False,
    ) -> None:
        super().__init__(message)
        self.full = full
        self.damaged = damaged
        self.interrupted = interrupted


class Locked(Exception):
    """Another run holds a product; `lock` says who."""

    def __init__(self, lock: Lock) -> None:
        what = f"all of {lock.environment}" if lock.product == WHOLE else lock.product
        super().__init__(f"{what} is locked by {lock.holder}")
        self.lock = lock


class FencedOut(Exception):
    """This run no longer holds its lock: somebody unlocked it meanwhile."""


class Unfit(Exception):
    """A file does not fit the store that it was to fill: it, or the store, is not as it must be."""


@dataclass(frozen=True)
class Identity:
    """Which mesh a store belongs to, its own id, and the version of its format."""

    mesh: str
    id: str
    format: int


@dataclass(frozen=True)
class Applied:
    """The last applied definition of a product in an environment, by digest.

    `release` is the number of the newest release that was recorded for it, 0 when there is none.
    """

    product: str
    root: str
    digest: str
    run: str
    at: str
    release: int = 0


@dataclass(frozen=True)
class Audited:
    """What an audit found, and the key of the build that it looked at."""

    build: str
    results: Sequence[CheckResult]


@dataclass(frozen=True)
class Outdated:
    """What a store need not keep any longer.

    Verdicts on `builds`, by their keys; of the runs of `root` that ended before `before`, an ISO
    time, plans and what steps did, unless `runs` names them; definitions that are neither applied
    nor in `definitions`, by digest; and what was measured or read before `measured`, an
    ISO time, unless it is the last of its kind.
    """

    root: str
    before: str
    builds: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()
    definitions: frozenset[str] = frozenset()
    measured: str = ""


@dataclass(frozen=True)
class Finished:
    """How a product ended in a run. Empty parts are left as they were.

    `manifest` becomes the applied definition; `removed` forgets the product; `release` and
    `descriptors` are what is now published, and descriptors of ports that the release no longer
    has are forgotten; `verdicts` are what audits found, by audit key. `lift_hold` ends a hold that
    a new definition overrides. `evidence` is of versions that were published for the first time,
    `signoffs` what is asked of those whom a new version breaks, and `notices` what consumers are
    told. `reads` are of what was built from other ports, `overrides` of ports that end while
    somebody reads them.
    """

    product: str
    environment: str
    steps: Sequence[StepResult] = ()
    manifest: ProductManifest | None = None
    removed: bool = False
    release: Release | None = None
    descriptors: Sequence[Descriptor] = ()
    verdicts: Mapping[str, Audited] = field(default_factory=dict)
    lift_hold: bool = False
    evidence: Sequence[Evidence] = ()
    signoffs: Sequence[Signoff] = ()
    notices: Sequence[Notice] = ()
    reads: Sequence[PortReads] = ()
    overrides: Sequence[EnforcedEnd] = ()


@dataclass(frozen=True)
class EvidenceVerdict:
    """What is wrong with a chain of so many records, in full sentences; nothing when it is whole.

    `head` is where it ends according to the audit log.
    """

    records: int
    head: EvidenceHead
    faults: tuple[str, ...] = ()


class Definitions(Protocol):
    """What was applied and what is published, per environment."""

    def applied(self, environment: str) -> dict[str, Applied]:
        """The last applied definition of every product, by address, without its content."""

    def manifests(self, environment: str, products: Iterable[str]) -> dict[str, ProductManifest]:
        """The content of applied definitions, by address; absent products are left out."""

    def kept(self, digests: Iterable[str]) -> dict[str, ProductManifest]:
        """The content of definitions by digest, earlier ones too; forgotten ones are left out."""

    def descriptors(
        self, environment: str, products: Iterable[str] | None = None
    ) -> dict[str, Descriptor]:
        """What is published, by port address with its major (`a.b.c@1`); None: by all products."""

    def verdicts(self, audits: Iterable[str]) -> dict[str, tuple[CheckResult, ...]]:
        """What earlier audits found, by audit key."""

    def verdicts_on(self, environment: str, build: str) -> tuple[tuple[CheckResult, ...], ...]:
        """What each audit of an environment found on a build, by its key."""

    def salts(self, environment: str) -> dict[str, str]:
        """Salts of asked-for rebuilds, by `domain.product.model`."""

    def set_salts(self, environment: str, salts: Mapping[str, str], actor: str, at: str) -> None:
        """Remember salts, each replacing the earlier one."""

    def production(self) -> str:
        """The environment that consumers see, "" before anything was applied."""

    def settle_production(self, environment: str, actor: str, at: str) -> None:
        """Remember which environment consumers see, in the place of another one."""


class Journal(Protocol):
    """Runs, their steps, locks and holds: intend, act, observe, record."""

    def begin(
        self,
        run: Run,
        products: Sequence[str],
        plan: bytes,
        alive: Callable[[Lock], bool] | None = None,
    ) -> tuple[Lock, ...]:
        """Record the run and its plan, and lock the products, in address order, or none of them.

        WHOLE among them is in the way of every lock in the environment, and each of these of it.

        Raises Locked with the first lock in the way. Each new lock's fence is greater than any
        before it on that product. `alive` says whether a lock's holder still lives: the run of
        one that does not is recorded as interrupted and loses all its locks. Without it everyone
        lives. It is asked inside the transaction, so it must be quick and leave the store alone.
        """

    def finish(self, lock: Lock, finished: Finished, run: Run, at: str) -> None:
        """Record how a product ended and release its lock.

        Raises FencedOut, and records nothing, when the lock is no longer held.
        """

    def end(self, run: Run) -> None:
        """Record how the run ended and release what it still holds.

        Raises KeyError when the run never began.
        """

    def runs(self, environment: str = "", limit: int = 50) -> tuple[Run, ...]:
        """Runs, newest first; of all environments when "" is given, all runs when `limit` is 0."""

    def run(self, id: str) -> Run | None:
        """The run of this id."""

    def steps(self, run: str) -> tuple[StepResult, ...]:
        """What the steps of a run did, in order; nothing once that was forgotten."""

    def plan(self, run: str) -> bytes:
        """The plan of a run as JSON. Raises KeyError when there is none, or none any longer."""

    def under_way(self, run: str) -> tuple[bytes, ...]:
        """The plans of runs of the same environment that began before a run and still hold locks.

        They are JSON, and in the order in which they began.
        """

    def locks(self) -> tuple[Lock, ...]:
        """All locks that are held."""

    def unlock(self, lock: str, actor: str, at: str) -> Lock | None:
        """End a lock by its id; its holder can record nothing more. None when there is none."""

    def holds(self, environment: str) -> dict[str, Hold]:
        """Holds by product."""

    def hold(self, hold: Hold) -> None:
        """Place a hold on a product, replacing the earlier one."""

    def lift(self, product: str, environment: str, actor: str, at: str) -> bool:
        """End a hold; False when there was none."""

    def releases(self, environment: str, product: str) -> tuple[Release, ...]:
        """Every release that was recorded for a product, newest first, forgotten ones too."""


class Settlements(Protocol):
    """What was decided on what somebody changed outside of Weft."""

    def all(self, environment: str) -> dict[str, Settlement]:
        """Every decision in an environment by the drift's id, past ones too."""

    def settle(self, settlement: Settlement) -> None:
        """Keep a decision, replacing an earlier one on the same drift."""

    def withdraw(self, drift: str, environment: str, actor: str, at: str) -> bool:
        """End a decision; False when there was none."""


class Signoffs(Protocol):
    """What consumers say to versions of ports that would break them."""

    def all(self, environment: str) -> tuple[Signoff, ...]:
        """Every sign-off of an environment, by port, version and consumer."""

    def answer(self, signoff: Signoff) -> None:
        """Keep an answer, replacing an earlier one; the day to answer by stays."""


class EvidenceChain(Protocol):
    """What stood behind each released version of a port: one chain per environment."""

    def versions(self, environment: str, products: Iterable[str]) -> tuple[EvidencedVersion, ...]:
        """The versions of products' ports that have evidence, in their order."""

    def records(self, environment: str) -> tuple[EvidenceRecord, ...]:
        """The chain of an environment in its order; what cannot be read is left out."""

    def verify(self, environment: str) -> EvidenceVerdict:
        """Check the chain of an environment, its end by what the audit log says."""


class Reads(Protocol):
    """Who read which port, by day. No act that changes anything, so not in the audit log."""

    def add(self, environment: str, reads: Sequence[PortReads]) -> None:
        """Count reads, beside those of the same reader and day."""

    def of(self, environment: str, products: Iterable[str]) -> tuple[PortReads, ...]:
        """Who read the ports of products, by port version, kind, reader and day.

        In all environments when "" is given.
        """


class Notices(Protocol):
    """What consumers were told of ports; a release gives them."""

    def of(self, environment: str, products: Iterable[str]) -> tuple[Notice, ...]:
        """What consumers were told of the ports of products, oldest first."""


class Measurements(Protocol):
    """What service levels were measured to be. No act of a person, so not in the audit log."""

    def add(self, environment: str, measured: Sequence[Measurement]) -> None:
        """Keep measurements, each replacing an earlier one of the same moment."""

    def since(
        self, environment: str, products: Iterable[str], since: str
    ) -> tuple[Measurement, ...]:
        """What was measured of products from an ISO time on, and what was known at that time.

        By port version, level and moment.
        """


class AuditLog(Protocol):
    """The tamper-evident list of who did what."""

    def entries(self, limit: int = 0) -> tuple[AuditEntry, ...]:
        """Entries, newest first; all of them when `limit` is 0."""

    def add(self, actor: str, action: str, subject: str, detail: str, at: str) -> AuditEntry:
        """Append an entry of its own, for acts that change nothing else in the store."""

    def verify(self) -> tuple[int, str]:
        """Check the whole chain; how many entries are good, and what is wrong with the next.

        What else the store keeps must have its entries: a chain that was emptied, or cut with its
        head, is good in itself.
        """


class Parts(Protocol):
    """What a store keeps, part by part."""

    @property
    def identity(self) -> Identity:
        """Whose store it is."""

    @property
    def definitions(self) -> Definitions:
        """What was applied and what is published."""

    @property
    def journal(self) -> Journal:
        """Runs, locks, holds and releases."""

    @property
    def settlements(self) -> Settlements:
        """What was decided on drift."""

    @property
    def signoffs(self) -> Signoffs:
        """What consumers say to versions that would break them."""

    @property
    def evidence(self) -> EvidenceChain:
        """What stood behind each released version."""

    @property
    def reads(self) -> Reads:
        """Who read which port."""

    @property
    def notices(self) -> Notices:
        """What consumers were told."""

    @property
    def measurements(self) -> Measurements:
        """What service levels were measured to be."""

    @property
    def audit(self) -> AuditLog:
        """Who did what."""


class Store(Parts, Protocol):
    """A store, opened. Its parts share one connection and may be used from threads."""

    def take_over(self, id: str, actor: str, at: str) -> None:
        """Take the id of a store that was lost, so that what is marked with it is ours again.

        Raises StoreError when anything was ever applied with this store.
        """

    def forget(self, outdated: Outdated) -> None:
        """Remove what need not be kept; runs, releases and the audit log stay for ever."""

    def export(self, file: BinaryIO) -> int:
        """Write everything into an empty file, as of one moment; how many rows."""

    def restore(self, file: BinaryIO, actor: str, at: str) -> int:
        """Fill this store with what `export` wrote, its id too; how many rows.

        All of it or nothing. Raises Unfit when anything was ever done with this store, and when
        the file is damaged or was written for another mesh or format.
        """

    def end(self, run: Run, at: str, outdated: Outdated) -> None:
        """Remove all that is kept of a run's environment, the run too; the audit log stays.

        With it goes what is outdated then, so that one transaction leaves nothing of it behind.
        Raises FencedOut, and removes nothing, when the run does not hold the whole environment.
        """

    def rows(self, environment: str) -> int:
        """How many rows are kept of an environment, beside the audit log."""

    def close(self) -> None:
        """Let go of the connection."""
