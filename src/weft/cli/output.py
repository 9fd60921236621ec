"""Results as tables, JSON, YAML, CSV and Markdown, from one description of each.

Text cells of CSV that a spreadsheet would run as a formula (they start with = + - @ or a tab) get
an apostrophe in front. Everything but the table is complete: only a terminal's table is cut.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import click
import msgspec

from weft.cli.cells import cells, cut, pad, visible, visible_lines
from weft.cli.headline import headline
from weft.cli.screen import Screen
from weft.mesh.words import short_time

SCHEMA_VERSION = 1
_GAP = "  "
_LEAST = 10
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_FORMULA = ("-Infinity", "-infinity")


class Kind(Enum):
    """How a column is drawn for people.

    Names are never cut and texts are; numbers stand on the right; times, which are ISO in UTC,
    lose their fractions of a second.
    """

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True)
class Column:
    """A column of a table; `name` is its key in JSON, `title` its head on a screen."""

    name: str
    kind: Kind = Kind.NAME
    title: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of one kind of thing; `thing` names its schema, as `products` in `weft.products/1`."""

    thing: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]

    @property
    def data(self) -> dict[str, Any]:
        """The rows as mappings, under the key `rows`."""
        names = [column.name for column in self.columns]
        return {"rows": [dict(zip(names, row, strict=True)) for row in self.rows]}


@dataclass(frozen=True)
class Result:
    """What a verb found, in every form it can be written in.

    `data` is what JSON and YAML write, `table` what CSV and Markdown write; `text` draws it for
    people and may be cut to the screen's width. `head` says them first what is shown, in parts;
    nothing where the text does.
    """

    thing: str
    data: Mapping[str, Any]
    table: Table
    text: Callable[[Screen], str]
    head: tuple[str, ...] = ()


def put(result: Result | Table, screen: Screen, seconds: float = 0.0) -> None:
    """Write a result to stdout in the format that was asked for; it was found in `seconds`.

    Data is written as it is; only a terminal gets it with its control characters shown.
    """
    text = written(result, screen, seconds)
    screen.put(visible_lines(text) if screen.width and screen.format != "table" else text)


def report(words: str, table: Table, screen: Screen) -> None:
    """Tell people what was done in words, and programs as a result."""
    screen.say(words)
    if screen.format != "table":
        put(table, screen)


def written(result: Result | Table, screen: Screen, seconds: float = 0.0) -> str:
    """Return a result in the format that was asked for; people are told how long it took."""
    table = result.table if isinstance(result, Result) else result
    match screen.format:
        case "json":
            return _json(_document(result))
        case "yaml":
            return _yaml(_document(result))
        case "csv":
            return _csv(table)
        case "md":
            return _markdown(table)
        case _ if isinstance(result, Result):
            return _headed(result, f"{seconds:.1f} s", screen)
        case _:
            return draw_table(table, screen)


def _headed(result: Result, took: str, screen: Screen) -> str:
    text = result.text(screen)
    if not result.head:
        return text
    head = [visible(each) for each in result.head]
    return f"{headline(head, took, screen.width, colour=screen.colour)}\n{text}"


def _document(result: Result | Table) -> dict[str, Any]:
    """Return the document of a result: its schema's name and version, then its data."""
    return {"schema": f"weft.{result.thing}/{SCHEMA_VERSION}", **result.data}


def _json(document: Mapping[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    plain = msgspec.to_builtins(document)
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    return text


def _csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_csv_cell(column.name) for column in table.columns])
    writer.writerows([_csv_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    match value:
        case str() if value.startswith(_FORMULA) and value not in _NO_FORMULA:
            return "'" + value
        case bool() | list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value


def _markdown(table: Table) -> str:
    marks = ["---:" if column.kind is Kind.NUMBER else "---" for column in table.columns]
    rows = [_heads(table), *([_cell(value) for value in row] for row in table.rows)]
    head, *lines = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, marks, *lines))


def _heads(table: Table) -> list[str]:
    return [visible(column.title or column.name) for column in table.columns]


def draw_table(table: Table, screen: Screen) -> str:
    """Draw a table for people, no wider than the screen; names are never cut or wrapped.

    Texts give way first; where that is not enough every row becomes a block of lines.
    """
    heads = _heads(table)
    rows = [
        [_cell(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    sizes = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    sizes = _fitted(table.columns, sizes, screen.width)
    if screen.width and sum(sizes) + len(_GAP) * (len(sizes) - 1) > screen.width:
        return _blocks(heads, rows)
    right = [column.kind is Kind.NUMBER for column in table.columns]
    head, *lines = [_line(row, sizes, right) for row in [heads, *rows]]
    head = click.style(head, bold=True) if screen.colour else head
    return "\n".join([head, *lines]) + "\n"


def _fitted(columns: Sequence[Column], sizes: list[int], width: int) -> list[int]:
    """Take from the widest text columns what does not fit into `width`; 0 takes nothing."""
    sizes = list(sizes)
    excess = sum(sizes) + len(_GAP) * (len(sizes) - 1) - width if width else 0
    texts = [place for place, column in enumerate(columns) if column.kind is Kind.TEXT]
    while excess > 0 and texts:
        widest = max(texts, key=sizes.__getitem__)
        if sizes[widest] <= _LEAST:
            break
        sizes[widest] -= 1
        excess -= 1
    return sizes


def _line(row: Sequence[str], sizes: Sequence[int], right: Sequence[bool]) -> str:
    parts = [
        pad(cut(text, size), size, right=number)
        for text, size, number in zip(row, sizes, right, strict=True)
    ]
    return _GAP.join(parts).rstrip()


def _blocks(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Draw each row as lines of `head  value`, with an empty line between rows."""
    room = max(map(cells, heads))
    blocks = [
        "".join(
            f"{pad(head, room)}{_GAP}{text}".rstrip() + "\n"
            for head, text in zip(heads, row, strict=True)
        )
        for row in rows
    ]
    return "\n".join(blocks)


def _cell(value: Any, kind: Kind = Kind.TEXT) -> str:
    """Return a value as people read it: numbers with separators, nothing for null."""
    match value:
        case str() if kind is Kind.TIME:
            return short_time(visible(value))
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:,}"
        case list() | dict():
            return visible(json.dumps(value, ensure_ascii=False))
        case _:
            return visible(str(value))
