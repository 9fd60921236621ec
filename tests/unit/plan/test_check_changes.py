"""Checks that came, went or say something else, and which of that loosens a promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator
from weft.mesh.manifest import CheckQuery
from weft.plan.check_changes import check_fields
from weft.plan.plan import ChangeAction

FEW = Check(
    "few_nulls", "null values in v", CheckKind.NULL_VALUES, ("v",), {}, Operator.LESS, 5, "percent"
)
ONE_OF = Check("enum_v", "v is one of 2", CheckKind.ENUM, ("v",), {"values": ["a", "b"]})


def fields(old: Check | None, new: Check | None) -> list[tuple[str, str, str, str]]:
    before, after = ([CheckQuery(each)] if each else [] for each in (old, new))
    return [(each.what, each.old, each.new, each.note) for each in check_fields(before, after)]


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        (CheckKind.REQUIRED, "loosened, may be empty now"),
        (CheckKind.UNIQUE, "loosened, may repeat now"),
        (CheckKind.ENUM, "loosened, may be anything now"),
        (CheckKind.SQL, "no longer checked"),
    ],
)
def test_a_check_that_goes(kind: CheckKind, note: str) -> None:
    gone = Check("c", "required v", kind, ("v",))
    assert fields(gone, None) == [("check required v", "", "", note)]
    (field,) = check_fields([CheckQuery(gone)], [])
    assert field.action is ChangeAction.DELETE


def test_a_check_that_comes() -> None:
    assert fields(None, FEW) == [("check null values in v", "", "", "audited, no rebuild")]


def test_another_bound_is_shown_old_and_new() -> None:
    assert fields(FEW, replace(FEW, threshold=2, notify="ann")) == [
        ("check null values in v", "< 5 %", "< 2 %, tells ann", "audited, no rebuild")
    ]


def test_a_check_that_no_longer_blocks_is_looser() -> None:
    assert fields(FEW, replace(FEW, blocks=False)) == [
        (
            "check null values in v",
            "blocks publishing",
            "blocks nothing",
            "loosened, audited again",
        )
    ]


def test_more_values_that_are_allowed_are_looser_and_fewer_are_not() -> None:
    more = replace(ONE_OF, arguments={"values": ["a", "b", "c"]})
    assert fields(ONE_OF, more) == [
        ("check v is one of 2", "values a, b", "values a, b, c", "loosened, audited again")
    ]
    assert fields(more, ONE_OF)[0][3] == "audited, no rebuild"


def test_where_a_check_stands_is_no_matter() -> None:
    assert fields(FEW, replace(FEW, where="properties/7/quality/0")) == []


LOW = Check(
    "maximum_v",
    "v <= 10",
    CheckKind.OPTION,
    ("v",),
    {"option": "maximum", "value": 10, "type": "integer"},
)


def bounded(value: object, option: str = "maximum") -> Check:
    return replace(LOW, arguments={**LOW.arguments, "option": option, "value": value})


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        (bounded(10), bounded(20), True),
        (bounded(20), bounded(10), False),
        (bounded(10, "minLength"), bounded(9, "minLength"), True),
        (bounded(10, "minLength"), bounded(11, "minLength"), False),
        (bounded("a"), bounded(10), False),
        (bounded(10, "multipleOf"), bounded(5, "multipleOf"), False),
        (FEW, replace(FEW, threshold=9), True),
        (FEW, replace(FEW, threshold=9, unit="rows"), False),
        (FEW, replace(FEW, threshold=9, operator=Operator.LESS_OR_EQUAL), False),
        (
            replace(FEW, operator=Operator.BETWEEN, threshold=[1, 5]),
            replace(FEW, operator=Operator.BETWEEN, threshold=[0, 5]),
            True,
        ),
        (
            replace(FEW, operator=Operator.BETWEEN, threshold=[1, 5]),
            replace(FEW, operator=Operator.BETWEEN, threshold=[2, 9]),
            False,
        ),
    ],
)
def test_a_bound_that_is_further_away_is_looser(old: Check, new: Check, looser: bool) -> None:
    (field,) = check_fields([CheckQuery(old)], [CheckQuery(replace(new, label="other"))])
    assert field.note == ("loosened, audited again" if looser else "audited, no rebuild")


def test_a_check_goes_with_its_column() -> None:
    gone = CheckQuery(Check("c", "required v", CheckKind.REQUIRED, ("v",)))
    (field,) = check_fields([gone], [], {"v"})
    assert (field.action, field.note) == (ChangeAction.DELETE, "goes with its column")


def test_what_nobody_wrote_is_not_shown() -> None:
    assert fields(LOW, replace(LOW, arguments={**LOW.arguments, "type": "number"})) == []
