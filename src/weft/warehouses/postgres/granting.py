"""Rights as things to compare: what the owner of the ports needs, and what anybody was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from weft.mesh.drift import Thing, ThingKind
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import relation
from weft.warehouses.postgres.inspection import Inspection
from weft.warehouses.postgres.names import POINTER, build_name
from weft.warehouses.postgres.rights import DefaultFound, RightFound
from weft.warehouses.postgres.subjects import Left, Subject

EVERYBODY = "PUBLIC"

_ACTS_AS_IT = "acts as it"
# Products of one mesh read from each other as plans say, tables and views as a whole.
_BETWEEN_PRODUCTS = ("SELECT", "USAGE")


def left_grants(left: Left) -> Iterator[Subject]:
    """Yield what the owner of the ports needs to read what they show."""
    place = left.place
    if not place.ports:
        return
    yield _grant(left, RightFound(place.internal, "", "", place.port_owner, ("USAGE",)))
    shown = {each.object.key for each in left.shown}
    there = (key for key in sorted(shown) if left.builds.get(key))
    for name in (POINTER, *map(build_name, there)):
        yield _grant(left, RightFound(place.internal, name, "", place.port_owner, ("SELECT",)))


def found_grants(left: Left, there: Inspection) -> Iterator[Subject]:
    """Yield what was given of that, and what nobody planned."""
    needed = {each.thing.name: each for each in left_grants(left)}
    for right in there.rights.given:
        is_ours = right.grantee in left.roles and not right.column
        planned = _BETWEEN_PRODUCTS if is_ours else ()
        more = tuple(each for each in right.privileges if each not in planned)
        wanted = needed.get(_grant(left, right).thing.name)
        if wanted is not None and set(wanted.rights) <= set(right.privileges):
            yield wanted
        if more:
            yield _grant(left, replace(right, privileges=more), beside=wanted is not None)
    for each in there.rights.defaults:
        yield _default(left, each)
    product = left.place.product
    for role, member in there.rights.members:
        facts = {"rights": _ACTS_AS_IT}
        thing = Thing(ThingKind.GRANT, f"{role} to {member}", product, product, facts)
        yield Subject(thing, quote(role), grantee=quote(member))


def _grant(left: Left, right: RightFound, *, beside: bool = False) -> Subject:
    """A right as a thing; `beside` says that the same role needs another one there."""
    schema, name, column, grantee = right.schema, right.relation, right.column, right.grantee
    target = f"TABLE {relation(schema, name)}" if name else f"SCHEMA {quote(schema)}"
    rights = right.privileges
    listed = tuple(f"{each} ({quote(column)})" for each in rights) if column else rights
    path = ".".join(each for each in (schema, name, column) if each)
    also = f": {', '.join(rights)}" if beside else ""
    thing = Thing(
        ThingKind.GRANT,
        f"{path} to {grantee or EVERYBODY}{also}",
        left.place.product,
        left.address_of(schema, name),
        {"rights": ", ".join(rights)},
    )
    return Subject(thing, target, left.role_in(schema), listed, _quoted(grantee))


def _default(left: Left, found: DefaultFound) -> Subject:
    """A right on all that an owner makes from now on."""
    product, kind = left.place.product, found.kind.lower()
    where = f" in {found.schema}" if found.schema else ""
    name = f"new {kind} of {found.owner}{where} to {found.grantee or EVERYBODY}"
    facts = {"rights": ", ".join(found.privileges)}
    within = ("IN SCHEMA", quote(found.schema)) if found.schema else ()
    words = ("ALTER DEFAULT PRIVILEGES FOR ROLE", quote(found.owner), *within, "")
    return Subject(
        thing=Thing(ThingKind.GRANT, name, product, product, facts),
        target=found.kind,
        role=found.owner,
        rights=found.privileges,
        grantee=_quoted(found.grantee),
        always=" ".join(words),
    )


def _quoted(grantee: str) -> str:
    return quote(grantee) if grantee else EVERYBODY
