"""A PostgreSQL database as a warehouse: which part does what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from weft.mesh.release import Build, Observed
from weft.plan.plan import Source, Step
from weft.sql.postgres import DIALECT
from weft.warehouses.answering import Answer
from weft.warehouses.duckdb.describing import Describing as FileDescribing
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres.audits import Auditor
from weft.warehouses.postgres.blocking import blocked
from weft.warehouses.postgres.builds import Builder
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.describing import Describing
from weft.warehouses.postgres.drifting import Drifting
from weft.warehouses.postgres.ending import Environments
from weft.warehouses.postgres.health import Health
from weft.warehouses.postgres.keeping import KeptReleases
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.landing import Landing
from weft.warehouses.postgres.layer_tables import LayerTables
from weft.warehouses.postgres.loading import RUN, Loader
from weft.warehouses.postgres.making import Maker
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.observing import Observer
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.pruning import Living, Pruning
from weft.warehouses.postgres.queries import Queries
from weft.warehouses.postgres.reading import Reading
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.releases import Releases
from weft.warehouses.postgres.reverting import Reverting
from weft.warehouses.postgres.rows import Rows
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.tables import Tables
from weft.warehouses.postgres.target import Target
from weft.warehouses.postgres.telling import Teller
from weft.warehouses.protocol import LANDED, Act, Bound, Origin, Outcome, Relation, Scope


class Postgres(KeptReleases):
    """A database. It is connected to when it is first needed, once per thread."""

    dialect = DIALECT.name

    def __init__(self, target: Target, names: Names, store: str, sources: SourceFiles) -> None:
        sessions = Sessions(target)
        catalog = Catalog(sessions, Schemas(sessions, names.mesh, store))
        known = Known(catalog, names.production, target.place)
        places = Places(sessions, catalog, names, store)
        copier = Copier(sessions)
        landing = Landing(known, places, copier, Maker(sessions, catalog), sources)
        reading = Reading(known, places, landing)
        ports = Ports(sessions, catalog, places, names)
        released = Released(sessions, catalog, names)
        releases = Releases(sessions, known, places, ports, released)
        self.health = Health(sessions, catalog, places, names)
        self.tables = Tables(sessions, known, places, copier, names)
        self.described_files = FileDescribing(sources).described_files
        describing = Describing(sessions, catalog.schemas, self.tables)
        self.tables_of_others, self.described = describing.tables_of_others, describing.described
        self._sessions = sessions
        self._catalog = catalog
        self._builder = Builder(sessions, known, places, reading, names)
        self._auditor = Auditor(sessions, known, places, reading, names)
        self._loader = Loader(known, places, copier, names)
        self._known = known
        self._releases = releases
        self._observer = Observer(sessions, catalog, released)
        self._queries = Queries(sessions, known)
        self._living = Living(sessions)
        self._rows = Rows(sessions, reading, names, self._queries)
        self._teller = partial(Teller, sessions, known, places, landing, (released, ports))
        drifting = Drifting(sessions, known, released, ports, store)
        self._reverting = Reverting(sessions, known, places, (released, ports), drifting)
        self.drift = drifting.drift
        self.blocked = partial(blocked, sessions)
        layers = LayerTables(sessions, known, places, names)
        pruning = Pruning(sessions, known, self._living, releases, released, layers)
        self.environments = Environments(sessions, known, places, pruning, releases, released)
        super().__init__(released, pruning)

    def marks(self) -> tuple[str, str] | None:
        """Return whose schemas are here, None when there are none yet. Raises WarehouseError."""
        marked = self._catalog.schemas.marked().values()
        return next(((mark.mesh, mark.store) for mark in marked), None)

    def observe(self, scope: Scope) -> Observed:
        """Read what is really there for the products in scope. Raises WarehouseError.

        Builds that lost their data are not there. Unless somebody asks for more, only those of
        the current releases in scope are looked at, and what their views lead to.
        """
        return self._observer.observe(scope)

    def run(self, step: Step, bound: Bound) -> Outcome:
        """Carry out one step. Raises WarehouseError, and Conflict when a release has moved.

        Protecting, verifying and granting have nothing to do here yet.
        """
        with self._sessions.on_behalf_of(step.product, bound.run):
            self._living.begin(bound.run)
            if step.revert:
                return self._reverting.revert(step.revert)
            if step.build:
                return self._builder.build(step, step.build, bound)
            if step.audit:
                return self._auditor.audit(step, step.audit, bound)
            if step.release:
                return self._releases.publish(step, step.release, bound)
        return Outcome()

    def tell(
        self, steps: Iterable[Step], sources: Mapping[str, Source], environment: str = ""
    ) -> dict[str, list[Act]]:
        """Say what steps would do, by their ids; nothing is changed."""
        teller = self._teller()
        return {
            step.id: self._reverting.tell(step.revert)
            if step.revert
            else teller.tell(step, sources, environment)
            for step in steps
        }

    def query(self, select: str, relations: Iterable[Relation]) -> Answer:
        """Run one SELECT over exactly these relations. Raises WarehouseError."""
        return self._queries.answer(select, relations)

    def failing_rows(self, audit: str, check: str) -> Answer:
        """Return all rows that failed a check. Raises KeyError when none are kept."""
        found = self._auditor.rows(audit, check)
        return self._queries.rows(" ".join(("SELECT * FROM", found.relation)))

    def rows(
        self,
        select: str,
        keys: tuple[str, ...],
        sources: Mapping[str, Source],
        environment: str = "",
    ) -> Answer:
        """Run one SELECT over builds and pinned sources. Raises WarehouseError."""
        with self._sessions.on_behalf_of("", RUN):
            self._living.begin(RUN)
            return self._rows.rows(select, keys, sources, environment)

    def built(self, keys: Iterable[str]) -> dict[str, Build]:
        """Return what is kept of these builds, by key."""
        return {key: each.build for key, each in self._known.find(keys).items()}

    def load(self, key: str, batches: Any, origin: Origin = LANDED) -> Outcome:
        """Store an Arrow stream as a build under its key. Raises WarehouseError."""
        run = origin.run or RUN
        with self._sessions.on_behalf_of(origin.product, run):
            self._living.begin(run)
            return self._loader.load(key, batches, origin)

    def serve(self, environment: str) -> None:
        """Finish what interrupted publishes left of an environment's views."""
        self._releases.serve(environment)

    def is_served(self, environment: str) -> bool:
        """Whether the views of an environment are those of its current releases."""
        return self._releases.is_served(environment)

    def cancel(self) -> None:
        """Stop what is running in any thread, for good: nothing else begins in this one."""
        self._sessions.stopping.cancel()

    def close(self) -> None:
        """Let go of all connections."""
        self._sessions.close()
