"""Bring back what was changed outside: the statements for each kind of thing, and running them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial

from weft.mesh.drift import Deviation, Drift, ThingKind
from weft.mesh.release import Release
from weft.plan.plan import RevertSpec
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import given_up, relation
from weft.warehouses.postgres.drifting import Drifting, releases_of_nobody
from weft.warehouses.postgres.inspection import readers
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark, marking
from weft.warehouses.postgres.names import POINTER, RELEASES, Place
from weft.warehouses.postgres.places import Places, pointer_table, releases_table
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.released import READABLE_RELEASES, Released, recording, shown_keys
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.subjects import Subject
from weft.warehouses.postgres.watching import TAKEN_AWAY
from weft.warehouses.protocol import Act, Outcome, WarehouseError


@dataclass(frozen=True)
class Undo:
    """Statements that make one transaction with the rights of a role; "" means the login's own."""

    role: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class _Case:
    """A drift, what is meant by it now, and the releases that were recorded."""

    drift: Drift
    subject: Subject
    place: Place
    releases: tuple[Release, ...]

    @property
    def current(self) -> Release:
        """The release that has to be current."""
        return self.releases[0]


class Reverting:
    """Makes and runs the statements that bring things back."""

    def __init__(
        self,
        sessions: Sessions,
        known: Known,
        places: Places,
        publishing: tuple[Released, Ports],
        drifting: Drifting,
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._released, self._ports = publishing
        self._drifting = drifting
        self._ways: dict[ThingKind, Callable[[_Case], Iterator[Undo]]] = {
            ThingKind.ROLE: _role,
            ThingKind.SCHEMA: self._schema,
            ThingKind.POINTER: self._pointer,
            ThingKind.RELEASE: self._release,
            ThingKind.BUILD: self._build,
            ThingKind.COPY: self._build,
            ThingKind.VIEW: self._view,
            ThingKind.GRANT: _grant,
            ThingKind.TRIGGER: _other,
            ThingKind.RULE: _other,
            ThingKind.POLICY: _other,
            ThingKind.OTHER: _other,
        }

    def statements(self, spec: RevertSpec) -> list[Undo]:
        """Return what brings a thing back, nothing where it is no longer there or already is."""
        drift = spec.drift
        releases = spec.releases or releases_of_nobody(drift.environment)
        looked = self._drifting.subjects([releases], content=False)
        subjects = {
            (each.thing.kind, each.thing.name): each
            for left, there in looked
            for each in (*left, *there)
        }
        subject = subjects.get((drift.kind, drift.name))
        if subject is None:
            return []
        place = self._released.names.place(releases[0].product, releases[0].environment)
        return list(self._ways[drift.kind](_Case(drift, subject, place, releases)))

    def tell(self, spec: RevertSpec) -> list[Act]:
        """Say what bringing a thing back will do; nothing is changed."""
        try:
            acts = [Act(text) for each in self.statements(spec) for text in each.statements]
        except WarehouseError as error:
            return [Act(f"this is going to fail: {error}", is_statement=False)]
        nothing = "nothing: it is as it was left, or comes back when what it reads is built"
        return acts or [Act(nothing, is_statement=False)]

    def revert(self, spec: RevertSpec) -> Outcome:
        """Bring a thing back. Raises WarehouseError."""
        undone = self.statements(spec)
        for each in undone:
            self._sessions.patiently(partial(self._run, each))
        # What was decided before may have been by what was not there.
        self._known.catalog.schemas.ours()
        release = spec.releases[0] if spec.releases else None
        self._known.lose([spec.drift.key, *spec.drift.also, *(release.keys if release else ())])
        decides = spec.drift.kind in (ThingKind.POINTER, ThingKind.RELEASE, ThingKind.SCHEMA)
        return Outcome(reused=not undone, release=release if decides else None)

    def _run(self, undo: Undo, first: str) -> None:
        role = f"; SET LOCAL ROLE {quote(undo.role)}" if undo.role else ""
        with self._sessions.transaction(first + role):
            for statement in undo.statements:
                self._sessions.ask(statement)

    def _schema(self, case: _Case) -> Iterator[Undo]:
        place, drift = case.place, case.drift
        internal = drift.name == place.internal
        if drift.deviation is Deviation.MISSING:
            yield Undo("", tuple(self._places.missing(place)))
            if internal and place.product:
                yield self._inserted(place, case.current)
                yield _pointed(place, case.current)
            return
        if "owner" in drift.facts:
            owner = place.internal_owner if internal else place.port_owner
            statement = f"ALTER SCHEMA {case.subject.target} OWNER TO {quote(owner)}"
            yield Undo("", (statement,))
        if "mark" in drift.facts:
            mark = Mark(schema=self._drifting.mark(place, drift.name))
            yield Undo("", (marking("SCHEMA", case.subject.target, mark),))

    def _pointer(self, case: _Case) -> Iterator[Undo]:
        place, drift = case.place, case.drift
        if drift.deviation is Deviation.MISSING:
            yield Undo(place.internal_owner, tuple(pointer_table(place)))
        yield from _given_back(case)
        yield _pointed(place, case.current)

    def _release(self, case: _Case) -> Iterator[Undo]:
        place, table = case.place, relation(case.place.internal, RELEASES)
        if not case.subject.thing.key:
            yield from _given_back(case)
            return
        if case.drift.deviation is Deviation.UNKNOWN:
            statement = " ".join(
                ("DELETE FROM", table, f"WHERE number = {int(case.subject.thing.key)}")
            )
            yield Undo(place.internal_owner, (statement,))
            return
        if not self._sessions.ask("SELECT to_regclass(%s)", (table,))[0][0]:
            yield Undo(place.internal_owner, (releases_table(place),))
        for release in case.releases:
            if str(release.number) == case.subject.thing.key:
                yield self._inserted(place, release)

    def _inserted(self, place: Place, release: Release) -> Undo:
        """Write a release down as it was recorded."""
        again = "ON CONFLICT (number) DO UPDATE SET run = excluded.run, content = excluded.content"
        return Undo(place.internal_owner, (f"{recording(place, release)} {again}",))

    def _build(self, case: _Case) -> Iterator[Undo]:
        """What cannot be brought back in its place goes away, or is marked as lost."""
        drift, target, owner = case.drift, case.subject.target, case.place.internal_owner
        if drift.deviation is Deviation.MISSING:
            return
        if self._is_of_nobody(case):
            yield from self._thrown_away(case)
            return
        yield from _given_back(case)
        key = case.subject.thing.key
        if not key:
            return
        self._known.lose([key, *drift.also])
        builds = self._known.find([key, *drift.also])
        found = builds.get(key)
        if found is None:
            yield self._dropped(case)
            return
        if "options" in drift.facts:
            [options] = (each.found for each in drift.differences if each.fact == "options")
            names = ", ".join(quote(each.partition("=")[0]) for each in options.split(", "))
            yield Undo(owner, (f"ALTER {target} RESET ({names})",))
        if "columns" in drift.facts:
            there = self._known.catalog.stored(found.relation).columns
            more = [each for each in there if each not in found.build.columns]
            kept = len(there) - len(more) == len(found.build.columns)
            if found.kind == "VIEW" or not kept:
                yield self._dropped(case)
                return
            dropped = (f"DROP COLUMN {quote(each.name)}" for each in more)
            yield Undo(owner, (f"ALTER {target} {', '.join(dropped)}",))
        if drift.facts & {"rows", "definition"}:
            yield Undo(owner, tuple(map(given_up, builds.values())))

    def _is_of_nobody(self, case: _Case) -> bool:
        """Whether somebody else owns a build that nothing current leads to.

        Its rows are not looked at, so that it must not become ours with what he wrote there.
        """
        drift = case.drift
        if drift.kind is not ThingKind.BUILD or "owner" not in drift.facts:
            return False
        shown = self._known.reached(case.current.keys).values()
        there = {f"{each.schema}.{each.name}" for build in shown for each in (build, *build.tables)}
        return drift.name not in there

    def _thrown_away(self, case: _Case) -> Iterator[Undo]:
        """Drop such a build; ports that can still be read at an earlier release forget it first."""
        place = case.place
        path = relation(place.internal, case.drift.name.partition(".")[2])
        reading = readers(self._sessions, path, place.schemas)
        gone = {case.drift.name, *(f"{schema}.{name}" for schema, name in reading)}
        for schema, name in reading:
            if schema == place.ports:
                yield from self._shown(case, name, gone)
        views = [relation(*each) for each in reading if each[0] == place.internal]
        dropped = (f"DROP VIEW {', '.join(views)}",) if views else ()
        yield Undo("", (*dropped, f"DROP {case.subject.target}"))

    def _dropped(self, case: _Case) -> Undo:
        """Drop a build and the views of the product that read it; the server refuses any others."""
        place = case.place
        schemas = (place.ports, place.internal)
        path = relation(place.internal, case.drift.name.partition(".")[2])
        reading = [relation(*each) for each in readers(self._sessions, path, schemas)]
        views = (f"DROP VIEW {', '.join(reading)}",) if reading else ()
        return Undo("", (*views, f"DROP {case.subject.target}"))

    def _view(self, case: _Case) -> Iterator[Undo]:
        name = case.drift.name.partition(".")[2]
        return self._shown(case, name, anew="owner" in case.drift.facts)

    def _shown(
        self, case: _Case, name: str, gone: Collection[str] = (), *, anew: bool = False
    ) -> Iterator[Undo]:
        """Make a view of a port what it has to be, and with `anew` drop it before.

        `gone` are builds and views by name that it must not read.
        """
        place = case.place
        kept = self._released.of(place, READABLE_RELEASES)
        earlier = [each for each in kept if each.number < case.current.number and not each.damaged]
        found = {
            key: each
            for key, each in self._known.find(shown_keys((case.current, *earlier))).items()
            if f"{each.schema}.{each.name}" not in gone
        }
        if not found.keys() >= set(shown_keys([case.current])):
            # What it reads has to be built first; its view comes with that.
            return
        there = self._ports.there(place)
        view = self._ports.views(place, earlier, case.current, found, there)[name]
        for each in view.reads:
            if granted := self._places.grants(place.port_owner, each):
                yield Undo(place.internal_owner, tuple(granted))
        statements = self._ports.bringing_back(place, view, anew=anew)
        yield Undo(place.port_owner, tuple(statements))


def _role(case: _Case) -> Iterator[Undo]:
    """Take its rights from an owner, one by one: nobody may name those that he does not have."""
    for each in case.drift.differences:
        words = [TAKEN_AWAY[right] for right in each.found.split(", ") if right in TAKEN_AWAY]
        yield Undo("", (" ".join(("ALTER ROLE", case.subject.target, *words)),))


def _grant(case: _Case) -> Iterator[Undo]:
    subject = case.subject
    if not subject.rights:
        yield Undo("", (f"REVOKE {subject.target} FROM {subject.grantee}",))
        return
    rights = ", ".join(subject.rights)
    if case.drift.deviation is Deviation.UNKNOWN:
        revoked = f"REVOKE {rights} ON {subject.target} FROM {subject.grantee} CASCADE"
        statement = subject.always + revoked
    else:
        statement = f"GRANT {rights} ON {subject.target} TO {subject.grantee}"
    yield Undo(subject.role, (statement,))


def _other(case: _Case) -> Iterator[Undo]:
    yield Undo(case.subject.role, (f"DROP {case.subject.target}",))


def _given_back(case: _Case) -> Iterator[Undo]:
    """Let a table or view belong to us again, and show us and those we show it to all its rows."""
    owner, facts = case.place.internal_owner, case.drift.facts
    if "owner" in facts:
        yield Undo("", (f"ALTER {case.subject.target} OWNER TO {quote(owner)}",))
    if "row security" in facts:
        off = "DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
        yield Undo(owner, (f"ALTER {case.subject.target} {off}",))


def _pointed(place: Place, release: Release) -> Undo:
    """Let the pointer name a release, and say so in its mark."""
    pointer = relation(place.internal, POINTER)
    values = f"({release.number}, {release.fence})"
    moved = (
        *("INSERT INTO", pointer, "AS p (number, fence) VALUES", values),
        "ON CONFLICT (one) DO UPDATE SET number = excluded.number,",
        "fence = greatest(p.fence, excluded.fence)",
    )
    marked = marking("TABLE", pointer, Mark(release=release))
    return Undo(place.internal_owner, (" ".join(moved), marked))
