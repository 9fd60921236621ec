"""The views that consumers read: made before a release becomes current, and cleared after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.mesh.manifest import Column
from weft.mesh.release import ObjectRelease, Release
from weft.mesh.words import minute
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Catalog, Located, relation
from weft.warehouses.postgres.marks import Mark, PortMark, marking
from weft.warehouses.postgres.names import Names, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.views import OPTIONS, Branch, laid_out, plain_text, view_text
from weft.warehouses.protocol import WarehouseError
from weft.warehouses.shown import Shown, shown, suspended

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
class View:
    """A view as it is to be. `replaceable` says that it can be in place of the one there is."""

    shown: Shown
    select: str
    columns: tuple[Column, ...]
    replaceable: bool
    reads: tuple[Located, ...] = ()


@dataclass(frozen=True)
class There:
    """The views of a place as they are: their columns and marks, by name."""

    columns: dict[str, tuple[Column, ...]]
    marks: dict[str, PortMark]

    def plain_over(self, name: str) -> list[str]:
        """Return the views without a version that read this one."""
        mark = self.marks.get(name)
        return [
            other
            for other, each in self.marks.items()
            if mark
            and other != name
            and each.plain
            and (each.object, each.major) == (mark.object, mark.major)
        ]

    def with_views(self, views: Iterable[View]) -> There:
        """Return how it is once these were made."""
        columns, marks = dict(self.columns), dict(self.marks)
        for view in views:
            plain = [] if view.replaceable else self.plain_over(view.shown.name)
            for each in (view.shown, *(view.shown.as_plain(name) for name in plain)):
                columns[each.name], marks[each.name] = view.columns, port_mark(each)
        return There(columns, marks)


@dataclass(frozen=True)
class Changes:
    """What has to be done so that views show a release too, as soon as the pointer names it.

    `reads` is what their owner has to be allowed to read before. Each group of `alone` is a
    transaction of its own: who held the locks of several views would end in a deadlock with
    readers. `together` has to stand in the transaction that moves the pointer, because what it
    makes shows the wanted release alone. `after` is how all is then.
    """

    reads: tuple[Located, ...]
    alone: tuple[tuple[str, ...], ...]
    together: tuple[str, ...]
    after: There


class Ports:
    """Makes, replaces and drops the views of ports."""

    def __init__(self, sessions: Sessions, catalog: Catalog, places: Places, names: Names) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._places = places
        self._names = names

    def there(self, place: Place) -> There:
        """Return the views of a place."""
        marked = self._catalog.views([place.ports])[place.ports]
        marks = {name: each.mark.port for name, each in marked.items() if each.mark.port}
        return There(self._catalog.columns(place.ports), marks)

    def changes(
        self,
        place: Place,
        kept: Sequence[Release],
        wanted: Release,
        found: Mapping[str, Located],
    ) -> Changes:
        """Work out what lets every view show the wanted release too; nothing is changed.

        `kept` are the releases that a running transaction may still read, `found` the builds that
        any of all these show, as far as they are there.
        """
        there = self.there(place)
        views = self._views(place, (*kept, wanted), wanted, there, found)
        views += self._going(place, kept, wanted, there, found)
        together: list[str] = []
        for view in views:
            if not view.replaceable:
                together += self._anew(place, view, there)
        return Changes(
            reads=tuple(each for view in views for each in view.reads),
            alone=tuple((_create(place, view),) for view in views if view.replaceable),
            together=tuple(together),
            after=there.with_views(views),
        )

    def prepare(self, place: Place, changes: Changes) -> None:
        """Carry out what does not have to be done together with moving the pointer."""
        for each in changes.reads:
            self._places.let_read(place.port_owner, each)
        for statements in changes.alone:
            self._alone(place, statements)

    def is_settled(self, current: Release, views: Mapping[str, Located]) -> bool:
        """Whether these views are those of the current release, and no others of ours."""
        visible = shown(current, current.environment == self._names.production)
        return {each.name: port_mark(each) for each in visible} == {
            name: each.mark.port for name, each in views.items()
        }

    def settling(self, place: Place, current: Release, there: There) -> list[tuple[str, ...]]:
        """Return what brings the names without a version up to date, and drops what is too much.

        Each group is a transaction of its own; there are none where all is as it should be.
        """
        visible = list(shown(current, place.environment == self._names.production))
        groups = [
            tuple(self._plain(place, each, there))
            for each in visible
            if each.plain and not _is_settled(each, there)
        ]
        names = {each.name for each in visible}
        gone = [name for name in there.marks if name not in names]
        for name in sorted(gone, key=lambda name: (not there.marks[name].plain, name)):
            groups.append((f"DROP VIEW IF EXISTS {relation(place.ports, name)}",))
        return groups

    def views(
        self,
        place: Place,
        kept: Sequence[Release],
        current: Release,
        found: Mapping[str, Located],
        there: There,
    ) -> dict[str, View]:
        """Return every view of a current release as it has to be, by name.

        `kept` are the earlier releases that they show too, `there` the views that there are.
        """
        made = self._views(place, (*kept, current), current, there, found)
        views = {each.shown.name: each for each in made}
        for each in shown(current, current.environment == self._names.production):
            if each.plain:
                columns = views[each.versioned].columns
                laid, replaceable = laid_out(columns, there.columns.get(each.name))
                text = plain_text(place, each.versioned, laid)
                views[each.name] = View(each, text, laid, replaceable)
        return views

    def bringing_back(self, place: Place, view: View, *, anew: bool) -> list[str]:
        """Return the statements that make a view what it has to be.

        With `anew`, or where it cannot be replaced, it is dropped first, and what reads it.
        """
        there = self.there(place)
        is_there = view.shown.name in there.columns
        return (
            self._anew(place, view, there)
            if is_there and (anew or not view.replaceable)
            else [_create(place, view)]
        )

    def settle(self, place: Place, current: Release) -> None:
        """Bring a place up to date with its current release, whose views are there."""
        for statements in self.settling(place, current, self.there(place)):
            self._alone(place, statements)

    def _views(
        self,
        place: Place,
        releases: Iterable[Release],
        wanted: Release,
        there: There,
        found: Mapping[str, Located],
    ) -> list[View]:
        by_number = {release.number: release for release in releases}
        production = place.environment == self._names.production
        before = {0} if wanted.number == 1 else set()
        views = []
        for each in shown(wanted, production):
            if each.plain:
                continue
            own = _shown_columns(found[each.object.key], each.object.columns)
            columns, replaceable = laid_out(own, there.columns.get(each.name))
            branches = [
                branch
                for branch in _branches(each, by_number.values(), found)
                if branch.fits(columns)
            ]
            held_back = _suspended(each, by_number.values())
            readable = _without(branches, held_back)
            complete = {number for branch in readable for number in branch.numbers}
            without = {
                release.number
                for release in by_number.values()
                if _same_object(release, each) is None
            }
            known = {*complete, *without, *before}
            text = view_text(place, columns, readable, known, held_back)
            reads = tuple(branch.found for branch in branches)
            views.append(View(each, text, columns, replaceable, reads))
        return views

    def _going(
        self,
        place: Place,
        kept: Sequence[Release],
        wanted: Release,
        there: There,
        found: Mapping[str, Located],
    ) -> list[View]:
        """Return views that a release does not have any longer, as they are until they are dropped.

        The name without a version may read one of them until it leads to another major, which is
        after the pointer has moved: so they go on with the rows that they have.
        """
        production = place.environment == self._names.production
        staying = {each.name for each in shown(wanted, production)}
        going = {
            each.name: each.port
            for each in (shown(kept[0], production) if kept else ())
            if each.name not in staying and each.name in there.columns
            if each.object.key in found and not each.plain
        }
        if not going:
            return []
        gone = {(each.port, each.major): each for each in going.values()}
        others = (each for each in wanted.ports if (each.port, each.major) not in gone)
        as_it_is = replace(wanted, ports=(*others, *gone.values()))
        views = self._views(place, (*kept, as_it_is), as_it_is, there, found)
        return [each for each in views if each.shown.name in going and each.replaceable]

    def _anew(self, place: Place, view: View, there: There) -> list[str]:
        """Drop a view and make it again, with the grants that it had, and what reads it."""
        name = view.shown.name
        plain = there.plain_over(name)
        statements = [f"DROP VIEW {relation(place.ports, each)}" for each in (*plain, name)]
        statements += [_create(place, view), *self._grants(place, name, view.columns)]
        for each in plain:
            text = plain_text(place, name, view.columns)
            top = View(view.shown.as_plain(each), text, view.columns, replaceable=False)
            statements += [_create(place, top), *self._grants(place, each, view.columns)]
        return statements

    def _plain(self, place: Place, each: Shown, there: There) -> list[str]:
        columns = there.columns[each.versioned]
        laid, replaceable = laid_out(columns, there.columns.get(each.name))
        view = View(each, plain_text(place, each.versioned, laid), laid, replaceable)
        return [_create(place, view)] if replaceable else self._anew(place, view, there)

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
        self._sessions.together(statements, f"SET LOCAL ROLE {quote(place.port_owner)}")


def _create(place: Place, view: View) -> str:
    """Make or replace a view, and mark it, in two statements."""
    target = relation(place.ports, view.shown.name)
    listed = ", ".join(quote(column.name) for column in view.columns)
    port = view.shown.port
    preview = f", preview until {port.candidate}" if port.candidate else ""
    outage = f", cannot be read until {minute(port.outage)}" if port.outage else ""
    release = f"{place.product}.{port.port} {port.version}{preview}{outage}"
    mark = Mark(port=port_mark(view.shown))
    create = f"CREATE OR REPLACE VIEW {target} ({listed}) {OPTIONS} AS\n{view.select}"
    return "; ".join((create, marking("VIEW", target, mark, release)))


def port_mark(each: Shown) -> PortMark:
    """Return the mark of a view that shows an object under one of its names."""
    port = each.port
    return PortMark(port.port, port.major, each.object.name, port.version, each.plain)


def _is_settled(each: Shown, there: There) -> bool:
    """Whether a view without a version shows what it should."""
    return there.marks.get(each.name) == port_mark(each) and (
        there.columns.get(each.name) == there.columns.get(each.versioned)
    )


def _branches(
    each: Shown, releases: Iterable[Release], found: Mapping[str, Located]
) -> list[Branch]:
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


def _suspended(each: Shown, releases: Iterable[Release]) -> dict[str, set[int]]:
    """Return the releases in which the port of an object cannot be read, by what is said of it."""
    found: dict[str, set[int]] = {}
    for release in releases:
        port = release.port(each.port.name)
        said = suspended(release.product, port) if port else ""
        if said:
            found.setdefault(said, set()).add(release.number)
    return found


def _without(branches: Iterable[Branch], left_out: Mapping[str, set[int]]) -> list[Branch]:
    """Return branches without the releases that cannot be read, as far as there are others."""
    numbers = set[int]().union(*left_out.values())
    kept = (
        replace(each, numbers=tuple(number for number in each.numbers if number not in numbers))
        for each in branches
    )
    return [each for each in kept if each.numbers]


def _same_object(release: Release, each: Shown) -> ObjectRelease | None:
    """Return what a release has of the object that is shown by another one."""
    port = release.port(each.port.name)
    return port.object(each.object.name) if port else None


def _shown_columns(found: Located, names: Iterable[str]) -> tuple[Column, ...]:
    types = {column.name: column for column in found.build.columns}
    missing = [name for name in names if name not in types]
    if missing:
        raise WarehouseError(f"build {found.build.key} has no column `{missing[0]}`")
    return tuple(types[name] for name in names)
