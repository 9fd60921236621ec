"""In what form values leave the server: what an Arrow reader could not take whole goes as text.

Numbers, truths and texts leave as they are. Integers of any size, and all that holds other values,
leave as JSON; timestamps as ISO 8601 writes them, where it can; anything else as the server writes
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.sql.postgres import quote, string
from weft.warehouses.protocol import WarehouseError

NUMERIC = 1700
_TIMESTAMP = 1114
_TIMESTAMPTZ = 1184
_RECORD = 2249

# Booleans, integers, floats and texts.
_AS_THEY_ARE = frozenset([16, 20, 21, 23, 25, 700, 701, 1042, 1043])

# The most digits of a decimal that Arrow readers take.
_DIGITS = 38

# What the server writes of the years 1 to 9999; other years and infinity do not match.
_ORDINARY = r"^(....-..-..) ([0-9:.]+)$", r"\1T\2"
_ORDINARY_ZONED = r"^(....-..-..) ([0-9:.]+)\+00$", r"\1T\2Z"

# JSON of a list of timestamps has them as ISO 8601 writes them; sessions run in UTC.
_ZONES = r"\+00:00" + '"'
_UTC = 'Z"'

_JSON = {"ARROW:extension:name": "arrow.json"}

TYPES = """
SELECT t.oid::bigint,
 CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN t.typelem::bigint ELSE 0 END,
 t.typtype = 'c', coalesce(i.typtype = 'c', false)
FROM pg_type AS t LEFT JOIN pg_type AS i ON i.oid = t.typelem
WHERE t.oid = ANY(%s::bigint[]::oid[])
"""
"""What has to be known of types by their numbers: the fields of `Type` behind each."""


@dataclass(frozen=True)
class Type:
    """What is known of a type: of an array the number of its items' type, else 0."""

    item: int = 0
    is_composite: bool = False
    of_composites: bool = False


@dataclass(frozen=True)
class Leaving:
    """How a value leaves: as what expression, and whether that text is JSON or a decimal."""

    expression: str
    is_json: bool = False
    decimal: tuple[int, int] | None = None


def leaving(place: int, oid: int, types: Mapping[int, Type]) -> Leaving:
    """Return how the value of a column leaves that is called by its place, but of a numeric.

    `types` are those that are not among the plain ones.
    """
    name = quote(str(place))
    if oid in _AS_THEY_ARE:
        return Leaving(name)
    if oid == _TIMESTAMP:
        return Leaving(_iso(name, *_ORDINARY))
    if oid == _TIMESTAMPTZ:
        return Leaving(_iso(name, *_ORDINARY_ZONED))
    known = types.get(oid, Type())
    if known.item:
        return Leaving(_items(name, known), is_json=True)
    if known.is_composite or oid == _RECORD:
        return Leaving(_json(name), is_json=True)
    return Leaving(_text(name))


def number(place: int, size: tuple[int, int] | None) -> Leaving:
    """Return how a numeric leaves that has a size: its digits, and those behind the point."""
    name = quote(str(place))
    if size and size[0] <= _DIGITS and size[1] >= 0:
        return Leaving(_text(f"CAST({name} AS numeric({size[0]}, {size[1]}))"), decimal=size)
    return Leaving(_text(name))


def any_number(place: int, digits: Sequence[Any]) -> Leaving:
    """Return how a numeric without a size leaves; `digits` is what `digits_asked` found."""
    scale, whole, is_odd = digits
    if is_odd or scale is None:
        return number(place, None)
    if scale == 0:
        return Leaving(_json(quote(str(place))), is_json=True)
    return number(place, (_DIGITS, scale) if whole + scale <= _DIGITS else None)


def any_decimal(place: int, name: str, digits: Sequence[Any]) -> Leaving:
    """Return how a numeric without a size leaves as a decimal that holds all of its values.

    Raises WarehouseError where none does; `name` is the column's.
    """
    scale, whole, is_odd = digits
    if is_odd or (whole or 0) + (scale or 0) > _DIGITS:
        raise WarehouseError(
            f"column `{name}` holds numbers that are infinite, NaN or of more than {_DIGITS} "
            "digits; cast it to a numeric of fewer digits, or to double precision"
        )
    return number(place, (_DIGITS, scale or 0))


def digits_asked(place: int) -> str:
    """Return the expressions by which to ask what `any_number` has to know of all values."""
    name = quote(str(place))
    whole = f"char_length(CAST(trunc(abs({name})) AS text))"
    return f"max(scale({name})), max({whole}), bool_or({name} IN ('NaN', '-Infinity', 'Infinity'))"


def is_plain(oid: int) -> bool:
    """Whether nothing has to be asked of a type to know how its values leave."""
    return oid in _AS_THEY_ARE or oid in (NUMERIC, _TIMESTAMP, _TIMESTAMPTZ)


def typed(stream: Any, columns: Sequence[Leaving]) -> Any:
    """Give an Arrow stream of what has left its types, batch by batch."""
    from arro3.core import RecordBatch, RecordBatchReader, Schema

    reader = RecordBatchReader.from_stream(stream)
    if not any(each.is_json or each.decimal for each in columns):
        return reader
    schema = Schema([_field(reader.schema.field(x), each) for x, each in enumerate(columns)])

    def batches() -> Iterator[Any]:
        for batch in reader:
            values = [
                _decimals(batch.column(place), schema.field(place).type)
                if each.decimal
                else batch.column(place)
                for place, each in enumerate(columns)
            ]
            yield RecordBatch.from_arrays(values, schema=schema)

    return RecordBatchReader.from_batches(schema, batches())


def _items(name: str, known: Type) -> str:
    """JSON of a list; items that JSON would change are texts in it."""
    if known.item == _TIMESTAMPTZ:
        return f"regexp_replace({_json(name)}, {string(_ZONES)}, {string(_UTC)}, 'g')"
    whole = known.item in _AS_THEY_ARE or known.item in (_TIMESTAMP, _RECORD)
    return _json(name if whole or known.of_composites else f"CAST({name} AS text[])")


def _json(value: str) -> str:
    return _text(f"to_json({value})")


def _text(value: str) -> str:
    return f"CAST({value} AS text)"


def _iso(name: str, pattern: str, iso: str) -> str:
    return f"regexp_replace({_text(name)}, {string(pattern)}, {string(iso)})"


def _field(field: Any, each: Leaving) -> Any:
    from arro3.core import DataType, Field

    if each.decimal:
        return Field(field.name, DataType.decimal128(*each.decimal))
    return Field(field.name, field.type, metadata=_JSON) if each.is_json else field


def _decimals(texts: Any, kind: Any) -> Any:
    numbers = texts.cast(kind)
    if numbers.null_count != texts.null_count:
        raise ValueError("a value is no number (NaN or infinite); cast it to double precision")
    return numbers
