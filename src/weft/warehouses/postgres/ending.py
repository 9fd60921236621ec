"""End an environment in a database: what only it has goes, what others need gets another place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from weft.mesh.release import Build, Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.layer_tables import LayerTables
from weft.warehouses.postgres.names import POINTER, RELEASES, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.pruning import Pruning, reached
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.releases import PRUNING, Releases
from weft.warehouses.postgres.sessions import SHORT, Sessions
from weft.warehouses.postgres.sharing import granting, taken_over
from weft.warehouses.protocol import Ended, Ending, Holding, WarehouseError

_RUN = "end"

# What a role may do because another one of ours let it. The server takes back no right for anybody
# but the one who gave it.
_GRANTED = """
WITH asked AS (SELECT oid FROM pg_roles WHERE rolname = %s),
granted AS (
 SELECT n.nspname AS schema, 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, acl.grantor
 FROM asked, pg_namespace AS n, aclexplode(n.nspacl) AS acl WHERE acl.grantee = asked.oid
 UNION
 SELECT n.nspname, 'TABLE', quote_ident(n.nspname) || '.' || quote_ident(c.relname), acl.grantor
 FROM asked, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
  aclexplode(c.relacl) AS acl
 WHERE acl.grantee = asked.oid
)
SELECT schema, kind, name, quote_ident(r.rolname)
FROM granted JOIN pg_roles AS r ON r.oid = grantor
WHERE pg_has_role(grantor, 'MEMBER') ORDER BY 1, 2, 3, 4
"""

# Roles belong to the whole server, where another database may have the same environment.
_NEEDED_HERE_ALONE = """
SELECT NOT EXISTS (
 SELECT FROM pg_shdepend AS d
 WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.dbid <> 0
  AND d.dbid <> (SELECT oid FROM pg_database WHERE datname = current_database())
)
FROM pg_roles AS r WHERE r.rolname = %s
"""

_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint
FROM unnest(%s::text[]) AS name
"""

# What is neither a build nor a landed source, by schema.
_SIZES = """
SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind = 'r' AND (c.relname = ANY(%s) OR c.relname ~ '^q_')
GROUP BY 1
"""


@dataclass(frozen=True)
class _Look:
    """Every build and landed source that there is, and by key, and every kept release."""

    readable: tuple[Located, ...]
    there: Mapping[str, Located]
    releases: tuple[Release, ...]

    def of(self, environment: str) -> tuple[Release, ...]:
        """The releases of an environment, those of a product newest first."""
        return tuple(each for each in self.releases if each.environment == environment)

    def shown(self, releases: Iterable[Release]) -> set[str]:
        """The keys of all that releases lead to."""
        return reached((key for each in releases for key in each.keys), self.there)


@dataclass(frozen=True)
class _Found:
    """What there is of an environment: its places, its releases, and the views of its ports.

    Of builds and landed sources `own` go, each before what it reads, and `given` stay, each with
    the places that can have it, the best one first. `rest` are other tables, by quoted name.
    """

    places: tuple[Place, ...]
    releases: tuple[Release, ...]
    views: tuple[Located, ...]
    own: tuple[Located, ...]
    given: Mapping[Located, tuple[Place, ...]]
    rest: tuple[str, ...]


class Environments:
    """What environments have in a database, and how they end."""

    def __init__(
        self,
        sessions: Sessions,
        known: Known,
        places: Places,
        pruning: Pruning,
        releases: Releases,
        released: Released,
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._catalog = known.catalog
        self._places = places
        self._pruning = pruning
        self._releases = releases
        self._released = released
        self._names = released.names
        self._layers = LayerTables(sessions, known, places, released.names)

    def names(self) -> tuple[str, ...]:
        """Return the environments that have a schema here, sorted. Raises WarehouseError."""
        marks = self._catalog.schemas.ours().values()
        return tuple(sorted({mark.environment for mark in marks}))

    def holdings(self, runs: Mapping[str, frozenset[str]]) -> dict[str, Holding]:
        """Return what environments have, views unfolded; `runs` are those that ran in each."""
        look = self._look()
        schemas = list(self._catalog.schemas.known())
        sizes: dict[str, int] = dict(self._sessions.ask(_SIZES, (schemas, [POINTER, RELEASES])))
        return {
            environment: self._holding(Ending(environment, ran, frozenset()), look, sizes)
            for environment, ran in runs.items()
        }

    def _holding(self, ending: Ending, look: _Look, sizes: Mapping[str, int]) -> Holding:
        newest: dict[str, Release] = {}
        for each in look.of(ending.environment):
            newest.setdefault(each.product, each)
        releases = tuple(newest.values())
        behind = (look.there[key] for key in look.shown(releases))
        shown = sum(each.build.bytes for each in behind if each.mark.build)
        if ending.environment == self._names.production:
            return Holding(releases, shown)
        schemas = {place.internal for place in self._places_of(ending.environment)}
        going = self._own(ending, look, self._showing(ending, look), schemas)
        rest = sum(sizes.get(schema, 0) for schema in schemas)
        return Holding(releases, shown, rest + sum(each.own_bytes for each in going))

    def end(self, ending: Ending, *, dry_run: bool = False) -> Ended:
        """Remove all that only the environment has. Ending it again removes what was left.

        Readers go before what they read, and the place of a product last and in one piece: as
        long as anything of it is left, it can be found. Raises WarehouseError, also where
        something that others made stands in the way.
        """
        if ending.environment == self._names.production:
            raise WarehouseError(f"{ending.environment} is production, which never ends")
        if dry_run:
            return self._told(self._found(ending))
        with self._sessions.on_behalf_of("", _RUN), self._sessions.locked(PRUNING):
            found = self._found(ending)
            told = self._told(found)
            self._clear(found)
        return told

    def _look(self) -> _Look:
        readable = tuple(self._catalog.readable())
        there = {each.build.key: each for each in readable}
        return _Look(readable, there, tuple(self._released.kept()))

    def _found(self, ending: Ending) -> _Found:
        look = self._look()
        places = self._places_of(ending.environment)
        schemas = {name for place in places for name in place.schemas}
        showing = self._showing(ending, look)
        own = self._own(ending, look, showing, schemas)
        going = frozenset(own)
        views = self._catalog.views([place.ports for place in places]).values()
        rows = (each.relation for each in self._catalog.rows() if each.schema in schemas)
        lists = (relation(place.internal, name) for place in places for name in (POINTER, RELEASES))
        return _Found(
            places=places,
            releases=look.of(ending.environment),
            views=tuple(each for found in views for each in _tops_first(found.values())),
            own=own,
            given={
                each: tuple(self._heirs(each.build, ending, showing))
                for each in look.readable
                if each.schema in schemas and each not in going
            },
            rest=(*rows, *lists),
        )

    def _own(
        self, ending: Ending, look: _Look, showing: Mapping[str, Set[str]], schemas: Set[str]
    ) -> tuple[Located, ...]:
        """Return what goes of builds and landed sources, each before what it reads."""
        keep = ending.keep.union(*showing.values())
        shown = look.shown(look.of(ending.environment))
        # Where two environments built a key at the same time it is there twice.
        copies: dict[str, list[Located]] = {}
        for each in look.readable:
            copies.setdefault(each.build.key, []).append(each)
        return tuple(
            copy
            for each in self._pruning.unneeded(look.there, keep, ending.runs)
            for copy in copies[each.build.key]
            if copy.schema in schemas or copy.build.run in ending.runs or copy.build.key in shown
        )

    def _places_of(self, environment: str) -> tuple[Place, ...]:
        marks = self._catalog.schemas.known().values()
        products = {mark.product for mark in marks if mark.environment == environment}
        return tuple(self._names.place(each, environment) for each in sorted(products))

    def _showing(self, ending: Ending, look: _Look) -> dict[str, set[str]]:
        """Return what the kept releases of each other environment lead to, by its name."""
        without = {ending.environment, *ending.without}
        others = {each.environment for each in look.releases} - without
        return {environment: look.shown(look.of(environment)) for environment in others}

    def _heirs(
        self, build: Build, ending: Ending, showing: Mapping[str, Set[str]]
    ) -> Iterator[Place]:
        """Yield the places that can have a build; first that of who shows it, production's first.

        The last one is where production has what belongs to no product.
        """
        marks = self._catalog.schemas.known().values()
        others = {each.environment for each in marks if each.product == build.product}
        ranked = sorted(
            (build.key not in showing.get(each, ()), each != self._names.production, each)
            for each in others.difference({ending.environment}, ending.without)
        )
        for *_, environment in ranked:
            yield self._names.place(build.product, environment)
        yield self._names.place("", self._names.production)

    def _told(self, found: _Found) -> Ended:
        names = [each.relation for each in (*found.views, *found.own)]
        [(size,)] = self._sessions.ask(_SIZE, (list(found.rest),))
        return Ended(
            releases=found.releases,
            builds=tuple(each.mark.build for each in found.own if each.mark.build),
            served=bool(found.views),
            names=(*names, *found.rest),
            bytes=size + sum(each.own_bytes for each in found.own),
        )

    def _clear(self, found: _Found) -> None:
        """Remove everything, each thing in a transaction of its own."""
        self._known.lose(each.build.key for each in (*found.own, *found.given))
        for view in found.views:
            self._sessions.together((f"DROP VIEW IF EXISTS {view.relation}",))
        # Another environment may have been about to show some of it when its program was killed.
        self._releases.narrow((), found.own)
        for each in found.own:
            self._sessions.together((f"DROP {each.kind} IF EXISTS {each.relation}",))
        for each, heirs in found.given.items():
            self._give(each, heirs)
        self._layers.clear({place.internal for place in found.places})
        for place in found.places:
            self._remove(place, found.rest)

    def _give(self, build: Located, heirs: Sequence[Place]) -> None:
        """Give a build away, unless there is another one of its key and nobody reads this one.

        What the new owner reads by it, where it is a view, he has to be allowed to read.
        """
        copies = self._catalog.with_keys([build.build.key])
        schemas = {each.schema for each in copies if each.schema != build.schema}
        if schemas and self._pruning.drop(build):
            return
        heir = next(each for each in heirs if each.internal not in schemas)
        place = self._places.prepared(heir)
        tables = (each for copy in copies if copy.schema == build.schema for each in copy.tables)
        for each in (*self._known.find(build.build.needs).values(), *tables):
            self._places.let_read(place.internal_owner, each)
        self._sessions.together(taken_over(build, place))
        self._known.lose([build.build.key])

    def _remove(self, place: Place, rest: Iterable[str]) -> None:
        """Remove what is left of a place, all of it or nothing."""
        own = [each for each in rest if each.startswith(f"{quote(place.internal)}.")]
        statements = [f"DROP TABLE IF EXISTS {each}" for each in own]
        statements += [f"DROP SCHEMA IF EXISTS {quote(each)}" for each in reversed(place.schemas)]

        def work(first: str) -> None:
            with self._sessions.transaction(first):
                for statement in statements:
                    self._sessions.ask(statement)
                for owner in place.owners:
                    _remove_owner(self._sessions, owner)

        self._sessions.patiently(work, SHORT)
        self._places.forget(place)


def _remove_owner(sessions: Sessions, owner: str) -> None:
    """Take from a role what it may, and remove it, inside the caller's transaction."""
    for schema, kind, name, grantor in sessions.ask(_GRANTED, (owner,)):
        sessions.ask(granting(schema))
        revoke = f"REVOKE ALL ON {kind} {name} FROM {quote(owner)}"
        sessions.ask(f"SET LOCAL ROLE {grantor}; {revoke}; RESET ROLE")
    for (is_here_alone,) in sessions.ask(_NEEDED_HERE_ALONE, (owner,)):
        if is_here_alone:
            sessions.ask(f"DROP ROLE {quote(owner)}")


def _tops_first(views: Iterable[Located]) -> list[Located]:
    """Put the views without a version in front of those that they read."""
    return sorted(views, key=lambda each: not (each.mark.port and each.mark.port.plain))
