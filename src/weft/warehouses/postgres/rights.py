"""What roles may do with what lies in some schemas, and with the owners of these."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from weft.warehouses.postgres.sessions import Row, Sessions

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

# Who may grant a role to others has made it, or is an administrator. Owners act as nobody else.
_MEMBERS = """
SELECT owner.rolname, member.rolname
FROM pg_auth_members AS m
JOIN pg_roles AS owner ON owner.oid = m.roleid
JOIN pg_roles AS member ON member.oid = m.member
WHERE member.rolname = ANY(%s) OR (
 owner.rolname = ANY(%s) AND member.rolname <> current_user AND NOT member.rolsuper
 AND NOT EXISTS (
  SELECT FROM pg_auth_members AS own
  WHERE own.roleid = m.roleid AND own.member = m.member AND own.admin_option
 ))
GROUP BY 1, 2 ORDER BY 1, 2
"""

# What everybody gets from the server by itself is nobody's deed.
_DEFAULTS = """
SELECT owner.rolname, coalesce(n.nspname, ''),
 CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
  WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
 coalesce(r.rolname, ''), array_agg(DISTINCT privilege_type ORDER BY privilege_type)
FROM pg_default_acl AS d
JOIN pg_roles AS owner ON owner.oid = d.defaclrole
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace,
aclexplode(d.defaclacl) AS acl LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
WHERE owner.rolname = ANY(%s) AND acl.grantee <> owner.oid
 AND NOT (acl.grantee = 0 AND d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T'))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


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
class DefaultFound:
    """What somebody may do with all that an owner makes from now on, of one kind.

    `schema` is "" where that is anywhere.
    """

    owner: str
    schema: str
    kind: str
    grantee: str
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class Rights:
    """What was given to whom. `roles` are owners with what they may do beyond owning.

    `members` are pairs of a role and who may act as it.
    """

    given: tuple[RightFound, ...]
    defaults: tuple[DefaultFound, ...]
    roles: dict[str, tuple[str, ...]]
    members: tuple[tuple[str, str], ...]

    def narrowed(self, schemas: Collection[str], owners: Collection[str]) -> Rights:
        """The part of it that is of these schemas and owners."""
        return Rights(
            tuple(each for each in self.given if each.schema in schemas),
            tuple(each for each in self.defaults if each.owner in owners),
            {name: each for name, each in self.roles.items() if name in owners},
            tuple(each for each in self.members if not set(owners).isdisjoint(each)),
        )


def rights_in(sessions: Sessions, schemas: Collection[str], owners: Collection[str]) -> Rights:
    """Read what was given in these schemas, and by these owners. Raises WarehouseError."""
    named, roles = list(schemas), list(owners)
    return Rights(
        given=tuple(RightFound(*_given(row)) for row in sessions.ask(_RIGHTS, (named,) * 3)),
        defaults=tuple(DefaultFound(*_given(row)) for row in sessions.ask(_DEFAULTS, (roles,))),
        roles={name: tuple(rights) for name, rights in sessions.ask(_ROLES, (roles,))},
        members=tuple((row[0], row[1]) for row in sessions.ask(_MEMBERS, (roles, roles))),
    )


def _given(row: Row) -> Row:
    *whose, privileges = row
    return (*whose, tuple(privileges))
