"""Whose the schemas of a database are, by the comments on them and by who owns them."""

from __future__ import annotations

from collections.abc import Iterator

from weft.warehouses.ownership import Ownership, refuse_foreign
from weft.warehouses.postgres.marks import FORMAT, SchemaMark, read_mark
from weft.warehouses.postgres.sessions import Sessions

_MARKED = """
SELECT n.nspname, pg_get_userbyid(n.nspowner), d.description
FROM pg_namespace AS n
JOIN pg_description AS d ON d.objoid = n.oid AND d.objsubid = 0
 AND d.classoid = 'pg_namespace'::regclass
WHERE position('{"weft":' IN d.description) > 0
"""


class Schemas:
    """Reads the marks of schemas, and refuses those of another mesh or store."""

    def __init__(self, sessions: Sessions, mesh: str, store: str) -> None:
        self._sessions = sessions
        self._mesh = mesh
        self._store = store
        self._known: dict[str, SchemaMark] = {}

    def marked(self) -> dict[str, SchemaMark]:
        """Return the marks of all schemas, whosever they are.

        The comment alone proves nothing: the owner is a role of that mesh, which nobody can make
        who may not make roles.
        """
        return {
            schema: mark
            for schema, owner, mark in self.told()
            if owner.startswith(f"{mark.mesh}__")
        }

    def is_owner(self, role: str) -> bool:
        """Whether a role is one of those that this mesh makes."""
        return role.startswith(f"{self._mesh}__")

    def told(self) -> Iterator[tuple[str, str, SchemaMark]]:
        """Yield every schema that has a mark, with its owner; whether it is true or not."""
        for schema, owner, comment in self._sessions.ask(_MARKED):
            mark = read_mark(comment)
            if mark and mark.schema:
                yield schema, owner, mark.schema

    def ours(self) -> dict[str, SchemaMark]:
        """Return the marks of our schemas. Raises WarehouseError when there are foreign ones."""
        found = self.marked()
        for mark in found.values():
            self._refuse_foreign(mark)
        self._known = found
        return found

    def known(self) -> dict[str, SchemaMark]:
        """Return what `ours` returned last; others may have made some since."""
        return self._known or self.ours()

    def _refuse_foreign(self, found: SchemaMark) -> None:
        marked = Ownership(found.mesh, found.store, found.format)
        own = Ownership(self._mesh, self._store, FORMAT)
        elsewhere = "choose another `database` for it"
        refuse_foreign(self._sessions.target.place, marked, own, elsewhere)
