"""The head of a model's file: comment lines `-- key: value` before the SQL.

The SQL itself is read by `weft.sql`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.nearest import did_you_mean, nearest
from weft.mesh.product import Materialization, Model
from weft.project.source import SourceFile, SourceText, read_text

_LINE = re.compile(r"\s*--+\s*(?P<key>[A-Za-z][\w-]*)\s*:\s*(?P<value>.*?)\s*")
_NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^\s,"\[\]]+))\s*')
_LONGEST_HEAD = 100
_LISTS = ("required", "unique", "unique_key")
_KEYS = ("materialized", "description", "refresh", "time_column", *_LISTS)
_MATERIALIZED = {each.value: each for each in Materialization}


def read_model(file: SourceFile) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Read a model's file; None when it is no text.

    A line of the head that is wrong is reported and has no effect.
    """
    source, diagnostics = read_text(file)
    if source is None:
        return None, diagnostics
    head = _Head(source)
    body, first_line = head.read()
    model = Model(
        name=file.name.removesuffix(".sql"),
        sql=body,
        path=file.path,
        first_line=first_line,
        head="\n".join(source.lines[: first_line - 1]),
        **head.values,
    )
    return model, tuple(head.diagnostics)


@dataclass
class _Head:
    """Reads the comment lines before the SQL; `values` are fields of Model."""

    source: SourceText
    values: dict[str, Any] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def read(self) -> tuple[str, int]:
        """Read the head; the text after it and the line on which that starts."""
        text, start, line = self.source.text, 0, 1
        while start < len(text):
            end = text.find("\n", start) + 1 or len(text)
            content = text[start:end].strip()
            if content.startswith("--") and line <= _LONGEST_HEAD:
                self._line(text[start:end].rstrip("\r\n"), line)
            elif content and not content.startswith("--"):
                break
            start, line = end, line + 1
        return text[start:], line

    def _line(self, text: str, line: int) -> None:
        found = _LINE.fullmatch(text)
        if found is None:
            return
        key, value = found["key"], found["value"]
        if key not in _KEYS:
            self._unknown(key, line, found.start("key"))
        elif key in self.seen:
            message = f"`{key}` stands in this head twice"
            note = f"it stands first on line {self.seen[key]}"
            self._report("W352", message, line, found.span("key"), note)
        else:
            self.seen[key] = line
            self._set(key, value, line, found.span("value"))

    def _unknown(self, key: str, line: int, start: int) -> None:
        # An ordinary comment may well start with a word and a colon.
        meant = nearest(key, _KEYS)
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

    def _set(self, key: str, value: str, line: int, place: tuple[int, int]) -> None:
        if key == "description":
            self.values[key] = value
        elif key == "materialized" and value in _MATERIALIZED:
            self.values[key] = _MATERIALIZED[value]
        elif key == "materialized":
            options = f"it can be {', '.join(_MATERIALIZED)}"
            note = did_you_mean(value, _MATERIALIZED, options)
            self._report("W351", f"unknown materialization `{value}`", line, place, note)
        elif key == "refresh" and value == "always":
            self.values["refresh_always"] = True
        elif key == "refresh":
            message = "`refresh` has one value"
            self._report("W351", message, line, place, "write `refresh: always`, or nothing")
        else:
            self._columns(key, value, line, place)

    def _columns(self, key: str, value: str, line: int, place: tuple[int, int]) -> None:
        names = column_list(value)
        repeated = next((each for each, count in Counter(names).items() if count > 1), "")
        if key in _LISTS and repeated:
            message = f"`{key}` names the column `{repeated}` twice"
            self._report("W351", message, line, place, "write it once")
        elif key in _LISTS and names:
            self.values[key] = names
        elif key == "time_column" and len(names) == 1:
            self.values[key] = names[0]
        else:
            wanted = "one column" if key == "time_column" else "a list of columns"
            example = "flight_date" if key == "time_column" else "[id, name]"
            message = f"`{key}` wants {wanted}"
            self._report("W351", message, line, place, f"write `{key}: {example}`")

    def _report(
        self, code: str, message: str, line: int, place: tuple[int, int], note: str
    ) -> None:
        span = self.source.span(line, place[0] + 1, place[1] - place[0])
        self.diagnostics.append(self.source.diagnostic(code, message, span, note=note))


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
