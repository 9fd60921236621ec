"""Every type of the matrix: created, adopted, promised, built, and in the end what it was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from mesh_files import lay_out
from postgres_server import ADMIN, as_keywords
from two_warehouses import domain, drafted, settings, weft

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance" / "warehouses"))

from test_warehouse_types import OWN, STREAMED, TYPES

# Types that a port shows otherwise: lengths are promised by the contract and not by the type.
OTHERWISE = {
    "character varying(2)": "text",
    "character(3)": "text",
    "character varying": "text",
    "numeric": "numeric(38,0)",
}


def adopted(folder: Path, what: str) -> None:
    """Adopt something, and apply it to an environment that shows drafts."""
    said = weft(folder, "adopt", what, "--into", "sales.types", "--yes")
    assert said.code == 0, said
    drafted(folder, "sales.types")
    said = weft(folder, "apply", "--env", "dev", "--new-env", "--yes")
    assert said.code == 0, said
    again = weft(folder, "plan", "--env", "dev", "--detailed-exitcode")
    assert again.code == 0, again
    tested = weft(folder, "test", "--env", "dev", "--contracts")
    assert tested.code == 0, tested


@pytest.mark.parametrize("relation", ["everything", "shown"])
def test_on_postgres(database: dict[str, Any], tmp_path: Path, relation: str) -> None:
    """A table's rows never leave the server; those of a view do, and come back."""
    values = {**TYPES, **OWN["postgres"], "zoned": ("TIME WITH TIME ZONE '10:00+02'", None)}
    row = ", ".join(f'{sql} AS "{name}_x"' for name, (sql, _) in values.items())
    nulls = ", ".join("NULL" for _ in values)
    lay_out(tmp_path, {"weft.yaml": settings(database), **domain("sales", "ops_db", "postgres")})
    with psycopg.connect(**as_keywords(database), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA crm")
        connection.execute(f"CREATE TABLE crm.everything AS SELECT {row}")
        connection.execute(f"INSERT INTO crm.everything SELECT {nulls}")
        connection.execute("CREATE VIEW crm.shown AS SELECT * FROM crm.everything")
    adopted(tmp_path, "ops_db")
    there = {**database, "user": ADMIN}
    with psycopg.connect(**as_keywords(there), autocommit=True) as connection:
        before, after = (
            _columns(connection, name)
            for name in ("crm.everything", f"dev__sales__types.{relation}_v1")
        )
        assert after == {name: OTHERWISE.get(kind, kind) for name, kind in before.items()}
        trimmed = {name: f'rtrim("{name}")' for name in ("char_x",)}
        compared = ", ".join(
            f"CAST({trimmed.get(name, f'{chr(34)}{name}{chr(34)}')} AS text)" for name in before
        )
        rows = [
            connection.execute(f"SELECT {compared} FROM {name} ORDER BY 1 NULLS LAST").fetchall()
            for name in ("crm.everything", f"dev__sales__types.{relation}_v1")
        ]
        assert rows[0] == rows[1]


def _columns(connection: psycopg.Connection[Any], name: str) -> dict[str, str]:
    found = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (name,),
    )
    return dict(found.fetchall())


# What Parquet has; an interval there has no microseconds, and its times have no zone.
NESTED = {
    "blob": r"'\x00\xFF'::BLOB",
    "list": "[1, NULL, 3]",
    "lists": "[['a'], [], NULL]",
    "struct": "{'a': 1, 'b c': [DATE '2024-02-29']}",
    "structs": "[{'a': {'b': 1.25::DECIMAL(5,2)}}]",
    "map": "MAP {'a': 1, 'b': NULL}",
    "ubigint": "18446744073709551615::UBIGINT",
    "uuid": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
    "json": """'{"a": [1]}'::JSON""",
}


def test_on_the_lake(tmp_path: Path) -> None:
    values = {name: sql for name, (sql, _) in TYPES.items()} | NESTED
    values |= {f"streamed_{name}": f"({sql})[1]" for name, (sql, _) in STREAMED.items()}
    row = ", ".join(f'{sql} AS "{name}_x"' for name, sql in values.items())
    nulls = ", ".join("NULL" for _ in values)
    lake = b"mesh: loom\nwarehouses: {lake: {type: duckdb, path: .weft/lake}}\n"
    lay_out(tmp_path, {"weft.yaml": lake, **domain("sales", "lake")})
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "everything.parquet"
    select = f"SELECT {row} UNION ALL SELECT {nulls}"
    duckdb.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)")
    adopted(tmp_path, "data")
    with duckdb.connect(str(tmp_path / ".weft/lake/ports.dev.duckdb"), read_only=True) as after:
        shown = after.sql("FROM sales__types.everything_v1")
        before = duckdb.sql(f"FROM read_parquet('{file}')")
        assert dict(zip(shown.columns, shown.types, strict=True)) == dict(
            zip(before.columns, before.types, strict=True)
        )
        texts = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in before.columns)
        rows = [sorted(each.project(texts).fetchall(), key=repr) for each in (shown, before)]
        assert rows[0] == rows[1]
