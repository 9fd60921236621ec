"""Carry out build steps: a table or a view of a name by its key, marked in the same transaction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.sql.postgres import string
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.errors import ALREADY_THERE, Interrupted, Refused
from weft.warehouses.postgres.growing import Grower
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark, encoded
from weft.warehouses.postgres.names import Names, Place, build_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.reading import Reading, over, shaped
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.work import Asked
from weft.warehouses.protocol import Bound, Outcome, WarehouseError


class Builder:
    """Makes builds. Whoever makes one of a key first wins; all others use that one."""

    def __init__(
        self, sessions: Sessions, known: Known, places: Places, reading: Reading, names: Names
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._reading = reading
        self._names = names
        self._grower = Grower(sessions, known, places)

    def build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        """Build a model under its key, unless there is such a build. Raises WarehouseError.

        Where the connection is lost, what is really there says whether it was built.
        """
        outcome = self._reused(spec.key)
        if outcome:
            return outcome
        broken = self._known.broken(spec.key)
        place = self._places.prepared(self._place(step.product, bound.environment, broken))
        draft = drafted(step, spec, place, bound.run)
        reads = self._reading.found(spec.reads, place, bound)
        select = over(spec.select, reads)
        try:
            if spec.growing:
                shape = shaped(spec.shape, reads)
                asked = Asked(draft, place, select, shape, spec.growing, bound.at, spec.looked_up)
                return self._grower.grow(asked)
            return self._make(draft, place, made_by(draft, select, is_there=broken is not None))
        except (Refused, Interrupted) as error:
            known = not isinstance(error, Refused) or error.code.startswith(ALREADY_THERE)
            with suppress(WarehouseError):
                self._known.lose([spec.key])
                outcome = self._reused(spec.key) if known else None
            if outcome:
                return outcome
            raise

    def _place(self, product: str, environment: str, broken: Located | None) -> Place:
        """Where a build is made: what has lost its data stays where it is."""
        if broken is None:
            return self._names.place(product, environment)
        mark = self._known.catalog.schemas.known()[broken.schema]
        return self._names.place(mark.product, mark.environment)

    def _reused(self, key: str) -> Outcome | None:
        found = self._known.whole([key])
        return Outcome.of(found[key].build, reused=True) if found else None

    def _make(self, draft: Located, place: Place, statements: list[str]) -> Outcome:
        sessions, target = self._sessions, draft.relation
        build = draft.build
        kind = "VIEW" if build.is_view else "TABLE"
        with sessions.acting_as(place.internal_owner):
            rows = max(sessions.change_by_users(each) for each in statements)
            stored = self._known.catalog.stored(target)
            rows = 0 if build.is_view else rows
            build = replace(build, columns=stored.columns, rows=rows, bytes=stored.bytes)
            made = draft.completed(build, stored.transaction)
            mark = string(encoded(made.mark))
            sessions.ask(" ".join(("COMMENT ON", kind, target, "IS", mark)))
        self._known.add(made)
        return Outcome.of(made.build)


def drafted(step: Step, spec: BuildSpec, place: Place, run: str) -> Located:
    """Return a build that is to be made, without its columns and rows."""
    build = Build(
        key=spec.key,
        product=step.product,
        model=spec.model,
        kind=spec.kind,
        columns=(),
        reads=spec.reads,
        run=run,
        recipe=spec.recipe,
    )
    return Located(place.internal, build_name(spec.key), Mark(build=build))


def made_by(draft: Located, select: str, *, is_there: bool = False) -> list[str]:
    """Return the statements that make a build of a SELECT.

    With `is_there` it is, but has lost its data: it is filled again, because views may read it.
    """
    target = draft.relation
    if draft.build.is_view:
        create = "CREATE OR REPLACE VIEW" if is_there else "CREATE VIEW"
        return [" ".join((create, target, "AS\n", select))]
    if is_there:
        filled = [f"TRUNCATE {target}", " ".join(("INSERT INTO", target, "\n", select))]
    else:
        filled = [" ".join(("CREATE TABLE", target, "AS\n", select))]
    # Without statistics a few small builds in one view look so large to the planner that it
    # compiles every query on them, which takes longer than anything else.
    return [*filled, f"ANALYZE {target}"]
