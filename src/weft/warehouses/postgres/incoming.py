"""In which types columns are written to a table, and in which they are kept there."""

from __future__ import annotations

from dataclasses import dataclass

from weft.sql.postgres import DIALECT
from weft.sql.types import canonical_type, family_of
from weft.warehouses.declared import declared_type
from weft.warehouses.duckdb.outbound import Outgoing

# The driver writes no other types, beside decimals and lists of these.
_CARRIERS = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_MOMENTS = ("date", "timestamp", "timestamptz")
_TEXTS = {"JSON": "jsonb", "UUID": "uuid"}


@dataclass(frozen=True)
class Incoming:
    """A column as it comes: its name, and the type in which it is kept.

    `carrier` is the type in which it is written, which is cast to `native` afterwards. Of one that
    is `ranged` the server notes which values lie where.
    """

    name: str
    carrier: str
    native: str
    ranged: bool = False

    @property
    def is_moment(self) -> bool:
        """Whether it has times, by which models that grow read what is new."""
        return family_of(self.native, DIALECT) in _MOMENTS


def incoming(column: Outgoing, native: str = "") -> Incoming:
    """Return how a column is stored, as `native` if that is given."""
    item = column.type.removesuffix("[]")
    carrier = _CARRIERS.get(item) or item.replace("DECIMAL", "numeric")
    carrier += column.type[len(item) :]
    wanted = native or _TEXTS.get(column.text_of, carrier)
    # Where it is only another spelling, nothing has to be cast.
    same = canonical_type(wanted, DIALECT) == canonical_type(carrier, DIALECT)
    return Incoming(column.name, carrier, carrier if same else wanted)


def kept_type(declared: str) -> str:
    """Return the type in which a column of a file is kept that is declared so, or not at all.

    A text is not cut to a promised length. Raises WarehouseError for what is no type.
    """
    if not declared or family_of(declared, DIALECT) == "string":
        return "text"
    return declared_type(declared, DIALECT)
