"""What contracts promise of the columns of models, by model: all that is known of a function's."""

from __future__ import annotations

from collections.abc import Mapping

from weft.mesh.product import DataProduct
from weft.project.faces import column_of
from weft.project.ports import filled_by
from weft.sql.dialect import Dialect


def promised_columns(product: DataProduct, dialect: Dialect) -> dict[str, Mapping[str, str]]:
    """The columns of every model that fills an object, in order, with their native types.

    A type is "" where the contract leaves a choice, or where several promise it differently.
    """
    models = [each.name for each in product.models]
    found: dict[str, dict[str, str]] = {}
    for port in product.contracts:
        for obj in port.contract.objects:
            columns = found.setdefault(filled_by(obj.name, port.major, models), {})
            for column in (column_of(prop, dialect) for prop in obj.properties):
                known = columns.setdefault(column.name, column.type)
                columns[column.name] = known if known == column.type else ""
    return {model: columns for model, columns in found.items() if model}
