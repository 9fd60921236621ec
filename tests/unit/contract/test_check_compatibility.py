"""Checks that came, went or say something else, and what that means for the promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weft.contract.check_compatibility import check_changes
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import Operator
from weft.mesh.manifest import CheckQuery

FEW = Check(
    "few_nulls", "null values in v", CheckKind.NULL_VALUES, ("v",), {}, Operator.LESS, 5, "percent"
)
ONE_OF = Check("enum_v", "v is one of 2", CheckKind.ENUM, ("v",), {"values": ["a", "b"]})
LOW = Check(
    "maximum_v",
    "v <= 10",
    CheckKind.OPTION,
    ("v",),
    {"option": "maximum", "value": 10, "type": "integer"},
)


def found(old: Check | None, new: Check | None) -> list[ContractChange]:
    before, after = ([CheckQuery(each)] if each else [] for each in (old, new))
    return list(check_changes(before, after))


def bounded(value: object, option: str = "maximum") -> Check:
    return replace(LOW, arguments={**LOW.arguments, "option": option, "value": value})


@pytest.mark.parametrize(
    ("kind", "change", "note"),
    [
        (CheckKind.REQUIRED, "required-removed", "no longer required, may be empty now"),
        (CheckKind.UNIQUE, "unique-removed", "no longer unique, may repeat now"),
        (CheckKind.ENUM, "enum-removed", "no longer limited, may be anything now"),
        (CheckKind.SQL, "rule-removed", "no longer checked"),
        (CheckKind.RELATIONSHIP, "relationship-removed", "no longer checked"),
    ],
)
def test_a_check_that_goes(kind: CheckKind, change: str, note: str) -> None:
    (each,) = found(Check("c", "required v", kind, ("v",)), None)
    assert (each.kind, each.what, each.note) == (change, "check required v", note)
    assert (each.action, each.columns) == (ChangeAction.DELETE, ("v",))


def test_a_check_that_comes() -> None:
    (each,) = found(None, FEW)
    assert (each.kind, each.what, each.action) == (
        "rule-added",
        "check null values in v",
        ChangeAction.CREATE,
    )


def test_another_bound_is_shown_old_and_new() -> None:
    (each,) = found(FEW, replace(FEW, threshold=2, notify="ann"))
    assert (each.kind, each.old, each.new) == ("rule-tightened", "< 5 %", "< 2 %, tells ann")


def test_words_about_a_check_change_nothing_that_is_measured() -> None:
    assert [each.kind for each in found(FEW, replace(FEW, notify="ann"))] == ["rule-described"]
    assert [each.kind for each in found(LOW, replace(LOW, label="at most ten"))] == [
        "rule-described"
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (FEW, replace(FEW, blocks=False), "rule-blocks-no-more"),
        (replace(FEW, blocks=False), FEW, "rule-blocks"),
        (ONE_OF, replace(ONE_OF, arguments={"values": ["a", "b", "c"]}), "enum-value-added"),
        (ONE_OF, replace(ONE_OF, arguments={"values": ["a"]}), "enum-value-removed"),
        (ONE_OF, replace(ONE_OF, arguments={"values": ["a", "c"]}), "enum-changed"),
        (bounded(10), bounded(20), "range-loosened"),
        (bounded(20), bounded(10), "range-tightened"),
        (bounded(10, "minLength"), bounded(9, "minLength"), "length-loosened"),
        (bounded(10, "minLength"), bounded(11, "minLength"), "length-tightened"),
        (bounded("a"), bounded(10), "range-loosened"),
        (bounded(10, "multipleOf"), bounded(5, "multipleOf"), "range-loosened"),
        (bounded("a", "pattern"), bounded("b", "pattern"), "pattern-changed"),
        (bounded("email", "format"), bounded("uuid", "format"), "format-changed"),
        (FEW, replace(FEW, threshold=9), "rule-loosened"),
        (FEW, replace(FEW, threshold=9, unit="rows"), "rule-changed"),
        (FEW, replace(FEW, threshold=9, operator=Operator.LESS_OR_EQUAL), "rule-changed"),
        (
            replace(FEW, operator=Operator.BETWEEN, threshold=[1, 5]),
            replace(FEW, operator=Operator.BETWEEN, threshold=[0, 5]),
            "rule-loosened",
        ),
        (
            replace(FEW, operator=Operator.BETWEEN, threshold=[1, 5]),
            replace(FEW, operator=Operator.BETWEEN, threshold=[2, 9]),
            "rule-changed",
        ),
    ],
)
def test_a_check_that_says_something_else(old: Check, new: Check, kind: str) -> None:
    (each,) = found(old, replace(new, label="as its bound is shown"))
    assert each.kind == kind


def test_a_unique_key_is_called_what_it_is() -> None:
    key = Check("unique_id", "unique id", CheckKind.UNIQUE, ("id",))
    gone, come = [CheckQuery(key)], [CheckQuery(replace(key, id="other", columns=("v",)))]
    kinds = [each.kind for each in check_changes(gone, come, (("id",), ()))]
    assert kinds == ["unique-added", "primary-key-removed"]


def test_where_a_check_stands_is_no_matter() -> None:
    assert found(FEW, replace(FEW, where="properties/7/quality/0")) == []


def test_a_check_that_goes_with_its_column_says_nothing_more() -> None:
    gone = CheckQuery(Check("c", "required v", CheckKind.REQUIRED, ("v",)))
    assert list(check_changes([gone], [], gone={"v"})) == []


def test_what_nobody_wrote_is_not_shown() -> None:
    assert found(LOW, replace(LOW, arguments={**LOW.arguments, "type": "number"})) == []
