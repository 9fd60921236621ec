"""Carry out build steps: a table or a view of a name by its key, marked in the same transaction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.sql.postgres import string
from weft.warehouses.postgres.catalog import Catalog, Located, relation
from weft.warehouses.postgres.errors import ALREADY_THERE, Interrupted, Refused
from weft.warehouses.postgres.marks import Mark, written
from weft.warehouses.postgres.names import Names, Place, build_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.reading import Reading, over
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import Bound, Outcome, WarehouseError

_VIEW = "view"


class Builder:
    """Makes builds. Whoever makes one of a key first wins; all others use that one."""

    def __init__(
        self,
        sessions: Sessions,
        catalog: Catalog,
        places: Places,
        reading: Reading,
        names: Names,
    ) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._places = places
        self._reading = reading
        self._names = names

    def build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        """Build a model under its key, unless there is such a build. Raises WarehouseError.

        Where the connection is lost, what is really there says whether it was built.
        """
        outcome = self._reused(spec.key)
        if outcome:
            return outcome
        place = self._places.prepared(self._names.place(step.product, bound.environment))
        build = Build(spec.key, step.product, spec.model, spec.kind, (), run=bound.run)
        build = replace(build, reads=spec.reads)
        select = over(spec.select, self._reading.found(spec.reads, place, bound))
        try:
            return self._make(build, place, select)
        except (Refused, Interrupted) as error:
            known = not isinstance(error, Refused) or error.code.startswith(ALREADY_THERE)
            with suppress(WarehouseError):
                outcome = self._reused(spec.key) if known else None
            if outcome:
                return outcome
            raise

    def _reused(self, key: str) -> Outcome | None:
        found = self._catalog.find([key])
        build = found[key].mark.build if found else None
        return Outcome(build.rows, build.bytes, True, build.columns) if build else None

    def _make(self, build: Build, place: Place, select: str) -> Outcome:
        sessions, name = self._sessions, build_name(build.key)
        target = relation(place.internal, name)
        kind = "VIEW" if build.kind == _VIEW else "TABLE"
        with sessions.acting_as(place.internal_owner):
            statement = " ".join(("CREATE", kind, target, "AS\n", select))
            rows = sessions.change_by_users(statement)
            if kind == "TABLE":
                # Without statistics a few small builds in one view look so large to the planner
                # that it compiles every query on them, which takes longer than anything else.
                sessions.ask(f"ANALYZE {target}")
                build = replace(build, rows=rows)
            columns, size = self._catalog.stored(target)
            build = replace(build, columns=columns, bytes=size)
            mark = string(written(build=build))
            sessions.ask(" ".join(("COMMENT ON", kind, target, "IS", mark)))
        self._catalog.add(Located(place.internal, name, Mark(build=build)))
        return Outcome(build.rows, build.bytes, False, build.columns)
