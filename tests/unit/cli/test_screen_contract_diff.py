"""Versions of contracts side by side, as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.app.contract_diff import ContractDiff, Difference, Side
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.contract_diff import contract_diff_result
from weft.contract.change_kinds import change
from weft.contract.versions import Bump
from weft.mesh.change import ChangeAction, ContractChange
from weft.mesh.waiver import Waiver
from weft.plan.plan import Affected

Golden = Callable[[str, str], None]
CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE
FIRST, SECOND = "operations.flights.departures@1", "operations.flights.departures@2"
BREAKS = Affected("loyalty.members", FIRST, True, "BREAKS: reads dep_delay")
MAY = Affected("network.planning", FIRST, False, "reads carrier, no longer unique")
FINE = Affected("punctuality.daily", FIRST, False, "ok")
WAIVER = Waiver("column dep_delay removed", "mara.lind@skyline.example", "unused", "2027-01-31")


def removed(waiver: Waiver | None = None) -> Difference:
    gone = change("column-removed", DELETE, "column dep_delay")
    return Difference(gone, ("loyalty.members",), waiver)


def other(kind: str, action: ChangeAction, what: str, old: str = "", new: str = "") -> Difference:
    found: ContractChange = change(kind, action, what, old, new)
    return Difference(found)


MAJORS = ContractDiff(
    Side(FIRST, "1.4.2", "published"),
    Side(SECOND, "2.0.0", "files"),
    (
        removed(),
        other("type-widened", UPDATE, "column distance", "SMALLINT", "INTEGER"),
        Difference(
            change("unique-removed", DELETE, "check unique carrier"),
            ("loyalty.members", "network.planning"),
        ),
        other("service-level-worsened", UPDATE, "service level latency", "4 h", "1 d"),
        other("tags-changed", UPDATE, "tags"),
    ),
    Bump.MAJOR,
    Bump.MAJOR,
    (BREAKS, MAY, FINE),
)
SHORT = replace(
    MAJORS,
    new=Side(FIRST, "1.4.3", "files"),
    differences=(removed(WAIVER), other("column-added", CREATE, "column delay_cause")),
    needed=Bump.MINOR,
    taken=Bump.PATCH,
    affected=(BREAKS, FINE),
)
SAME = ContractDiff(Side(SECOND, "2.0.0", "published"), Side(SECOND, "2.0.0", "files"))
NEW = ContractDiff(
    Side(SECOND, "", "published"),
    Side(SECOND, "2.0.0", "files"),
    (other("port-added", CREATE, "port departures@2"),),
)
GONE = ContractDiff(
    Side(FIRST, "1.4.2", "published"),
    Side(FIRST, "", "files"),
    (Difference(change("port-removed", DELETE, "port departures@1"), ("loyalty.members",)),),
    affected=(replace(BREAKS, verdict="BREAKS: reads it"),),
)


@pytest.mark.parametrize("width", [0, 80, 120])
def test_two_majors(golden: Golden, width: int) -> None:
    text = written(contract_diff_result((MAJORS,)), Screen(width=width))
    golden(f"contract_diff_majors_{width}", text)


def test_the_files_against_what_is_published(golden: Golden) -> None:
    text = written(contract_diff_result((SHORT, SAME, NEW, GONE)), Screen(width=120))
    golden("contract_diff_published", text)


def test_nothing_differs() -> None:
    def text(*found: ContractDiff) -> str:
        return written(contract_diff_result(found), Screen())

    assert text(SAME) == (
        f"{SECOND} · 2.0.0 (published) -> 2.0.0 (files)\nNothing is promised differently.\n"
    )
    assert text(SAME, SAME) == "Nothing is promised differently in 2 port versions.\n"
    assert text() == "Nothing is published, and the files promise nothing.\n"


def test_who_loses_nobody_may_change_freely() -> None:
    alone = replace(GONE, differences=(replace(GONE.differences[0], readers=()),), affected=())
    text = written(contract_diff_result((alone,)), Screen())
    assert text.endswith("Nobody reads it.\n  what a plan would do:  weft plan\n")


def test_a_draft_is_not_released_by_an_apply() -> None:
    draft = replace(NEW, new=replace(NEW.new, status="draft"))
    text = written(contract_diff_result((draft,)), Screen())
    assert text.endswith("It is draft, and not published in production.\n")


def test_programs_get_both_views_and_who_answers() -> None:
    document = json.loads(written(contract_diff_result((SHORT,)), Screen("json")))
    assert document["schema"] == "weft.contract-diff/1"
    (found,) = document["versions"]
    assert (found["needed"], found["taken"]) == ("minor", "patch")
    first = found["differences"][0]
    assert (first["change"]["provider"], first["change"]["consumer"]) == ("breaking", "breaking")
    assert first["waiver"]["by"] == WAIVER.by
    rows = written(contract_diff_result((SHORT,)), Screen("csv")).splitlines()
    assert rows[0].startswith("old,new,kind,action,what,")
    assert rows[1].endswith("breaking,breaking,loyalty.members,2027-01-31")
