"""How one thing stands, drawn from answers made by hand."""

from __future__ import annotations

from collections.abc import Callable

from weft.app.why import Reason, Why
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.why import why_result
from weft.mesh.release import Release
from weft.mesh.run import Run, RunState

AT = "2026-11-21T00:59:35.716Z"
FLIGHTS = "operations.flights"
RELEASE = Release(FLIGHTS, "prod", 3, (), run="7c23a1da11e6", at=AT)
RUN = Run("7c23a1da11e6", "apply", "prod", "p", RunState.DONE, AT, AT, "mara")
REASONS = (
    Reason("model stg_flights, query", "1a2b3c4d", "5e6f7a8b", "rebuild"),
    Reason("model stg_flights, materialized", "table", "view"),
)


def test_what_differs(golden: Callable[[str, str], None]) -> None:
    why = Why(FLIGHTS, "changed", REASONS, RELEASE, RUN, "weft plan")
    golden("why_changed", written(why_result(why, "prod"), Screen(width=80)))


def test_what_is_up_to_date(golden: Callable[[str, str], None]) -> None:
    why = Why(FLIGHTS, "up to date", (), RELEASE, None, f"weft show {FLIGHTS}")
    golden("why_settled", written(why_result(why, "dev", " --env dev"), Screen(width=80)))


def test_a_row_for_every_reason() -> None:
    assert written(why_result(Why(FLIGHTS, "changed", REASONS), "prod"), Screen("csv")) == (
        "field,old,new,note\n"
        '"model stg_flights, query",1a2b3c4d,5e6f7a8b,rebuild\n'
        '"model stg_flights, materialized",table,view,\n'
    )
