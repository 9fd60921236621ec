"""A product that somebody reads cannot be dropped; one that nobody reads can."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from weft.app.apply import ApplyOptions, refuse_unless_allowed
from weft.app.bootstrap import opened
from weft.app.errors import Breaking
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.plan.plan import Plan


def planned(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def test_a_product_with_consumers_stays(own_skyline: Path) -> None:
    shutil.rmtree(own_skyline / "domains" / "weather" / "observations")
    plan = planned(own_skyline)
    assert plan.breaking == ("weather.observations.hourly@1",)
    assert "punctuality.performance" in plan.blocked[0]
    with pytest.raises(Breaking):
        refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_product_without_consumers_can_go(own_skyline: Path) -> None:
    shutil.rmtree(own_skyline / "domains" / "loyalty" / "members")
    plan = planned(own_skyline)
    assert (plan.breaking, plan.blocked) == ((), ())
    refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_pipe_among_definitions_is_reported(own_skyline: Path) -> None:
    import os

    from weft.app.validate import validate

    os.mkfifo(own_skyline / "domains" / "fleet" / "aircraft" / "models" / "pipe.sql")
    (found,) = validate(own_skyline, System()).loaded.diagnostics
    assert (found.code, found.message) == ("W424", "this is no regular file")
