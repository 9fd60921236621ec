"""The embedded lake as a warehouse: which part does what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from weft.mesh.release import Build, Observed, Release
from weft.plan.plan import Step
from weft.warehouses.duckdb.audits import Auditor
from weft.warehouses.duckdb.builds import Builder
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.identity import make_lake, marks_of, open_lake
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.ports import Ports
from weft.warehouses.duckdb.pruning import Pruning
from weft.warehouses.duckdb.queries import Answer, answer, rows_of
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine
from weft.warehouses.duckdb.sessions import Sessions
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import Bound, Outcome, Relation, Scope


@dataclass(frozen=True)
class Owner:
    """Whose lake it is: the ids of mesh and store, and which environment is production."""

    mesh: str
    store: str
    production: str


class Lake:
    """A folder of immutable files. It needs the engine for data only: observing reads JSON."""

    dialect = "duckdb"

    def __init__(
        self, layout: Layout, owner: Owner, engine: Engine, sources: SourceFiles, disk: Disk
    ) -> None:
        self._layout = layout
        self._owner = owner
        self._engine = engine
        self._disk = disk
        self._scratch = Scratch(layout, disk)
        self._manifests = Manifests(layout, disk)
        self._sessions = Sessions(engine, self._scratch)
        parts = (layout, disk, self._scratch)
        relations = Relations(self._sessions, self._manifests, layout, sources)
        self._builder = Builder(*parts, self._sessions, relations)
        self._auditor = Auditor(*parts, self._sessions, relations)
        self._releases = Releases(*parts, self._manifests)
        self._ports = Ports(*parts, self._releases, engine)
        self._pruning = Pruning(*parts, self._manifests)
        self._ready = False
        self._guard = Lock()

    def marks(self) -> tuple[str, str] | None:
        """Return whose lake this is, None when there is none yet. Raises WarehouseError."""
        return marks_of(self._layout)

    def observe(self, scope: Scope) -> Observed:
        """Read what is really there for the products in scope. Raises WarehouseError."""
        if not open_lake(self._layout, self._owner.mesh, self._owner.store):
            return Observed()
        found = {
            product: self._releases.current(scope.environment, product)
            for product in scope.products
        }
        releases = {product: release for product, release in found.items() if release}
        return Observed(releases, self._manifests.keys())

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Carry out one step. Raises WarehouseError, and Conflict when a release has moved.

        Protecting, verifying and granting have nothing to do here yet.
        """
        self._prepare()
        if step.build:
            return self._builder.build(step, step.build, bound)
        if step.audit:
            return self._auditor.audit(step, step.audit, bound)
        if step.release:
            return self._releases.publish(step, step.release, bound)
        return Outcome()

    def query(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run one SELECT over exactly these relations. Raises WarehouseError."""
        expansion = Expansion(self._layout, self._manifests)
        return answer(select, relations, expansion, self._engine)

    def failing_rows(self, audit: str, check: str) -> Answer:
        """Return all rows that failed a check. Raises KeyError when none are kept."""
        return rows_of(self._auditor.rows_file(audit, check), self._engine)

    def load(self, name: str, batches: Any) -> Outcome:
        """Store an Arrow stream under a build key. Raises WarehouseError."""
        self._prepare()
        return self._builder.load(name, batches)

    def serve(self, environment: str) -> None:
        """Bring the file of an environment's ports up to date. Raises WarehouseError."""
        self._prepare()
        production = environment == self._owner.production
        self._ports.serve(environment, production, Expansion(self._layout, self._manifests))

    def history(self, environment: str, product: str) -> tuple[Release, ...]:
        """Return all kept releases of a product, newest first."""
        return self._releases.all(environment, product)

    def released(self) -> dict[str, tuple[str, ...]]:
        """Return all environments that have releases here, and the products in each."""
        environments = self._releases.environments()
        return {each: self._releases.products(each) for each in environments}

    def unneeded(self, keep: frozenset[str]) -> tuple[Build, ...]:
        """Return the builds that `forget` would remove."""
        return tuple(self._pruning.unneeded(keep))

    def forget(
        self, releases: Iterable[Release], keep: frozenset[str], now: str
    ) -> tuple[str, int]:
        """Remove releases, builds that `keep` does not reach, and what is too old to be kept."""
        self._prepare()
        removed = [self._releases.remove(release) for release in releases]
        removed.extend(self._pruning.forget_builds(keep))
        removed.extend(self._pruning.forget_orphans())
        removed.extend(self._auditor.forget_old(now))
        names = ", ".join(self._layout.relative(path) for path, _ in removed)
        return names, sum(size for _, size in removed)

    def cancel(self) -> None:
        """Stop what is running in any thread, for good: nothing else begins in this one."""
        self._sessions.cancel()

    def close(self) -> None:
        """Let go of the engine and of temporary files."""
        self._sessions.close()
        self._scratch.drop_all()

    def _prepare(self) -> None:
        """Make sure, once, that the lake is there and ours, and free of what killed runs left."""
        with self._guard:
            if not self._ready:
                owner = self._owner
                make_lake(self._layout, self._disk, self._scratch, owner.mesh, owner.store)
                self._pruning.clear_dead_runs()
                self._ready = True
