"""Transactions on a connection that goes on to be used."""

from __future__ import annotations

from typing import Any

import pytest

from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import target_of
from weft.warehouses.protocol import WarehouseError


def test_one_that_cannot_begin_leaves_the_connection_as_it_was(database: dict[str, Any]) -> None:
    sessions = Sessions(target_of("wh", database))
    try:
        number = sessions.connection_number()
        denied = pytest.raises(WarehouseError, match="nobody_at_all")
        with denied, sessions.acting_as("nobody_at_all"):
            pytest.fail("nobody can act as a role that does not exist")
        assert sessions.ask("SELECT 1") == [(1,)]
        assert sessions.connection_number() == number
    finally:
        sessions.close()
