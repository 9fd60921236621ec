"""The life of a port version has a next step for every status, and no way past the telling."""

from __future__ import annotations

import pytest

from weft.mesh.contract import Status
from weft.mesh.lifecycle import FOLLOWS, may_follow


@pytest.mark.parametrize("status", Status)
def test_every_status_can_stay_and_can_become_another(status: Status) -> None:
    assert may_follow(status, status)
    assert FOLLOWS[status]
    assert status not in FOLLOWS[status]


def test_what_is_active_ends_by_being_deprecated_alone() -> None:
    assert FOLLOWS[Status.ACTIVE] == {Status.DEPRECATED}


def test_every_end_can_be_taken_back() -> None:
    for ended in (Status.DEPRECATED, Status.RETIRED):
        assert may_follow(ended, Status.ACTIVE)
