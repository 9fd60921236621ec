"""The views that consumers read: made before a release becomes current, and cleared after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.mesh.release import ObjectRelease, Release
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.catalog import Catalog, Located, relation
from weft.warehouses.postgres.marks import PortMark, described, written
from weft.warehouses.postgres.names import Names, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.views import OPTIONS, Branch, laid_out, plain_text, view_text
from weft.warehouses.protocol import WarehouseError
from weft.warehouses.shown import Shown, shown

_GRANTS = """
SELECT NULL, acl.grantee::regrole::text, acl.privilege_type, acl.is_grantable
FROM pg_class AS c, aclexplode(c.relacl) AS acl
WHERE c.oid = %s::regclass AND acl.grantee NOT IN (0, c.relowner)
UNION ALL
SELECT a.attname, acl.grantee::regrole::text, acl.privilege_type, acl.is_grantable
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid, aclexplode(a.attacl) AS acl
WHERE a.attrelid = %s::regclass AND NOT a.attisdropped AND acl.grantee NOT IN (0, c.relowner)
"""


@dataclass(frozen=True)
class _View:
    """A view as it is to be."""

    shown: Shown
    select: str
    columns: tuple[Column, ...]
    replaceable: bool


@dataclass(frozen=True)
class _There:
    """The views of a place as they are: their columns and marks, by name."""

    columns: dict[str, tuple[Column, ...]]
    marks: dict[str, Located]

    def plain_over(self, name: str) -> list[str]:
        """Return the views without a version that read this one."""
        mark = self.marks[name].mark.port if name in self.marks else None
        return [
            other
            for other, each in self.marks.items()
            if mark
            and other != name
            and each.mark.port
            and each.mark.port.plain
            and (each.mark.port.object, each.mark.port.major) == (mark.object, mark.major)
        ]


class Ports:
    """Makes, replaces and drops the views of ports."""

    def __init__(self, sessions: Sessions, catalog: Catalog, places: Places, names: Names) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._places = places
        self._names = names

    def prepare(self, place: Place, kept: Sequence[Release], wanted: Release) -> list[str]:
        """Let every view show the wanted release too, as soon as the pointer names it.

        `kept` are the releases that a running transaction may still read. Each view is replaced
        in a transaction of its own: who held the locks of several would end in a deadlock with
        readers. Returns the statements that have to stand in the one that moves the pointer,
        because what they make shows the wanted release alone.
        """
        there = self._there(place)
        together: list[str] = []
        for view in self._views(place, (*kept, wanted), wanted, there):
            if view.replaceable:
                self._alone(place, [_create(place, view)])
            else:
                together += self._anew(place, view, there)
        return together

    def is_settled(self, place: Place, current: Release) -> bool:
        """Whether the views of the current release are there, and no others of ours."""
        visible = shown(current, place.environment == self._names.production)
        there = self._catalog.views(place.ports)
        return {each.name: _mark(each) for each in visible} == {
            name: each.mark.port for name, each in there.items()
        }

    def settle(self, place: Place, current: Release) -> None:
        """Bring the names without a version up to date, and drop what is no longer shown.

        Does nothing where that was done already.
        """
        there = self._there(place)
        visible = list(shown(current, place.environment == self._names.production))
        for each in visible:
            if each.plain:
                self._settle_plain(place, each, there)
        names = {each.name for each in visible}
        gone = [name for name, each in there.marks.items() if name not in names]
        for name in sorted(gone, key=lambda name: (not _is_plain(there.marks[name]), name)):
            self._alone(place, [f"DROP VIEW IF EXISTS {relation(place.ports, name)}"])

    def narrow(self, place: Place, kept: Sequence[Release], current: Release) -> None:
        """Let the views read nothing but the builds of these releases any more."""
        there = self._there(place)
        for view in self._views(place, kept, current, there):
            if view.replaceable:
                self._alone(place, [_create(place, view)])

    def _views(
        self, place: Place, releases: Iterable[Release], wanted: Release, there: _There
    ) -> list[_View]:
        by_number = {release.number: release for release in releases}
        production = place.environment == self._names.production
        objects = [each for each in shown(wanted, production) if not each.plain]
        found = self._catalog.find(
            key for release in by_number.values() for key in _shown_keys(release)
        )
        before = {0} if wanted.number == 1 else set()
        views = []
        for each in objects:
            own = _shown_columns(found[each.object.key], each.object.columns)
            columns, replaceable = laid_out(own, there.columns.get(each.name))
            branches = [
                branch
                for branch in _branches(each, by_number.values(), found)
                if branch.fits(columns)
            ]
            for branch in branches:
                self._places.let_read(place.port_owner, branch.found)
            complete = {number for branch in branches for number in branch.numbers}
            without = {
                release.number
                for release in by_number.values()
                if _same_object(release, each) is None
            }
            text = view_text(place, columns, branches, {*complete, *without, *before})
            views.append(_View(each, text, columns, replaceable))
        return views

    def _anew(self, place: Place, view: _View, there: _There) -> list[str]:
        """Drop a view and make it again, with the grants that it had, and what reads it."""
        name = view.shown.name
        plain = there.plain_over(name)
        statements = [f"DROP VIEW {relation(place.ports, each)}" for each in (*plain, name)]
        statements += [_create(place, view), *self._grants(place, name, view.columns)]
        for each in plain:
            top = Shown(each, view.shown.port, view.shown.object, plain=True)
            text = plain_text(place, name, view.columns)
            statements.append(_create(place, _View(top, text, view.columns, False)))
            statements += self._grants(place, each, view.columns)
        return statements

    def _settle_plain(self, place: Place, each: Shown, there: _There) -> None:
        columns = there.columns[each.versioned]
        existing = there.columns.get(each.name)
        mark = there.marks[each.name].mark.port if each.name in there.marks else None
        if mark == _mark(each) and existing == columns:
            return
        laid, replaceable = laid_out(columns, existing)
        view = _View(each, plain_text(place, each.versioned, laid), laid, replaceable)
        self._alone(
            place, [_create(place, view)] if replaceable else self._anew(place, view, there)
        )

    def _grants(self, place: Place, name: str, columns: Sequence[Column]) -> list[str]:
        """Return the statements that give back what is granted on a view now."""
        target = relation(place.ports, name)
        there = {column.name for column in columns}
        statements = []
        for column, grantee, privilege, grantable in self._sessions.ask(_GRANTS, (target, target)):
            if column is None or column in there:
                part = f"{privilege} ({quote(column)})" if column else privilege
                option = " WITH GRANT OPTION" if grantable else ""
                statements.append(f"GRANT {part} ON TABLE {target} TO {grantee}{option}")
        return statements

    def _alone(self, place: Place, statements: Sequence[str]) -> None:
        role = f"SET LOCAL ROLE {quote(place.port_owner)}"

        def work(first: str) -> None:
            with self._sessions.transaction(f"{first}; {role}"):
                for statement in statements:
                    self._sessions.ask(statement)

        self._sessions.patiently(work)

    def _there(self, place: Place) -> _There:
        return _There(self._catalog.columns(place.ports), self._catalog.views(place.ports))


def _create(place: Place, view: _View) -> str:
    """Make or replace a view, and mark it, in two statements."""
    target = relation(place.ports, view.shown.name)
    listed = ", ".join(quote(column.name) for column in view.columns)
    release = f"{place.product}.{view.shown.port.port} {view.shown.port.version}"
    comment = described(release, written(port=_mark(view.shown)))
    create = f"CREATE OR REPLACE VIEW {target} ({listed}) {OPTIONS} AS\n{view.select}"
    return "; ".join((create, " ".join(("COMMENT ON VIEW", target, "IS", string(comment)))))


def _mark(each: Shown) -> PortMark:
    port = each.port
    return PortMark(port.port, port.major, each.object.name, port.version, each.plain)


def _is_plain(found: Located) -> bool:
    return bool(found.mark.port and found.mark.port.plain)


def _branches(each: Shown, releases: Iterable[Release], found: dict[str, Located]) -> list[Branch]:
    """Return the builds that an object showed in these releases, so far as they are there."""
    numbers: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for release in releases:
        other = _same_object(release, each)
        if other and other.key in found:
            numbers.setdefault((other.key, other.columns), []).append(release.number)
    return [
        Branch(tuple(shown_by), found[key], _shown_columns(found[key], columns))
        for (key, columns), shown_by in numbers.items()
    ]


def _same_object(release: Release, each: Shown) -> ObjectRelease | None:
    """Return what a release has of the object that is shown by another one."""
    for port in release.ports:
        if (port.port, port.major) == (each.port.port, each.port.major):
            return next((one for one in port.objects if one.name == each.object.name), None)
    return None


def _shown_columns(found: Located, names: Iterable[str]) -> tuple[Column, ...]:
    assert found.mark.build
    types = {column.name: column for column in found.mark.build.columns}
    missing = [name for name in names if name not in types]
    if missing:
        raise WarehouseError(f"build {found.mark.build.key} has no column `{missing[0]}`")
    return tuple(types[name] for name in names)


def _shown_keys(release: Release) -> list[str]:
    return [each.key for port in release.ports for each in port.objects]
