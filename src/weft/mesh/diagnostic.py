"""What is wrong with a definition, as a value: where, what, and what to do.

The codes and their explanations stand in `codes/`; drawing them is the front ends' work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

_LONGEST_VALUE = 60


def as_written(value: object) -> str:
    """A value of a definition as its author could have written it; a long one is cut.

    >>> as_written(None), as_written([True, "a"])
    ('null', '[true, "a"]')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


class Severity(StrEnum):
    """How bad it is: an error stops, a warning is shown, an info is listed."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Span:
    """A place in a file. Lines and columns count from 1; `length` is in characters."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1


@dataclass(frozen=True)
class Diagnostic:
    """One finding about a definition, complete enough to be shown without the file.

    `message` is one line without a full stop; `note` stands behind the caret; `excerpt` is the
    line of the file that `span` points into; `help` is the next command or step.
    """

    code: str
    message: str
    span: Span | None = None
    note: str = ""
    help: str = ""
    excerpt: str = ""
    severity: Severity = Severity.ERROR

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sort key: by place, then by code."""
        span = self.span or Span("", 0, 0)
        return (span.file, span.line, span.column, self.code, self.message)
