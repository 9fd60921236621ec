"""Weft's own custom properties in the text of a contract: give one a value, and take it out."""

from __future__ import annotations

from collections.abc import Mapping

from weft.app.definition import definition_data, entries
from weft.app.yaml_edit import append_entry, remove_entry, set_value
from weft.contract.document import own_name

_LIST = "customProperties"


def with_custom(text: str, name: str, value: str | Mapping[str, str]) -> str:
    """Give a custom property a value. Raises CannotEdit where only a person should do it."""
    place = _place(text, name)
    if place is None:
        return append_entry(text, _LIST, {"vendor": "weft", "property": name, "value": value})
    if isinstance(value, str):
        return set_value(text, value, _LIST, place, "value")
    for key, each in value.items():
        text = set_value(text, each, _LIST, place, "value", key)
    return text


def without_custom(text: str, name: str) -> str:
    """Take a custom property out. Raises CannotEdit where only a person should do it."""
    place = _place(text, name)
    if place is None:
        return text
    # The list came with an empty line before it, where it was the first of the file.
    return remove_entry(text, _LIST, place).rstrip("\n") + "\n"


def _place(text: str, name: str) -> int | None:
    listed = entries(definition_data(text.encode()), _LIST).items()
    return next((place for place, each in listed if own_name(each) == name), None)
