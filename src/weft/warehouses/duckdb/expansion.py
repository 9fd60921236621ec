"""What a build is made of, down to files: views are unfolded, so that no internal name is left."""

from __future__ import annotations

from typing import Any

from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.reading import (
    build_relation,
    columns_of,
    definition,
    source_relation,
    table,
)
from weft.warehouses.protocol import WarehouseError

# What a table's name can carry in FROM, and a subquery too.
_HANGING = ("alias", "joins", "laterals", "pivots", "sample")


class Expansion:
    """Unfolds builds. Each is unfolded once, however many views are made on it."""

    def __init__(self, layout: Layout, manifests: Manifests) -> None:
        self._layout = layout
        self._manifests = manifests
        self._trees: dict[str, Any] = {}

    def select(self, key: str, columns: tuple[str, ...]) -> str:
        """Return a SELECT of columns of a build over files alone. Raises WarehouseError."""
        build = self._manifests.get(key)
        if build.is_view:
            source = "".join(("(\n", self._tree(key).sql(dialect=DIALECT.sqlglot), '\n) AS "view"'))
        else:
            source = table(build, self._layout)
        return " ".join(("SELECT", columns_of(columns), "FROM", source))

    def files(self, key: str) -> set[str]:
        """Return the absolute paths of all files behind a build. Raises WarehouseError."""
        build = self._manifests.get(key)
        own = {self._layout.file(file) for file in build.all_files}
        return own.union(*map(self.files, build.needs))

    def _tree(self, key: str) -> Any:
        import sqlglot
        from sqlglot import exp

        if key not in self._trees:
            build = self._manifests.get(key)
            tree = sqlglot.parse_one(definition(build, self._layout), dialect=DIALECT.sqlglot)
            builds = {build_relation(read): read for read in build.reads}
            sources = set(map(source_relation, build.reads))
            for table in list(tree.find_all(exp.Table)):
                name = quote(table.name)
                if name in builds:
                    table.replace(self._unfolded(table, builds[name]))
                elif name in sources:
                    raise WarehouseError(
                        f"view `{build.model}` of {build.product} reads a source, "
                        "but a view may read models only"
                    )
            self._trees[key] = tree
        return self._trees[key]

    def _unfolded(self, table: Any, key: str) -> Any:
        """Return a subquery in place of a build's name, with all that hangs on the name."""
        from sqlglot import exp

        rest = {name: part for name, part in table.args.items() if name in _HANGING and part}
        rest.setdefault("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        return exp.Subquery(this=self._tree(key).copy(), **rest)
