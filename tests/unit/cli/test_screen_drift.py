"""What was changed outside as people read it, drawn from findings made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.app.drift import Looked
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.drift import drift_result
from weft.cli.screens.plan import View, draw
from weft.mesh.change import ChangeAction
from weft.mesh.drift import Deviation, Difference, Drift, Settlement, ThingKind
from weft.plan.drift import standing
from weft.plan.plan import BuildSpec, Change, ChangeClass, Plan, Step, StepKind

Golden = Callable[[str, str], None]

FLIGHTS = "operations.flights"
OPS = "ops_db"
VIEW = Drift(
    kind=ThingKind.VIEW,
    name="operations__flights.departures_v1",
    deviation=Deviation.CHANGED,
    product=FLIGHTS,
    address=f"{FLIGHTS}.departures@1",
    differences=(
        Difference("definition", "SELECT a\nFROM b", "SELECT 1"),
        Difference("owner", "skyline__operations__flights", "an_administrator_of_the_database"),
    ),
    since="2026-11-20T08:15:30.123Z",
    warehouse=OPS,
    environment="prod",
)
GRANT = Drift(
    kind=ThingKind.GRANT,
    name="operations__flights.departures_v1 to bob",
    deviation=Deviation.UNKNOWN,
    product=FLIGHTS,
    address=f"{FLIGHTS}.departures@1",
    differences=(Difference("rights", "", "SELECT, UPDATE"),),
    warehouse=OPS,
    environment="prod",
)
BUILD = Drift(
    kind=ThingKind.BUILD,
    name="punctuality__daily__internal.b_7f3a",
    deviation=Deviation.MISSING,
    product="punctuality.daily",
    address="punctuality.daily.delays",
    warehouse=OPS,
    environment="prod",
)
TRIGGER = Drift(
    kind=ThingKind.TRIGGER,
    name="spy on operations__flights__internal.pointer",
    deviation=Deviation.UNKNOWN,
    product=FLIGHTS,
    address=FLIGHTS,
    differences=(
        Difference("definition", "", "CREATE TRIGGER spy AFTER UPDATE ON operations__flights__in"),
    ),
    warehouse=OPS,
    environment="prod",
)
HIDDEN = Drift(
    kind=ThingKind.POINTER,
    name="operations__flights__internal.pointer",
    deviation=Deviation.CHANGED,
    product=FLIGHTS,
    address=FLIGHTS,
    differences=(Difference("row security", "off", "on, for its owner too"),),
    warehouse=OPS,
    environment="prod",
)
COPY = Drift(
    kind=ThingKind.COPY,
    name="weft__internal.b_9c1e",
    deviation=Deviation.CHANGED,
    differences=(Difference("rows", "120", "120, 120 of them changed"),),
    warehouse=OPS,
    environment="prod",
)
FILE = Drift(
    kind=ThingKind.OTHER,
    name="notes\x1b[2J.txt",
    deviation=Deviation.UNKNOWN,
    differences=(Difference("type", "", "file"),),
    since="2026-11-20T08:15:30.123Z",
    warehouse="lake",
    environment="prod",
)
NOW = "2026-11-21T10:00:00Z"


def settlement(drift: Drift, until: str = "") -> Settlement:
    return Settlement(
        environment="prod",
        drift=drift.id,
        product=drift.product,
        subject=drift.name,
        until=until,
        actor="ana",
        reason="the analysts read it until they have moved to the new port",
        since=NOW,
    )


def looked(*drifts: Drift, settled: tuple[Settlement, ...] = ()) -> Looked:
    decided = {each.drift: each for each in settled}
    return Looked(standing(drifts, decided, NOW), 12, {}, (), 0.42)


def drawn(found: Looked, width: int, env: str = "", *, whole: bool = False) -> str:
    return written(drift_result(found, "prod", env, whole=whole), Screen(width=width))


@pytest.mark.parametrize("width", [0, 80, 120])
def test_findings(width: int, golden: Golden) -> None:
    golden(f"drift_{width}", drawn(looked(FILE, VIEW, GRANT, BUILD), width))


def test_what_hangs_on_things_and_hides_them(golden: Golden) -> None:
    golden("drift_hanging", drawn(looked(TRIGGER, HIDDEN, COPY), 80))


def test_nothing(golden: Golden) -> None:
    golden("drift_nothing", drawn(looked(), 80))


def test_products_out_of_reach(golden: Golden) -> None:
    found = replace(looked(), beyond=("finance.ledger", "finance.invoices"))
    golden("drift_beyond", drawn(found, 80))


def test_what_was_decided(golden: Golden) -> None:
    settled = (settlement(VIEW, "2027-01-31"), settlement(GRANT))
    found = looked(VIEW, GRANT, settled=settled)
    golden("drift_settled", drawn(found, 80, " --env dev"))
    golden("drift_settled_whole", drawn(found, 80, " --env dev", whole=True))


def test_a_grant_can_be_kept(golden: Golden) -> None:
    golden("drift_grant", drawn(looked(GRANT), 80))


def test_a_plan_tells_of_it_in_one_line(golden: Golden) -> None:
    change = Change(FLIGHTS, "model", "stg", ChangeAction.UPDATE, ChangeClass.DATA, "rebuild")
    spec = BuildSpec("k1", "stg", "table", "SELECT 1")
    steps = (Step("s", StepKind.BUILD, FLIGHTS, OPS, "stg", build=spec),)
    plan = Plan("7f3a0c12d4e5", "skyline", "skyline", "dev", changes=(change,), steps=steps)
    golden("plan_drift", draw(plan, View(width=80, drift=2, env=" --env dev")))


def test_programs_get_everything() -> None:
    found = looked(VIEW, GRANT, settled=(settlement(GRANT),))
    text = written(drift_result(found, "prod", "", whole=False), Screen(format="json"))
    data = json.loads(text)
    view, grant = data["drift"]
    assert data["schema"] == "weft.drift/1"
    assert view["differences"][0] == {
        "fact": "definition",
        "was": "SELECT a\nFROM b",
        "found": "SELECT 1",
    }
    assert (view["state"], view["ways"]) == ("open", ["revert", "accept"])
    assert (grant["state"], grant["ways"]) == ("adopted", ["revert", "adopt", "accept"])
    assert grant["settlement"]["actor"] == "ana"


def test_a_table_has_a_row_for_each() -> None:
    text = written(drift_result(looked(VIEW), "prod", "", whole=False), Screen(format="csv"))
    assert text.splitlines()[1].endswith(
        "ops_db,operations.flights,view,operations__flights.departures_v1,changed,"
        "2026-11-20T08:15:30.123Z,open"
    )
