"""Statements of the stores in the words of PostgreSQL."""

from __future__ import annotations

import pytest

from weft.store.postgres.wording import script, statement


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("SELECT 1 FROM runs WHERE id = :id", "SELECT 1 FROM runs WHERE id = %(id)s"),
        (
            "SELECT value FROM json_each(:runs) AS wanted",
            "SELECT value FROM json_array_elements_text(CAST(%(runs)s AS json)) AS wanted (value)",
        ),
        (
            "SELECT CAST(detail ->> 'release' AS TEXT) FROM audit",
            "SELECT CAST(CAST(detail AS json) ->> 'release' AS TEXT) FROM audit",
        ),
    ],
)
def test_a_statement_is_said_in_other_words(said: str, meant: str) -> None:
    assert statement(said) == meant


def test_a_table_has_the_types_and_the_order_of_the_other_store() -> None:
    said = (
        "CREATE TABLE a (\n  b TEXT PRIMARY KEY,\n  c INTEGER NOT NULL,\n  d BLOB NOT NULL\n"
        ") STRICT, WITHOUT ROWID;\nCREATE TABLE e (f TEXT NOT NULL) STRICT;"
    )
    assert script(said) == (
        'CREATE TABLE a (\n  b TEXT COLLATE "C" PRIMARY KEY,\n  c BIGINT NOT NULL,\n'
        '  d BYTEA NOT NULL\n);\nCREATE TABLE e (f TEXT COLLATE "C" NOT NULL);'
    )
