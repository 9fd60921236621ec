"""CHECK constraints, as a server writes them, as promises of a contract."""

from __future__ import annotations

from typing import Any

import pytest

from weft.mesh.found import FoundCondition
from weft.mesh.manifest import Column
from weft.project.adopting.conditions import Promised, promised
from weft.project.adopting.types import Around
from weft.sql.dialect import dialect_named

POSTGRES, DUCKDB = dialect_named("postgres"), dialect_named("duckdb")
COLUMNS = {
    "amount": "number",
    "rating": "integer",
    "status": "string",
    "Full Name": "string",
    "day": "date",
    "flag": "boolean",
}
HERE = Around(POSTGRES, POSTGRES, POSTGRES)
NATIVE = tuple(Column(name, POSTGRES.native_type(kind)) for name, kind in COLUMNS.items())
ELSEWHERE = "it is written for postgres, and may mean another in duckdb"


def said(sql: str, column: str = "") -> list[tuple[str, Any]]:
    """Each promise as its column and keys, options, rule or problem."""
    found = promised(FoundCondition("held", sql, column), COLUMNS, NATIVE, HERE)
    return [(each.column, _content(each)) for each in found]


def _content(each: Promised) -> Any:
    if each.rule is not None:
        return each.rule["query"].partition(" WHERE ")[2]
    return each.problem or dict(each.keys) or dict(each.options)


@pytest.mark.parametrize(
    ("sql", "column", "content"),
    [
        ("((amount >= (0)::numeric))", "amount", {"minimum": 0}),
        ("(amount < '-1.5'::numeric)", "amount", {"exclusiveMaximum": -1.5}),
        ("(rating > ('-5'::integer)::bigint)", "rating", {"exclusiveMinimum": -5}),
        ("(amount < - 1.5)", "amount", {"exclusiveMaximum": -1.5}),
        ("(0 < rating)", "rating", {"exclusiveMinimum": 0}),
        ("((rating >= 1) AND (rating <= 5))", "rating", {"minimum": 1}),
        ("(rating = ANY (ARRAY[1, 2]))", "rating", {"enum": [{"value": 1}, {"value": 2}]}),
        (
            "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::crm.x])::text[]))",
            "status",
            {"enum": [{"value": "a"}, {"value": "b"}]},
        ),
        ("(status ~ '^[a-z]+$'::text)", "status", {"pattern": "^[a-z]+$"}),
        ("(status ~ '(?=a)b'::text)", "", "NOT (status ~ '(?=a)b')"),
        ("(status ~* '^a$'::text)", "", "NOT (status ~* '^a$')"),
        ("(status <> ''::text)", "status", {"minLength": 1}),
        ("(char_length((status)::text) <= 5)", "status", {"maxLength": 5}),
        ("(length(status) > 2)", "status", {"minLength": 3}),
        ("(length(status) = 2)", "status", {"minLength": 2, "maxLength": 2}),
        ('("Full Name" IS NOT NULL)', "Full Name", {"required": True}),
        ("(flag)", "", "NOT (flag)"),
        ("(day > '2020-01-01'::date)", "", "NOT (day > CAST('2020-01-01' AS DATE))"),
        ("((flag) OR (amount > 0))", "", "NOT ((flag) OR (amount > 0))"),
        ("((rating % 2) = 0)", "", "NOT ((rating % 2) = 0)"),
        ("crm.valid(rating)", "", "function `valid` cannot be called after a dot"),
        ("pg_sleep(1) IS NOT NULL", "", None),
        ("(gone > 0)", "", "column `gone` is left out"),
        ("(((", "", "it cannot be read"),
    ],
)
def test_a_condition_is_said_in_a_contract(sql: str, column: str, content: Any) -> None:
    found = said(sql)[0]
    assert found[0] == column
    if content is not None:
        assert found[1] == content
    else:
        assert "pg_sleep" in found[1]


def test_pieces_are_said_each_for_itself() -> None:
    assert said("((rating >= 1) AND (flag) AND (status <> ''))") == [
        ("rating", {"minimum": 1}),
        ("status", {"minLength": 1}),
        ("", "NOT (flag)"),
    ]


def test_a_domain_is_about_its_column() -> None:
    assert said("(VALUE ~ '^x'::text)", "status") == [("status", {"pattern": "^x"})]
    assert said("((VALUE)::integer > 5)", "rating") == [("rating", {"exclusiveMinimum": 5})]


def test_only_what_means_the_same_everywhere_goes_elsewhere() -> None:
    def there(sql: str) -> Promised:
        around = Around(POSTGRES, DUCKDB, DUCKDB)
        return promised(FoundCondition("held", sql), COLUMNS, NATIVE, around)[0]

    assert there("(rating >= 1)").options == (("minimum", 1),)
    assert there("(flag OR rating > 1)").rule is not None
    assert there("((rating % 2) = 0)").problem == ELSEWHERE
