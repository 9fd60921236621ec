"""Whether a server is fit for what Weft does there: its version, its rights, its clock, its texts.

Nothing is changed. Whether it can be reached at all is found out by asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weft.mesh.words import count
from weft.sql.postgres import quote
from weft.warehouses.postgres.adbc import drivers
from weft.warehouses.postgres.catalog import Catalog
from weft.warehouses.postgres.names import POINTER, Names, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import Condition, WarehouseError

# In seconds: releases have times of ours, and what is read after them has times of the server.
_CLOCK_DIFFERENCE = 10

_SERVER = """
SELECT current_setting('server_version'), current_setting('server_encoding'), d.datcollate,
 current_setting('transaction_read_only') = 'on', session_user::text, d.datname,
 has_database_privilege(d.oid, 'CREATE'), r.rolcreaterole OR r.rolsuper, r.rolsuper
FROM pg_database AS d, pg_roles AS r
WHERE d.datname = current_database() AND r.rolname = session_user
"""
_MAY_READ = "SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = %s"
_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp() - CAST(%s AS timestamptz)) AS float8)"
_POINTER = """
SELECT EXISTS (
 SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = %s AND pg_get_userbyid(c.relowner) = %s)
"""
_PUBLIC = """
SELECT DISTINCT 'SCHEMA ' || quote_ident(n.nspname)
FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl
WHERE acl.grantee = 0 AND n.nspname = ANY(%s)
UNION
SELECT DISTINCT 'TABLE ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS acl
WHERE acl.grantee = 0 AND n.nspname = ANY(%s)
"""


@dataclass(frozen=True)
class _Server:
    """What a server says of itself and of our login."""

    version: str
    encoding: str
    collation: str
    is_read_only: bool
    login: str
    database: str
    makes_schemas: bool
    makes_roles: bool
    is_superuser: bool


class Health:
    """Looks at the server, for the doctor, and before anything is done there."""

    def __init__(self, sessions: Sessions, catalog: Catalog, places: Places, names: Names) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._places = places
        self._names = names

    def conditions(self, now: str) -> Iterator[Condition]:
        """Say how the server is at a time of ours. Raises WarehouseError where it cannot be asked.

        `now` is an ISO time in UTC.
        """
        server = self._server()
        yield Condition("server", f"PostgreSQL {server.version}")
        yield from _writable(server)
        yield _texts(server)
        yield from _rights(server)
        yield self._clock(now)
        yield from self._owners()
        yield self._public()

    def require(self, products: Iterable[str], environment: str) -> None:
        """See that products can be built and published. Raises WarehouseError."""
        place = self._sessions.target.place
        drivers(self._sessions.target)
        server = self._server()
        unfit = [*_writable(server), _texts(server)]
        rights = [each for each in _rights(server) if each.stops]
        # Who has no such rights needs none where all is made already.
        if rights and self._is_incomplete(products, environment):
            unfit += rights
        if not self._names.is_production(environment):
            unfit += self._reading(server.login)
        for each in unfit:
            if each.stops:
                raise WarehouseError(f"{place}: {each.detail}; {each.fix}", denied=True)

    def _reading(self, login: str) -> Iterator[Condition]:
        """Whether a login may read what production, if there is one, publishes."""
        readers = self._names.readers
        if (False,) in self._sessions.ask(_MAY_READ, (readers,)):
            detail = f"login {login} may not read what production publishes"
            fix = f"an administrator runs GRANT {quote(readers)} TO {quote(login)}"
            yield Condition("rights", detail, fix, stops=True)

    def _server(self) -> _Server:
        [found] = self._sessions.ask(_SERVER)
        return _Server(*found)

    def _is_incomplete(self, products: Iterable[str], environment: str) -> bool:
        places = (self._names.place(each, environment) for each in products)
        return not all(self._places.is_made(each) for each in places)

    def _clock(self, now: str) -> Condition:
        [(seconds,)] = self._sessions.ask(_CLOCK, (now,))
        if abs(seconds) <= _CLOCK_DIFFERENCE:
            return Condition("clock", "the same as here")
        way = "ahead of" if seconds > 0 else "behind"
        detail = f"{abs(seconds):,.0f} s {way} the one here"
        return Condition("clock", detail, "set both clocks by one time server")

    def _owners(self) -> Iterator[Condition]:
        """Schemas that say they are ours, whose owner says otherwise.

        Anybody can write a mark, and only what was ours is to be so again.
        """
        wrong = False
        for schema, owner, mark in self._catalog.schemas.told():
            if mark.mesh != self._names.mesh:
                continue
            place = self._names.place(mark.product, mark.environment)
            wanted = place.internal_owner if mark.internal else place.port_owner
            if owner == wanted:
                continue
            wrong = True
            if self._was_made(schema, place):
                fix = f"ALTER SCHEMA {quote(schema)} OWNER TO {quote(wanted)}"
                yield Condition("owners", f"schema {schema} is owned by {owner}", fix)
            else:
                detail = f"schema {schema} of {owner} says that Weft made it, which it did not"
                remove = f"COMMENT ON SCHEMA {quote(schema)} IS NULL"
                fix = f"{owner} or an administrator runs {remove}"
                yield Condition("owners", detail, fix)
        if not wrong:
            yield Condition("owners", "every schema of ours has its owner")

    def _was_made(self, schema: str, place: Place) -> bool:
        """Whether a schema is one of a place that we made: only its owner can have the pointer."""
        [(has_pointer,)] = self._sessions.ask(
            _POINTER, (place.internal, POINTER, place.internal_owner)
        )
        return schema in place.schemas and bool(has_pointer)

    def _public(self) -> Condition:
        schemas = list(self._catalog.schemas.marked())
        found = [each for (each,) in self._sessions.ask(_PUBLIC, (schemas, schemas))]
        if not found:
            return Condition("public", "PUBLIC has no rights on what is ours")
        more = f", and {count(len(found) - 1, 'other')}" if len(found) > 1 else ""
        detail = f"everybody has rights on {found[0].lower()}{more}"
        return Condition("public", detail, f"REVOKE ALL ON {found[0]} FROM PUBLIC")


def _writable(server: _Server) -> Iterator[Condition]:
    if server.is_read_only:
        fix = "set `host` to the primary server, or make the database writable"
        yield Condition("writing", "the server can only be read", fix, stops=True)


def _texts(server: _Server) -> Condition:
    if server.encoding == "UTF8":
        return Condition("texts", f"UTF8, in the order of {server.collation}")
    detail = f"database {server.database} is in {server.encoding}, which loses characters"
    fix = f"make another one: CREATE DATABASE {quote(server.database + '_utf8')} ENCODING 'UTF8'"
    return Condition("texts", detail, f"{fix} TEMPLATE template0", stops=True)


def _rights(server: _Server) -> Iterator[Condition]:
    login, database = quote(server.login), quote(server.database)
    well = True
    if not server.makes_schemas:
        well = False
        detail = f"login {server.login} may not make schemas in database {server.database}"
        fix = f"an administrator runs GRANT CREATE ON DATABASE {database} TO {login}"
        yield Condition("rights", detail, fix, stops=True)
    if not server.makes_roles:
        well = False
        detail = f"login {server.login} may not make the owners of products"
        fix = f"an administrator runs ALTER ROLE {login} CREATEROLE"
        yield Condition("rights", detail, fix, stops=True)
    if server.is_superuser:
        well = False
        detail = f"login {server.login} is a superuser, whom nothing holds back"
        yield Condition("rights", detail, "let Weft have a login of its own with CREATEROLE")
    if well:
        yield Condition("rights", f"login {server.login} may make schemas and their owners")
