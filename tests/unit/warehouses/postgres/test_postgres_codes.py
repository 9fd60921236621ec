"""What the codes of the server mean."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from weft.warehouses.postgres.errors import (
    Interrupted,
    Refused,
    explained,
)
from weft.warehouses.protocol import Stopped, Unmeasurable, WarehouseError


def error(code: str | None) -> WarehouseError:
    said = SimpleNamespace(message_primary="it says", message_detail="view x depends on it")
    return explained(SimpleNamespace(sqlstate=code, diag=said), "warehouse `w`")


@pytest.mark.parametrize(
    ("code", "kind", "true"),
    [
        (None, Interrupted, {"transient", "interrupted"}),
        ("08006", Interrupted, {"transient", "interrupted"}),
        ("57P01", Interrupted, {"transient", "interrupted"}),
        ("57014", Stopped, {"interrupted"}),
        ("28P01", WarehouseError, {"denied"}),
        ("42501", WarehouseError, {"denied"}),
        ("25006", WarehouseError, {"denied"}),
        ("53100", WarehouseError, {"interrupted", "unwritable"}),
        ("53200", WarehouseError, {"interrupted"}),
        ("XX000", WarehouseError, {"interrupted"}),
        ("40001", Refused, {"transient"}),
        ("40P01", Refused, {"transient"}),
        ("55P03", Refused, {"transient"}),
        ("42P07", Refused, set()),
        ("2BP01", Refused, set()),
        ("22012", Unmeasurable, set()),
        ("42703", Unmeasurable, set()),
    ],
)
def test_a_code(code: str | None, kind: type[WarehouseError], true: set[str]) -> None:
    found = error(code)
    assert type(found) is kind
    flags = ("transient", "interrupted", "denied", "unwritable")
    assert {flag for flag in flags if getattr(found, flag)} == true
    assert kind is Unmeasurable or kind is Stopped or "warehouse `w`" in str(found)


def test_what_depends_is_named() -> None:
    assert "view x depends on it; drop that first" in str(error("2BP01"))
