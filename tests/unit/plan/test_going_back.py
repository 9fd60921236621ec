"""Going back to an earlier release: what it shows, and whom it would break."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_values import port, product, shown, transform

from weft.mesh.contract import Status
from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.plan.going_back import Lacking, broken_by, step_back

FIRST, SECOND = "shop.orders.orders@1", "shop.orders.orders@2"
ORDERS = product("shop.orders", [transform("orders")], [shown("orders")])
ACTIVE = PortRelease("orders", 1, "1.0.0", Status.ACTIVE, (ObjectRelease("orders", "k", ("id",)),))
PREVIEW = replace(ACTIVE, major=2, version="2.0.0", status=Status.DRAFT, candidate="2026-12-10")
BEFORE = Release("shop.orders", "prod", 3, (ACTIVE, PREVIEW), {"orders": "k"})


def lacking(address: str, column: str, *, production: bool = True) -> list[Lacking]:
    """Whom it breaks to go back, of one consumer that reads a column of a port."""
    reads = replace(port(address), columns=(column,))
    return list(broken_by(BEFORE, [product("a.b", [transform("m", reads)])], production=production))


@pytest.mark.parametrize(
    ("address", "column", "production", "expected"),
    [
        (FIRST, "id", True, []),
        (FIRST, "v", True, [Lacking("a.b", FIRST, ("v",))]),
        ("shop.orders.orders@3", "id", True, [Lacking("a.b", "shop.orders.orders@3", ("id",))]),
        (SECOND, "id", True, [Lacking("a.b", SECOND, ("id",))]),
        (SECOND, "id", False, []),
        ("shop.other.orders@1", "v", True, []),
    ],
)
def test_whom_it_breaks(
    address: str, column: str, production: bool, expected: list[Lacking]
) -> None:
    assert lacking(address, column, production=production) == expected


@pytest.mark.parametrize("planned", [True, False])
def test_an_outage_comes_back_only_where_it_is_still_planned(planned: bool) -> None:
    value = {"from": "2026-12-20", "to": "2026-12-21"}
    custom = [
        {"property": "outage", "vendor": "weft", "value": value},
        {"property": "outage", "vendor": "others", "value": 1},
    ]
    ending = replace(
        ACTIVE, status=Status.DEPRECATED, outage="then", contract={"customProperties": custom}
    )
    current = replace(BEFORE, ports=(ending if planned else ACTIVE,))
    step = step_back(ORDERS, current, replace(BEFORE, ports=(ending,)), "2026-12-10")
    assert step.release is not None
    without = replace(ending, outage="", contract={"customProperties": custom[1:]})
    assert step.release.ports == (ending if planned else without,)


@pytest.mark.parametrize(
    ("today", "ports"), [("2026-12-10", (ACTIVE, PREVIEW)), ("2026-12-11", (ACTIVE,))]
)
def test_a_preview_does_not_come_back_after_its_last_day(
    today: str, ports: tuple[PortRelease, ...]
) -> None:
    step = step_back(ORDERS, replace(BEFORE, number=7), BEFORE, today)
    assert step.release is not None
    assert (step.release.ports, step.release.number, step.release.restores) == (ports, 8, 3)
    assert (step.expected, step.target) == (7, "release 8, which is release 3 again")


@pytest.mark.parametrize("is_shown", [True, False])
def test_what_was_retired_since_stays_away(is_shown: bool) -> None:
    ports = [shown("orders", status=Status.RETIRED), shown("orders", major=2)]
    defined = product("shop.orders", [transform("orders")], ports)
    second = replace(ACTIVE, major=2, version="2.0.0")
    target = replace(BEFORE, ports=(ACTIVE, second))
    current = replace(target, number=7, ports=target.ports if is_shown else (second,))
    step = step_back(defined, current, target, "2026-12-10")
    assert step.release is not None
    # What a held definition retires is shown as long as that is held.
    assert step.release.ports == current.ports
