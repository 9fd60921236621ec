"""Types as a catalogue writes them: how many digits a second has is no part of a type."""

from __future__ import annotations

import pytest

from weft.sql.dialect import dialect_named
from weft.sql.types import canonical_type, family_of

POSTGRES = dialect_named("postgres")


@pytest.mark.parametrize(
    ("native", "canonical", "family"),
    [
        ("timestamp(3) with time zone", "TIMESTAMP WITH TIME ZONE", "timestamptz"),
        ("timestamp(0) without time zone", "TIMESTAMP", "timestamp"),
        ("time(6) without time zone", "TIME", "time"),
        ("time(2) with time zone", "TIME WITH TIME ZONE", "time"),
        ("timestamp(3) with time zone[]", "TIMESTAMP WITH TIME ZONE[]", "array"),
    ],
)
def test_digits_of_a_second_do_not_count(native: str, canonical: str, family: str) -> None:
    assert canonical_type(native, POSTGRES) == canonical
    assert family_of(native, POSTGRES) == family
