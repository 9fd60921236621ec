"""Which changes of a column's type readers of the earlier one cannot go on with."""

from __future__ import annotations

import pytest

from weft.mesh.check import Promise
from weft.sql.dialect import Dialect
from weft.sql.retyped import retyped

ANY = Promise("v")
OF_X = Promise("v", "object", properties=(Promise("x", "number"),))
OF_ITEMS = Promise("v", "array", items=OF_X)


@pytest.mark.parametrize(
    ("promise", "new", "old"),
    [
        (ANY, "", "BIGINT"),
        (ANY, "BIGINT", ""),
        (ANY, "BIGINT", "int8"),
        (ANY, "BIGINT", "TINYINT"),
        (ANY, "STRUCT(b BIGINT, A INTEGER)", "STRUCT(a INTEGER, b TINYINT)"),
        (OF_X, "STRUCT(x DOUBLE)", "STRUCT(x FLOAT, secret VARCHAR)"),
        (OF_X, "STRUCT(x INTEGER, y DATE)", "STRUCT(x INTEGER, y TIME)"),
    ],
)
def test_the_same_a_wider_and_an_unknown_type(
    promise: Promise, new: str, old: str, dialect: Dialect
) -> None:
    assert not list(retyped(promise, new, old, dialect))


@pytest.mark.parametrize(
    ("promise", "new", "old", "found"),
    [
        (ANY, "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "v"),
        (ANY, "TINYINT", "BIGINT", "v"),
        (ANY, "STRUCT(a INTEGER)[]", "STRUCT(a INTEGER)", "v"),
        (ANY, "MAP(VARCHAR, DATE)", "MAP(VARCHAR, TIME)", "v"),
        (ANY, "INTEGER[]", "BIGINT[]", "v[]"),
        (OF_X, "STRUCT(x DOUBLE)", "STRUCT(x DECIMAL(5,2))", "v.x"),
        (OF_ITEMS, "STRUCT(x DOUBLE)[]", "STRUCT(x DECIMAL(5,2))[]", "v[].x"),
        (ANY, "STRUCT(a STRUCT(b TINYINT))", "STRUCT(a STRUCT(b BIGINT))", "v.a.b"),
    ],
)
def test_another_type_at_every_depth(
    promise: Promise, new: str, old: str, found: str, dialect: Dialect
) -> None:
    assert [each.path for each in retyped(promise, new, old, dialect)] == [found]


def test_a_field_that_nobody_listed_is_missed_too(dialect: Dialect) -> None:
    (gone,) = retyped(ANY, "STRUCT(a DATE)", "STRUCT(a DATE, b TIME)", dialect)
    assert (gone.path, gone.new, gone.old) == ("v.b", "", "TIME")
