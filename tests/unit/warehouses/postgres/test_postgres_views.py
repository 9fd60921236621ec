"""The text of port views, as bytes, and which of them can be replaced."""

from __future__ import annotations

import pytest

from weft.mesh.manifest import Column
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Names
from weft.warehouses.postgres.views import Branch, laid_out, plain_text, view_text

PLACE = Names("skyline", "prod").place("sales.orders", "prod")
ID, NAME, WIDE = Column("id", "integer"), Column('na"me', "text"), Column("id", "bigint")


def branch(key: str, numbers: tuple[int, ...], *columns: Column) -> Branch:
    return Branch(numbers, Located(PLACE.internal, f"b_{key}", Mark()), columns)


def test_a_branch_for_each_build() -> None:
    branches = [branch("a", (7,), ID), branch("b", (9, 8), ID, NAME)]
    assert view_text(PLACE, [ID, NAME], branches, {9, 8, 7}) == (
        'SELECT "id", CAST(NULL AS text) AS "na""me" FROM "sales__orders__internal"."b_a" WHERE '
        '(SELECT number FROM "sales__orders__internal"."pointer" ) IN (7)\n'
        'UNION ALL SELECT "id", "na""me" FROM "sales__orders__internal"."b_b" WHERE '
        '(SELECT number FROM "sales__orders__internal"."pointer" ) IN (8, 9)\n'
        'UNION ALL SELECT CAST(NULL AS integer) AS "id", CAST(NULL AS text) AS "na""me" WHERE '
        'CASE WHEN (SELECT number FROM "sales__orders__internal"."pointer" ) IN (7, 8, 9) '
        "THEN false ELSE CAST('this release is no longer kept, begin a new transaction: release '"
        ' || CAST((SELECT number FROM "sales__orders__internal"."pointer" ) AS text) AS boolean) '
        "END"
    )


def test_the_plain_view() -> None:
    assert plain_text(PLACE, "orders_v1", [ID, NAME]) == (
        'SELECT "id", "na""me" FROM "sales__orders"."orders_v1"'
    )


@pytest.mark.parametrize(
    ("wanted", "existing", "expected"),
    [
        ([ID], None, ((ID,), True)),
        ([ID, NAME], [ID], ((ID, NAME), True)),
        ([NAME, ID], [ID], ((ID, NAME), True)),
        ([NAME, ID], [ID, NAME], ((ID, NAME), True)),
        ([ID], [ID, NAME], ((ID,), False)),
        ([WIDE], [ID], ((WIDE,), False)),
    ],
)
def test_which_columns_in_which_order(
    wanted: list[Column], existing: list[Column] | None, expected: tuple[object, bool]
) -> None:
    assert laid_out(wanted, existing) == expected


def test_a_branch_of_another_type_does_not_fit() -> None:
    assert branch("a", (1,), ID, NAME).fits([ID])
    assert branch("a", (1,), ID).fits([ID, NAME])
    assert not branch("a", (1,), ID).fits([WIDE])
