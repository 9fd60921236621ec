"""One spelling for queries that differ in white space, comments or the case of keywords only."""

from __future__ import annotations

from weft.sql.dialect import Dialect
from weft.sql.reading import read


def normalized(text: str, dialect: Dialect) -> str | None:
    """Write a query in its plainest form; None when it cannot be read."""
    tree, _ = read(text, dialect)
    return tree.sql(dialect=dialect.sqlglot, comments=False) if tree is not None else None
