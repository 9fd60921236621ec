"""Whether a native type holds every value of another one, so that its readers can go on."""

from __future__ import annotations

import re

from weft.sql.dialect import Dialect
from weft.sql.types import canonical_type

_FORMAT = re.compile(r"[iuf]([0-9]+)")
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


def is_wider(new: str, old: str, dialect: Dialect) -> bool:
    """Whether a type holds all values of an old one exactly, and counts in the same way.

    Integers and decimals are exact and wider where they have more room on both sides of the
    point; floats are wider where they have more bits. Between the two kinds nothing is wider.
    """
    before, after = canonical_type(old, dialect), canonical_type(new, dialect)
    digits, more_digits = _exact(before, dialect), _exact(after, dialect)
    if digits and more_digits:
        return all(less <= more for less, more in zip(digits, more_digits, strict=True))
    bits = _bits(before, "f", dialect)
    return 0 < bits < _bits(after, "f", dialect)


def _exact(native: str, dialect: Dialect) -> tuple[int, int, int] | None:
    """How far an exact number goes below and above zero, and its digits behind the point."""
    size = _DECIMAL.fullmatch(native)
    if size:
        digits, scale = int(size.group(1)), int(size.group(2))
        most = 10 ** (digits - scale) - 1
        return most, most, scale
    signed, unsigned = (_bits(native, kind, dialect) for kind in "iu")
    if signed:
        most = 2 ** (signed - 1)
        return most, most - 1, 0
    return (0, 2**unsigned - 1, 0) if unsigned else None


def _bits(native: str, kind: str, dialect: Dialect) -> int:
    """The widest format of a kind of number that a type is for, in bits; 0 for none."""
    formats = [name for name, of in dialect.types.formats.items() if of == native]
    found = (_FORMAT.fullmatch(name) for name in formats if name.startswith(kind))
    return max((int(each.group(1)) for each in found if each), default=0)
