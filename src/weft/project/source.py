"""Files as the core sees them: a path and bytes, and the text in them with its places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.project.settings_excerpt import without_secrets

MAX_BYTES = 1_000_000

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class SourceFile:
    """A definition file. `path` is relative to the mesh and uses `/`.

    `size` is in bytes and greater than the data where the reader refused to read all of it.
    `problem` says why it could not be read at all.
    """

    path: str
    data: bytes
    size: int = 0
    problem: Diagnostic | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def diagnostic(self, code: str, message: str, note: str = "", help: str = "") -> Diagnostic:
        """Report something about the file as a whole, whatever stands in it."""
        return Diagnostic(code, message, Span(self.path), note=note, help=help)


@dataclass(frozen=True)
class SourceText:
    """The text of a file, able to report something at a place."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines as YAML counts them, without their ends."""
        return _LINE_END.split(self.text)

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """A place in this file; `line` and `column` count from 1."""
        return Span(self.path, line, column, max(length, 1))

    def diagnostic(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        note: str = "",
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Report something at a place of this file, with what may be shown of its line."""
        excerpt = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        return without_secrets(Diagnostic(code, message, span, note, help, excerpt, severity))


def read_text(file: SourceFile) -> tuple[SourceText | None, tuple[Diagnostic, ...]]:
    """Decode a file as UTF-8, with or without a byte order mark.

    A file that could not be read, is over MAX_BYTES or in another encoding gives None and one
    diagnostic.
    """
    if file.problem is not None:
        return None, (file.problem,)
    size = max(file.size, len(file.data))
    if size > MAX_BYTES:
        message = f"this file has {size:,} bytes, a definition has at most {MAX_BYTES:,}"
        help = "keep data in files that a source contract names"
        return None, (file.diagnostic("W101", message, help=help),)
    data = file.data.removeprefix(_BOM)
    try:
        return SourceText(file.path, data.decode("utf-8")), ()
    except UnicodeDecodeError as error:
        return None, (_not_utf8(file.path, data, error.start),)


def _not_utf8(path: str, data: bytes, offset: int) -> Diagnostic:
    start = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    line = data[start : end if end >= 0 else len(data)]
    place = Span(path, data.count(b"\n", 0, offset) + 1, len(data[start:offset].decode()) + 1)
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    found = Diagnostic(
        "W102",
        "this file is not UTF-8",
        place,
        note="this looks like UTF-16" if utf16 else f"byte 0x{data[offset]:02x} is no character",
        help="save the file with the encoding UTF-8",
        excerpt=line.decode("utf-8", "replace").rstrip("\r"),
    )
    return without_secrets(found)
