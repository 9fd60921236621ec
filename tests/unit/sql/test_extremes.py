"""One statement over several relations; what it finds is tested where service levels are."""

from __future__ import annotations

import pytest

from weft.sql.dialect import dialect_named, dialect_names
from weft.sql.extremes import Looked, extremes
from weft.sql.query import parse_ports_query

LOOKED = (
    Looked(("shop", "orders", "lines_v1"), ("sold at", 'odd"name')),
    Looked(("shop", "orders", "returns_v1"), counted=False),
)


@pytest.mark.parametrize("name", dialect_names())
def test_every_relation_is_looked_at_once(name: str) -> None:
    dialect = dialect_named(name)
    text = extremes(LOOKED, dialect)
    parsed, problems = parse_ports_query(text, dialect)
    assert problems == () and parsed is not None
    assert parsed.names == ("shop.orders.lines_v1", "shop.orders.returns_v1")
    assert text.count("lines_v1") == 1
    assert dialect.quote('odd"name') in text


def test_what_is_only_asked_whether_it_answers_is_not_counted() -> None:
    text = extremes(LOOKED[1:], dialect_named("postgres"))
    assert text == (
        'SELECT * FROM (SELECT count(*) AS n0 FROM (SELECT 1 AS one FROM "shop"."orders".'
        '"returns_v1" LIMIT 1) AS one0) AS t0'
    )
