"""One thing that is wrong with a contract's promises, and where; finding it is done elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from weft.mesh.contract import SchemaObject
from weft.mesh.diagnostic import Severity
from weft.mesh.nearest import did_you_mean

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ContractProblem:
    """One finding; `path` leads to it in the contract's document, as keys and indexes."""

    code: str
    path: Path
    message: str
    note: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR


def unknown_column(obj: SchemaObject, column: str, where: str, path: Path) -> ContractProblem:
    """Report a column that an object does not have; `where` says what names it."""
    near = did_you_mean(column, obj.column_names)
    note = f"not in `{obj.name}`" + (f"; {near}" if near else "")
    return ContractProblem("W214", path, f"unknown column `{column}` in {where}", note)
