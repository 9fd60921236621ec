"""What any warehouse must do, and how it says that it cannot.

A warehouse knows nothing of plans as a whole, of stores, or of who asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from weft.mesh.check import CheckResult
from weft.mesh.drift import Drift
from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Observed, Release
from weft.plan.plan import Source, Step


class WarehouseError(Exception):
    """A warehouse could not do what it was asked.

    `transient` means that trying again may help; `interrupted` that the outside (a full disk, a
    lost connection) stopped it half way; `denied` that it was not reached or not allowed;
    `unwritable` that nothing at all can be written there now, for want of room or of rights.
    `next_step` is what a person can do about it, where the message does not say so.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        interrupted: bool = False,
        denied: bool = False,
        unwritable: bool = False,
        next_step: str = "",
    ) -> None:
        super().__init__(message)
        self.transient = transient
        self.interrupted = interrupted
        self.denied = denied
        self.unwritable = unwritable
        self.next_step = next_step

    @property
    def outside(self) -> bool:
        """Whether the cause lies outside of what was asked, so that anything may fail by it."""
        return self.transient or self.interrupted or self.denied or self.unwritable


class Unmeasurable(WarehouseError):
    """The statement itself is at fault: it does not bind, or a value in it cannot be computed."""


class Conflict(WarehouseError):
    """Somebody else moved the pointer first: the expected release is no longer current."""


class Stopped(WarehouseError):
    """It was cancelled."""

    def __init__(self) -> None:
        super().__init__("stopped on request", interrupted=True)


@dataclass(frozen=True)
class Scope:
    """What to observe: which products of which environment.

    `builds` are the keys of builds to look at beside those of the current releases. `content` asks
    for a look into all data of every build there is, which takes as long as reading it. `bases`
    are the keys of builds that may be grown from, beside those of the current releases.
    """

    environment: str
    products: tuple[str, ...]
    builds: frozenset[str] = frozenset()
    content: bool = False
    bases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Bound:
    """What a step needs and a plan cannot know: the run, its fence, the time, pinned sources.

    `at` is an ISO time in UTC. `sources` are the plan's pinned sources by key. `environment` is
    where what is built is put, in so far as that matters to the warehouse; "" is production.
    """

    run: str
    fence: int
    at: str
    sources: Mapping[str, Source]
    environment: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a build comes from that is loaded: whose it is, the keys it was made from, the run.

    `environment` is where it is put, in so far as that matters to the warehouse; "" is production.
    """

    product: str = ""
    model: str = ""
    reads: tuple[str, ...] = ()
    run: str = ""
    environment: str = ""

    def build(self, key: str, columns: tuple[Column, ...] = ()) -> Build:
        """The build that is loaded under a key, as far as it is known before its rows are."""
        kind = Materialization.TABLE
        return Build(key, self.product, self.model, kind, columns, reads=self.reads, run=self.run)


@dataclass(frozen=True)
class Outcome:
    """What a step did. `checks` are set by audits, `release` by publish and drop."""

    rows: int = 0
    bytes: int = 0
    reused: bool = False
    columns: tuple[Column, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    release: Release | None = None

    @classmethod
    def of(cls, build: Build, *, reused: bool = False) -> Outcome:
        """What a step did that made a build, or found it."""
        return cls(build.rows, build.bytes, reused, build.columns)


@dataclass(frozen=True)
class Act:
    """One thing that a step does: a statement, or in words what happens to files.

    `problem` is what the warehouse says against a statement that it cannot run.
    """

    text: str
    is_statement: bool = True
    problem: str = ""


def going_to_fail(error: WarehouseError) -> Act:
    """What is told of a step that cannot be carried out."""
    problem = str(error) if isinstance(error, Unmeasurable) else ""
    return Act(f"this is going to fail: {error}", is_statement=False, problem=problem)


@dataclass(frozen=True)
class Relation:
    """Something a query may read: its path (`domain`, `product`, `object`) and what it is."""

    path: tuple[str, ...]
    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table or view that somebody else made, with the columns that are read of it.

    Their types are native to its warehouse; one that is "" is read in the type that it has.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Removal:
    """What is cleared away, or would be: builds, the names of all things, their size in bytes."""

    builds: tuple[Build, ...] = ()
    names: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class Ending:
    """An environment that is to end: what ran there, and the builds that stay all the same.

    `keep` are keys of builds, and addresses of products all of whose builds stay. `without` are
    environments that end before it.
    """

    environment: str
    runs: frozenset[str]
    keep: frozenset[str]
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ended:
    """What goes with an environment: releases, builds, whether ports were served, failing rows.

    `names` are of all things, `bytes` is their size.
    """

    releases: tuple[Release, ...] = ()
    builds: tuple[Build, ...] = ()
    served: bool = False
    names: tuple[str, ...] = ()
    bytes: int = 0


LANDED = Origin()
"""The origin of what is of no product."""

TYPE = "weft:type"
"""The metadata of an Arrow field that says in which native type `load` stores its column."""


class Warehouse(Protocol):
    """The seam between Weft and a place where data lives. Threads may call all of its methods."""

    dialect: str

    def observe(self, scope: Scope) -> Observed:
        """Read what is really there for the products in scope. Raises WarehouseError.

        A build that has lost its data counts as not there. Where nobody asks for more, only
        builds of the current releases in scope are looked at, with all that their views lead to,
        and from outside.
        """

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Carry out one step; doing it a second time finds the first result and reuses it.

        Publish and drop are a compare-and-swap on `step.expected`: Conflict when it has moved.
        """

    def query(self, select: str, relations: Iterable[Relation]) -> Any:
        """Run one SELECT over exactly these relations; a context manager with the rows.

        They are read once, by way of `__arrow_c_stream__`, in types that every reader of Arrow
        takes whole: truths (or `arrow.bool8`), numbers, texts, and `arrow.json` for integers of
        any size and for what holds other values. Timestamps are texts as ISO 8601 writes them,
        where it can; everything else is the text that the warehouse writes it as. Leaving the
        context raises Unmeasurable or WarehouseError in place of what an Arrow reader makes of an
        error of the warehouse.
        """

    def rows(
        self,
        select: str,
        keys: tuple[str, ...],
        sources: Mapping[str, Source],
        environment: str = "",
    ) -> Any:
        """Run one SELECT over builds and pinned sources; a context manager with the rows.

        `keys` are those whose relations the SELECT names. `environment` is as in `Origin`, for
        sources that have to be stored to be read. The rows are read once, by way of
        `__arrow_c_stream__` and in constant memory, in the types in which a build of the SELECT
        would be stored, or the Arrow types next to them that keep every value: integers and floats
        in their width, decimals, truths, texts, bytes, dates, times, timestamps (those with a zone
        in UTC), and lists, structs and maps of these. Identifiers (UUID) and JSON are texts.
        Leaving the context raises WarehouseError in place of what an Arrow reader makes of an
        error.
        """

    def built(self, keys: Iterable[str]) -> dict[str, Build]:
        """What is kept of these builds, by key, whether their data is there or lost."""

    def load(self, key: str, batches: Any, origin: Origin = LANDED) -> Outcome:
        """Store an Arrow stream as a build under its key, in constant memory.

        A field whose metadata has TYPE is stored in that native type.
        """

    def cancel(self) -> None:
        """Stop what is running in any thread; the stopped steps raise WarehouseError."""

    def close(self) -> None:
        """Let go of connections and temporary files."""


@runtime_checkable
class TellsSteps(Protocol):
    """A warehouse that can say what its steps will do."""

    def tell(
        self, steps: Iterable[Step], sources: Mapping[str, Source], environment: str = ""
    ) -> dict[str, list[Act]]:
        """What `run` would do for these steps of a plan, in their order, by id. Nothing is changed.

        Statements are those that run, word for word; what only a run knows stands there as `RUN`
        and `N`. `sources` are the plan's pinned sources by key, `environment` is the plan's.
        """


@runtime_checkable
class KeepsReleases(Protocol):
    """A warehouse that can list and clear what it keeps."""

    def history(self, environment: str, product: str) -> tuple[Release, ...]:
        """All kept releases of a product, newest first."""

    def released(self) -> dict[str, tuple[str, ...]]:
        """All environments that have releases here, and the products that were released there."""

    def forget(
        self,
        releases: Iterable[Release],
        keep: frozenset[str],
        now: str,
        *,
        dry_run: bool = False,
    ) -> Removal:
        """Remove these releases, and every build that neither `keep` nor another release names.

        `keep` are keys of builds, and addresses of products all of whose builds stay.
        With them goes what is kept for some days only and is older at `now`, an ISO time. Only
        what Weft made and marked is touched; nothing at all in a dry run.
        """


@dataclass(frozen=True)
class Holding:
    """What an environment has: its current releases, and sizes in bytes.

    `shown` is the size of all that these show, whoever shows it too, `own` that of what would go
    with the environment; of production nothing does.
    """

    releases: tuple[Release, ...] = ()
    shown: int = 0
    own: int = 0


class Environments(Protocol):
    """What each environment has in a warehouse, and how it is cleared away."""

    def names(self) -> tuple[str, ...]:
        """All environments that have anything here, sorted."""

    def holdings(self, runs: Mapping[str, frozenset[str]]) -> dict[str, Holding]:
        """What environments have, all as of one look; `runs` are those that ran in each."""

    def end(self, ending: Ending, *, dry_run: bool = False) -> Ended:
        """Remove everything that the environment alone has; nothing at all in a dry run.

        What was interrupted is finished by ending it again. Raises WarehouseError, also for
        production, which never ends.
        """


@runtime_checkable
class HasEnvironments(Protocol):
    """A warehouse that knows what each environment has there."""

    environments: Environments


@runtime_checkable
class KeepsFailingRows(Protocol):
    """A warehouse that keeps the failing rows of audits for a while."""

    def failing_rows(self, audit: str, check: str) -> Any:
        """All rows that failed a check of an audit, in full; an object with `__arrow_c_stream__`.

        Raises KeyError when none are kept.
        """


@runtime_checkable
class IsMarked(Protocol):
    """A warehouse that says which mesh and which store it belongs to."""

    def marks(self) -> tuple[str, str] | None:
        """The ids of the mesh and the store that it was made by; None where there is nothing."""


@runtime_checkable
class ServesPorts(Protocol):
    """A warehouse whose published ports are shown to other programs by a file or a view."""

    def serve(self, environment: str) -> None:
        """Bring what other programs see up to date with the current releases.

        Of products without a release in an environment they see production's, so that with
        production every environment is brought up to date.

        Raises WarehouseError; it is transient while another program is at it for too long.
        """

    def is_served(self, environment: str) -> bool:
        """Whether what other programs see is there and up to date; this is cheap to ask."""


class Moment(Protocol):
    """Tables as they are at one moment, all of them at the same; inside of its context."""

    def content(self, table: Table) -> str:
        """A hash of the rows, whatever their order, computed where they are.

        Raises WarehouseError, also for a value that does not fit the type of its column.
        """

    def rows(self, table: Table) -> Any:
        """The rows, once, by way of `__arrow_c_stream__` and in constant memory.

        A context manager; leaving it raises WarehouseError in place of what an Arrow reader makes
        of an error. What Arrow has no type for is text.
        """

    def keep(self, table: Table, key: str, origin: Origin) -> Outcome | None:
        """Store the rows as a build of this warehouse, where they need not leave it for that.

        None where they have to: they are then read, and loaded as from any other place.
        """


class Tables(Protocol):
    """Tables and views of a warehouse that somebody else made."""

    def as_read(self, table: Table) -> Table:
        """The same table with the types in which it is read. Raises WarehouseError.

        So it does where there is no such table or column, where it may not be read or is Weft's
        own, and where a column does not fit the type that is asked for.
        """

    def moment(self) -> AbstractContextManager[Moment]:
        """Look at tables, nothing of which changes meanwhile. Raises WarehouseError."""


@runtime_checkable
class FindsDrift(Protocol):
    """A warehouse that finds what was changed outside of Weft, and can bring it back.

    Its steps of kind revert do that; carrying one out a second time changes nothing.
    """

    def drift(self, scope: Scope, recorded: Mapping[str, tuple[Release, ...]]) -> tuple[Drift, ...]:
        """Compare the places of the products in scope with what was left there.

        Without products it is the places that belong to none of them. `recorded` are the releases
        that the store knows, newest first, by product: of all in the environment. With `content`
        data is read, which takes as long as that; otherwise it is looked at from outside. Nothing
        is changed. Raises WarehouseError.
        """


@runtime_checkable
class HoldsTables(Protocol):
    """A warehouse in which others have tables, which sources may name."""

    @property
    def tables(self) -> Tables:
        """These tables."""


@runtime_checkable
class SaysWhoBlocks(Protocol):
    """A warehouse in which others can be in the way of a step for long."""

    def blocked(self, run: str) -> Iterable[str]:
        """Say in words whom a run waits for now, and what to do about it. Raises WarehouseError."""


@dataclass(frozen=True)
class Condition:
    """One thing that was looked at: how it is, and what to do about it; `fix` "" says it is well.

    `stops` says that nothing can be built or published until then.
    """

    name: str
    detail: str
    fix: str = ""
    stops: bool = False


class Health(Protocol):
    """How a warehouse is, beside what it holds."""

    def conditions(self, now: str) -> Iterable[Condition]:
        """Say how it is; `now` is the time here, ISO in UTC. Raises WarehouseError."""

    def require(self, products: Iterable[str], environment: str) -> None:
        """See that products can be built and published here. Raises WarehouseError."""


@runtime_checkable
class HasHealth(Protocol):
    """A warehouse that may be reached and yet not be fit for its work."""

    @property
    def health(self) -> Health:
        """How it is."""
