"""One spelling for queries that differ in white space, comments or the case of keywords only."""

from __future__ import annotations

import sqlglot
from sqlglot.errors import SqlglotError

from weft.sql.dialect import Dialect


def normalized(text: str, dialect: Dialect) -> str | None:
    """Write a query in its plainest form; None when it cannot be read."""
    try:
        tree = sqlglot.parse_one(text, read=dialect.sqlglot)
    except (SqlglotError, RecursionError):
        return None
    return tree.sql(dialect=dialect.sqlglot, comments=False)
