"""Read what stands in a resolved ODCS document, which has the standard's shape."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

Element = Mapping[str, Any]

_NOTHING: Element = {}


def contract_digest(contract: Element) -> str:
    """The SHA-256 of a resolved contract, of its JSON with sorted keys and no spaces."""
    return sha256(msgspec.json.encode(contract, order="sorted")).hexdigest()


def own_name(custom: Element) -> str:
    """What Weft calls a custom property of its own; "" for one of anybody else.

    It has `vendor: weft`; where the standard has no vendor yet, a name such as `weft.blocks`.

    >>> own_name({"property": "weft.blocks"}), own_name({"property": "a", "vendor": "others"})
    ('blocks', '')
    """
    name = str(custom.get("property", ""))
    vendor = custom.get("vendor", name.partition(".")[0])
    return name.removeprefix("weft.") if vendor == "weft" else ""


def custom_properties(element: Element) -> dict[str, Any]:
    """Weft's own custom properties of an element, by name."""
    properties = element.get("customProperties", ())
    return {name: each["value"] for each in properties if (name := own_name(each))}


def custom_place(element: Element, name: str) -> tuple[str, int]:
    """The path to one of Weft's own custom properties that an element has."""
    names = [own_name(each) for each in element["customProperties"]]
    return "customProperties", names.index(name)


def without_property(element: Element, name: str) -> dict[str, Any]:
    """An element without one of Weft's own custom properties."""
    kept = [each for each in element.get("customProperties", ()) if own_name(each) != name]
    rest = {key: value for key, value in element.items() if key != "customProperties"}
    return {**rest, "customProperties": kept} if kept else rest


def object_named(contract: Element, name: str) -> Element:
    """An object of a contract; an empty one where there is none of this name."""
    found = (each for each in contract.get("schema", ()) if each.get("name") == name)
    return next(found, _NOTHING)


def primary_key(obj: Element) -> tuple[str, ...]:
    """The columns of an object's primary key, by `primaryKeyPosition`."""
    keys = [each for each in obj.get("properties", ()) if each.get("primaryKey")]
    ordered = sorted(keys, key=lambda each: each.get("primaryKeyPosition", -1))
    return tuple(each["name"] for each in ordered)
