"""ODCS documents to data contracts. The documents have the standard's shape when they get here.

What a contract means stands in `weft.contract`; whether it fits its product in `check_product.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from weft.contract.document import custom_properties
from weft.mesh.contract import (
    DataContract,
    Operator,
    QualityRule,
    Relationship,
    SchemaObject,
    SchemaProperty,
    Server,
    Status,
)

Elements = Sequence[dict[str, Any]]
Place = tuple[dict[str, Any], tuple[str | int, ...]]
"""An element of a document, and the keys and indexes that lead to it."""

_PATH = re.compile(r"/?schema/([^/]+)/properties/([^/]+)")

_OPERATORS = {each.value: each for each in Operator}
_STATUSES = {each.value: each for each in Status}
# ODCS 3.0 calls the metric of a rule `rule` and has other names for them.
_OLDER_METRICS = {
    "nullCheck": "nullValues",
    "duplicateCount": "duplicateValues",
    "validValues": "invalidValues",
}
# These say by their name alone that no row may fail.
_NONE_MAY_FAIL = frozenset(["nullCheck", "validValues"])
# What every server has; the rest of its keys are settings of its type.
_SERVER_KEYS = frozenset(
    ["id", "server", "type", "description", "environment", "roles", "customProperties"]
)


def read_contract(document: dict[str, Any]) -> DataContract:
    """Make a contract of an ODCS document, which it keeps whole."""
    get = document.get
    schema = get("schema", ())
    return DataContract(
        id=document["id"],
        version=document["version"],
        status=read_status(document),
        name=get("name", ""),
        domain=get("domain", ""),
        purpose=get("description", {}).get("purpose", ""),
        objects=tuple([_object(each, schema) for each in schema]),
        servers=tuple([_server(each) for each in get("servers", ())]),
        tags=tuple(get("tags", ())),
        custom=custom_properties(document),
        document=document,
    )


def read_status(document: Mapping[str, Any]) -> Status:
    """The status of a document, active where it says none.

    One that the standards do not name counts as active; reporting it is not done here.
    """
    return _STATUSES.get(document.get("status", ""), Status.ACTIVE)


def follow_reference(text: str, schema: Elements) -> str:
    """Turn a path `schema/<id>/properties/<id>` into `object.column`; `schema` is the document's.

    Other texts, and paths that lead nowhere in this document, are returned as they are.
    """
    path = _PATH.fullmatch(text)
    if path is None:
        return text
    object_id, column_id = path.groups()
    for entry in schema:
        if object_id in (entry.get("id"), entry["name"]):
            for column in entry.get("properties", ()):
                if column_id in (column.get("id"), column["name"]):
                    return f"{entry['name']}.{column['name']}"
    return text


def with_columns(entry: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Place]:
    """An object of a document, which stands at `path`, and then its columns."""
    yield entry, path
    for index, column in enumerate(entry.get("properties", ())):
        yield column, (*path, "properties", index)


def _object(entry: dict[str, Any], schema: Elements) -> SchemaObject:
    get = entry.get
    name = entry["name"]
    return SchemaObject(
        name=name,
        properties=tuple([_property(each, schema) for each in get("properties", ())]),
        description=get("description", ""),
        physical_name=get("physicalName", ""),
        quality=_rules(get("quality", ())),
        relationships=tuple(
            _relationship(
                tuple(each.removeprefix(f"{name}.") for each in _references(entry["from"], schema)),
                entry,
                schema,
            )
            for entry in get("relationships", ())
        ),
        tags=tuple(get("tags", ())),
    )


def _property(entry: dict[str, Any], schema: Elements) -> SchemaProperty:
    get = entry.get
    name = get("name", "")
    quality, relationships = get("quality"), get("relationships")
    return SchemaProperty(
        name=name,
        logical_type=get("logicalType", ""),
        physical_type=get("physicalType", ""),
        required=get("required", False),
        unique=get("unique", False),
        primary_key=get("primaryKey", False),
        primary_key_position=get("primaryKeyPosition", -1),
        description=get("description", ""),
        enum=tuple([each["value"] for each in get("enum", ())]),
        options=get("logicalTypeOptions", {}),
        relationships=tuple([_relationship((name,), each, schema) for each in relationships])
        if relationships
        else (),
        quality=_rules(quality) if quality else (),
        properties=tuple([_property(each, schema) for each in get("properties", ())]),
        items=_property(entry["items"], schema) if "items" in entry else None,
        tags=tuple(get("tags", ())),
        physical_name=get("physicalName", ""),
    )


def _relationship(
    columns: tuple[str, ...], entry: dict[str, Any], schema: Elements
) -> Relationship:
    custom = custom_properties(entry)
    return Relationship(
        columns,
        _references(entry["to"], schema),
        blocks=str(custom.get("blocks", "")),
        notify=str(custom.get("notify", "")),
    )


def _references(value: str | list[str], schema: Elements) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value)
    return tuple([follow_reference(each, schema) for each in texts])


def _rules(entries: Iterable[Any]) -> tuple[QualityRule, ...]:
    return tuple([_rule(each) for each in entries])


def _rule(entry: dict[str, Any]) -> QualityRule:
    get = entry.get
    operator = next((key for key in entry if key in _OPERATORS), "")
    threshold = get(operator)
    older = get("rule", "")
    if not operator and older in _NONE_MAY_FAIL:
        operator, threshold = Operator.EQUAL.value, 0
    custom = custom_properties(entry)
    return QualityRule(
        type=get("type", "library" if "metric" in entry or older else "text"),
        name=get("name", ""),
        id=get("id", ""),
        description=get("description", ""),
        metric=get("metric", _OLDER_METRICS.get(older, older)),
        arguments=_arguments(entry),
        query=get("query", ""),
        operator=_OPERATORS.get(operator),
        threshold=threshold,
        unit=get("unit", "rows"),
        severity=get("severity", "error").lower(),
        dimension=get("dimension", ""),
        blocks=str(custom.get("blocks", "")),
        notify=str(custom.get("notify", "")),
        rule=older,
    )


def _arguments(entry: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a metric; ODCS 3.0 writes the valid values beside the rule."""
    arguments: dict[str, Any] = entry.get("arguments", {})
    if "validValues" in entry:
        return {**arguments, "validValues": entry["validValues"]}
    return arguments


def _server(entry: dict[str, Any]) -> Server:
    return Server(
        server=entry["server"],
        type=entry["type"],
        settings={key: value for key, value in entry.items() if key not in _SERVER_KEYS},
        custom=custom_properties(entry),
    )
