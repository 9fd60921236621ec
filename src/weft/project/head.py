"""The head of a model's file: comment lines `key: value` before its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.growth import Growth, Interval
from weft.mesh.nearest import did_you_mean, nearest
from weft.mesh.product import Materialization
from weft.project.source import SourceText

_LINE = re.compile(r"\s*(?:--+|#+)\s*(?P<key>[A-Za-z][\w-]*)\s*:\s*(?P<value>.*?)\s*")
_NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^\s,"\[\]]+))\s*')
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_NUMBER = re.compile(r"\d{1,4}")
_AMOUNT = re.compile(r"(?P<number>[0-9]{1,6}) ?(?P<unit>[A-Za-z]+)")
_LONGEST_HEAD = 100


class _Wrong(Exception):
    """A value that its key cannot have: what is wrong, and what to write."""

    def __init__(self, message: str, note: str) -> None:
        super().__init__(message)
        self.message = message
        self.note = note


@dataclass
class Head:
    """Reads the comment lines before a model's text, each of which begins with `marker`.

    `values` are fields of Model. The marker `#` is of a model in Python, whose head has keys of
    its own.
    """

    source: SourceText
    marker: str
    values: dict[str, Any] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    growth: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def read(self) -> tuple[str, int]:
        """Read the head; the text after it and the line on which that starts."""
        text, start, line = self.source.text, 0, 1
        while start < len(text):
            end = text.find("\n", start) + 1 or len(text)
            content = text[start:end].strip()
            if content.startswith(self.marker) and line <= _LONGEST_HEAD:
                self._line(text[start:end].rstrip("\r\n"), line)
            elif content and not content.startswith(self.marker):
                break
            start, line = end, line + 1
        if self.growth:
            self.values["growth"] = Growth(**self.growth)
        return text[start:], line

    def _line(self, text: str, line: int) -> None:
        found = _LINE.fullmatch(text)
        if found is None:
            return
        key, value = found["key"], found["value"]
        if key not in self._keys:
            self._unknown(key, line, found.start("key"))
        elif key in self.seen:
            message = f"`{key}` stands in this head twice"
            note = f"it stands first on line {self.seen[key]}"
            self._report("W352", message, line, found.span("key"), note)
        else:
            self.seen[key] = line
            try:
                self._set(key, value)
            except _Wrong as wrong:
                self._report("W351", wrong.message, line, found.span("value"), wrong.note)

    def _unknown(self, key: str, line: int, start: int) -> None:
        # An ordinary comment may well start with a word and a colon.
        meant = nearest(key, self._keys)
        if meant:
            span = self.source.span(line, start + 1, len(key))
            self.diagnostics.append(
                self.source.diagnostic(
                    "W350",
                    f"unknown key `{key}` in the head",
                    span,
                    note=f"did you mean `{meant}`?",
                    severity=Severity.WARNING,
                )
            )

    @property
    def _keys(self) -> tuple[str, ...]:
        return (*KEYS, *PYTHON_KEYS) if self.marker == "#" else KEYS

    def _set(self, key: str, value: str) -> None:
        """Take the value of a key. Raises _Wrong."""
        if key in _OF_GROWTH:
            self.growth[key] = _OF_GROWTH[key](key, value)
        elif key == "refresh":
            self.values["refresh_always"] = _refresh(value)
        else:
            self.values[key] = (_OF_MODEL | _OF_PYTHON)[key](key, value)

    def _report(
        self, code: str, message: str, line: int, place: tuple[int, int], note: str
    ) -> None:
        span = self.source.span(line, place[0] + 1, place[1] - place[0])
        self.diagnostics.append(self.source.diagnostic(code, message, span, note=note))


def _text(_key: str, value: str) -> str:
    return value


def _materialized(_key: str, value: str) -> Materialization:
    known = [each.value for each in Materialization]
    if value in known:
        return Materialization(value)
    note = did_you_mean(value, known, f"it can be {', '.join(known)}")
    raise _Wrong(f"unknown materialization `{value}`", note)


def _refresh(value: str) -> bool:
    if value == "always":
        return True
    raise _Wrong("`refresh` has one value", "write `refresh: always`, or nothing")


def _columns(key: str, value: str) -> tuple[str, ...]:
    names = column_list(value)
    repeated = next((each for each, count in Counter(names).items() if count > 1), "")
    if repeated:
        raise _Wrong(f"`{key}` names the column `{repeated}` twice", "write it once")
    if not names:
        raise _Wrong(f"`{key}` wants a list of columns", f"write `{key}: [id, name]`")
    return names


def _column(key: str, value: str) -> str:
    names = column_list(value)
    if len(names) != 1:
        raise _Wrong(f"`{key}` wants one column", f"write `{key}: {_EXAMPLES[key]}`")
    return names[0]


def _interval(_key: str, value: str) -> Interval:
    known = [each.value for each in Interval]
    if value in known:
        return Interval(value)
    note = did_you_mean(value, known, f"it can be {', '.join(known)}")
    raise _Wrong(f"unknown interval `{value}`", note)


def _number(key: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise _Wrong(f"`{key}` wants a number of intervals", f"write `{key}: 3`")
    return int(value)


def _time(key: str, value: str) -> str:
    """A day, or a day and a time, as ISO text; midnight is written as the day alone."""
    try:
        if not _TIME.fullmatch(value):
            raise ValueError
        time = datetime.fromisoformat(value)
    except ValueError:
        raise _Wrong(f"`{key}` wants a day", f"write `{key}: 2026-01-31`") from None
    return time.isoformat().removesuffix("T00:00:00")


def _truth(key: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise _Wrong(f"`{key}` is true or false", f"write `{key}: true`, or nothing")
    return value == "true"


def _amount(key: str, value: str) -> int:
    """A number with a unit, as bytes or seconds."""
    units = _UNITS[key]
    found = _AMOUNT.fullmatch(value)
    if found is None or found["unit"] not in units or not int(found["number"]):
        message = f"`{key}` wants a number with a unit: {', '.join(units)}"
        raise _Wrong(message, f"write `{key}: {_EXAMPLES[key]}`")
    return int(found["number"]) * units[found["unit"]]


_Reader = Callable[[str, str], Any]

_UNITS = {"memory": {"MB": 2**20, "GB": 2**30}, "timeout": {"s": 1, "m": 60, "h": 3600}}

_EXAMPLES = {
    "time_column": "flight_date",
    "changed_at": "updated_at",
    "deleted": "is_deleted",
    "memory": "2GB",
    "timeout": "10m",
}
_OF_MODEL: dict[str, _Reader] = {
    "materialized": _materialized,
    "description": _text,
    "required": _columns,
    "unique": _columns,
}
_OF_GROWTH: dict[str, _Reader] = {
    "time_column": _column,
    "interval": _interval,
    "look_back": _number,
    "start": _time,
    "unique_key": _columns,
    "changed_at": _column,
    "compare": _columns,
    "deleted": _column,
    "closes": _truth,
}
_OF_PYTHON: dict[str, _Reader] = {"columns": _columns, "memory": _amount, "timeout": _amount}
KEYS = (*_OF_MODEL, "refresh", *_OF_GROWTH)
PYTHON_KEYS = tuple(_OF_PYTHON)


def column_list(text: str) -> tuple[str, ...]:
    """Read `[a, "b c"]`, `a, b` or `a`; empty when it is no list of column names.

    >>> column_list('[id, "flight no"]')
    ('id', 'flight no')
    """
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    names: list[str] = []
    end = -1
    while end < len(text):
        found = _NAME.match(text, end + 1)
        if found is None:
            return ()
        quoted = found["quoted"]
        names.append(quoted.replace('""', '"') if quoted else found["plain"])
        end = found.end()
        if end < len(text) and text[end] != ",":
            return ()
    return tuple(names)
