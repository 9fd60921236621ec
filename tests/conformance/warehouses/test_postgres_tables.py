"""Tables of others: all as of one moment, hashed where they are, and kept without leaving it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from arro3.core import RecordBatchReader

from postgres_server import as_keywords
from weft.mesh.manifest import Column
from weft.warehouses.postgres import open_warehouse
from weft.warehouses.protocol import Origin, Table

ORIGIN = Origin("sales.orders", "raw")
ONE = Table("crm", "one", (Column("id", "BIGINT"), Column("name", "TEXT")))
TWO = Table("crm", "two", (Column("id", ""),))


@pytest.fixture
def crm(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**as_keywords(database), autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA crm; CREATE TABLE crm.one (id int, name text, secret text);"
            "CREATE TABLE crm.two (id numeric(5,2));"
            "INSERT INTO crm.one VALUES (1, 'a', 'x'), (2, 'b', 'x');"
            "INSERT INTO crm.two VALUES (1)"
        )
        yield connection


@pytest.fixture
def warehouse(database: dict[str, Any], crm: Any) -> Iterator[Any]:
    opened = open_warehouse("ops_db", database, "", "skyline", "store_1")
    yield opened
    opened.close()


def ids(answer: Any) -> list[Any]:
    with answer as rows:
        reader = RecordBatchReader.from_arrow(rows)
        return [value for batch in reader for value in batch.column("id").to_pylist()]


def content(warehouse: Any, table: Table) -> str:
    with warehouse.tables.moment() as moment:
        return str(moment.content(table))


def test_nothing_changes_within_a_moment(warehouse: Any, crm: psycopg.Connection[Any]) -> None:
    """Neither what is read of a second table, nor what is kept of a first one."""
    with warehouse.tables.moment() as moment:
        before = moment.content(ONE)
        crm.execute("INSERT INTO crm.one VALUES (3, 'c', 'x'); TRUNCATE crm.two")
        crm.execute("INSERT INTO crm.two VALUES (9)")
        assert moment.content(ONE) == before
        assert ids(moment.rows(ONE)) == [1, 2]
        assert moment.keep(ONE, "k", ORIGIN).rows == 2
    assert content(warehouse, ONE) != before
    with warehouse.tables.moment() as moment:
        assert moment.keep(ONE, "k", ORIGIN).reused


def test_rows_count_by_what_is_in_them(warehouse: Any, crm: psycopg.Connection[Any]) -> None:
    before = content(warehouse, ONE)
    crm.execute("UPDATE crm.one SET secret = 'y' WHERE id = 1")
    assert content(warehouse, ONE) == before
    for change in (
        "UPDATE crm.one SET name = NULL WHERE id = 1",
        "UPDATE crm.one SET name = '' WHERE id = 1",
        "UPDATE crm.one SET name = '(1,a)' WHERE id = 1",
        "INSERT INTO crm.one SELECT * FROM crm.one",
        "DELETE FROM crm.one",
    ):
        crm.execute(change)
        after = content(warehouse, ONE)
        assert after != before
        before = after


def test_the_type_is_its_own_where_none_is_asked_for(warehouse: Any) -> None:
    assert warehouse.tables.as_read(TWO).columns == (Column("id", "DECIMAL(5,2)"),)


@pytest.mark.parametrize("kind", ["VIEW", "policy"])
def test_what_may_run_something_is_not_read_where_it_could_change_anything(
    warehouse: Any, crm: psycopg.Connection[Any], kind: str
) -> None:
    if kind == "VIEW":
        crm.execute("ALTER TABLE crm.one RENAME TO under; CREATE VIEW crm.one AS TABLE crm.under")
    else:
        crm.execute("ALTER TABLE crm.one ENABLE ROW LEVEL SECURITY")
    with warehouse.tables.moment() as moment:
        assert moment.keep(ONE, "k", ORIGIN) is None
        assert ids(moment.rows(ONE)) == [1, 2]


def test_a_type_is_nothing_but_a_type(warehouse: Any) -> None:
    """It is written anew: whatever else stands in its text reaches no statement."""
    odd = Table("crm", "one", (Column("id", "bigint) FROM crm.two; DROP TABLE crm.two; --"),))
    assert warehouse.tables.as_read(odd).columns == (Column("id", "BIGINT"),)
