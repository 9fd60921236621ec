"""Types that people declare, which are never trusted to be just that."""

from __future__ import annotations

from weft.sql.dialect import Dialect
from weft.warehouses.protocol import WarehouseError


def declared_type(text: str, dialect: Dialect, target: Dialect | None = None) -> str:
    """Write a declared type anew, as the target's dialect has it, where that is another one.

    So it can be nothing else. "" stays "". Raises WarehouseError for what is no type.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if not text:
        return ""
    try:
        kind = exp.DataType.build(text, dialect=dialect.sqlglot)
        return kind.sql(dialect=(target or dialect).sqlglot)
    except SqlglotError as error:
        raise WarehouseError(f"`{text}` is no type of {dialect.name}") from error
