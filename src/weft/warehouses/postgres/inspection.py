"""Everything that lies in some schemas, ours or not, as the database's catalogue has it.

Unlike `catalog.py` it goes by names, and does not need a mark to see a thing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.warehouses.postgres.sessions import Row, Sessions

_SCHEMAS = """
SELECT n.nspname, pg_get_userbyid(n.nspowner), coalesce(obj_description(n.oid, 'pg_namespace'), '')
FROM pg_namespace AS n WHERE n.nspname = ANY(%s)
"""

# The clock of commits is an option of the server, and off by default.
_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
 coalesce(obj_description(c.oid, 'pg_class'), ''),
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
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
 AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')
   AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
 )
ORDER BY n.nspname, c.relname
"""

_ROUTINES = """
SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%s) ORDER BY 1, 2, 3
"""

_RIGHTS = """
WITH granted AS (
 SELECT n.nspname AS schema, '' AS relation, '' AS column, n.nspowner AS owner, acl.*
 FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl WHERE n.nspname = ANY(%s)
 UNION ALL
 SELECT n.nspname, c.relname, '', c.relowner, acl.*
 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS acl
 WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
 UNION ALL
 SELECT n.nspname, c.relname, a.attname, c.relowner, acl.*
 FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(a.attacl) AS acl
 WHERE n.nspname = ANY(%s) AND NOT a.attisdropped
)
SELECT schema, relation, "column", coalesce(r.rolname, ''),
 array_agg(DISTINCT privilege_type ORDER BY privilege_type)
FROM granted LEFT JOIN pg_roles AS r ON r.oid = grantee
WHERE grantee <> owner
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

_ROLES = """
SELECT rolname, array_remove(ARRAY[
 CASE WHEN rolcanlogin THEN 'can log in' END,
 CASE WHEN rolsuper THEN 'superuser' END,
 CASE WHEN rolbypassrls THEN 'bypasses row security' END,
 CASE WHEN rolcreaterole THEN 'makes roles' END,
 CASE WHEN rolcreatedb THEN 'makes databases' END
], NULL)
FROM pg_roles WHERE rolname = ANY(%s)
"""

# Who may grant a role to others has made it, or is an administrator.
_MEMBERS = """
SELECT owner.rolname, member.rolname
FROM pg_auth_members AS m
JOIN pg_roles AS owner ON owner.oid = m.roleid
JOIN pg_roles AS member ON member.oid = m.member
WHERE owner.rolname = ANY(%s) AND member.rolname <> current_user AND NOT member.rolsuper
 AND NOT EXISTS (
  SELECT FROM pg_auth_members AS own
  WHERE own.roleid = m.roleid AND own.member = m.member AND own.admin_option
 )
GROUP BY 1, 2 ORDER BY 1, 2
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

    `definition` is the SELECT of a view as the server writes it, `since` when it was changed last,
    "" where the server keeps no such times.
    """

    schema: str
    name: str
    kind: str
    owner: str
    comment: str
    options: tuple[str, ...]
    columns: tuple[Column, ...]
    definition: str
    bytes: int
    since: str


@dataclass(frozen=True)
class RightFound:
    """What somebody may do with a schema, with a relation in it, or with a column of that.

    `grantee` is "" for everybody.
    """

    schema: str
    relation: str
    column: str
    grantee: str
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """All that lies in some schemas. `members` are pairs of an owner and who may act as it."""

    schemas: dict[str, SchemaFound]
    relations: dict[tuple[str, str], RelationFound]
    routines: tuple[tuple[str, str, str], ...]
    rights: tuple[RightFound, ...]
    roles: dict[str, tuple[str, ...]]
    members: tuple[tuple[str, str], ...]

    def narrowed(self, schemas: Collection[str], owners: Collection[str]) -> Inspection:
        """The part of it that is of these schemas and owners."""
        return Inspection(
            {name: each for name, each in self.schemas.items() if name in schemas},
            {path: each for path, each in self.relations.items() if path[0] in schemas},
            tuple(each for each in self.routines if each[0] in schemas),
            tuple(each for each in self.rights if each.schema in schemas),
            {name: each for name, each in self.roles.items() if name in owners},
            tuple(each for each in self.members if each[0] in owners),
        )


def inspected(sessions: Sessions, schemas: Collection[str], owners: Collection[str]) -> Inspection:
    """Read what lies in these schemas, and what their owners may do. Raises WarehouseError."""
    named, roles = list(schemas), list(owners)
    relations = map(_relation, sessions.ask(_RELATIONS, (named,)))
    rights = sessions.ask(_RIGHTS, (named, named, named))
    return Inspection(
        schemas={name: SchemaFound(*rest) for name, *rest in sessions.ask(_SCHEMAS, (named,))},
        relations={(each.schema, each.name): each for each in relations},
        routines=tuple((row[0], row[1], row[2]) for row in sessions.ask(_ROUTINES, (named,))),
        rights=tuple(map(_right, rights)),
        roles={name: tuple(rights) for name, rights in sessions.ask(_ROLES, (roles,))},
        members=tuple((row[0], row[1]) for row in sessions.ask(_MEMBERS, (roles,))),
    )


def readers(sessions: Sessions, target: str, schemas: Collection[str]) -> list[tuple[str, str]]:
    """Return the views in these schemas that read a relation, directly or through each other.

    `target` is its quoted name; returned are schema and name of each.
    """
    rows = sessions.ask(_READERS, (target, target, list(schemas)))
    return [(schema, name) for schema, name in rows]


def _right(row: Row) -> RightFound:
    schema, name, column, grantee, privileges = row
    return RightFound(schema, name, column, grantee, tuple(privileges))


def _relation(row: Row) -> RelationFound:
    schema, name, kind, owner, comment, options, names, types, definition, size, since = row
    return RelationFound(
        schema=schema,
        name=name,
        kind=kind,
        owner=owner,
        comment=comment,
        options=tuple(options),
        columns=tuple(map(Column, names, types)),
        definition=definition,
        bytes=size,
        since=since or "",
    )
