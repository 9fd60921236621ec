"""What the database's catalogue says of us: marked schemas, and what is marked in them.

Tables are never read here; whatever has no mark of ours is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.mesh.release import Release
from weft.sql.postgres import quote
from weft.warehouses.postgres.marks import Mark, read_mark
from weft.warehouses.postgres.names import POINTER, Names, build_name, source_name
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import WarehouseError

_RELATIONS = """
SELECT n.nspname, c.relname, d.description
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = 0
 AND d.classoid = 'pg_class'::regclass
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v')
"""

_STORED = """
SELECT attname, format_type(atttypid, atttypmod), pg_total_relation_size(%s::regclass)
FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class Located:
    """A marked table or view, and where it is."""

    schema: str
    name: str
    mark: Mark

    @property
    def relation(self) -> str:
        """Its quoted name."""
        return relation(self.schema, self.name)


def relation(schema: str, name: str) -> str:
    """Return the quoted name of a relation in a schema."""
    return f"{quote(schema)}.{quote(name)}"


class Catalog:
    """Reads the catalogue. Builds never change, so that what was found once is kept."""

    def __init__(self, sessions: Sessions, schemas: Schemas, names: Names) -> None:
        self.schemas = schemas
        self._sessions = sessions
        self._names = names
        self._found: dict[str, Located] = {}

    def builds(self) -> list[Located]:
        """Return every build and every landed source, by name."""
        return [each for each in self._relations("AND c.relname ~ '^[bs]_'") if each.mark.build]

    def rows(self) -> list[Located]:
        """Return everything in which failing rows are kept."""
        return [each for each in self._relations("AND c.relname ~ '^q_'") if each.mark.rows]

    def views(self, schema: str) -> dict[str, Located]:
        """Return the marked views of one schema of ports, by name."""
        found = self._read([schema], "")
        return {each.name: each for each in found if each.mark.port}

    def releases(self) -> list[Release]:
        """Return the current release of every product in every environment."""
        found = self._relations("AND c.relname = %s", POINTER)
        return [each.mark.release for each in found if each.mark.release]

    def builds_and_releases(
        self, products: Iterable[str], environment: str
    ) -> tuple[frozenset[str], list[Release]]:
        """Return the keys of all builds, and the current release of each of these products."""
        schemas = self.schemas.ours()
        places = (self._names.place(each, environment) for each in products)
        pointers = [place.internal for place in places if place.internal in schemas]
        found = self._read(
            [name for name, mark in schemas.items() if mark.internal],
            "AND (c.relname ~ '^b_' OR c.relname = %s AND n.nspname = ANY(%s))",
            POINTER,
            pointers,
        )
        marks = [each.mark for each in found]
        keys = frozenset(mark.build.key for mark in marks if mark.build)
        return keys, [mark.release for mark in marks if mark.release]

    def find(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return builds by key, wherever they are; absent ones are left out."""
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._found]
        if missing:
            self._look_for(missing)
        return {key: self._found[key] for key in wanted if key in self._found}

    def need(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return builds by key. Raises WarehouseError when one is missing."""
        wanted = tuple(keys)
        found = self.find(wanted)
        if len(found) < len(set(wanted)):
            # Another program may have made the schema that they are in.
            self.schemas.ours()
            found = self.find(wanted)
        for key in wanted:
            if key not in found:
                place = self._sessions.target.place
                raise WarehouseError(f"build {key} is missing in {place}; plan and apply again")
        return found

    def add(self, found: Located) -> None:
        """Remember a build that was just made."""
        if found.mark.build:
            self._found[found.mark.build.key] = found

    def lose(self, keys: Iterable[str]) -> None:
        """Look for these builds anew when they are next asked for."""
        for key in keys:
            self._found.pop(key, None)

    def columns(self, schema: str) -> dict[str, tuple[Column, ...]]:
        """Return the columns of the views in a schema."""
        found: dict[str, list[Column]] = {}
        statement = " ".join((_COLUMNS, "AND c.relkind = 'v' ORDER BY c.relname, a.attnum"))
        for owner, column, native in self._sessions.ask(statement, (schema,)):
            found.setdefault(owner, []).append(Column(column, native))
        return {owner: tuple(columns) for owner, columns in found.items()}

    def stored(self, target: str) -> tuple[tuple[Column, ...], int]:
        """Return the columns of one relation, by its quoted name, and its size in bytes."""
        found = self._sessions.ask(_STORED, (target, target))
        return tuple(Column(name, native) for name, native, _ in found), found[0][2]

    def _look_for(self, keys: list[str]) -> None:
        names = {name(key): key for key in keys for name in (build_name, source_name)}
        internal = [name for name, mark in self.schemas.known().items() if mark.internal]
        found = self._read(internal, "AND c.relname = ANY(%s)", list(names))
        for each in sorted(found, key=lambda each: each.schema, reverse=True):
            if each.mark.build and each.mark.build.key == names[each.name]:
                self._found[each.mark.build.key] = each

    def _relations(self, which: str, *parameters: object) -> Iterator[Located]:
        internal = [name for name, mark in self.schemas.ours().items() if mark.internal]
        return self._read(internal, which, *parameters)

    def _read(self, schemas: list[str], which: str, *parameters: object) -> Iterator[Located]:
        if not schemas:
            return
        statement = " ".join((_RELATIONS, which, "ORDER BY n.nspname, c.relname"))
        for schema, name, comment in self._sessions.ask(statement, (schemas, *parameters)):
            mark = read_mark(comment)
            if mark:
                yield Located(schema, name, mark)
