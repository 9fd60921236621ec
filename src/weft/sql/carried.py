"""In which type a column is kept that is brought over from another warehouse."""

from __future__ import annotations

from weft.sql.dialect import Dialect
from weft.sql.types import canonical_type, family_of, translated_type

OF_VALUES = ""
"""The type of a column that its values say themselves, as of decimals without a size."""


def carried_type(native: str, source: Dialect, target: Dialect) -> str | None:
    """Return the target's type that holds every value of a stored type; None where none does."""
    canonical = canonical_type(native, source)
    if source is target:
        return canonical
    if canonical == "DECIMAL":
        return OF_VALUES
    if canonical.endswith("[]"):
        items = carried_type(canonical[:-2], source, target)
        return f"{items}[]" if items and not items.endswith("[]") else None
    kind = source.types.alike.get(canonical)
    if kind:
        return next((name for name, each in target.types.alike.items() if each == kind), None)
    is_span = family_of(canonical, source) == "interval"
    return None if is_span else translated_type(canonical, source, target) or None
