"""Carry out build steps: a table or a view of a name by its key, marked in the same transaction."""

from __future__ import annotations

from contextlib import suppress

from weft.mesh.release import Build
from weft.plan.plan import BuildSpec, Step
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.errors import ALREADY_THERE, Interrupted, Refused
from weft.warehouses.postgres.growing import Grower
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.making import Maker, made_by
from weft.warehouses.postgres.marks import Mark
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
        self._known = known
        self._places = places
        self._reading = reading
        self._names = names
        self._maker = Maker(sessions, known.catalog)
        self._grower = Grower(sessions, known, places)

    def build(self, step: Step, spec: BuildSpec, bound: Bound) -> Outcome:
        """Build a model under its key, unless there is such a build. Raises WarehouseError.

        Where the connection is lost, what is really there says whether it was built.
        """
        outcome = self._known.reused(spec.key)
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
            statements = made_by(draft, select, is_there=broken is not None)
            made = self._maker.make(draft, place, statements)
            self._known.add(made)
            return Outcome.of(made.build)
        except (Refused, Interrupted) as error:
            known = not isinstance(error, Refused) or error.code.startswith(ALREADY_THERE)
            with suppress(WarehouseError):
                self._known.lose([spec.key])
                outcome = self._known.reused(spec.key) if known else None
            if outcome:
                return outcome
            raise

    def _place(self, product: str, environment: str, broken: Located | None) -> Place:
        """Where a build is made: what has lost its data stays where it is."""
        if broken is None:
            return self._names.place(product, environment)
        return self._places.at(broken.schema)


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
