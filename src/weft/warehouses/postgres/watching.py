"""What a product's places have to look like, and what they look like, as things to compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weft.mesh.drift import Thing, ThingKind
from weft.mesh.manifest import Column
from weft.mesh.release import Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.inspection import Inspection, RelationFound
from weft.warehouses.postgres.marks import (
    Mark,
    PortMark,
    SchemaMark,
    read_mark,
)
from weft.warehouses.postgres.names import POINTER, RELEASES, Place, build_name
from weft.warehouses.postgres.views import OPTIONS
from weft.warehouses.shown import Shown, digest

EVERYBODY = "PUBLIC"

_OURS = "Weft's own"
_NONE = "none"
_NO_RIGHTS = "none of its own"
_ACTS_AS_IT = "acts as it"

TAKEN_AWAY = {
    "can log in": "NOLOGIN",
    "superuser": "NOSUPERUSER",
    "bypasses row security": "NOBYPASSRLS",
    "makes roles": "NOCREATEROLE",
    "makes databases": "NOCREATEDB",
}
"""What rights of an owner are called, and what takes each of them away."""

_TYPES = {
    "r": "TABLE",
    "p": "TABLE",
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "f": "FOREIGN TABLE",
    "S": "SEQUENCE",
}


@dataclass(frozen=True)
class Subject:
    """A thing, and how statements name it.

    `target` is quoted, with its type where a statement needs that: `TABLE "a"."b"`. `role` is whom
    statements about it run as. `rights` are privileges, and `grantee`, quoted, is who has them.
    """

    thing: Thing
    target: str
    role: str = ""
    rights: tuple[str, ...] = ()
    grantee: str = ""


@dataclass(frozen=True)
class Left:
    """What is known of how a product was left, beside what its place says by itself.

    `marks` are those of its two schemas. `views` are the ones that are shown, by name, with their
    columns and definition, "" where that cannot be said. `builds` are those behind them that lie
    in this place, by key, None where one is nowhere.
    """

    place: Place
    releases: tuple[Release, ...]
    marks: tuple[SchemaMark, SchemaMark]
    shown: tuple[Shown, ...]
    views: Mapping[str, tuple[tuple[Column, ...], str]]
    builds: Mapping[str, Located | None]

    @property
    def current(self) -> Release:
        """The release that was published last."""
        return self.releases[0]


@dataclass(frozen=True)
class Counted:
    """What tables hold: the pointer's number, the releases, and the rows of builds by key.

    Rows are in words. What could not be read, or nobody looked at, is None or not there.
    """

    number: int | None = None
    releases: Mapping[int, Release] | None = None
    rows: Mapping[str, str] = field(default_factory=dict)


def left_things(left: Left, there: Inspection, counted: Counted) -> Iterator[Subject]:
    """Yield what has to be there.

    What lies in a schema that is not there is not asked for: it is gone with it. Earlier releases
    may have been pruned.
    """
    place, product = left.place, left.place.product
    for owner in (place.port_owner, place.internal_owner):
        facts = {"rights": _NO_RIGHTS}
        yield Subject(Thing(ThingKind.ROLE, owner, product, product, facts), quote(owner))
    for schema, owner in _schemas(place):
        facts = {"owner": owner, "mark": _OURS}
        thing = Thing(ThingKind.SCHEMA, schema, product, product, facts)
        yield Subject(thing, quote(schema))
    if place.internal in there.schemas:
        yield _pointer(left, {"release": str(left.current.number), "mark": _OURS})
        if counted.releases is not None:
            for each in left.releases:
                if each is left.current or each.number in counted.releases:
                    yield _release(left, each.number, each)
        yield from _left_builds(left)
        yield from _left_grants(left)
    if place.ports in there.schemas:
        yield from _left_views(left)


def found_things(left: Left, there: Inspection, counted: Counted) -> Iterator[Subject]:
    """Yield what is there, in the same words."""
    place, product = left.place, left.place.product
    for role, rights in there.roles.items():
        facts = {"rights": ", ".join(rights) or _NO_RIGHTS}
        yield Subject(Thing(ThingKind.ROLE, role, product, product, facts), quote(role))
    for (schema, _), wanted in zip(_schemas(place), left.marks, strict=True):
        if schema in there.schemas:
            found = there.schemas[schema]
            mark = read_mark(found.comment)
            is_ours = mark is not None and mark.schema == wanted
            facts = {"owner": found.owner, "mark": _marked(found.comment, is_ours=is_ours)}
            thing = Thing(ThingKind.SCHEMA, schema, product, product, facts)
            yield Subject(thing, quote(schema))
    for each in there.relations.values():
        yield from _found_relation(left, each, counted)
    recorded = {each.number for each in left.releases}
    for number, release in (counted.releases or {}).items():
        if number in recorded or number > left.current.number:
            yield _release(left, number, release)
    for schema, name, arguments in there.routines:
        yield _other(left, schema, name, "ROUTINE", f"({arguments})", "")
    yield from _found_grants(left, there)


def _schemas(place: Place) -> tuple[tuple[str, str], tuple[str, str]]:
    """The schemas of a place, with their owners."""
    return (place.ports, place.port_owner), (place.internal, place.internal_owner)


def _found_relation(left: Left, found: RelationFound, counted: Counted) -> Iterator[Subject]:
    """Yield a relation as what it is: ours by its place and name, or by its mark, or unknown."""
    place = left.place
    mark = read_mark(found.comment) or Mark()
    builds = {build_name(key): key for key in left.builds}
    if found.schema == place.ports:
        wanted = {each.name: each for each in left.shown}.get(found.name)
        if wanted is not None and found.kind == "v":
            yield _found_view(left, wanted, found, mark.port)
        elif mark.port is None:
            yield _other(left, found.schema, found.name, _TYPES[found.kind], "", found.owner)
    elif found.name == POINTER:
        facts = {"owner": found.owner, "mark": _pointer_mark(left, mark.release)}
        if counted.number is not None:
            facts["release"] = str(counted.number)
        yield _pointer(left, facts, found.since)
    elif found.name in builds:
        yield _found_build(left, builds[found.name], found, mark, counted)
    elif found.name != RELEASES and mark == Mark():
        yield _other(left, found.schema, found.name, _TYPES[found.kind], "", found.owner)


def _pointer(left: Left, facts: Mapping[str, str], since: str = "") -> Subject:
    place = left.place
    name = f"{place.internal}.{POINTER}"
    facts = {"owner": place.internal_owner, **facts}
    thing = Thing(ThingKind.POINTER, name, place.product, place.product, facts, since)
    return Subject(thing, f"TABLE {relation(place.internal, POINTER)}", place.internal_owner)


def _pointer_mark(left: Left, found: Release | None) -> str:
    if found == left.current:
        return _OURS
    return f"release {found.number}" if found else _NONE


def _release(left: Left, number: int, release: Release) -> Subject:
    place = left.place
    name = f"{place.internal}.{RELEASES} {number}"
    facts = {"content": digest(release)}
    product = place.product
    thing = Thing(ThingKind.RELEASE, name, product, product, facts, key=str(number))
    return Subject(thing, relation(place.internal, RELEASES), place.internal_owner)


def _left_builds(left: Left) -> Iterator[Subject]:
    owner = left.place.internal_owner
    for key, found in left.builds.items():
        facts = {"owner": owner, "mark": _OURS}
        if found is not None:
            facts |= {"columns": _columns(found.build.columns), "rows": str(found.build.rows)}
        yield _build(left, key, facts)


def _found_build(
    left: Left, key: str, found: RelationFound, mark: Mark, counted: Counted
) -> Subject:
    facts = {
        "owner": found.owner,
        "mark": _marked(found.comment, is_ours=mark.readable is not None),
        "columns": _columns(found.columns),
    }
    if key in counted.rows:
        facts["rows"] = counted.rows[key]
    return _build(left, key, facts, found.since, _TYPES[found.kind])


def _build(
    left: Left, key: str, facts: Mapping[str, str], since: str = "", kind: str = "TABLE"
) -> Subject:
    place = left.place
    models = {of: model for model, of in left.current.builds.items()}
    address = f"{place.product}.{models[key]}" if key in models else place.product
    name = f"{place.internal}.{build_name(key)}"
    thing = Thing(ThingKind.BUILD, name, place.product, address, facts, since, key)
    target = f"{kind} {relation(place.internal, build_name(key))}"
    return Subject(thing, target, place.internal_owner)


def _left_views(left: Left) -> Iterator[Subject]:
    place = left.place
    for each in left.shown:
        facts = {"owner": place.port_owner, "barrier": _options(OPTIONS), "mark": _OURS}
        if each.name in left.views:
            columns, definition = left.views[each.name]
            facts["columns"] = _columns(columns)
            if definition:
                facts["definition"] = definition
        yield _view(left, each, facts)


def _found_view(left: Left, each: Shown, found: RelationFound, mark: PortMark | None) -> Subject:
    facts = {
        "owner": found.owner,
        "barrier": ", ".join(sorted(found.options)) or _NONE,
        "mark": _marked(found.comment, is_ours=mark == port_mark(each)),
        "columns": _columns(found.columns),
        "definition": found.definition,
    }
    return _view(left, each, facts, found.since)


def _view(left: Left, each: Shown, facts: Mapping[str, str], since: str = "") -> Subject:
    place = left.place
    address = f"{place.product}.{each.port.port}@{each.port.major}"
    name = f"{place.ports}.{each.name}"
    thing = Thing(ThingKind.VIEW, name, place.product, address, facts, since)
    return Subject(thing, relation(place.ports, each.name), place.port_owner)


def _options(text: str) -> str:
    """What stands in the brackets of a statement, as the catalogue has it."""
    inside = text.partition("(")[2].rpartition(")")[0]
    return ", ".join(sorted(each.replace(" ", "") for each in inside.split(",")))


def _left_grants(left: Left) -> Iterator[Subject]:
    """What the owner of the ports needs to read what they show."""
    place = left.place
    yield _grant(left, place.internal, "", "", place.port_owner, ("USAGE",))
    shown = {each.object.key for each in left.shown}
    there = (key for key in sorted(shown) if left.builds.get(key))
    for name in (POINTER, *map(build_name, there)):
        yield _grant(left, place.internal, name, "", place.port_owner, ("SELECT",))


def _found_grants(left: Left, there: Inspection) -> Iterator[Subject]:
    """What others have been given; products of this mesh read from each other as plans say."""
    needed = {each.thing.name: each for each in _left_grants(left)}
    for right in there.rights:
        grantee = right.grantee or EVERYBODY
        found = _grant(left, right.schema, right.relation, right.column, grantee, right.privileges)
        wanted = needed.get(found.thing.name)
        if wanted is not None:
            yield wanted if set(wanted.rights) <= set(found.rights) else found
        elif not _is_of_mesh(right.grantee, left):
            yield found
    product = left.place.product
    for owner, member in there.members:
        facts = {"rights": _ACTS_AS_IT}
        thing = Thing(ThingKind.GRANT, f"{owner} to {member}", product, product, facts)
        yield Subject(thing, quote(owner), grantee=quote(member))


def _is_of_mesh(role: str, left: Left) -> bool:
    return role.startswith(f"{left.marks[0].mesh}__")


def _grant(
    left: Left, schema: str, name: str, column: str, grantee: str, rights: tuple[str, ...]
) -> Subject:
    place = left.place
    target = f"TABLE {relation(schema, name)}" if name else f"SCHEMA {quote(schema)}"
    listed = tuple(f"{each} ({quote(column)})" for each in rights) if column else rights
    path = ".".join(each for each in (schema, name, column) if each)
    facts = {"rights": ", ".join(rights)}
    address = _address_of(left, schema, name)
    thing = Thing(ThingKind.GRANT, f"{path} to {grantee}", place.product, address, facts)
    role = place.port_owner if schema == place.ports else place.internal_owner
    return Subject(thing, target, role, listed, grantee if grantee == EVERYBODY else quote(grantee))


def _address_of(left: Left, schema: str, name: str) -> str:
    for each in left.shown:
        if (schema, name) == (left.place.ports, each.name):
            return f"{left.place.product}.{each.port.port}@{each.port.major}"
    return left.place.product


def _other(left: Left, schema: str, name: str, kind: str, arguments: str, owner: str) -> Subject:
    place = left.place
    facts = {"type": kind.lower()} | ({"owner": owner} if owner else {})
    label = f"{schema}.{name}{arguments}"
    thing = Thing(ThingKind.OTHER, label, place.product, place.product, facts)
    role = place.port_owner if schema == place.ports else place.internal_owner
    return Subject(thing, f"{kind} {relation(schema, name)}{arguments}", role)


def _columns(columns: Iterable[Column]) -> str:
    return ", ".join(f"{each.name} {each.type}" for each in columns)


def _marked(comment: str, *, is_ours: bool) -> str:
    return _OURS if is_ours else comment or _NONE


def port_mark(each: Shown) -> PortMark:
    """Return the mark of a view that shows an object under one of its names."""
    port = each.port
    return PortMark(port.port, port.major, each.object.name, port.version, each.plain)
