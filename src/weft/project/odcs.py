"""ODCS documents to data contracts. The documents have the standard's shape when they get here.

What a contract means stands in `weft.contract`; whether it fits its product in `check_product.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weft.mesh.contract import (
    DataContract,
    Operator,
    QualityRule,
    Relationship,
    SchemaObject,
    SchemaProperty,
    Server,
    ServiceLevel,
    Status,
)

_OPERATORS = {each.value: each for each in Operator}
_STATUSES = {each.value: each for each in Status}
# What every server has; the rest of its keys are settings of its type.
_SERVER_KEYS = frozenset(
    ["id", "server", "type", "description", "environment", "roles", "customProperties"]
)


def read_contract(document: dict[str, Any]) -> DataContract:
    """Make a contract of an ODCS document, which it keeps whole.

    A status that the standard does not name counts as active; reporting it is not done here.
    """
    get = document.get
    return DataContract(
        id=document["id"],
        version=document["version"],
        status=_STATUSES.get(get("status", ""), Status.ACTIVE),
        name=get("name", ""),
        domain=get("domain", ""),
        data_product=get("dataProduct", ""),
        purpose=get("description", {}).get("purpose", ""),
        objects=tuple([_object(each) for each in get("schema", ())]),
        servers=tuple([_server(each) for each in get("servers", ())]),
        service_levels=tuple([_service_level(each) for each in get("slaProperties", ())]),
        tags=tuple(get("tags", ())),
        custom=custom_properties(document),
        document=document,
    )


def custom_properties(element: Mapping[str, Any]) -> dict[str, Any]:
    """Weft's own custom properties of an element, by name.

    They have `vendor: weft`; where the standard has no vendor yet, a name such as `weft.blocks`.
    """
    found: dict[str, Any] = {}
    for each in element.get("customProperties", ()):
        name: str = each["property"]
        if each.get("vendor", name.partition(".")[0]) == "weft":
            found[name.removeprefix("weft.")] = each["value"]
    return found


def is_reference(text: str) -> bool:
    """Whether a relationship points to `object.column`, and not by a path into a document."""
    return "/" not in text


def _object(entry: dict[str, Any]) -> SchemaObject:
    get = entry.get
    name = entry["name"]
    return SchemaObject(
        name=name,
        properties=tuple([_property(each) for each in get("properties", ())]),
        description=get("description", ""),
        physical_name=get("physicalName", ""),
        quality=_rules(get("quality", ())),
        relationships=tuple(_object_relationships(get("relationships", ()), name)),
        tags=tuple(get("tags", ())),
    )


def _property(entry: dict[str, Any]) -> SchemaProperty:
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
        classification=get("classification", ""),
        enum=tuple([each["value"] for each in get("enum", ())]),
        options=get("logicalTypeOptions", {}),
        relationships=tuple(_property_relationships(relationships, name)) if relationships else (),
        quality=_rules(quality) if quality else (),
        properties=tuple([_property(each) for each in get("properties", ())]),
        items=_property(entry["items"]) if "items" in entry else None,
        tags=tuple(get("tags", ())),
        physical_name=get("physicalName", ""),
    )


def _property_relationships(entries: Iterable[Any], name: str) -> Iterable[Relationship]:
    for entry in entries:
        targets = _references(entry["to"])
        if all(map(is_reference, targets)):
            yield Relationship((name,), targets)


def _object_relationships(entries: Iterable[Any], name: str) -> Iterable[Relationship]:
    for entry in entries:
        origins, targets = _references(entry["from"]), _references(entry["to"])
        if all(map(is_reference, (*origins, *targets))):
            yield Relationship(tuple(each.removeprefix(f"{name}.") for each in origins), targets)


def _references(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _rules(entries: Iterable[Any]) -> tuple[QualityRule, ...]:
    return tuple([_rule(each) for each in entries])


def _rule(entry: dict[str, Any]) -> QualityRule:
    get = entry.get
    operator = next((key for key in entry if key in _OPERATORS), "")
    custom = custom_properties(entry)
    return QualityRule(
        type=get("type", "library" if "metric" in entry else "text"),
        name=get("name", ""),
        id=get("id", ""),
        description=get("description", ""),
        metric=get("metric", ""),
        arguments=get("arguments", {}),
        query=get("query", ""),
        operator=_OPERATORS.get(operator),
        threshold=get(operator),
        unit=get("unit", "rows"),
        severity=get("severity", "error").lower(),
        dimension=get("dimension", ""),
        blocks=str(custom.get("blocks", "")),
        notify=str(custom.get("notify", "")),
    )


def _service_level(entry: dict[str, Any]) -> ServiceLevel:
    get = entry.get
    return ServiceLevel(
        property=entry["property"],
        value=entry["value"],
        unit=get("unit", ""),
        element=get("element", ""),
        driver=get("driver", ""),
        description=get("description", ""),
    )


def _server(entry: dict[str, Any]) -> Server:
    return Server(
        server=entry["server"],
        type=entry["type"],
        settings={key: value for key, value in entry.items() if key not in _SERVER_KEYS},
        custom=custom_properties(entry),
    )
