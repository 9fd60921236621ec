"""A plan: everything a change does, as a value that goes to JSON and back.

Making one is the work of the other files of this package; carrying one out that of `weft.app`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from weft.mesh.change import ChangeAction
from weft.mesh.check import Measure, Promise
from weft.mesh.drift import Drift
from weft.mesh.growth import Growing, Grown
from weft.mesh.manifest import Column, FileSource, PortVersion, ProductManifest
from weft.mesh.product import Materialization
from weft.mesh.release import PortRelease, Release
from weft.mesh.signoff import Signoff
from weft.mesh.waiver import Waiver

PLAN_VERSION = 2
ROLLBACK = "rollback"
BREAKS = "BREAKS:"
OK = "ok"


class StepKind(StrEnum):
    """The closed set of steps, in the order in which a product goes through them."""

    REVERT = "revert"
    COPY = "copy"
    BUILD = "build"
    AUDIT = "audit"
    PROTECT = "protect"
    VERIFY = "verify"
    GRANT = "grant"
    PUBLISH = "publish"
    LEAVE = "leave"
    REVOKE = "revoke"
    DROP = "drop"


class ChangeClass(StrEnum):
    """The five classes of change, mildest first; DATA stands apart, it touches no promise."""

    METADATA = "metadata"
    VIEW = "view-only"
    ADDITIVE = "additive"
    BREAKING = "breaking"
    DATA = "data"


@dataclass(frozen=True)
class FieldChange:
    """One differing field, old and new as people write them; "" where there is none.

    `category` is the class of the change that it makes by itself. A change of a contract has its
    `kind`, and the `columns` of an `object` whose readers it concerns: none where these are all.
    With a `waiver` somebody answers for what it breaks.
    """

    action: ChangeAction
    what: str
    old: str = ""
    new: str = ""
    note: str = ""
    category: ChangeClass = ChangeClass.METADATA
    kind: str = ""
    object: str = ""
    columns: tuple[str, ...] = ()
    waiver: Waiver | None = None


@dataclass(frozen=True)
class Change:
    """One difference between what is wanted and what is.

    `kind` is `port`, `model`, `source`, `input` or `product`; `name` is unique with it inside the
    product. `effect` is the stated action, such as `rebuild` or `no rebuild`.
    """

    product: str
    kind: str
    name: str
    action: ChangeAction
    category: ChangeClass
    effect: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def address(self) -> str:
        """The address of the thing: `domain.product.name`, or of the product itself."""
        return self.product if self.kind == "product" else f"{self.product}.{self.name}"

    @property
    def old_status(self) -> str:
        """The status that it takes from its port, "" where that stays as it is."""
        return next((each.old for each in self.fields if each.what == "status"), "")

    @property
    def new_status(self) -> str:
        """The status that it gives to its port, "" where that stays as it is."""
        return next((each.new for each in self.fields if each.what == "status"), "")

    def port_in(self, products: Mapping[str, ProductManifest]) -> PortVersion | None:
        """The port version that it changes, as these products have it; None where none of them do.

        Nor is there one where it is no change of a port.
        """
        manifest = products.get(self.product) if self.kind == "port" else None
        return manifest.port(self.name) if manifest else None


@dataclass(frozen=True)
class Argument:
    """What a function is given as one of its parameters: the rows of a SELECT.

    `key` is that of the build or source whose relation it names.
    """

    name: str
    select: str
    key: str


@dataclass(frozen=True)
class Call:
    """A function to call: the file that it is in, its arguments, and the columns that it gives.

    `path` is relative to the mesh, and `text` is what stood there when the plan was made. The
    columns have the types that are promised of them, "" where none is. One run of the function may
    take `memory` bytes and `seconds` of wall time.
    """

    function: str
    path: str
    text: str
    arguments: tuple[Argument, ...]
    columns: tuple[Column, ...]
    memory: int
    seconds: int


@dataclass(frozen=True)
class BuildSpec:
    """Build `model` under `key`: a table from `select`, or a view that is `select`.

    `reads` are the keys whose relations the statement names; they exist before the step runs.
    `recipe` is a hash of its definition and of all those behind it, "" where it is not known.
    `growing` says how it comes from an earlier build, where the model is one that grows. With a
    `call` there is no `select`: the rows are what a function in Python gives. `looked_up` are the
    columns by which audits look among its rows, later ones too where it grows.
    """

    key: str
    model: str
    kind: Materialization
    select: str
    reads: tuple[str, ...] = ()
    growing: Growing | None = None
    call: Call | None = None
    looked_up: tuple[tuple[str, ...], ...] = ()
    recipe: str = ""

    @property
    def shape(self) -> str:
        """The SELECT that says which columns and types it has, if not always its rows."""
        brought = self.growing.brought if self.growing else None
        return brought.shape if brought else self.select


@dataclass(frozen=True)
class CopySpec:
    """Bring what an object of a port shows over from the warehouse `source`, as build `key`.

    `select` is what is asked there of the build `build`: the columns of `port`, an address, and
    nothing else. Of a model that moves they are all of its columns, and `port` is its address.
    `columns` have the types in which they are kept, "" where only the data will tell. `rows` and
    `bytes` are those of the build, None where it is not there yet; `released` is since when
    readers have it, an ISO time, "" where they do not yet.
    """

    key: str
    source: str
    build: str
    port: str
    object: str
    select: str
    columns: tuple[Column, ...]
    rows: int | None = None
    bytes: int | None = None
    released: str = ""


@dataclass(frozen=True)
class Comparison:
    """How many values of one column have no equal among those that readers have."""

    column: str
    statement: str


@dataclass(frozen=True)
class VerifySpec:
    """Compare build `key` with `copy`, which is what the readers of `object` have elsewhere.

    `whole` gives the rows of the copy, those of the build, and how many of the copy have no equal
    in the build; only where they differ it is asked of the single columns.
    """

    key: str
    copy: str
    object: str
    source: str
    whole: str
    columns: tuple[Comparison, ...]


@dataclass(frozen=True)
class AuditSpec:
    """Audit build `key` as `object`: one fused `scan` whose first column is the row count.

    `audit` is the audit's own key. `columns` are what the contract promises of columns, none where
    no contract does; `identity` are the columns that identify a row in the quarantine. `succeeds`
    is the key of the build that readers have now, whose types must be kept, "" where there is none.
    Where `base` is not "", statements also name the relations `new` and `kept` of the build: its
    rows that the base does not have, and those that it shares with the base; and `count`, a row
    whose column `rows` says how many are kept.
    """

    audit: str
    key: str
    object: str
    scan: str
    measures: tuple[Measure, ...] = ()
    columns: tuple[Promise, ...] = ()
    identity: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    succeeds: str = ""
    base: str = ""


@dataclass(frozen=True)
class RevertSpec:
    """Bring back what was changed outside, as `drift` says.

    `releases` are as the store recorded them: the one that has to be current, and behind it the
    one that the drift is about, where that is another.
    """

    drift: Drift
    releases: tuple[Release, ...]


@dataclass(frozen=True)
class Preview:
    """A port version, `orders@2`, that is not released, and what becomes of it if it is kept back.

    That is so where one of the `steps`, by their ids, fails or finds checks that do. A release has
    then what is `shown` of it now, None where that is nothing, and of the `models` that nothing
    published depends on the `builds` that it has now, with how they have `grown`.
    """

    port: str
    steps: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    shown: PortRelease | None = None
    builds: dict[str, str] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step of a plan. Exactly the spec of its kind is set; `needs` are ids of earlier steps.

    `release` belongs to publish, leave and drop: the release to point to, in place of the one of
    the number `expected`. That is the one before it, but where the product comes from elsewhere or
    where later releases were lost. An audit with a `consumer` is of what that product expects. A
    step that is `only_of` port versions is for nothing else: what fails of it keeps back these
    alone, and one that publishes is not needed where all of them are kept back. The `previews` are
    those versions, as a step that moves a release shows them where that happens.
    """

    id: str
    kind: StepKind
    product: str
    warehouse: str
    target: str
    needs: tuple[str, ...] = ()
    revert: RevertSpec | None = None
    copy: CopySpec | None = None
    build: BuildSpec | None = None
    audit: AuditSpec | None = None
    verify: VerifySpec | None = None
    release: Release | None = None
    expected: int = 0
    consumer: str = ""
    only_of: tuple[str, ...] = ()
    previews: tuple[Preview, ...] = ()

    @property
    def warehouses(self) -> tuple[str, ...]:
        """The warehouses that it works on: its own, and the one that a copy comes from."""
        return (self.warehouse, self.copy.source) if self.copy else (self.warehouse,)

    @property
    def moves(self) -> tuple[Release, ...]:
        """The releases that it may make current, or bring back."""
        back = self.revert.releases if self.revert else ()
        return (self.release, *back) if self.release else back

    @property
    def statements(self) -> tuple[str, ...]:
        """What the plan asks of the warehouse, which makes of it the statements that it runs."""
        if self.copy is not None:
            return (self.copy.select,)
        if self.verify is not None:
            return (self.verify.whole, *(each.statement for each in self.verify.columns))
        if self.build is not None:
            call = self.build.call
            return tuple(each.select for each in call.arguments) if call else (self.build.select,)
        if self.audit is not None:
            own = (each.statement for each in self.audit.measures if each.statement)
            return (self.audit.scan, *own)
        return ()


@dataclass(frozen=True)
class Source:
    """A file source as a plan pinned it: the files and the hash of their content."""

    key: str
    spec: FileSource
    files: tuple[str, ...]
    content: str


@dataclass(frozen=True)
class Base:
    """What a product looked like when the plan was made; a plan is stale when this differs.

    `definition` is the digest of the files' definition, `applied` of the last applied one,
    `release` the number of the current release, `inputs` the digests of input contracts;
    `warehouse` is where it lives.
    """

    definition: str = ""
    applied: str = ""
    release: int = 0
    inputs: str = ""
    hold: str = ""
    warehouse: str = ""


@dataclass(frozen=True)
class DataChange:
    """Other data under an unchanged definition: what changed and which models show it next.

    `source` is `domain.product.source`, or the address of a port that shows another release than
    its readers were built from.
    """

    source: str
    models: tuple[str, ...]

    @property
    def of_port(self) -> bool:
        """Whether a port shows another release, and no file source has newer data."""
        return "@" in self.source


@dataclass(frozen=True)
class HeldBack:
    """A product that stays on its release: checks failed, it waits, or a person said so.

    `checks` are the labels of those that failed; `by_person` says that it is a person's hold,
    `unread` that a source of it cannot be read, or data of another product, and `lost` that the
    release itself has lost data, which this plan cannot bring back. The release is that of another
    `environment`, where readers see what is published there, and "" where it is the plan's own.
    """

    product: str
    release: int
    cause: str
    checks: tuple[str, ...] = ()
    by_person: bool = False
    unread: bool = False
    lost: bool = False
    environment: str = ""


@dataclass(frozen=True)
class KeptBack:
    """A port version, `orders@2`, that is not released and whose checks failed, named by labels.

    Nothing else waits for it. `shown` says that readers see it, as it was before. Without checks it
    is one that could not be made, as `failed` says in lines: a plan with its steps tries again.
    """

    product: str
    port: str
    checks: tuple[str, ...] = ()
    shown: bool = False
    failed: str = ""

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.product}.{self.port}"

    @property
    def why(self) -> str:
        """Why it is kept back, in one line."""
        if self.checks:
            return f"checks failed: {', '.join(self.checks)}"
        return self.failed.partition("\n")[0]


@dataclass(frozen=True)
class Affected:
    """A consumer of a changed port and what the change means for it.

    `verdict` begins with `ok` where it goes on as before; else it is what may break it, or what
    breaks it for sure, after `BREAKS`.
    """

    consumer: str
    port: str
    pinned: bool
    verdict: str

    @property
    def breaks(self) -> bool:
        """Whether it cannot go on as it is."""
        return self.verdict.startswith(BREAKS)

    @property
    def goes_on(self) -> bool:
        """Whether nothing that it relies on is known to change."""
        return self.verdict.startswith(OK)


@dataclass(frozen=True)
class Expected:
    """What a consumer expects of an object of a port version, or of its service levels.

    `verdict` is `ok`, or what breaks the consumer after `BREAKS`, or why that cannot be measured;
    "" while only the data will tell.
    """

    consumer: str
    port: str
    object: str
    verdict: str = ""

    @property
    def breaks(self) -> bool:
        """Whether what is expected is known not to hold."""
        return self.verdict.startswith(BREAKS)


@dataclass(frozen=True)
class Suspension:
    """A port version whose reading a plan suspends up to a moment, or lets go on.

    `until` and `was` are ISO times, "" where it can be read: with the plan, and before it.
    """

    port: str
    until: str
    was: str = ""


@dataclass(frozen=True)
class Adopted:
    """The models of a product that are not built because `environment` shows these builds."""

    product: str
    environment: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class Unadopted:
    """Models of a product that are built though `environment` shows builds of them, and why."""

    product: str
    environment: str
    models: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Plan:
    """Everything a change does, ready to run: nothing is worked out again when it is applied.

    `base` has one entry per product in scope. `manifests` are the definitions that the plan
    makes current, by product; `sources` the pinned file sources by key; `salts` the rebuilds
    and ranges that were asked for, by `domain.product.model`; `blocked` says in full sentences why
    it cannot be applied, `breaking` names the ports whose promises it would break. `adopted` are
    builds that another environment brought, `unadopted` those that one has and that do not fit.
    `kept` are port versions that stay behind the rest of their product. `expected` is what
    consumers expect of what the plan shows, `signoffs` what those say whom a new major breaks,
    `suspensions` the planned outages that it begins and ends.

    A step that would move a release of another environment, or of another product than its own,
    is refused with a ValueError wherever a plan comes from.
    """

    id: str
    mesh: str
    root: str
    environment: str
    kind: str = "apply"
    version: int = PLAN_VERSION
    base: dict[str, Base] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    data: tuple[DataChange, ...] = ()
    held: tuple[HeldBack, ...] = ()
    kept: tuple[KeptBack, ...] = ()
    affected: tuple[Affected, ...] = ()
    blocked: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    sources: dict[str, Source] = field(default_factory=dict)
    salts: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, ProductManifest] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    unadopted: tuple[Unadopted, ...] = ()
    expected: tuple[Expected, ...] = ()
    signoffs: tuple[Signoff, ...] = ()
    suspensions: tuple[Suspension, ...] = ()

    def __post_init__(self) -> None:
        for step in self.steps:
            own = (self.environment, step.product)
            for release in step.moves:
                if (release.environment, release.product) != own:
                    raise ValueError(
                        f"step {step.id} of a plan for {self.environment} would move "
                        f"{release.product} in {release.environment}"
                    )
            if step.revert and step.revert.drift.environment != self.environment:
                raise ValueError(
                    f"step {step.id} of a plan for {self.environment} would revert something in "
                    f"{step.revert.drift.environment}"
                )

    @property
    def empty(self) -> bool:
        """Whether applying it would do nothing."""
        return not self.steps and not self.manifests and not self.removed

    @property
    def drops(self) -> tuple[Step, ...]:
        """The destructive steps."""
        return tuple(step for step in self.steps if step.kind is StepKind.DROP)
