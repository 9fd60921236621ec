"""What environments with logins of their own may do with each other's builds.

Each reads what production publishes is made of, and can change nothing of it; production takes
over what it publishes of theirs. No consumer belongs to the roles that stand for this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Located, Placed, relation
from weft.warehouses.postgres.names import POINTER, RELEASES, Names, Place
from weft.warehouses.postgres.sessions import LOCKS, Sessions, signed

WEAK = "NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"

_UNSHARED = """
SELECT place
FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(name, place)
LEFT JOIN pg_roles AS readers ON readers.rolname = %s
WHERE NOT coalesce(
 has_table_privilege(readers.oid, to_regclass(name), 'SELECT WITH GRANT OPTION'), false)
ORDER BY place
"""


def granting(schema: str) -> str:
    """Return the statement that makes a transaction the only one that grants in a schema.

    The server fails where two grant on one thing at once.
    """
    return f"SELECT pg_advisory_xact_lock({LOCKS}, {signed(f'granting in {schema}')})"


def shared_roles(
    names: Names, known: Mapping[str, bool], options: str, *, production: bool
) -> Iterator[str]:
    """Yield what makes the roles that environments share; production's login belongs to both.

    It adopts, and where an environment ends it takes back what others were let read by the other.
    `known` are those that are there, `options` how a login becomes a member.
    """
    if not production:
        return
    for role in (names.readers, names.adopters):
        if role not in known:
            yield f"CREATE ROLE {quote(role)} {WEAK}"
            yield f"GRANT {quote(role)} TO CURRENT_USER{options}"


def belonging_to(adopters: str, owners: Iterable[str]) -> Iterator[str]:
    """Yield what lets production act for the owners of an environment, and end them with it."""
    for owner in owners:
        yield f"GRANT {quote(owner)} TO {quote(adopters)} WITH ADMIN OPTION"


def readable_by(readers: str, place: Place) -> Iterator[str]:
    """Yield what lets other environments find the releases of production, and pass that on."""
    to = quote(readers)
    yield f"GRANT USAGE ON SCHEMA {quote(place.internal)} TO {to} WITH GRANT OPTION"
    tables = ", ".join(relation(place.internal, name) for name in (POINTER, RELEASES))
    yield f"GRANT SELECT ON TABLE {tables} TO {to}"


class Sharing:
    """Shares the builds of production's releases, and takes over those of other environments."""

    def __init__(self, sessions: Sessions, names: Names) -> None:
        self._sessions = sessions
        self._names = names

    def statements(self, place: Place, builds: Iterable[Located]) -> list[str]:
        """Return what lets other environments read builds; nothing outside production."""
        if place.environment != self._names.production:
            return []
        tables = (each for build in builds for each in (build, *build.tables))
        relations = sorted({each.relation for each in tables if each.schema == place.internal})
        asked = self._sessions.ask(_UNSHARED, (relations, self._names.readers))
        unshared = [relations[number - 1] for (number,) in asked]
        if not unshared:
            return []
        to = f"TO {quote(self._names.readers)} WITH GRANT OPTION"
        return [f"GRANT SELECT ON TABLE {', '.join(unshared)} {to}"]

    def share(self, place: Place, builds: Iterable[Located]) -> None:
        """Let other environments read builds that production is about to publish."""
        statements = self.statements(place, builds)
        if statements:
            with self._sessions.transaction():
                self._sessions.ask(granting(place.internal))
                for statement in statements:
                    self._sessions.ask(statement)

    def adopting(self, place: Place, builds: Iterable[Located]) -> list[tuple[str, ...]]:
        """Return what makes builds of other environments production's own, each by itself.

        Their rows stay where they are, and whoever reads them goes on.
        """
        return [taken_over(each, place) for each in builds if each != self.adopted(place, each)]

    def adopted(self, place: Place, found: Located) -> Located:
        """Return a build as it is once production has taken over what it publishes."""
        in_production = place.environment == self._names.production
        own = in_production and found.build.product == place.product
        return replace(found, schema=place.internal) if own else found

    def adopt(self, place: Place, builds: Iterable[Located]) -> bool:
        """Make builds of other environments production's own; whether there were any."""
        groups = self.adopting(place, builds)
        for statements in groups:
            self._sessions.together(statements)
        return bool(groups)


def taken_over(found: Located, place: Place) -> tuple[str, ...]:
    """Return the statements that give a build another place and its owner.

    Tables that it shares come with it from where it was, and whoever was there goes on reading.
    """
    statements = [*moved(found, found.kind, place)]
    for each in found.tables:
        if each.schema == found.schema:
            statements += moved(each, "TABLE", place)
            there = relation(place.internal, each.name)
            statements.append(f"GRANT SELECT ON TABLE {there} TO {quote(each.owner)}")
    return tuple(statements)


def moved(found: Placed, kind: str, place: Place) -> tuple[str, str]:
    """Return the statements that give one table or view another place and its owner."""
    there = relation(place.internal, found.name)
    return (
        f"ALTER {kind} {found.relation} SET SCHEMA {quote(place.internal)}",
        f"ALTER {kind} {there} OWNER TO {quote(place.internal_owner)}",
    )
