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


def custom_properties(element: Element) -> dict[str, Any]:
    """Weft's own custom properties of an element, by name.

    They have `vendor: weft`; where the standard has no vendor yet, a name such as `weft.blocks`.
    """
    found: dict[str, Any] = {}
    for each in element.get("customProperties", ()):
        name: str = each["property"]
        if each.get("vendor", name.partition(".")[0]) == "weft":
            found[name.removeprefix("weft.")] = each["value"]
    return found


def without_property(element: Element, name: str) -> dict[str, Any]:
    """An element without one of Weft's own custom properties."""
    properties = element.get("customProperties", ())
    kept = [
        each for each in properties if name not in custom_properties({"customProperties": [each]})
    ]
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
