"""A PostgreSQL database as a warehouse: which part does what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weft.mesh.release import Build, Observed, Release
from weft.plan.plan import Step
from weft.sql.postgres import DIALECT
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres.audits import Auditor
from weft.warehouses.postgres.builds import Builder
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.landing import Landing
from weft.warehouses.postgres.loading import RUN, Loader
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.pruning import Living, Pruning
from weft.warehouses.postgres.queries import Answer, Queries
from weft.warehouses.postgres.reading import Reading
from weft.warehouses.postgres.releases import PRUNING, Releases
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import Target
from weft.warehouses.protocol import Bound, Outcome, Relation, Scope


class Postgres:
    """A database. It is connected to when it is first needed, once per thread."""

    dialect = DIALECT.name

    def __init__(self, target: Target, names: Names, store: str, sources: SourceFiles) -> None:
        sessions = Sessions(target)
        catalog = Catalog(sessions, Schemas(sessions, names.mesh, store), names)
        places = Places(sessions, catalog, names, store)
        copier = Copier(sessions)
        reading = Reading(catalog, places, Landing(copier, sources))
        ports = Ports(sessions, catalog, places, names)
        self._sessions = sessions
        self._catalog = catalog
        self._builder = Builder(sessions, catalog, places, reading, names)
        self._auditor = Auditor(sessions, catalog, places, reading, names)
        self._loader = Loader(catalog, places, copier, names)
        self._releases = Releases(sessions, catalog, places, ports, names)
        self._queries = Queries(sessions, catalog)
        self._living = Living(sessions)
        self._pruning = Pruning(sessions, catalog, self._living)

    def marks(self) -> tuple[str, str] | None:
        """Return whose schemas are here, None when there are none yet. Raises WarehouseError."""
        marked = self._catalog.schemas.marked().values()
        return next(((mark.mesh, mark.store) for mark in marked), None)

    def observe(self, scope: Scope) -> Observed:
        """Read what is really there for the products in scope. Raises WarehouseError."""
        keys, releases = self._catalog.builds_and_releases(scope.products, scope.environment)
        return Observed({each.product: each for each in releases}, keys)

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Carry out one step. Raises WarehouseError, and Conflict when a release has moved.

        Protecting, verifying and granting have nothing to do here yet.
        """
        with self._sessions.on_behalf_of(step.product, bound.run):
            self._living.begin(bound.run)
            if step.build:
                return self._builder.build(step, step.build, bound)
            if step.audit:
                return self._auditor.audit(step, step.audit, bound)
            if step.release:
                return self._releases.publish(step, step.release, bound)
        return Outcome()

    def query(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run one SELECT over exactly these relations. Raises WarehouseError."""
        return self._queries.answer(select, relations)

    def failing_rows(self, audit: str, check: str) -> Answer:
        """Return all rows that failed a check. Raises KeyError when none are kept."""
        found = self._auditor.rows(audit, check)
        return self._queries.rows(" ".join(("SELECT * FROM", found.relation)))

    def load(self, name: str, batches: Any) -> Outcome:
        """Store an Arrow stream under a build key. Raises WarehouseError."""
        with self._sessions.on_behalf_of("", RUN):
            self._living.begin(RUN)
            return self._loader.load(name, batches)

    def serve(self, environment: str) -> None:
        """Finish what interrupted publishes left of an environment's views."""
        self._releases.serve(environment)

    def history(self, environment: str, product: str) -> tuple[Release, ...]:
        """Return all kept releases of a product, newest first."""
        return self._releases.all(environment, product)

    def released(self) -> dict[str, tuple[str, ...]]:
        """Return all environments that have releases here, and the products in each."""
        found: dict[str, list[str]] = {}
        for each in self._catalog.releases():
            found.setdefault(each.environment, []).append(each.product)
        return {each: tuple(sorted(found[each])) for each in sorted(found)}

    def unneeded(self, keep: frozenset[str]) -> tuple[Build, ...]:
        """Return the builds that `forget` would remove."""
        found = (each.mark.build for each in self._pruning.unneeded(keep))
        return tuple(build for build in found if build)

    def forget(
        self, releases: Iterable[Release], keep: frozenset[str], now: str
    ) -> tuple[str, int]:
        """Remove releases, builds that `keep` does not reach, and what is too old to be kept."""
        gone = tuple(releases)
        with self._sessions.locked(PRUNING):
            removed = [(self._releases.remove(release), 0) for release in gone]
            for environment, product in {(each.environment, each.product) for each in gone}:
                self._releases.narrow(environment, product)
            removed.extend(self._pruning.forget_builds(keep | self._releases.keys()))
            removed.extend(self._pruning.forget_rows(now))
        return ", ".join(name for name, _ in removed), sum(size for _, size in removed)

    def cancel(self) -> None:
        """Stop what is running in any thread, for good: nothing else begins in this one."""
        self._sessions.stopping.cancel()

    def close(self) -> None:
        """Let go of all connections."""
        self._sessions.close()
