"""Say what steps will do on the server: the statements, and in words what else happens.

The statements are made by those who run them; nothing here runs one that changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from weft.mesh.manifest import Column
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.plan.plan import AuditSpec, BuildSpec, Call, Source, Step
from weft.warehouses.auditing import statements_of
from weft.warehouses.postgres.audits import TYPE_OF
from weft.warehouses.postgres.builds import drafted
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.copying import made_by as copied_by
from weft.warehouses.postgres.growing import Grower
from weft.warehouses.postgres.incoming import Incoming
from weft.warehouses.postgres.increments import increment, sought
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.landing import Landing, together
from weft.warehouses.postgres.landing import drafted as landed_as
from weft.warehouses.postgres.making import made_by
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import RELEASES, Place, build_name
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.reading import columns_of, defined, named, over, shaped
from weft.warehouses.postgres.released import (
    READABLE_RELEASES,
    Released,
    readable_releases,
    shown_keys,
)
from weft.warehouses.postgres.releases import moving
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.work import Asked
from weft.warehouses.protocol import Act, Unmeasurable, WarehouseError, going_to_fail

# In the place of what only a run knows: its id, a number such as the fence of its lock, the time.
_RUN, _N, _NOW = "RUN", "N", "now"

# The type of a column that nobody promised one for.
_ANY = "text"


class Teller:
    """Tells the steps of one plan, each after those that it needs.

    It remembers what the earlier ones will have made.
    """

    def __init__(
        self,
        sessions: Sessions,
        known: Known,
        places: Places,
        landing: Landing,
        publishing: tuple[Released, Ports],
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._landing = landing
        self._grower = Grower(sessions, known, places)
        self._released, self._ports = publishing
        self._foreseen: dict[str, Located] = {}
        self._untyped: set[str] = set()
        self._made_places: set[Place] = set()
        self._granted_before: set[str] = set()

    def tell(self, step: Step, sources: Mapping[str, Source], environment: str) -> list[Act]:
        """What a step will do; of one that is going to fail, what it was to do."""
        place = self._released.names.place(step.product, environment)
        try:
            return list(self._acts(step, place, sources))
        except WarehouseError as error:
            asked = [Act(statement) for statement in step.statements]
            return [*asked, going_to_fail(error)]

    def _acts(self, step: Step, place: Place, sources: Mapping[str, Source]) -> Iterator[Act]:
        if step.copy:
            build = Build(step.copy.key, "", "", Materialization.TABLE, step.copy.columns)
            there = self._released.names.place("", place.environment).internal
            self._foreseen[build.key] = Located(there, build_name(build.key), Mark(build=build))
        elif step.build and step.build.call:
            yield from self._made(place)
            yield from self._call(step, step.build.call, place, sources)
        elif step.build:
            yield from self._made(place)
            yield from self._build(step, step.build, place, sources)
        elif step.audit:
            yield from self._audit(step.audit, place, sources)
        elif step.release:
            yield from self._made(place)
            if not self._untyped.isdisjoint(step.release.keys):
                yield _in_words("views are made by the types that a function turns out to give")
                return
            yield from self._release(step.release, step.expected, place)

    def _build(
        self, step: Step, spec: BuildSpec, place: Place, sources: Mapping[str, Source]
    ) -> Iterator[Act]:
        yield from self._landed(spec.reads, place, sources)
        reads = self._read(spec.reads)
        yield from self._granted(place.internal_owner, place, reads)
        draft = drafted(step, spec, place, _RUN)
        if spec.growing:
            shape, select = shaped(spec.shape, reads), over(spec.select, reads)
            asked = Asked(draft, place, select, shape, spec.growing, _NOW, spec.looked_up)
            yield from self._growth(asked)
            return
        columns = self._columns(spec, reads)
        self._foreseen[spec.key] = draft.completed(replace(draft.build, columns=columns))
        for statement in made_by(draft, over(spec.select, reads)):
            yield Act(statement)
        yield _in_words(f"and a comment on {draft.relation} marks it, in the same transaction")

    def _columns(self, spec: BuildSpec, reads: tuple[Located, ...]) -> tuple[Column, ...]:
        """The columns of a build, none where only what a function gives will tell."""
        try:
            return columns_of(self._sessions, shaped(spec.select, reads))
        except Unmeasurable:
            if self._untyped.isdisjoint(spec.reads):
                raise
            self._untyped.add(spec.key)
            return ()

    def _growth(self, asked: Asked) -> Iterator[Act]:
        base = self._foreseen.get(asked.growing.base) or self._grower.base(asked.growing)
        work = self._grower.work(asked, base)
        made = self._foreseen[asked.draft.build.key] = work.foreseen()
        for statement in work.statements():
            yield Act(statement)
        if work.stack.layers:
            yield _in_words("where many rows are new, more of the earlier layers join them")
        yield _in_words(f"and comments mark {made.relation} and its layers; all in one transaction")

    def _call(
        self, step: Step, call: Call, place: Place, sources: Mapping[str, Source]
    ) -> Iterator[Act]:
        yield from self._landed([each.key for each in call.arguments], place, sources)
        for each in call.arguments:
            yield _in_words(f"{each.name} is what this gives:")
            yield Act(over(each.select, self._read([each.key])))
        assert step.build
        columns = tuple(replace(each, type=each.type or _ANY) for each in call.columns)
        build = Build(step.build.key, step.product, step.build.model, step.build.kind, columns)
        made = Located(place.internal, build_name(build.key), Mark(build=build))
        self._foreseen[build.key] = made
        if not all(each.type for each in call.columns):
            self._untyped.add(build.key)
        names = ", ".join(each.name for each in call.arguments)
        limits = f"{call.memory // 2**20:,} MB and {call.seconds:,} s"
        yield _in_words(f"{call.function}({names}) of {call.path}")
        yield _in_words(f"runs in a process of its own, which may take {limits};")
        yield _in_words(f"then what it gives is copied into {made.relation}")

    def _audit(self, spec: AuditSpec, place: Place, sources: Mapping[str, Source]) -> Iterator[Act]:
        keys = (spec.key, *spec.reads)
        yield from self._landed(keys, place, sources)
        reads = self._read(keys)
        yield from self._granted(place.internal_owner, place, reads)
        kept_rows = _N if spec.key in self._foreseen else ""
        names = {**named(reads), **increment(spec, reads[0], kept_rows)}
        for statement in statements_of(spec, TYPE_OF):
            yield Act(defined(statement, names))
        if spec.base and sought(spec, reads[0]):
            yield _in_words("of kept rows those are read whose keys lie between those of new ones")
        kept = relation(place.internal, f"q_{spec.audit}_…")
        yield _in_words(f"rows of what fails are kept in tables like {kept}")

    def _release(self, release: Release, expected: int, place: Place) -> Iterator[Act]:
        kept = self._released.all(release.environment, release.product, READABLE_RELEASES)
        # The run will leave out what is too old by then.
        readable = readable_releases(kept, next((each.at for each in kept if each.at), ""))
        keys = shown_keys((*readable, release))
        found = {**self._known.find(keys), **self._among_foreseen(keys)}
        for key in shown_keys((release,)):
            if key not in found:
                raise WarehouseError(f"build {key} is missing")
        names = sorted(release.keys)
        builds = {**self._known.find(names), **self._among_foreseen(names)}
        for taken_over in self._places.sharing.adopting(place, builds.values()):
            yield from map(Act, taken_over)
        own = {key: self._places.sharing.adopted(place, each) for key, each in builds.items()}
        found |= {key: own.get(key, each) for key, each in found.items()}
        yield from map(Act, self._places.sharing.statements(place, own.values()))
        changes = self._ports.changes(place, readable, release, found)
        yield from self._granted(place.port_owner, place, changes.reads)
        for group in (*changes.alone, changes.together):
            for statement in group:
                yield Act(statement)
        yield Act(moving(place, release.number, expected, _N))
        written = relation(place.internal, RELEASES)
        yield _in_words(f"with that, release {release.number} is written to {written}")
        for group in self._ports.settling(place, release, changes.after):
            for statement in group:
                yield Act(statement)

    def _landed(
        self, keys: Iterable[str], place: Place, sources: Mapping[str, Source]
    ) -> Iterator[Act]:
        """Sources that are not in the database yet."""
        for key in keys:
            if key not in sources or key in self._foreseen or self._known.whole([key]):
                continue
            source = sources[key]
            parts = self._landing.parts(source)
            for each in parts:
                if each.key not in self._foreseen and not self._known.whole([each.key]):
                    columns = self._landing.columns(each)
                    stored = tuple(Column(column.name, column.native) for column in columns)
                    draft = landed_as(each, place, _RUN)
                    self._foreseen[each.key] = draft.completed(replace(draft.build, columns=stored))
                    yield from _filled(draft, columns, each.files)
            if parts == (source,):
                continue
            tables = self._read(each.key for each in parts)
            yield from self._granted(place.internal_owner, place, tables)
            draft = landed_as(source, place, _RUN, [each.key for each in parts])
            build = replace(draft.build, columns=tables[0].build.columns)
            self._foreseen[key] = draft.completed(build)
            yield from map(Act, made_by(draft, together(tables)))

    def _read(self, keys: Iterable[str]) -> tuple[Located, ...]:
        """Return what a statement reads, as it is or will be. Raises WarehouseError."""
        wanted = tuple(dict.fromkeys(keys))
        foreseen = self._among_foreseen(wanted)
        known = self._known.need(key for key in wanted if key not in foreseen)
        return tuple({**known, **foreseen}[key] for key in wanted)

    def _among_foreseen(self, keys: Iterable[str]) -> dict[str, Located]:
        return {key: self._foreseen[key] for key in keys if key in self._foreseen}

    def _made(self, place: Place) -> Iterator[Act]:
        """What makes a place; one that an earlier step makes is there."""
        if place not in self._made_places:
            self._made_places.add(place)
            yield from map(Act, self._places.missing(place))

    def _granted(self, role: str, place: Place, reads: Iterable[Located]) -> Iterator[Act]:
        """What a role has to be given to read; internals read their own."""
        for each in reads:
            if role == place.internal_owner and each.schema == place.internal:
                continue
            for statement in self._places.grants(role, each):
                if statement not in self._granted_before:
                    self._granted_before.add(statement)
                    yield Act(statement)


def _filled(table: Located, columns: list[Incoming], files: Iterable[str]) -> Iterator[Act]:
    """What makes a table of files."""
    first, *rest = copied_by(table.relation, columns)
    yield Act(first)
    yield _in_words(f"the rows of {', '.join(files)} are copied into it")
    yield from map(Act, rest)


def _in_words(text: str) -> Act:
    return Act(text, is_statement=False)
