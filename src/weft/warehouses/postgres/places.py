"""Make the schemas and owners of products, each once; owners can neither log in nor get around.

What an administrator made by the same name is never taken over. Who may read and take over what
between environments is in `sharing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from weft.mesh.release import Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Catalog, Placed, relation
from weft.warehouses.postgres.errors import ALREADY_THERE, Refused
from weft.warehouses.postgres.marks import Mark, SchemaMark, marking
from weft.warehouses.postgres.names import POINTER, RELEASES, Names, Place
from weft.warehouses.postgres.sessions import LOCKS, Sessions, signed
from weft.warehouses.postgres.sharing import (
    WEAK,
    Sharing,
    belonging_to,
    granting,
    readable_by,
    shared_roles,
)
from weft.warehouses.protocol import WarehouseError

_MAKING = "making places"
_ROUNDS = 3

_ROLES = """
SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
FROM pg_roles WHERE rolname = ANY(%s)
"""
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)"
_MEMBER = "SELECT pg_has_role(%s, 'USAGE')"
_VERSION = "SELECT current_setting('server_version_num')::integer"
_BELONGING = "SELECT pg_has_role(%s, 'USAGE'), pg_has_role(%s, 'MEMBER WITH ADMIN OPTION')"
_READABLE = """
SELECT has_schema_privilege(role, schema, 'USAGE') AND has_table_privilege(role, relation, 'SELECT')
FROM (VALUES (to_regrole(%s)::oid, to_regnamespace(%s)::oid, to_regclass(%s)::oid))
 AS asked(role, schema, relation)
"""


class Places:
    """Makes places when they are first written to, and lets their owners read from each other."""

    def __init__(self, sessions: Sessions, catalog: Catalog, names: Names, store: str) -> None:
        self.sharing = Sharing(sessions, names)
        self._sessions = sessions
        self._catalog = catalog
        self._names = names
        self._store = store
        self._made: set[Place] = set()
        self._granted: set[tuple[str, str]] = set()
        self._guard = Lock()

    def prepared(self, place: Place) -> Place:
        """Make sure that a place is there and ours. Raises WarehouseError."""
        with self._guard:
            if place not in self._made:
                self._prepare(place)
                self._made.add(place)
        return place

    def at(self, schema: str) -> Place:
        """Return the place that a schema of ours belongs to."""
        mark = self._catalog.schemas.known()[schema]
        return self._names.place(mark.product, mark.environment)

    def is_made(self, place: Place) -> bool:
        """Whether a place is there and our login may act for its owners."""
        return self._catalog.schemas.ours().keys() >= set(place.schemas) and self._is_member(place)

    def missing(self, place: Place) -> list[str]:
        """Return the statements that make what is missing of a place, none where all is there.

        Raises WarehouseError when something of another's stands in the way.
        """
        if self.is_made(place):
            return []
        ours = self._catalog.schemas.known().keys()
        there = {name for (name,) in self._sessions.ask(_SCHEMAS, (list(place.schemas),))}
        for name in sorted(there - ours):
            raise WarehouseError(
                f"{self._sessions.target.place} has a schema `{name}` that Weft did not make; "
                "rename it, or choose another `database`",
                denied=True,
            )
        return list(self._statements(place, there))

    def grants(self, role: str, found: Placed) -> list[str]:
        """Return the statements that let a role read one table or view, none where it may."""
        asked = (quote(role), quote(found.schema), found.relation)
        if self._sessions.ask(_READABLE, asked)[0][0]:
            return []
        to = quote(role)
        return [
            f"GRANT USAGE ON SCHEMA {quote(found.schema)} TO {to}",
            f"GRANT SELECT ON TABLE {found.relation} TO {to}",
        ]

    def let_read(self, role: str, found: Placed) -> None:
        """Let a role read one table or view of another's internals, for as long as that is there.

        Who grants has to be alone at it, because the server fails where two do so at once.
        """
        if (role, found.relation) in self._granted:
            return
        statements = self.grants(role, found)
        if statements:
            with self._sessions.transaction():
                self._sessions.ask(granting(found.schema))
                for statement in statements:
                    self._sessions.ask(statement)
        self._granted.add((role, found.relation))

    def forget(self, place: Place) -> None:
        """Look anew for a place when it is next asked for, and for what its owners may read."""
        with self._guard:
            self._made.discard(place)
            self._granted = {each for each in self._granted if each[0] not in place.owners}

    def _prepare(self, place: Place) -> None:
        if not self.missing(place):
            return
        for attempt in range(_ROUNDS):
            try:
                with self._sessions.transaction():
                    self._make(place)
                self._catalog.schemas.ours()
                return
            except Refused as refused:
                # A role belongs to all databases of the server, so that our lock is not enough.
                if not refused.code.startswith(ALREADY_THERE) or attempt == _ROUNDS - 1:
                    raise

    def _is_member(self, place: Place) -> bool:
        return all(self._sessions.ask(_MEMBER, (owner,))[0][0] for owner in place.owners)

    def _make(self, place: Place) -> None:
        self._sessions.ask("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, signed(_MAKING)))
        for statement in self.missing(place):
            self._sessions.ask(statement)

    def _statements(self, place: Place, there: set[str]) -> Iterator[str]:
        owners = place.owners
        roles: dict[str, bool] = dict(self._sessions.ask(_ROLES, (list(owners),)))
        inherit = self._sessions.ask(_VERSION)[0][0] >= 160000
        options = " WITH INHERIT TRUE, SET TRUE" if inherit else ""
        for owner in owners:
            if roles.get(owner):
                raise WarehouseError(
                    f"{self._sessions.target.place}: role `{owner}` can log in or has rights of "
                    "its own, so it cannot own a product; drop it, or take these away",
                    denied=True,
                )
            if owner not in roles:
                yield f"CREATE ROLE {quote(owner)} {WEAK}"
            elif self._may_act_as(owner, place):
                continue
            yield f"GRANT {quote(owner)} TO CURRENT_USER{options}"
        shared = [self._names.readers, self._names.adopters]
        known: dict[str, bool] = dict(self._sessions.ask(_ROLES, (shared,)))
        production = place.environment == self._names.production
        yield from shared_roles(self._names, known, options, production=production)
        if place.ports and place.ports not in there:
            yield from self._schema(place, place.ports, place.port_owner, internal=False)
        if place.internal not in there:
            yield from self._schema(place, place.internal, place.internal_owner, internal=True)
            yield from _tables(place)
            if production:
                yield from readable_by(self._names.readers, place)
            elif known.keys() >= {self._names.adopters}:
                yield from belonging_to(self._names.adopters, owners)

    def _may_act_as(self, owner: str, place: Place) -> bool:
        """Whether our login belongs to an owner that is there. Raises WarehouseError.

        One that has no say over the owner must not join it, even where an old server lets it.
        """
        [(member, admin)] = self._sessions.ask(_BELONGING, (owner, owner))
        if not member and not admin:
            raise WarehouseError(
                f"{self._sessions.target.place}: its login does not belong to `{owner}`, which "
                f"owns {place.product or 'what is brought over'}; where it is meant to, an "
                f"administrator runs GRANT {quote(owner)} TO that login",
                denied=True,
            )
        return bool(member)

    def _schema(self, place: Place, schema: str, owner: str, *, internal: bool) -> Iterator[str]:
        mesh = self._names.mesh
        mark = SchemaMark(mesh, self._store, place.product, place.environment, internal)
        yield f"CREATE SCHEMA {quote(schema)} AUTHORIZATION {quote(owner)}"
        yield marking("SCHEMA", quote(schema), Mark(schema=mark))


def _tables(place: Place) -> Iterator[str]:
    """The list of releases and the pointer to the current one, which every port reads."""
    yield f"SET LOCAL ROLE {quote(place.internal_owner)}"
    yield releases_table(place)
    yield from pointer_table(place)
    if place.port_owner:
        yield f"GRANT USAGE ON SCHEMA {quote(place.internal)} TO {quote(place.port_owner)}"
    yield "RESET ROLE"


def releases_table(place: Place) -> str:
    """Return the statement that makes the list of releases."""
    table = relation(place.internal, RELEASES)
    columns = "(number integer PRIMARY KEY, run text NOT NULL, content json NOT NULL)"
    return f"CREATE TABLE {table} {columns}"


def pointer_table(place: Place) -> Iterator[str]:
    """Yield the statements that make the pointer, which names no release yet."""
    pointer = relation(place.internal, POINTER)
    yield (
        f"CREATE TABLE {pointer} (number integer NOT NULL, fence bigint NOT NULL, "
        "one boolean PRIMARY KEY DEFAULT true CHECK (one))"
    )
    yield " ".join(("INSERT INTO", pointer, "(number, fence) VALUES (0, 0)"))
    nothing = Release(place.product, place.environment, 0, ())
    yield marking("TABLE", pointer, Mark(release=nothing))
    if place.port_owner:
        yield f"GRANT SELECT ON TABLE {pointer} TO {quote(place.port_owner)}"
