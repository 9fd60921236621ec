"""What PostgreSQL says in other words than the statements of the stores."""

from __future__ import annotations

import re
from functools import cache

# Sorted as bytes, whatever the language of the database: addresses have one order everywhere.
_TABLES = (
    (r"\bTEXT (?=NOT NULL|PRIMARY KEY)", 'TEXT COLLATE "C" '),
    (r"\bINTEGER\b", "BIGINT"),
    (r"\bBLOB\b", "BYTEA"),
    (r"\) STRICT(, WITHOUT ROWID)?;", ");"),
)
_STATEMENTS = (
    (
        r"\bjson_each\((:\w+)\) AS (\w+)",
        r"json_array_elements_text(CAST(\1 AS json)) AS \2 (value)",
    ),
    (r"\bdetail ->>", "CAST(detail AS json) ->>"),
    (r":(\w+)", r"%(\1)s"),
)


@cache
def statement(text: str) -> str:
    """Return a statement with its parameters.

    >>> statement("SELECT 1 FROM runs WHERE id = :id")
    'SELECT 1 FROM runs WHERE id = %(id)s'
    """
    return _replaced(text, _STATEMENTS)


def script(text: str) -> str:
    """Return a migration.

    >>> script("CREATE TABLE a (b INTEGER NOT NULL) STRICT;")
    'CREATE TABLE a (b BIGINT NOT NULL);'
    """
    return _replaced(text, _TABLES)


def _replaced(text: str, words: tuple[tuple[str, str], ...]) -> str:
    for pattern, words_here in words:
        text = re.sub(pattern, words_here, text)
    return text
