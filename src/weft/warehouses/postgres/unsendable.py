"""Values that no Arrow stream carries as they are: what to ask of a column, and what to say."""

from __future__ import annotations

from weft.sql.postgres import quote
from weft.warehouses.postgres.leaving import NUMERIC
from weft.warehouses.protocol import WarehouseError

_DATE = 1082
_TIMESTAMPS = (1114, 1184)

# Arrow counts microseconds from 1970 on, the server from 2000.
_TOO_LATE = "'294247-01-01'"


def unsendable(place: int, oid: int, item: int) -> str:
    """Return the condition on a column, called by its place, that such a value meets, or "".

    `item` is the type of the items where the column holds arrays, else 0.
    """
    name = quote(str(place))
    if oid == NUMERIC:
        return f"{name} = 'NaN'"
    if not item:
        return _moment(name, oid)
    several = f"array_ndims({name}) > 1"
    inside = _moment("item", item)
    met = " ".join(("EXISTS (SELECT FROM", f"unnest({name}) AS item WHERE {inside})"))
    return f"{several} OR {met}" if inside else several


def refused(name: str, oid: int, item: int) -> WarehouseError:
    """Return the error for a column that has such a value."""
    if oid == NUMERIC:
        held, way = "NaN, which is no decimal elsewhere", "cast it to double precision"
    elif item:
        held = "arrays of several dimensions or infinite times, which cannot leave the database"
        way = "make it JSON by to_jsonb"
    else:
        held = "infinity or years after 294246, which cannot leave the database"
        way = "make them null, or cast it to text"
    return WarehouseError(f"column `{name}` holds {held}; {way}")


def _moment(value: str, oid: int) -> str:
    if oid == _DATE:
        return f"NOT isfinite({value})"
    if oid in _TIMESTAMPS:
        return f"NOT isfinite({value}) OR {value} >= {_TOO_LATE}"
    return ""
