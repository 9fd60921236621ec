"""Contracts of a draft: an object whose columns are promised one thing after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from weft.mesh.address import ProductAddress
from weft.mesh.manifest import Column
from weft.project.adopting.conditions import NONE_MAY_FAIL, Promised
from weft.project.adopting.names import fitting_name
from weft.project.adopting.types import column_of_keys
from weft.sql.dialect import Dialect

FIRST = "1.0.0"

_API = "v3.2.0"
_ORDER = (
    *("name", "physicalName", "logicalType", "physicalType", "logicalTypeOptions"),
    *("primaryKey", "primaryKeyPosition", "required", "unique", "enum", "description"),
    *("tags", "relationships", "customProperties", "items", "properties", "quality"),
)
_PROMISES = ("required", "unique", "enum", "relationships", "quality")

# The names of columns that the standard's shorthand for one, `object.column`, can hold.
_REFERRED = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

# Of two bounds the tighter one says both.
_TIGHTER = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength"), min),
}


class ObjectDraft:
    """A schema object of a contract, to which promises are added."""

    def __init__(self, name: str, columns: Iterable[Mapping[str, Any]], description: str) -> None:
        self.name = name
        self._rules: list[dict[str, Any]] = []
        self._ids: set[str] = set()
        self._columns = {str(each["name"]): dict(each) for each in columns}
        self._description = description
        self._relationships: list[dict[str, Any]] = []

    @property
    def kinds(self) -> dict[str, str]:
        """The logical types of the columns, "" where they have none."""
        return {name: each.get("logicalType", "") for name, each in self._columns.items()}

    def columns(self, dialect: Dialect) -> tuple[Column, ...]:
        """The columns as SQL sees them."""
        return tuple(column_of_keys(each, dialect) for each in self._columns.values())

    @property
    def promises(self) -> int:
        """How many promises it makes."""
        inside = sum(
            sum(bool(each.get(key)) for key in _PROMISES) + len(each.get("logicalTypeOptions", ()))
            for each in self._columns.values()
        )
        has_key = any("primaryKey" in each for each in self._columns.values())
        return inside + has_key + len(self._rules) + len(self._relationships)

    def promise(self, wanted: Promised) -> str:
        """Add what a condition means; say why where there is no place for it."""
        if wanted.rule is not None:
            self.add_rule(wanted.rule)
        if not wanted.column:
            return wanted.problem
        column = self._columns[wanted.column]
        for key, value in wanted.keys:
            if column.setdefault(key, value) != value:
                return f"column `{wanted.column}` has another `{key}` already"
        options = column.setdefault("logicalTypeOptions", {}) if wanted.options else {}
        for key, value in wanted.options:
            choose = _TIGHTER.get(key)
            if choose is not None:
                options[key] = choose(options.get(key, value), value)
            elif options.setdefault(key, value) != value:
                return f"column `{wanted.column}` has another `{key}` already"
        return ""

    def add_rule(self, rule: Mapping[str, Any], column: str = "") -> None:
        """Add a rule of quality, of a column where one is named; its id is its own here."""
        name = fitting_name(str(rule["id"]), self._ids, instead="rule")
        self._ids.add(name)
        rules = self._columns[column].setdefault("quality", []) if column else self._rules
        rules.append({**rule, "id": name})

    def fill(self, columns: Iterable[str]) -> None:
        """Promise columns without nulls."""
        for name in columns:
            self._columns[name]["required"] = True

    def key(self, columns: Sequence[str]) -> None:
        """Make columns the primary key."""
        for place, name in enumerate(columns, start=1):
            self._columns[name] |= {"primaryKey": True, "primaryKeyPosition": place}
            # A key has no nulls anyway.
            self._columns[name].pop("required", None)

    def no_two(self, columns: Sequence[str]) -> None:
        """Promise that no two rows have the same values in these columns."""
        if len(columns) == 1:
            self._columns[columns[0]]["unique"] = True
            return
        self.add_rule(
            {
                "id": "_".join(("unique", *columns)),
                "name": f"{', '.join(columns)} together are unique",
                "type": "library",
                "metric": "duplicateValues",
                "arguments": {"properties": list(columns)},
                **NONE_MAY_FAIL,
            }
        )

    def refer(
        self, columns: Sequence[str], relation: str, to: Sequence[str], *, blocks: bool = True
    ) -> str:
        """Promise that the values of columns are among those of another relation's.

        One that does not block is only told of. Returns why it cannot be, "" where it can.
        """
        named = to if len(columns) == 1 else (*columns, *to)
        unnamed = next((each for each in named if not _REFERRED.fullmatch(each)), None)
        if unnamed is not None:
            return f"a relationship cannot name the column `{unnamed}`"
        there = [f"{relation}.{each}" for each in to]
        if len(columns) == 1:
            entry: dict[str, Any] = {"type": "foreignKey", "to": there[0]}
            if not blocks:
                told = {"vendor": "weft", "property": "blocks", "value": "nothing"}
                entry["customProperties"] = [told]
            self._columns[columns[0]].setdefault("relationships", []).append(entry)
            return ""
        here = [f"{self.name}.{each}" for each in columns]
        self._relationships.append({"type": "foreignKey", "from": here, "to": there})
        return ""

    def document(self) -> dict[str, Any]:
        """The object as ODCS has it."""
        head = {"name": self.name, "logicalType": "object", "description": self._description}
        rest = {
            "properties": [_ordered(each) for each in self._columns.values()],
            "relationships": self._relationships,
            "quality": self._rules,
        }
        return {key: value for key, value in {**head, **rest}.items() if value}


def contract_document(
    product: ProductAddress,
    name: str,
    purpose: str,
    *objects: Mapping[str, Any],
    version: str = FIRST,
) -> dict[str, Any]:
    """The contract of a port, or of a source, that is a draft."""
    return {
        "apiVersion": _API,
        "kind": "DataContract",
        "id": f"{product}.{name}",
        "version": version,
        "status": "draft",
        "domain": product.domain,
        "description": {"purpose": purpose},
        "schema": list(objects),
    }


def product_document(
    address: ProductAddress,
    purpose: str,
    inputs: Iterable[str],
    outputs: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """The file `product.yaml` of a draft; `outputs` are ports and versions."""
    return {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": str(address),
        "domain": address.domain,
        "name": address.product.replace("_", " ").capitalize(),
        "version": "0.1.0",
        "status": "proposed",
        "description": {"purpose": purpose},
        "inputPorts": [{"name": each, "contractId": f"{address}.{each}"} for each in inputs],
        "outputPorts": [
            {"name": port, "version": version, "contractId": f"{address}.{port}"}
            for port, version in outputs
        ],
    }


def _ordered(column: Mapping[str, Any]) -> dict[str, Any]:
    return {key: column[key] for key in _ORDER if column.get(key)}
