"""All that a mesh has in a PostgreSQL database, as text: to be compared before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from postgres_server import ADMIN, as_keywords

_OBJECTS = """
SELECT 'schema ' || nspname, nspowner::regrole::text, nspacl::text,
 obj_description(oid, 'pg_namespace')
FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
UNION ALL
SELECT relkind::text || ' ' || n.nspname || '.' || relname, relowner::regrole::text, relacl::text,
 obj_description(c.oid, 'pg_class')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_ROLES = """
SELECT 'role ' || r.rolname, m.member::regrole::text, m.admin_option::text, ''
FROM pg_roles AS r LEFT JOIN pg_auth_members AS m ON m.roleid = r.oid
WHERE r.rolname LIKE %s
"""


def read_as_admin(options: Mapping[str, Any], select: str) -> list[Any]:
    """The first column of what a SELECT gives to who may read everything."""
    keywords = as_keywords({**options, "user": ADMIN})
    with psycopg.connect(**keywords) as connection:
        return [row[0] for row in connection.execute(select).fetchall()]


def drop_roles(options: Mapping[str, Any], mesh: str) -> None:
    """Remove the roles of a mesh, and what they have in a database."""
    keywords = as_keywords({**options, "user": ADMIN})
    with psycopg.connect(**keywords, autocommit=True) as admin:
        asked = "SELECT rolname FROM pg_roles WHERE rolname LIKE %s"
        roles = [name for (name,) in admin.execute(asked, (f"{mesh}\\_\\_%",)).fetchall()]
        for statement in ("DROP OWNED BY {} CASCADE", "DROP ROLE {}"):
            for name in roles:
                admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


def objects(options: Mapping[str, Any], mesh: str) -> list[tuple[Any, ...]]:
    """Schemas and what is in them, with owners, grants and comments; the mesh's roles, members."""
    keywords = as_keywords({**options, "user": ADMIN})
    with psycopg.connect(**keywords, autocommit=True) as connection:
        found = connection.execute(_OBJECTS).fetchall()
        found += connection.execute(_ROLES, (f"{mesh}\\_\\_%",)).fetchall()
    return sorted(found, key=repr)
