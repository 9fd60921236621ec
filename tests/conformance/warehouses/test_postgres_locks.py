"""Locks of the server that programs hold, and what becomes of them when a program goes to sleep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from weft.warehouses.postgres.errors import Interrupted
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import target_of


@pytest.fixture
def open_sessions(database: dict[str, Any]) -> Iterator[Any]:
    opened: list[Sessions] = []

    def open_one() -> Sessions:
        opened.append(Sessions(target_of("wh", database)))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def limit(sessions: Sessions) -> str:
    return str(sessions.ask("SHOW idle_session_timeout")[0][0])


def test_who_holds_a_lock_must_not_sleep(open_sessions: Any) -> None:
    awake = open_sessions()
    before = limit(awake)
    with awake.locked("one", shared=True), awake.locked("two"):
        assert limit(awake) == "1min"
    assert limit(awake) == before


def test_a_sleeper_loses_its_lock_and_hears_of_it(open_sessions: Any) -> None:
    asleep, other = open_sessions(), open_sessions()
    with pytest.raises(Interrupted), asleep.locked("one"):
        asleep.ask("SET idle_session_timeout = '50ms'")
        with other.locked("one"):
            asleep.ask("SELECT 1")
