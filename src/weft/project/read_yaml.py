"""YAML to plain data, strictly: YAML 1.2 scalars, no duplicate keys, and places for diagnostics.

What the data means is checked elsewhere. Reading costs little however bad the file is.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from yaml import CSafeLoader, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.project.source import SourceFile, SourceText, read_text
from weft.project.yaml_errors import yaml_error

MAX_DEPTH = 50
MAX_VALUES = 50_000
MAX_ALIASES = 100
MAX_FINDINGS = 100

# The core schema of YAML 1.2: whatever is not listed or matched here is text.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_SPECIAL = frozenset(["", *"~nNtTfF+-.0123456789"])
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1

Step = str | int
# The attributes of an event depend on its kind, which the parser's types do not tell.
_Event = Any
# What was read at a place: the event of the key, where it stands under one, and of the value.
_Place = tuple[_Event, _Event]
_Places = dict[int, dict[Step, _Place]]


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data: dicts, lists, str, int, float, bool and None.

    Places are found by reading the text a second time, once somebody asks: a document without
    faults never pays for them.
    """

    source: SourceText
    data: Any

    @property
    def path(self) -> str:
        """The file's path, relative to the mesh."""
        return self.source.path

    @cached_property
    def _located(self) -> tuple[Any, _Event, _Places]:
        reader = _Reader(self.source, keep_places=True)
        data, root = reader.read()
        return data, root, reader.places

    def span(self, *path: Step, key: bool = False) -> Span:
        """The place of a value, given by the keys and indexes that lead to it.

        With `key` the key instead of the value. Where nothing stands there, the nearest place
        above it. A list or mapping is shown at its key.
        """
        data, root, places = self._located
        here: _Place = (None, root)
        missing = False
        for step in path:
            found = places.get(id(data), {}).get(step)
            if found is None:
                missing = True
                break
            here, data = found, data[step]
        key_event, value_event = here
        if type(value_event) is ScalarEvent and not (key or missing):
            return self._span_of(value_event)
        # The mark of a list or mapping is one character long: its key, or first key, says more.
        first = next(iter(places.get(id(data), {}).values()), here)
        return self._span_of(key_event or first[0] or value_event)

    def _span_of(self, event: _Event) -> Span:
        start, end = event.start_mark, event.end_mark
        last = end.column if end.line == start.line else len(self.source.lines[start.line])
        return self.source.span(start.line + 1, start.column + 1, last - start.column)

    def place(self, *path: Step) -> tuple[Step, ...]:
        """Where a value is written in this file, which is where it is read."""
        return path

    def diagnostic(
        self,
        code: str,
        message: str,
        *path: Step,
        key: bool = False,
        note: str = "",
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Report something at the place of a value; see `span` for `path` and `key`."""
        return self.source.diagnostic(
            code, message, self.span(*path, key=key), note=note, help=help, severity=severity
        )


def read_yaml(file: SourceFile) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Read one YAML document.

    None when it cannot be read at all; otherwise the data without what was refused.
    """
    source, diagnostics = read_text(file)
    if source is None:
        return None, diagnostics
    reader = _Reader(source)
    try:
        data, _ = reader.read()
    except _Refused as refusal:
        return None, (*reader.diagnostics, refusal.diagnostic)
    except YAMLError as error:
        return None, (*reader.diagnostics, yaml_error(source, error))
    return Document(source, data), tuple(reader.diagnostics)


class _Refused(Exception):
    """Reading on would make no sense, or cost too much."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Reader:
    """One pass over the parser's events, building the data.

    The parser is asked for events one by one, so that depth and size are limited before anything
    is built, and on our own stack: its own composer overflows the C stack on deep nesting.
    """

    def __init__(self, source: SourceText, keep_places: bool = False) -> None:
        self.places: _Places = {}
        self.diagnostics: list[Diagnostic] = []
        self._source = source
        self._next = CSafeLoader(source.text).get_event
        self._keep_places = keep_places
        self._values = 0
        self._aliases = 0
        self._anchors: dict[str, Any] = {}

    def read(self) -> tuple[Any, _Event]:
        """Read the document; its data and its first event."""
        self._next()
        if isinstance(self._next(), StreamEndEvent):
            start = self._source.span(1, 1)
            raise _Refused(self._source.diagnostic("W107", "this file is empty", start))
        root = self._next()
        data = self._value(root, 0)
        self._next()
        if isinstance(event := self._next(), DocumentStartEvent):
            self._refuse("W106", "a second document starts here", event, "one file, one document")
        return data, root

    def _value(self, event: _Event, depth: int) -> Any:
        if type(event) is ScalarEvent:
            return self._scalar(event)
        if type(event) is AliasEvent:
            return self._alias(event, depth)
        if depth >= MAX_DEPTH:
            self._refuse("W110", f"lists and mappings are more than {MAX_DEPTH} deep", event)
        if event.tag is not None:
            self._tag(event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors.pop(anchor, None)
        is_mapping = type(event) is MappingStartEvent
        value = self._mapping(depth + 1) if is_mapping else self._sequence(depth + 1)
        if anchor is not None:
            self._anchors[anchor] = value
        return value

    def _mapping(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        places: dict[Step, _Place] = {}
        while type(event := self._next()) is not MappingEndEvent:
            self._count(event)
            key = self._scalar(event) if type(event) is ScalarEvent else self._value(event, depth)
            following = self._next()
            value = self._value(following, depth)
            if type(key) is not str or key == "<<":
                self._bad_key(key, event)
            elif key in result:
                line = places[key][0].start_mark.line + 1
                message = f"the key `{key}` stands here twice"
                self._report("W104", message, event, f"it stands first on line {line}")
            else:
                result[key] = value
                places[key] = (event, following)
        if self._keep_places:
            self.places[id(result)] = places
        return result

    def _sequence(self, depth: int) -> list[Any]:
        result: list[Any] = []
        places: dict[Step, _Place] = {}
        while type(event := self._next()) is not SequenceEndEvent:
            self._count(event)
            result.append(self._value(event, depth))
            if self._keep_places:
                places[len(result) - 1] = (None, event)
        if self._keep_places:
            self.places[id(result)] = places
        return result

    def _count(self, event: _Event, values: int = 1) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            self._refuse("W109", f"this file holds more than {MAX_VALUES:,} values", event)

    def _bad_key(self, key: Any, event: _Event) -> None:
        if key == "<<":
            note = "write the keys out, or use the alias as the value of a key"
            self._report("W111", "merge keys (`<<`) are not part of YAML 1.2", event, note)
        else:
            note = "put it in quotes" if type(event) is ScalarEvent else "a key is one word"
            self._report("W113", "a key has to be text", event, note)

    def _scalar(self, event: _Event) -> Any:
        value: Any = event.value
        if event.tag is not None:
            self._tag(event)
        elif event.implicit[0] and value[:1] in _FIRST_OF_SPECIAL:
            value = self._plain(value, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _plain(self, text: str, event: _Event) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            # A number of so many digits is refused before the costly conversion.
            number = _integer(text) if len(text) <= 40 else _LARGEST + 1
            if _SMALLEST <= number <= _LARGEST:
                return number
            self._report(
                "W114", "this number does not fit into 64 bits", event, "put text in quotes"
            )
            return text
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isfinite(value):
                return value
        elif not _NOT_FINITE.fullmatch(text):
            return text
        self._report("W114", "a number has to be finite", event, "put it in quotes if it is text")
        return text

    def _alias(self, event: _Event, depth: int) -> Any:
        name = event.anchor
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._refuse("W108", f"this file uses more than {MAX_ALIASES} aliases", event)
        if name not in self._anchors:
            note = "no anchor of this name is complete before this place"
            self._report("W108", f"unknown alias `*{name}`", event, note)
            return None
        value = self._anchors[name]
        count, height = _measure(value)
        self._count(event, count)
        if depth + height > MAX_DEPTH:
            self._refuse("W110", f"this alias makes the file more than {MAX_DEPTH} deep", event)
        return value

    def _tag(self, event: _Event) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._report("W112", f"the tag `{tag}` is not followed", event, "remove it")

    def _diagnostic(self, code: str, message: str, event: _Event, note: str) -> Diagnostic:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        span = self._source.span(start.line + 1, start.column + 1, length)
        return self._source.diagnostic(code, message, span, note=note)

    def _report(self, code: str, message: str, event: _Event, note: str = "") -> None:
        if self._keep_places:
            return  # the first pass has reported it
        if len(self.diagnostics) == MAX_FINDINGS:
            self._refuse("W115", f"this file holds more than {MAX_FINDINGS} mistakes", event)
        self.diagnostics.append(self._diagnostic(code, message, event, note))

    def _refuse(self, code: str, message: str, event: _Event, note: str = "") -> NoReturn:
        raise _Refused(self._diagnostic(code, message, event, note))


def _integer(text: str) -> int:
    if text.startswith("0x"):
        return int(text, 16)
    return int(text[2:], 8) if text.startswith("0o") else int(text)


def _measure(value: Any) -> tuple[int, int]:
    """Count the values in a value, and how deep they are nested.

    Called for aliases only: every count adds to the file's total, which is limited, and so the
    work is limited as well.
    """
    if not isinstance(value, dict | list):
        return 1, 0
    inside = [_measure(each) for each in (value.values() if isinstance(value, dict) else value)]
    return 1 + sum(count for count, _ in inside), 1 + max((high for _, high in inside), default=0)
