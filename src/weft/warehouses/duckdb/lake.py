"""The embedded lake as a warehouse: which part does what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from weft.mesh.release import Build, Observed
from weft.plan.plan import BuildSpec, Source, Step
from weft.warehouses.answering import Answer
from weft.warehouses.duckdb.audits import Auditor
from weft.warehouses.duckdb.builds import Builder
from weft.warehouses.duckdb.describing import Describing
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.drifting import Drifting
from weft.warehouses.duckdb.ending import Environments
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.growing import Grower
from weft.warehouses.duckdb.identity import marks_of, open_lake
from weft.warehouses.duckdb.keeping import KeptReleases
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests, refuse_rotten
from weft.warehouses.duckdb.ports import Ports
from weft.warehouses.duckdb.preparing import Preparation
from weft.warehouses.duckdb.pruning import Pruning
from weft.warehouses.duckdb.quarantine import Quarantine
from weft.warehouses.duckdb.queries import answer, rows_of
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.duckdb.reverting import Reverting
from weft.warehouses.duckdb.rows import rows
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.duckdb.telling import Teller
from weft.warehouses.files import SourceFiles
from weft.warehouses.messages import missing_data
from weft.warehouses.protocol import (
    LANDED,
    Act,
    Bound,
    Origin,
    Outcome,
    Relation,
    Scope,
    WarehouseError,
)


@dataclass(frozen=True)
class Owner:
    """Whose lake it is: the ids of mesh and store, and which environment is production."""

    mesh: str
    store: str
    production: str


class Lake(KeptReleases):
    """A folder of immutable files. It needs the engine for data only: observing reads JSON."""

    dialect = "duckdb"

    def __init__(
        self, layout: Layout, owner: Owner, engine: Engine, sources: SourceFiles, disk: Disk
    ) -> None:
        self._layout = layout
        self._exists = partial(open_lake, layout, owner.mesh, owner.store)
        self._engine = engine
        self._sources = sources
        self.described_files = Describing(sources).described_files
        self._scratch = Scratch(layout, disk)
        self._manifests = Manifests(layout, disk)
        self._sessions = Sessions(engine, self._scratch)
        self._parts = parts = (layout, disk, self._scratch)
        self._relations = Relations(self._sessions, self._manifests, layout, sources)
        self._builder = Builder(*parts, self._sessions, self._relations)
        self._grower = Grower(*parts, self._sessions, self._builder)
        self._auditor = Auditor(*parts, self._sessions, self._relations)
        releases = Releases(*parts, self._manifests)
        self._ports = Ports(*parts, releases, engine, owner.production)
        pruning = Pruning(*parts, self._manifests, releases)
        prepare = Preparation(*parts, pruning, (owner.mesh, owner.store))
        quarantine = Quarantine(layout, disk)
        drifting = Drifting(layout, self._ports, self._exists)
        kept = (self._manifests, releases)
        self._reverting = Reverting(layout, disk, kept, drifting, self.serve)
        self.drift = drifting.drift
        super().__init__(releases, pruning, quarantine, self._exists, prepare)
        self.environments = Environments(
            layout, disk, self._manifests, releases, (self._ports, pruning, prepare)
        )

    def marks(self) -> tuple[str, str] | None:
        """Return whose lake this is, None when there is none yet. Raises WarehouseError."""
        return marks_of(self._layout)

    def observe(self, scope: Scope) -> Observed:
        """Read what is really there for the products in scope. Raises WarehouseError.

        Builds that lost their data are not there. Unless somebody asks for more, only those of
        the current releases in scope are looked at, and what their views lead to.
        """
        if not self._exists():
            return Observed()
        found = {
            product: self._releases.current(scope.environment, product)
            for product in scope.products
        }
        releases = {product: release for product, release in found.items() if release}
        keys = self._manifests.keys()
        wanted = scope.bases.union(*(release.bases for release in releases.values()))
        bases = self.built(wanted)
        if scope.content:
            return Observed(releases, self._manifests.intact(keys), bases=bases)
        named = scope.builds.union(*(release.keys for release in releases.values()))
        damaged, hollow = self._manifests.damage(named)
        return Observed(releases, keys - damaged, hollow, bases)

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Carry out one step. Raises WarehouseError, and Conflict when a release has moved.

        Who can read the folder can read all of it, so there is nothing to protect or to grant.
        """
        self._prepare()
        if step.revert:
            return self._reverting.revert(step.revert, bound.run)
        if step.build:
            return self._build(step, step.build, bound)
        if step.audit:
            return self._auditor.audit(step, step.audit, bound)
        if step.release:
            return self._releases.publish(step, step.release, bound)
        return Outcome()

    def _build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        if spec.growing is not None:
            return self._grower.grow(step, spec, spec.growing, bound)
        return self._builder.build(step, spec, bound)

    def tell(
        self, steps: Iterable[Step], sources: Mapping[str, Source], environment: str = ""
    ) -> dict[str, list[Act]]:
        """Say what steps would do, by their ids; nothing is changed."""
        foreseen: dict[str, Build] = {}
        parts = (self._sessions, self._manifests, self._layout, self._sources)
        relations = Relations(*parts, foreseen)
        builder = Builder(*self._parts, self._sessions, relations)
        grower = Grower(*self._parts, self._sessions, builder)
        teller = Teller(self._layout, foreseen, relations, builder, grower)
        return {
            step.id: self._reverting.tell(step.revert)
            if step.revert
            else teller.tell(step, sources)
            for step in steps
        }

    def query(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run one SELECT over exactly these relations. Raises WarehouseError."""
        expansion = Expansion(self._layout, self._manifests)
        named = tuple(relations)
        keys = [each.key for each in named]
        _refuse_damaged(named, self._manifests.readable(keys))

        def look() -> None:
            _refuse_damaged(named, self._manifests.intact(keys))

        return answer(select, named, expansion, self._engine, look)

    def failing_rows(self, audit: str, check: str) -> Answer:
        """Return all rows that failed a check. Raises KeyError when none are kept."""
        return rows_of(self._auditor.rows_file(audit, check), self._engine)

    def rows(
        self,
        select: str,
        keys: tuple[str, ...],
        sources: Mapping[str, Source],
        environment: str = "",
    ) -> AbstractContextManager[Answer]:
        """Run one SELECT over builds and pinned sources; its context raises WarehouseError."""
        return rows(self._relations, self._sessions, select, keys, sources)

    def built(self, keys: Iterable[str]) -> dict[str, Build]:
        """Return what is kept of these builds, by key."""
        found = {key: self._manifests.find(key) for key in keys}
        return {key: build for key, build in found.items() if build}

    def load(self, key: str, batches: Any, origin: Origin = LANDED) -> Outcome:
        """Store an Arrow stream as a build under its key. Raises WarehouseError."""
        self._prepare()
        return self._builder.load(key, batches, origin)

    def serve(self, environment: str) -> None:
        """Bring the file of an environment's ports up to date. Raises WarehouseError."""
        self._prepare()
        try:
            self._ports.serve(environment, Expansion(self._layout, self._manifests))
        except WarehouseError as error:
            if not (error.transient or error.unwritable):
                refuse_rotten(self._manifests, _current_keys(environment, self._releases))
            raise

    def is_served(self, environment: str) -> bool:
        """Whether the file of an environment's ports is there and up to date."""
        there = self._exists()
        return not there or self._ports.is_current(environment)

    def cancel(self) -> None:
        """Stop what is running in any thread, for good: nothing else begins in this one."""
        self._sessions.cancel()

    def close(self) -> None:
        """Let go of the engine and of temporary files."""
        self._sessions.close()
        self._scratch.drop_all()


def _refuse_damaged(relations: Iterable[Relation], whole: Collection[str]) -> None:
    for relation in relations:
        if relation.key not in whole:
            raise missing_data(relation.path, "the lake")


def _current_keys(environment: str, releases: Releases) -> set[str]:
    """The keys of all builds behind what is current in an environment."""
    products = releases.products(environment)
    current = (releases.current(environment, product) for product in products)
    return {key for release in current if release for key in release.keys}
