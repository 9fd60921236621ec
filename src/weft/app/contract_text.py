"""Change a contract's text in a few places, its comments, order and quotes left as they are."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.contract.syncing import Addition, Amendment, Synced

Path = tuple[str | int, ...]

# The keys of a column in the order in which people read them; a new one goes behind those before.
_ORDER = (
    "use",
    "name",
    "logicalType",
    "physicalType",
    "primaryKey",
    "primaryKeyPosition",
    "required",
    "logicalTypeOptions",
    "enum",
    "examples",
    "properties",
    "items",
)
_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ ]*\n(?:[ ]*(?:#[^\n]*)?\n)*( *)- ", re.MULTILINE)
_WIDEST = 10**6


@dataclass(frozen=True)
class ObjectEdit:
    """What is to be changed of one object.

    `place` leads to the object in the file, `columns` to each of its columns: () for one that a
    fragment brings along and that has no place of its own.
    """

    place: Path
    columns: Mapping[str, Path]
    synced: Synced


@dataclass(frozen=True)
class Edited:
    """The new text. `by_hand` are columns that only a change of a fragment could change."""

    text: str
    by_hand: tuple[str, ...] = ()


def edit_contract(text: str, edits: Iterable[ObjectEdit]) -> Edited:
    """Make these changes. The text has been read as a contract before."""
    yaml = _round_trip(text)
    document = yaml.load(text)
    by_hand: list[str] = []
    for edit in edits:
        by_hand += _edit_object(document, edit)
    written = io.StringIO()
    yaml.dump(document, written)
    return Edited(written.getvalue(), tuple(by_hand))


def _round_trip(text: str) -> Any:
    """A reader and writer of YAML that keeps what people see, in the text's own indentation."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDEST
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    found = _LIST.search(text)
    offset = len(found.group(2)) - len(found.group(1)) if found else 2
    yaml.indent(mapping=2, sequence=2 + offset, offset=offset)
    return yaml


def _edit_object(document: Any, edit: ObjectEdit) -> list[str]:
    """Change one object; the columns that cannot be changed here."""
    synced = edit.synced
    by_hand = [each for each in synced.removed if not edit.columns[each]]
    for each in synced.amended:
        place = edit.columns[each.column]
        if place:
            _amend(_at(document, place), each)
        elif each.column not in by_hand:
            by_hand.append(each.column)
    columns = _at(document, edit.place).setdefault("properties", _sequence([]))
    nodes = {name: _at(document, place) for name, place in edit.columns.items() if place}
    for addition in synced.added:
        nodes[addition.column["name"]] = _add(columns, addition, nodes)
    for name in synced.removed:
        if edit.columns[name]:
            _remove(columns, nodes[name])
    return by_hand


def _at(document: Any, place: Path) -> Any:
    for step in place:
        document = document[step]
    return document


def _amend(column: Any, amendment: Amendment) -> None:
    *around, key = amendment.path
    holder = column
    for name in around:
        if name not in holder:
            if amendment.value is None:
                return
            _insert(holder, name, _mapping({}))
        holder = holder[name]
    if amendment.value is None:
        _take_out(holder, key)
        if not holder and around:
            _take_out(column, around[-1])
    elif key == "enum" and key in holder:
        _list_values(holder[key], amendment.value)
    elif key in holder:
        holder[key] = _node(amendment.value)
    else:
        _insert(holder, key, _node(amendment.value, key))


def _insert(holder: Any, key: str, value: Any) -> None:
    """Put a new key behind those that people write before it."""
    before = _ORDER[: _ORDER.index(key)] if key in _ORDER else tuple(holder)
    places = [place for place, each in enumerate(holder) if each in before]
    _with_comments_after(holder, lambda: holder.insert(max(places, default=-1) + 1, key, value))


def _take_out(holder: Any, key: str) -> None:
    if key not in holder:
        return
    keys = list(holder)
    place = keys.index(key)
    tail = _take_tail(holder, key)
    del holder[key]
    if place:
        _give_tail(holder, keys[place - 1], tail)


def _list_values(listed: Any, values: Sequence[Any]) -> None:
    """Keep the entries of values that stay, with all that they say; add the others."""
    known = [each["value"] for each in listed]
    new = [each for each in values if each not in known]
    _with_comments_after(
        listed, lambda: listed.extend(_node({"value": each}, "value") for each in new)
    )


def _remove(columns: Any, column: Any) -> None:
    place = next(number for number, each in enumerate(columns) if each is column)
    tail = _take_tail(columns, place)
    del columns[place]
    if place:
        _give_tail(columns, place - 1, tail)
    elif columns and tail.strip():
        lines = [line.strip().removeprefix("#").strip() for line in tail.strip().splitlines()]
        columns.yaml_set_comment_before_after_key(0, "\n".join(lines), columns.lc.col)


def _add(columns: Any, addition: Addition, nodes: Mapping[str, Any]) -> Any:
    """Add a column behind another one, or where there is none at the beginning."""
    column = _mapping(
        {key: _node(value, key) for key, value in addition.column.items()}, flow=False
    )
    before = nodes.get(addition.after)
    place = next((n for n, each in enumerate(columns) if each is before), -1) + 1
    if addition.after and not place:
        place = len(columns)
    if place == len(columns):
        _with_comments_after(columns, lambda: columns.append(column))
    else:
        columns.insert(place, column)
    return column


def _node(value: Any, key: str = "") -> Any:
    """Plain data as the file shows it: lists and mappings in one line, fields one below another."""
    if key == "properties":
        return _sequence([_mapping({k: _node(v, k) for k, v in each.items()}) for each in value])
    if key == "enum":
        return _sequence([_mapping({"value": _scalar(each)}) for each in value], flow=True)
    if isinstance(value, dict):
        return _mapping({k: _node(v, k) for k, v in value.items()})
    if isinstance(value, list):
        return _sequence([_scalar(each) for each in value], flow=True)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """Text is quoted where one version of YAML or another would read something else."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    from weft.app.yaml_edit import scalar

    if isinstance(value, str) and scalar(value) != value:
        return DoubleQuotedScalarString(value)
    return value


def _mapping(data: Mapping[str, Any], *, flow: bool = True) -> Any:
    from ruamel.yaml.comments import CommentedMap

    found = CommentedMap(data)
    if flow:
        found.fa.set_flow_style()
    return found


def _sequence(data: Sequence[Any], *, flow: bool = False) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    found = CommentedSeq(data)
    if flow:
        found.fa.set_flow_style()
    return found


def _with_comments_after(node: Any, change: Callable[[], object]) -> None:
    """Change a list or mapping at its end; comments that stood behind it stay behind it.

    They belong to the last value before them, as the writer of YAML sees it.
    """
    tail = _take_tail(node, _last(node)) if node else ""
    change()
    _give_tail(node, _last(node), tail)


def _last(node: Any) -> Any:
    return list(node)[-1] if hasattr(node, "keys") else len(node) - 1


def _holder(node: Any, key: Any) -> tuple[Any, Any]:
    """What holds the last value in a value that is written over several lines, and its key."""
    value = node[key]
    while hasattr(value, "fa") and value and not value.fa.flow_style():
        node, key = value, _last(value)
        value = node[key]
    return node, key


def _take_tail(node: Any, key: Any) -> str:
    """Take the lines of comment, and empty lines, that follow a value; its own line keeps its."""
    holder, last = _holder(node, key)
    slots = holder.ca.items.get(last)
    place = 2 if hasattr(holder, "keys") else 0
    token = slots[place] if slots else None
    if token is None:
        return ""
    head, _, tail = token.value.partition("\n")
    if tail:
        token.value = f"{head}\n"
    if tail and not head:
        slots[place] = None
    return str(tail)


def _give_tail(node: Any, key: Any, tail: str) -> None:
    """Put lines of comment behind a value."""
    from ruamel.yaml.error import CommentMark
    from ruamel.yaml.tokens import CommentToken

    if not tail:
        return
    holder, last = _holder(node, key)
    is_mapping = hasattr(holder, "keys")
    place = 2 if is_mapping else 0
    slots = holder.ca.items.setdefault(last, [None] * (4 if is_mapping else 2))
    if slots[place] is None:
        slots[place] = CommentToken(f"\n{tail}", CommentMark(0), None)
    else:
        slots[place].value += tail
