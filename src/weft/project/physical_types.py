"""Whether the physical types that a contract names are types of its dialect."""

from __future__ import annotations

from weft.mesh.contract import SchemaObject
from weft.mesh.diagnostic import Diagnostic
from weft.project.read_yaml import Document
from weft.sql.dialect import Dialect
from weft.sql.types import family_of, nearest_type


def unknown_types(
    obj: SchemaObject, index: int, document: Document, dialect: Dialect
) -> list[Diagnostic]:
    """Report the columns of the object at `index` of a contract whose type does not exist."""
    return [
        document.diagnostic(
            "W314",
            f"unknown type `{column.physical_type}`",
            *("schema", index, "properties", number, "physicalType"),
            note=nearest_type(column.physical_type, dialect),
        )
        for number, column in enumerate(obj.properties)
        if column.physical_type and not family_of(column.physical_type, dialect)
    ]
