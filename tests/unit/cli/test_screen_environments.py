"""Screens of environments: the list, what goes with those that end, and a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.app.diff import ColumnDiff, ObjectDiff, RowDiff
from weft.app.ending import EnvironmentEnd
from weft.app.environment_list import EnvironmentLine
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.diff import diff_result
from weft.cli.screens.environments import ended_result, environments_result
from weft.cli.screens.plan import View, draw
from weft.plan.plan import Adopted, Plan, Step, StepKind, Unadopted

Golden = Callable[[str, str], None]
WIDE = Screen(width=140)
AT, LATER = "2026-11-01T08:00:00.000Z", "2026-11-15T08:00:00.000Z"

PROD = EnvironmentLine("prod", "production", "mara", "main", "mara", AT, AT, 0, "", 6, 0, 2_000_000)
DEV = EnvironmentLine("dev", "live", "ben", "fix/x", "ben", AT, AT, 14, LATER, 2, 90_000, 70_000)
END = EnvironmentEnd("dev", "expired", 3, 2, 90_000, True, 41)

SAME = ObjectDiff("sales.orders.lines@1", "lines", "same build")
ORDERS = ObjectDiff(
    "sales.orders.orders@1",
    "orders",
    "differs",
    first_rows=1200,
    second_rows=1210,
    added=12,
    removed=2,
    changed=5,
    unclear=1,
    key=("id",),
    keys=(1200, 1210, 1198),
    columns=(
        ColumnDiff("id", 0, 0, 0),
        ColumnDiff("amount", 4, 0, 12),
        ColumnDiff("note", 0, 3, None),
    ),
)


def test_a_list_of_environments(golden: Golden) -> None:
    golden("environments", written(environments_result([PROD, DEV]), WIDE))
    alone = replace(PROD, released="", products=0, shown_bytes=0)
    golden("environments_none", written(environments_result([alone]), WIDE))


@pytest.mark.parametrize("state", ["expired", "ending"])
def test_what_is_over_is_what_comes_next(state: str) -> None:
    text = written(environments_result([PROD, DEV, replace(DEV, name="old", state=state)]), WIDE)
    assert text.endswith("  end what is over:  weft env gc\n")


def test_what_ends(golden: Golden) -> None:
    both = (END, replace(END, environment="old", why="named", served=False))
    golden("environments_to_end", written(ended_result(both, done=False), WIDE))
    golden("environments_ended", written(ended_result(both, done=True), WIDE))


@pytest.mark.parametrize(("named", "said"), [(True, "Nothing is left"), (False, "No environment")])
def test_nothing_ends(named: bool, said: str) -> None:
    assert written(ended_result((), done=False, named=named), WIDE).startswith(said)


def test_a_comparison(golden: Golden) -> None:
    rows = (
        RowDiff("prod", 1, {"id": "7", "amount": "1.50"}),
        RowDiff("dev", 2, {"id": "8", "amount": None}),
    )
    elsewhere = replace(SAME, port="sales.orders.old@1", state="only in prod")
    found = (SAME, ORDERS, elsewhere)
    golden("diff", written(diff_result(found, ("prod", "dev"), "", 0.24), WIDE))
    shown = (replace(ORDERS, key=(), keys=None, rows=rows),)
    golden("diff_rows", written(diff_result(shown, ("prod", "dev"), "sales", 0.24), WIDE))


def test_a_comparison_of_equals(golden: Golden) -> None:
    golden("diff_equal", written(diff_result((SAME,), ("prod", "dev"), "", 0.04), WIDE))
    assert written(diff_result((), ("prod", "dev"), "", 0.0), WIDE).startswith("prod -> dev: noth")


def test_a_plan_says_from_where_builds_come() -> None:
    step = Step("s", StepKind.AUDIT, "a.b", "lake", "m")
    adopted = (Adopted("a.b", "dev", ("m", "n")), Adopted("a.c", "fix", ("m",)))
    text = draw(Plan("p" * 12, "m", "m", "prod", steps=(step,), adopted=adopted), View())
    assert "\n0 rebuilds, 2 builds adopted from dev, 1 from fix\n" in text


def test_a_plan_says_what_it_does_not_adopt_and_why() -> None:
    why = "made from other data there"
    unadopted = (
        Unadopted("a.b", "dev", ("m", "n"), why),
        Unadopted("a.c", "dev", ("m",), why),
        Unadopted("a.d", "fix", ("m",), why),
    )
    step = Step("s", StepKind.BUILD, "a.b", "lake", "m")
    text = draw(Plan("p" * 12, "m", "m", "prod", steps=(step,), unadopted=unadopted), View())
    assert "\nnot adopted from dev (made from other data there): a.b.m, a.b.n, a.c.m\n" in text
    assert "\nnot adopted from fix (made from other data there): a.d.m\n" in text
