"""Small edits of YAML text that leave everything else as it is, comments and layout too."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from weft.app.errors import Blocked

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_@.+ -]*(?<! )|[0-9]+\.[0-9]+\.[0-9]+|\d{4}-\d\d-\d\d")
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])


class CannotEdit(Exception):
    """The text is laid out in a way that only a person should change; the message says which."""


def by_hand(file: str, problem: CannotEdit, wanted: str) -> Blocked:
    """What to raise where a person has to edit a file, so that it has what is wanted."""
    return Blocked(
        f"{file} has to be edited by hand: {problem}",
        why=f"It needs {wanted}. Nothing was written.",
        next_step="edit it, then give the same command again",
    )


def scalar(text: str) -> str:
    """Write a text as a YAML scalar, quoted only where YAML would read something else.

    >>> scalar("alice@example.com"), scalar("null"), scalar("a: b")
    ('alice@example.com', '"null"', '"a: b"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # JSON writes what lies beyond \uffff as two halves, which YAML does not join again.
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


def set_value(text: str, value: str, key: str, *place: str | int) -> str:
    """Give a key of the outermost mapping, or a place below it, a text as its value.

    The place is in keys and indexes; raise CannotEdit where there is no text.
    """
    node = _children(text).get(key)
    for step in place:
        node = _inside(node, step)
    if not isinstance(node, yaml.ScalarNode):
        raise CannotEdit(f"there is no plain `{(key, *place)[-1]}` in it")
    start, end = node.start_mark.index, node.end_mark.index
    edited = f"{text[:start]}{scalar(value)}{text[end:]}"
    return _verified(edited, _with(_read(text), (key, *place), value))


def _inside(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        found: yaml.Node = node.value[step]
        return found
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _with(data: Any, place: Sequence[str | int], value: str) -> Any:
    """A copy of plain data with another value at a place."""
    if not place:
        return value
    copy = data.copy()
    copy[place[0]] = _with(data[place[0]], place[1:], value)
    return copy


def append_entry(text: str, key: str, entry: Mapping[str, str | Mapping[str, str]]) -> str:
    """Add a mapping to the list under a key of the outermost mapping; raise CannotEdit.

    The entry takes the list's own indentation; a key that is absent is added at the end. A mapping
    inside of the entry stands in one line.
    """
    node = _children(text).get(key)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if node is None:
        place, indent, head = len(lines), "  ", f"\n{key}:\n"
    elif isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        place, indent, head = _end_line(node), " " * node.start_mark.column, ""
    else:
        raise CannotEdit(f"`{key}` is no list with a line for each entry")
    fields = [f"{name}: {_in_one_line(value)}\n" for name, value in entry.items()]
    block = f"{indent}- " + f"{indent}  ".join(fields)
    edited = "".join([*lines[:place], head + block, *lines[place:]])
    data = _read(text)
    return _verified(edited, {**data, key: [*data.get(key, []), dict(entry)]})


def _in_one_line(value: str | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return scalar(value)
    return "{" + ", ".join(f"{name}: {scalar(each)}" for name, each in value.items()) + "}"


def remove_entry(text: str, key: str, number: int) -> str:
    """Take an entry out of the list under a key of the outermost mapping; raise CannotEdit.

    With the last entry the key goes as well.
    """
    nodes = _children(text)
    node = nodes.get(key)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        raise CannotEdit(f"`{key}` is no list with a line for each entry")
    lines = text.splitlines(keepends=True)
    data = _read(text)
    kept = [each for place, each in enumerate(data[key]) if place != number]
    entry = node.value[number]
    first = entry.start_mark.line
    if kept:
        wanted = {**data, key: kept}
    else:
        wanted = {name: each for name, each in data.items() if name != key}
        first = next(n for n, line in enumerate(lines) if line.startswith(f"{key}:"))
    edited = "".join([*lines[:first], *lines[_end_line(entry) :]])
    return _verified(edited, wanted)


def _children(text: str) -> dict[str, yaml.Node]:
    """Return the value nodes of the outermost mapping by key."""
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
        raise CannotEdit("it uses YAML aliases")
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise CannotEdit("it is no mapping with a line for each key")
    return {key.value: value for key, value in root.value}


def _end_line(node: yaml.Node) -> int:
    """Return the number of the line after a node, before any empty lines and comments."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark: Any = node.end_mark
    return int(mark.line if mark.column == 0 else mark.line + 1)


def _read(text: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return data


def _verified(edited: str, wanted: Mapping[str, Any]) -> str:
    """Return the edited text once it reads as exactly what was wanted."""
    try:
        good = _read(edited) == wanted
    except yaml.YAMLError:
        good = False
    if not good:
        raise CannotEdit("its layout is unusual")
    return edited
