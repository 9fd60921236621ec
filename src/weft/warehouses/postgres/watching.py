"""What a product's places have to look like, and what they look like, as things to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weft.mesh.drift import Thing, ThingKind
from weft.mesh.release import Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import relation
from weft.warehouses.postgres.granting import found_grants, left_grants
from weft.warehouses.postgres.holding import found_data, held, is_data, left_data
from weft.warehouses.postgres.inspection import OFF, Inspection, MadeFound, RelationFound
from weft.warehouses.postgres.marks import PortMark, read_mark
from weft.warehouses.postgres.names import POINTER, RELEASES, build_name
from weft.warehouses.postgres.ports import port_mark
from weft.warehouses.postgres.subjects import (
    NONE,
    OURS,
    TYPES,
    Counted,
    Left,
    Subject,
    in_words,
    marked,
)
from weft.warehouses.postgres.views import OPTIONS
from weft.warehouses.shown import Shown, digest

_NO_RIGHTS = "none of its own"

TAKEN_AWAY = {
    "can log in": "NOLOGIN",
    "superuser": "NOSUPERUSER",
    "bypasses row security": "NOBYPASSRLS",
    "makes roles": "NOCREATEROLE",
    "makes databases": "NOCREATEDB",
}
"""What rights of an owner are called, and what takes each of them away."""

_HUNG = {
    "TRIGGER": ThingKind.TRIGGER,
    "RULE": ThingKind.RULE,
    "POLICY": ThingKind.POLICY,
}


def left_things(left: Left, there: Inspection, counted: Counted) -> Iterator[Subject]:
    """Yield what has to be there.

    What lies in a schema that is not there is not asked for: it is gone with it. Earlier releases
    may have been pruned, and so may whatever current ones do not show.
    """
    place, product = left.place, left.place.product
    for owner in place.owners:
        facts = {"rights": _NO_RIGHTS}
        yield Subject(Thing(ThingKind.ROLE, owner, product, product, facts), quote(owner))
    for schema, owner in zip(place.schemas, place.owners, strict=True):
        facts = {"owner": owner, "mark": OURS}
        thing = Thing(ThingKind.SCHEMA, schema, product, product, facts)
        yield Subject(thing, quote(schema))
    if place.internal in there.schemas:
        facts = {"release": str(left.current.number), "mark": OURS, "row security": OFF}
        yield _pointer(left, facts)
        if (place.internal, RELEASES) in there.relations:
            yield _releases(left, {"row security": OFF})
        if left.kept is not None:
            for each in filter(_is_recorded, left.releases):
                if each is left.current or each.number in left.kept:
                    yield _release(left, each.number, each)
        yield from left_data(left, there, counted)
        yield from left_grants(left)
    if place.ports in there.schemas:
        yield from _left_views(left)


def found_things(left: Left, there: Inspection, counted: Counted) -> Iterator[Subject]:
    """Yield what is there, in the same words."""
    yield from _found_foundations(left, there)
    strange = set()
    for each in there.relations.values():
        subject = _found_relation(left, each, counted)
        if subject is not None:
            yield subject
            if subject.thing.kind is ThingKind.OTHER:
                strange.add((each.schema, each.name))
    recorded = {each.number for each in left.releases}
    for number, release in (left.kept or {}).items():
        if number in recorded or number > left.current.number:
            yield _release(left, number, release)
    for made in there.made:
        if (made.schema, made.relation) not in strange:
            yield _made(left, made)
    yield from found_grants(left, there)


def _found_foundations(left: Left, there: Inspection) -> Iterator[Subject]:
    """The owners and the schemas."""
    product = left.place.product
    for role, rights in there.rights.roles.items():
        facts = {"rights": ", ".join(rights) or _NO_RIGHTS}
        yield Subject(Thing(ThingKind.ROLE, role, product, product, facts), quote(role))
    for schema, wanted in zip(left.place.schemas, left.marks, strict=True):
        if schema in there.schemas:
            found = there.schemas[schema]
            mark = read_mark(found.comment)
            is_ours = mark is not None and mark.schema == wanted
            facts = {"owner": found.owner, "mark": marked(found.comment, is_ours=is_ours)}
            thing = Thing(ThingKind.SCHEMA, schema, product, product, facts)
            yield Subject(thing, quote(schema))


def _is_recorded(release: Release) -> bool:
    """Whether it is one at all: where nothing is ever released there is only a number 0."""
    return release.number > 0


def _found_relation(left: Left, found: RelationFound, counted: Counted) -> Subject | None:
    """A relation as what it is: ours by its place and name, or by its mark, or unknown.

    None for what people may look at and Weft does not rely on.
    """
    place, mark = left.place, found.mark
    if found.schema == place.ports:
        wanted = {each.name: each for each in left.shown}.get(found.name)
        if wanted is not None and found.kind == "v":
            return _found_view(left, wanted, found, mark.port)
        return None if mark.port else _other(left, found)
    if found.name == POINTER:
        facts = {"mark": _pointer_mark(left, mark.release), **held(found)}
        if counted.number is not None:
            facts["release"] = str(counted.number)
        return _pointer(left, facts, found.since)
    if found.name == RELEASES:
        return _releases(left, held(found), found.since)
    if found.name in map(build_name, left.builds) or is_data(found):
        return found_data(left, found, counted)
    return None if mark.rows else _other(left, found)


def _pointer(left: Left, facts: Mapping[str, str], since: str = "") -> Subject:
    place = left.place
    name = f"{place.internal}.{POINTER}"
    facts = {"owner": place.internal_owner, **facts}
    thing = Thing(ThingKind.POINTER, name, place.product, place.product, facts, since)
    return Subject(thing, f"TABLE {relation(place.internal, POINTER)}", place.internal_owner)


def _pointer_mark(left: Left, found: Release | None) -> str:
    if found == left.current:
        return OURS
    return f"release {found.number}" if found else NONE


def _releases(left: Left, facts: Mapping[str, str], since: str = "") -> Subject:
    """The list of all releases, whatever it says."""
    place = left.place
    facts = {"owner": place.internal_owner, **facts}
    name = f"{place.internal}.{RELEASES}"
    thing = Thing(ThingKind.RELEASE, name, place.product, place.product, facts, since)
    return Subject(thing, f"TABLE {relation(place.internal, RELEASES)}", place.internal_owner)


def _release(left: Left, number: int, release: Release) -> Subject:
    place = left.place
    name = f"{place.internal}.{RELEASES} {number}"
    facts = {"content": digest(release)}
    product = place.product
    thing = Thing(ThingKind.RELEASE, name, product, product, facts, key=str(number))
    return Subject(thing, relation(place.internal, RELEASES), place.internal_owner)


def _left_views(left: Left) -> Iterator[Subject]:
    place = left.place
    for each in left.shown:
        facts = {"owner": place.port_owner, "barrier": _options(OPTIONS), "mark": OURS}
        if each.name in left.views:
            columns, definition = left.views[each.name]
            facts["columns"] = in_words(columns)
            if definition:
                facts["definition"] = definition
        yield _view(left, each, facts)


def _found_view(left: Left, each: Shown, found: RelationFound, mark: PortMark | None) -> Subject:
    facts = {
        "owner": found.owner,
        "barrier": ", ".join(sorted(found.options)) or NONE,
        "mark": marked(found.comment, is_ours=mark == port_mark(each)),
        "columns": in_words(found.columns),
        "definition": found.definition,
    }
    return _view(left, each, facts, found.since)


def _view(left: Left, each: Shown, facts: Mapping[str, str], since: str = "") -> Subject:
    place = left.place
    address = f"{place.product}.{each.port.name}"
    name = f"{place.ports}.{each.name}"
    thing = Thing(ThingKind.VIEW, name, place.product, address, facts, since)
    return Subject(thing, relation(place.ports, each.name), place.port_owner)


def _options(text: str) -> str:
    """What stands in the brackets of a statement, as the catalogue has it."""
    inside = text.partition("(")[2].rpartition(")")[0]
    return ", ".join(sorted(each.replace(" ", "") for each in inside.split(",")))


def _other(left: Left, found: RelationFound) -> Subject:
    """A relation that is not ours."""
    kind, product = TYPES[found.kind], left.place.product
    facts = {"type": kind.lower(), "owner": found.owner}
    thing = Thing(ThingKind.OTHER, f"{found.schema}.{found.name}", product, product, facts)
    target = f"{kind} {relation(found.schema, found.name)}"
    return Subject(thing, target, left.role_in(found.schema))


def _made(left: Left, made: MadeFound) -> Subject:
    """What somebody has made in a schema, or hung on a relation in it."""
    role = left.role_in(made.schema)
    facts = {"definition": made.definition} if made.definition else {}
    if made.kind in _HUNG:
        name = f"{made.name} on {made.schema}.{made.relation}"
        address = left.address_of(made.schema, made.relation)
        thing = Thing(_HUNG[made.kind], name, left.place.product, address, facts)
        target = f"{made.kind} {quote(made.name)} ON {relation(made.schema, made.relation)}"
        return Subject(thing, target, role)
    arguments = f"({made.arguments})" if made.kind == "ROUTINE" else ""
    facts = {"type": made.kind.lower(), **facts}
    product, label = left.place.product, f"{made.schema}.{made.name}{arguments}"
    thing = Thing(ThingKind.OTHER, label, product, product, facts)
    return Subject(thing, f"{made.kind} {relation(made.schema, made.name)}{arguments}", role)
