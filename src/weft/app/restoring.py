"""Bring a document back to what it said before, and leave alone what it says in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yaml import AliasToken, YAMLError, scan

from weft.app.contract_text import round_trip, written
from weft.app.definition import definition_data
from weft.app.yaml_write import yaml_text

# What tells the entries of a list of a contract from each other, the first that all of them have.
_NAMES = ("id", "name", "property", "role", "channel", "value", "from")


def restored(text: str, wanted: Mapping[str, Any]) -> str:
    """The text of a document that says what is wanted.

    Comments, order and layout stay where nothing else has to be said; where that cannot be had,
    the document is written anew.
    """
    from ruamel.yaml.error import YAMLError as CannotKeep

    try:
        if not any(isinstance(token, AliasToken) for token in scan(text)):
            yaml = round_trip(text)
            after = written(yaml, _merged(yaml.load(text), wanted))
            if definition_data(after.encode()) == wanted:
                return after
    except (CannotKeep, YAMLError):
        pass
    return yaml_text(wanted)


def _merged(node: Any, wanted: Any) -> Any:
    """A node that says what is wanted: itself, as far as it can be kept."""
    if isinstance(node, dict) and isinstance(wanted, Mapping):
        for key in [each for each in node if each not in wanted]:
            del node[key]
        for key, value in wanted.items():
            _put(node, key, _merged(node[key], value) if key in node else value)
        return node
    if isinstance(node, list) and isinstance(wanted, list):
        return _merged_list(node, wanted)
    return node if node == wanted and type(wanted) in type(node).__mro__ else wanted


def _put(holder: Any, place: str | int, value: Any) -> None:
    """Put a value in its place; one that is there already would lose its layout."""
    if (isinstance(holder, dict) and place not in holder) or holder[place] is not value:
        holder[place] = value


def _merged_list(node: list[Any], wanted: list[Any]) -> list[Any]:
    """A list whose entries are found again by their names; one in another order is new."""
    names = [_name(each, wanted) for each in wanted]
    if len(set(names)) < len(names):
        return node if node == wanted else wanted
    for place in reversed(range(len(node))):
        if _name(node[place], wanted) not in names:
            del node[place]
    for place, (name, each) in enumerate(zip(names, wanted, strict=True)):
        there = [_name(each, wanted) for each in node]
        if name not in there:
            node.insert(place, each)
        elif there.index(name) == place:
            _put(node, place, _merged(node[place], each))
        else:
            return wanted
    return node


def _name(entry: Any, beside: list[Any]) -> str:
    """What an entry is called, as the entries beside it are."""
    if isinstance(entry, Mapping):
        for key in _NAMES:
            if all(isinstance(each, Mapping) and key in each for each in (entry, *beside)):
                return str(entry[key])
    return repr(entry)
