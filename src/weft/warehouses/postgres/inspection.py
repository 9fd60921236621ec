"""Everything that lies in some schemas, ours or not, as the database's catalogue has it.

Unlike `catalog.py` it goes by names, and does not need a mark to see a thing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.warehouses.postgres.marks import Mark, read_mark
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.rights import Rights, rights_in
from weft.warehouses.postgres.sessions import Row, Sessions

OFF = "off"
"""What row security is where a table has none."""

# Rows have the numbers of transactions without the count of how often these began again.
_NUMBERS = 1 << 32

_SCHEMAS = """
SELECT n.nspname, pg_get_userbyid(n.nspowner), coalesce(obj_description(n.oid, 'pg_namespace'), '')
FROM pg_namespace AS n WHERE n.nspname = ANY(%s)
"""

# The clock of commits is an option of the server, and off by default.
_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
 coalesce(d.description, ''), coalesce(d.xmin::text::bigint, 0),
 coalesce((
  SELECT r.xmin::text::bigint FROM pg_rewrite AS r
  WHERE r.ev_class = c.oid AND r.rulename = '_RETURN'
 ), 0),
 CASE WHEN NOT c.relrowsecurity THEN 'off' WHEN c.relforcerowsecurity THEN 'on, for its owner too'
  ELSE 'on' END,
 coalesce(c.reloptions, '{}'),
 ARRAY(
  SELECT a.attname::text FROM pg_attribute AS a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
 ),
 ARRAY(
  SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
 ),
 CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) ELSE '' END,
 CASE c.relkind WHEN 'r' THEN pg_relation_size(c.oid) ELSE 0 END,
 CASE WHEN current_setting('track_commit_timestamp')::boolean
  THEN to_char(pg_xact_commit_timestamp(c.xmin) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
 END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = 0
 AND d.classoid = 'pg_class'::regclass
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
 AND NOT EXISTS (
  SELECT FROM pg_depend AS o WHERE o.objid = c.oid AND o.deptype IN ('a', 'i')
   AND o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
 )
ORDER BY n.nspname, c.relname
"""

# What can be made in a schema beside relations, and what can be hung on a relation.
_MADE = """
SELECT n.nspname, '', 'ROUTINE', p.proname, pg_get_function_identity_arguments(p.oid),
 CASE p.prokind WHEN 'a' THEN '' ELSE regexp_replace(pg_get_functiondef(p.oid), '\\s+', ' ', 'g')
 END
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = ANY(%s)
UNION ALL
SELECT n.nspname, '', 'TYPE', t.typname, '', ''
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE n.nspname = ANY(%s) AND (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c')
UNION ALL
SELECT n.nspname, c.relname, hung.kind, hung.name, '', regexp_replace(hung.text, '\\s+', ' ', 'g')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, LATERAL (
 SELECT 'TRIGGER' AS kind, tgname AS name, pg_get_triggerdef(oid) AS text
 FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
 UNION ALL
 SELECT 'RULE', rulename, pg_get_ruledef(oid)
 FROM pg_rewrite WHERE ev_class = c.oid AND rulename <> '_RETURN'
 UNION ALL
 SELECT 'POLICY', polname, concat_ws(' ', polcmd::text, polroles::regrole[]::text,
  pg_get_expr(polqual, c.oid), pg_get_expr(polwithcheck, c.oid))
 FROM pg_policy WHERE polrelid = c.oid
) AS hung
WHERE n.nspname = ANY(%s)
ORDER BY 1, 2, 3, 4, 5
"""

_READERS = """
WITH RECURSIVE reading AS (
 SELECT to_regclass(%s)::oid AS relation
 UNION
 SELECT r.ev_class FROM reading
 JOIN pg_depend AS d ON d.refobjid = reading.relation
  AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass
 JOIN pg_rewrite AS r ON r.oid = d.objid
)
SELECT n.nspname, c.relname
FROM reading JOIN pg_class AS c ON c.oid = reading.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid <> to_regclass(%s) AND n.nspname = ANY(%s) ORDER BY 1, 2
"""


@dataclass(frozen=True)
class SchemaFound:
    """A schema, its owner and the comment on it."""

    owner: str
    comment: str


@dataclass(frozen=True)
class RelationFound:
    """A relation. `kind` is a letter, as in `pg_class.relkind`; `bytes` are those of its rows.

    `commented` and `ruled` are the transactions, as rows have them, that wrote the comment and the
    SELECT of a view; that stands in `definition` as the server writes it. `row_security` is in
    words, `since` is when it was changed last, "" where the server keeps no such times.
    """

    schema: str
    name: str
    kind: str
    owner: str
    comment: str
    commented: int
    ruled: int
    row_security: str
    options: tuple[str, ...]
    columns: tuple[Column, ...]
    definition: str
    bytes: int
    since: str

    @property
    def mark(self) -> Mark:
        """What its comment says."""
        return read_mark(self.comment) or Mark()

    @property
    def transaction(self) -> int:
        """The transaction that wrote it, as rows have it, 0 where that cannot be told.

        After a restore, or in a server of another version, it is the mark that others wrote.
        """
        noted = self.mark.transaction % _NUMBERS
        return noted if noted == self.commented else 0


@dataclass(frozen=True)
class MadeFound:
    """Something that is made in a schema, or hung on a relation in it, and what it does.

    `kind` is the word for it in statements.
    """

    schema: str
    relation: str
    kind: str
    name: str
    arguments: str
    definition: str


@dataclass(frozen=True)
class Inspection:
    """All that lies in some schemas, and what roles may do there."""

    schemas: dict[str, SchemaFound]
    relations: dict[tuple[str, str], RelationFound]
    made: tuple[MadeFound, ...]
    rights: Rights

    def is_readable(self, place: Place, name: str) -> bool:
        """Whether a table of a place is there, is ours, and hides no rows from us."""
        found = self.relations.get((place.internal, name))
        return (
            found is not None and found.owner == place.internal_owner and found.row_security == OFF
        )

    def narrowed(self, schemas: Collection[str], owners: Collection[str]) -> Inspection:
        """The part of it that is of these schemas and owners."""
        return Inspection(
            {name: each for name, each in self.schemas.items() if name in schemas},
            {path: each for path, each in self.relations.items() if path[0] in schemas},
            tuple(each for each in self.made if each.schema in schemas),
            self.rights.narrowed(schemas, owners),
        )


def inspected(sessions: Sessions, schemas: Collection[str], owners: Collection[str]) -> Inspection:
    """Read what lies in these schemas, and what their owners may do. Raises WarehouseError."""
    named = list(schemas)
    relations = map(_relation, sessions.ask(_RELATIONS, (named,)))
    return Inspection(
        schemas={name: SchemaFound(*rest) for name, *rest in sessions.ask(_SCHEMAS, (named,))},
        relations={(each.schema, each.name): each for each in relations},
        made=tuple(MadeFound(*row) for row in sessions.ask(_MADE, (named, named, named))),
        rights=rights_in(sessions, schemas, owners),
    )


def readers(sessions: Sessions, target: str, schemas: Collection[str]) -> list[tuple[str, str]]:
    """Return the views in these schemas that read a relation, directly or through each other.

    `target` is its quoted name; returned are schema and name of each.
    """
    rows = sessions.ask(_READERS, (target, target, list(schemas)))
    return [(schema, name) for schema, name in rows]


def _relation(row: Row) -> RelationFound:
    (schema, name, kind, owner, comment, commented, ruled, row_security, *rest) = row
    options, names, types, definition, size, since = rest
    return RelationFound(
        schema=schema,
        name=name,
        kind=kind,
        owner=owner,
        comment=comment,
        commented=commented,
        ruled=ruled,
        row_security=row_security,
        options=tuple(options),
        columns=tuple(map(Column, names, types)),
        definition=definition,
        bytes=size,
        since=since or "",
    )
