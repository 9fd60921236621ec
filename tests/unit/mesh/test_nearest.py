from __future__ import annotations

import pytest

from weft.mesh.nearest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("dep_dellay", "dep_delay"),
        ("DEP_DELAY", "dep_delay"),
        ("something", ""),
        ("", ""),
        ("d" * 1000, ""),
    ],
)
def test_nearest(name: str, found: str) -> None:
    assert nearest(name, ["dep_time", "dep_delay", "x" * 1000]) == found


def test_the_known_name_keeps_its_case() -> None:
    assert nearest("nullvalue", ["nullValues"]) == "nullValues"


def test_the_question() -> None:
    assert did_you_mean("statsu", ["status"]) == "did you mean `status`?"
    assert did_you_mean("x", ["status"], "no such key") == "no such key"
