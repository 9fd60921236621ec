"""Change a contract's text in a few places, its comments, order and quotes left as they are."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml import AliasToken, scan

from weft.app.yaml_comments import take_out, with_comments_after
from weft.app.yaml_edit import CannotEdit, scalar
from weft.contract.syncing import Addition, Amendment, Synced
from weft.project.resolving import USE

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
# What a fragment says of a column and the column can say otherwise.
_DENIED = ("required", "primaryKey")
_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ ]*\n(?:[ ]*(?:#[^\n]*)?\n)*( *)- ", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)
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
    """The new text. `by_hand` are columns that only a change of a fragment could change.

    `laid_out_anew` says that lines are broken and indented differently all over the file, because
    they were in a way that is not kept.
    """

    text: str
    by_hand: tuple[str, ...] = ()
    laid_out_anew: bool = False


def edit_contract(text: str, edits: Iterable[ObjectEdit]) -> Edited:
    """Make these changes. The text has been read as a contract before.

    Raises CannotEdit where one place stands for several, so that more would change than is meant,
    and where the new text would say something else than it should.
    """
    if any(isinstance(token, AliasToken) for token in scan(text)):
        raise CannotEdit("it uses YAML aliases")
    yaml = round_trip(text)
    document = yaml.load(text)
    before = written(yaml, document)
    if _comments(text) - _comments(before):
        raise CannotEdit("a comment in it would be lost")
    by_hand: list[str] = []
    for edit in edits:
        by_hand += _edit_object(document, edit)
    after = written(yaml, document)
    if after == before:
        return Edited(text, tuple(by_hand))
    if not _reads_as(after, document):
        raise CannotEdit("its layout is unusual")
    return Edited(after, tuple(by_hand), laid_out_anew=before != text)


def _comments(text: str) -> Counter[str]:
    """What stands behind a number sign, with how often: the reader of YAML overlooks some."""
    return Counter(each.rstrip() for each in _COMMENT.findall(text))


def _reads_as(text: str, document: Any) -> bool:
    """Whether a text says what a document holds: the writer of YAML has its weak points, too."""
    from ruamel.yaml.error import YAMLError

    try:
        return bool(round_trip(text).load(text) == document)
    except YAMLError:
        return False


def written(yaml: Any, document: Any) -> str:
    """The text of a document, by what read it."""
    target = io.StringIO()
    yaml.dump(document, target)
    return target.getvalue()


def round_trip(text: str) -> Any:
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
        done = bool(place) and _amend(_at(document, place), each)
        if not done and each.column not in by_hand:
            by_hand.append(each.column)
    columns = _at(document, edit.place).setdefault("properties", _sequence([]))
    if not columns and synced.added:
        columns.fa.set_block_style()
    nodes = {name: _at(document, place) for name, place in edit.columns.items() if place}
    gone = [nodes[name] for name in synced.removed if name in nodes]
    for addition in synced.added:
        nodes[addition.column["name"]] = _add(columns, addition, nodes)
    for column in gone:
        take_out(columns, next(n for n, each in enumerate(columns) if each is column))
    return by_hand


def _at(document: Any, place: Path) -> Any:
    for step in place:
        document = document[step]
    return document


def _amend(column: Any, amendment: Amendment) -> bool:
    """Change one key of a column; False where a fragment says it, and only there it can change."""
    *around, key = amendment.path
    if amendment.value is None:
        return _end(column, around, key)
    holder = column
    for name in around:
        if name not in holder:
            _insert(holder, name, _mapping({}))
        holder = holder[name]
    if key not in holder:
        _insert(holder, key, _node(amendment.value, key))
    elif key == "enum":
        return _list_values(holder[key], amendment.value)
    else:
        holder[key] = _node(amendment.value)
    return True


def _end(column: Any, around: Sequence[str], key: str) -> bool:
    """Take a key out of a column, or deny what a fragment says by it."""
    holder = column
    for name in around:
        holder = holder.get(name, {})
    if key in holder:
        take_out(column, *around, key)
        return True
    if USE not in column and USE not in holder:
        return True
    if key in _DENIED:
        _insert(column, key, False)
        return True
    return key == "primaryKeyPosition"


def _insert(holder: Any, key: str, value: Any) -> None:
    """Put a new key behind those that people write before it."""
    before = _ORDER[: _ORDER.index(key)] if key in _ORDER else tuple(holder)
    places = [place for place, each in enumerate(holder) if each in before]
    with_comments_after(holder, lambda: holder.insert(max(places, default=-1) + 1, key, value))


def _list_values(listed: Any, values: Sequence[Any]) -> bool:
    """Keep the entries of values, with all that they say, and add the others.

    False where a fragment lists them.
    """
    if USE in listed or any(USE in each for each in listed):
        return False
    known = [each["value"] for each in listed]
    new = [each for each in values if each not in known]
    with_comments_after(
        listed, lambda: listed.extend(_node({"value": each}, "value") for each in new)
    )
    return True


def _add(columns: Any, addition: Addition, nodes: Mapping[str, Any]) -> Any:
    """Add a column behind another one, or where there is none at the beginning."""
    keys = sorted(addition.column, key=_ORDER.index)
    column = _mapping({key: _node(addition.column[key], key) for key in keys}, flow=False)
    before = nodes.get(addition.after)
    place = next((n for n, each in enumerate(columns) if each is before), -1) + 1
    if addition.after and not place:
        place = len(columns)
    if place == len(columns):
        with_comments_after(columns, lambda: columns.append(column))
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
