from __future__ import annotations

import pytest

from weft.mesh.words import count, short_time


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1,200 rows")]
)
def test_things_are_counted_in_words(number: int, words: str) -> None:
    assert count(number, "row") == words


def test_times_lose_their_fractions() -> None:
    assert short_time("2026-11-21T00:59:35.716Z") == "2026-11-21 00:59:35Z"
    assert short_time("2026-11-21T00:59:35Z") == "2026-11-21 00:59:35Z"
    assert short_time("") == ""
