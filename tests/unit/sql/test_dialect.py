from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.sql.dialect import Dialect, dialect_named, dialect_names

DIALECT = dialect_named("duckdb")
CONNECTION = duckdb.connect()
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


def test_dialects_are_found_by_name() -> None:
    assert "duckdb" in dialect_names()
    assert all(dialect_named(name).name == name for name in dialect_names())


@pytest.mark.parametrize("name", ["oracle", "query", "dialect", "", "..", "os", "weft.sql.query"])
def test_other_names_are_no_dialect(name: str) -> None:
    with pytest.raises(KeyError):
        dialect_named(name)


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    found = CONNECTION.execute(f"select {DIALECT.literal(text)}").fetchall()
    assert found == [(text,)]


@given(TEXT.filter(lambda text: text and "\0" not in text))
@settings(max_examples=200, deadline=None)
def test_a_name_comes_back_as_it_was(name: str) -> None:
    relation = CONNECTION.sql(
        f"select {DIALECT.quote('x')} as {DIALECT.quote(name)} from (select 1 as x)"
    )
    assert relation.columns == [name]


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -5, 2**62, 1.5, -1e300, 1e-7, Decimal("12.340"), "x", "it's"]
)
def test_a_value_comes_back_as_it_was(value: object, dialect: Dialect) -> None:
    written = dialect.literal(value)  # type: ignore[arg-type]
    assert CONNECTION.execute(f"select {written}").fetchall() == [(value,)]


def test_numbers_that_are_none() -> None:
    written = [DIALECT.literal(float(text)) for text in ("nan", "inf", "-inf")]
    found = CONNECTION.execute(f"select {', '.join(written)}").fetchall()
    assert list(map(str, found[0])) == ["nan", "inf", "-inf"]


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError):
        DIALECT.literal([1])  # type: ignore[arg-type]


def test_a_relation_is_one_identifier() -> None:
    assert DIALECT.relation("builds", 'a"b') == '"builds.a""b"'


@pytest.mark.parametrize(
    ("logical", "physical", "options", "native"),
    [
        ("string", "", {}, "VARCHAR"),
        ("integer", "", {}, "BIGINT"),
        ("integer", "", {"format": "i16"}, "SMALLINT"),
        ("number", "", {"format": "f32"}, "FLOAT"),
        ("string", "", {"format": "email"}, "VARCHAR"),
        ("timestamp", "", {}, "TIMESTAMP"),
        ("timestamp", "", {"timezone": True}, "TIMESTAMP WITH TIME ZONE"),
        ("number", "DECIMAL(9,2)", {}, "DECIMAL(9,2)"),
        ("", "", {}, ""),
    ],
)
def test_the_type_in_which_data_is_read(
    logical: str, physical: str, options: dict[str, object], native: str
) -> None:
    assert DIALECT.native_type(logical, physical, options) == native


def test_listed_functions_exist_in_the_engine() -> None:
    rows = CONNECTION.execute("select distinct lower(function_name) from duckdb_functions()")
    engine = {name for (name,) in rows.fetchall()}
    assert engine >= DIALECT.functions.allowed
    assert DIALECT.functions.allowed >= DIALECT.functions.volatile
    refused = {"getenv", "current_setting", "nextval", "query", "read_csv", "glob", "write_log"}
    assert not DIALECT.functions.allowed & refused
