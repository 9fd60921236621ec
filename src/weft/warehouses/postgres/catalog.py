"""What the database's catalogue says of us: marked schemas, and what is marked in them.

Tables are never read here; whatever has no mark of ours is not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from weft.mesh.manifest import Column
from weft.mesh.release import Build, Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.marks import Mark, SchemaMark, marking, read_mark
from weft.warehouses.postgres.names import POINTER, build_name, source_name
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import WarehouseError

_RELATIONS = """
SELECT n.nspname, c.relname, d.description, pg_get_userbyid(c.relowner)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = 0
 AND d.classoid = 'pg_class'::regclass
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v')
"""

# In a place of another login's what it has not let us read is as good as not there.
_READABLE = """(c.relname ~ '^[bs]_'
 AND (pg_has_role(n.nspowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT')))"""

_STORED = """
SELECT attname, format_type(atttypid, atttypmod), pg_total_relation_size(%s::regclass),
 coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)
FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""

# By the catalogue alone, which everybody may read, whatever he may read of the tables.
_EMPTY = """
SELECT wanted.place
FROM (
 SELECT place, value ->> 0 AS schema, value ->> 1 AS name, value ->> 2 AS layer
 FROM json_array_elements(%s::json) WITH ORDINALITY AS given(value, place)
) AS wanted
LEFT JOIN pg_namespace AS n ON n.nspname = wanted.schema
LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
WHERE coalesce(pg_relation_size(CASE wanted.layer WHEN '' THEN c.oid ELSE (
 SELECT t.oid FROM pg_rewrite AS r
 JOIN pg_depend AS d ON d.objid = r.oid
  AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
 JOIN pg_class AS t ON t.oid = d.refobjid
 WHERE r.ev_class = c.oid AND t.relname = wanted.layer LIMIT 1
) END), 0) = 0
"""

# Every layer, with the names of all views that read it.
_LAYERS = """
SELECT n.nspname, t.relname, obj_description(t.oid, 'pg_class'), pg_get_userbyid(t.relowner),
 pg_total_relation_size(t.oid),
 ARRAY(
  SELECT DISTINCT ARRAY[s.nspname::text, v.relname::text] FROM pg_depend AS d
  JOIN pg_rewrite AS r ON r.oid = d.objid
  JOIN pg_class AS v ON v.oid = r.ev_class
  JOIN pg_namespace AS s ON s.oid = v.relnamespace
  WHERE d.refobjid = t.oid
   AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
 )
FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = ANY(%s) AND t.relkind = 'r' AND t.relname ~ '^[gp]_'
ORDER BY n.nspname, t.relname
"""

# The schemas of all views that read any of these.
_READERS = """
SELECT DISTINCT s.nspname FROM pg_depend AS d
JOIN pg_rewrite AS r ON r.oid = d.objid
JOIN pg_class AS v ON v.oid = r.ev_class
JOIN pg_namespace AS s ON s.oid = v.relnamespace
WHERE d.refobjid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
 AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
ORDER BY 1
"""


@dataclass(frozen=True)
class Stored:
    """A relation: its columns, its size in bytes, and the transaction that asks if it writes."""

    columns: tuple[Column, ...]
    bytes: int
    transaction: int


@dataclass(frozen=True)
class Placed:
    """A table or view of ours, and where it is."""

    schema: str
    name: str

    @property
    def relation(self) -> str:
        """Its quoted name."""
        return relation(self.schema, self.name)


@dataclass(frozen=True)
class Shared(Placed):
    """A table of a layer: its owner, its size in bytes, and schema and name of who reads it."""

    owner: str
    bytes: int
    readers: frozenset[tuple[str, str]]
    kind = "TABLE"


@dataclass(frozen=True)
class Located(Placed):
    """A marked table or view. Of a build that grows `tables` are those of its layers.

    `stranger` is who owns it where that is no owner of ours, and then its mark proves nothing.
    """

    mark: Mark
    tables: tuple[Shared, ...] = ()
    stranger: str = ""

    @property
    def kind(self) -> str:
        """What it is to statements about it."""
        found = self.mark.readable
        is_view = self.mark.layers is not None or (found is not None and found.is_view)
        return "VIEW" if is_view else "TABLE"

    @property
    def own_bytes(self) -> int:
        """Its size without tables that others may share."""
        return 0 if self.mark.layers else self.build.bytes

    def completed(self, build: Build, transaction: int = 0) -> Located:
        """The same, where more is known of the build or of the landed source."""
        mark = replace(self.mark, transaction=transaction)
        mark = replace(mark, build=build) if mark.build else replace(mark, landed=build)
        return replace(self, mark=mark)

    @property
    def build(self) -> Build:
        """What it is marked with; only what is read by a key is asked for this."""
        found = self.mark.readable
        assert found
        return found


def given_up(found: Located) -> str:
    """Return the statement that notes that a build or source has lost its data."""
    return marking(found.kind, found.relation, replace(found.mark, damaged=True))


def refuse_strange(found: Located, place: str) -> None:
    """Raise WarehouseError where a stranger owns what stands in the way of a build of ours.

    `place` is how messages name the database.
    """
    if found.stranger:
        raise WarehouseError(
            f"{place} has {found.relation} with our mark, which `{found.stranger}` owns, so that "
            "it is not used; look at it with `weft drift`, or let its owner drop it",
            denied=True,
        )


def relation(schema: str, name: str) -> str:
    """Return the quoted name of a relation in a schema."""
    return f"{quote(schema)}.{quote(name)}"


class Catalog:
    """Reads the catalogue, anew with every call."""

    def __init__(self, sessions: Sessions, schemas: Schemas) -> None:
        self.schemas = schemas
        self._sessions = sessions

    def readable(self) -> list[Located]:
        """Return every build and every landed source that we may read, by name."""
        return [each for each in self._marked(f"AND {_READABLE}") if each.mark.readable]

    def with_keys(self, keys: Iterable[str]) -> list[Located]:
        """Return the builds and landed sources of these keys; the same key may be there twice.

        It is looked for in the schemas that were known last.
        """
        names = {name(key): key for key in keys for name in (build_name, source_name)}
        internal = _internal(self.schemas.known())
        read = self._read(internal, f"AND {_READABLE} AND c.relname = ANY(%s)", list(names))
        found = [each for each in read if each.mark.readable and each.build.key == names[each.name]]
        tables = self.layers() if any(each.mark.layers for each in found) else []
        return [
            replace(
                each,
                tables=tuple(one for one in tables if (each.schema, each.name) in one.readers),
            )
            for each in found
        ]

    def rows(self) -> list[Located]:
        """Return everything in which failing rows are kept."""
        return [each for each in self._marked("AND c.relname ~ '^q_'") if each.mark.rows]

    def views(self, schemas: Collection[str]) -> dict[str, dict[str, Located]]:
        """Return the marked views of schemas of ports, by schema and name."""
        found: dict[str, dict[str, Located]] = {each: {} for each in schemas}
        for each in self._read(list(schemas), ""):
            if each.mark.port:
                found[each.schema][each.name] = each
        return found

    def pointers(self) -> dict[str, Release | None]:
        """Return what every pointer says is current, by its schema; None where that is lost."""
        found = self._marked("AND c.relname = %s", POINTER)
        return {each.schema: each.mark.release for each in found}

    def readable_and_pointers(
        self, pointers: Iterable[str]
    ) -> tuple[list[Located], dict[str, Release | None]]:
        """Return what `readable` does, and the pointers of these schemas, all of one moment."""
        internal = _internal(self.schemas.ours())
        found = list(
            self._read(
                internal,
                f"AND ({_READABLE} OR c.relname = %s AND n.nspname = ANY(%s))",
                POINTER,
                list(pointers),
            )
        )
        current = {each.schema: each.mark.release for each in found if each.name == POINTER}
        return [each for each in found if each.mark.readable], current

    def emptied(self, builds: Iterable[Located]) -> set[str]:
        """Return the keys of tables that had rows and have no data or are gone, from outside."""
        filled = [(each, table) for each in builds for table in _filled(each)]
        asked = msgspec.json.encode([(each.schema, each.name, table) for each, table in filled])
        found = self._sessions.ask(_EMPTY, (asked.decode(),)) if filled else []
        return {filled[place - 1][0].build.key for (place,) in found}

    def layers(self) -> list[Shared]:
        """Return all tables of layers, by name."""
        rows = self._sessions.ask(_LAYERS, (_internal(self.schemas.ours()),))
        return [
            Shared(schema, name, owner, size, frozenset((at, view) for at, view in readers))
            for schema, name, comment, owner, size, readers in rows
            if (read_mark(comment) or Mark()).layer
        ]

    def showing(self, builds: Iterable[Placed]) -> list[str]:
        """Return our schemas of ports whose views read any of these builds."""
        asked = [each.relation for each in builds]
        found = self._sessions.ask(_READERS, (asked,)) if asked else []
        ours = self.schemas.known()
        return [schema for (schema,) in found if schema in ours and not ours[schema].internal]

    def columns(self, schema: str) -> dict[str, tuple[Column, ...]]:
        """Return the columns of the views in a schema."""
        found: dict[str, list[Column]] = {}
        for owner, column, native in self._sessions.ask(_COLUMNS, (schema,)):
            found.setdefault(owner, []).append(Column(column, native))
        return {owner: tuple(columns) for owner, columns in found.items()}

    def stored(self, target: str) -> Stored:
        """Look at one relation, by its quoted name."""
        found = self._sessions.ask(_STORED, (target, target))
        columns = tuple(Column(name, native) for name, native, *_ in found)
        return Stored(columns, *found[0][2:])

    def _marked(self, which: str, *parameters: object) -> Iterator[Located]:
        return self._read(_internal(self.schemas.ours()), which, *parameters)

    def _read(self, schemas: list[str], which: str, *parameters: object) -> Iterator[Located]:
        if not schemas:
            return
        statement = " ".join((_RELATIONS, which, "ORDER BY n.nspname, c.relname"))
        for schema, name, comment, owner in self._sessions.ask(statement, (schemas, *parameters)):
            stranger = "" if self.schemas.is_owner(owner) else owner
            yield Located(schema, name, read_mark(comment) or Mark(), stranger=stranger)


def _filled(found: Located) -> list[str]:
    """Return the tables that have data if a build has lost none: "" is the build itself."""
    if found.mark.layers:
        return [
            name
            for layer in found.mark.layers.layers
            for name, count in ((layer.table, layer.rows), (layer.keys, layer.gone))
            if count
        ]
    return [""] if found.build.rows and not found.build.is_view else []


def _internal(schemas: dict[str, SchemaMark]) -> list[str]:
    return [name for name, mark in schemas.items() if mark.internal]
