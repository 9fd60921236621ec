"""What is wrong with a query, with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp


@dataclass(frozen=True)
class Problem:
    """One finding in a query. Lines and columns count from 1, in the text that was given."""

    code: str
    message: str
    line: int = 1
    column: int = 1
    length: int = 1
    note: str = ""
    help: str = ""


@dataclass(frozen=True)
class Place:
    """A stretch of a text: the offsets of its first and its last character."""

    start: int
    end: int

    def problem(
        self, text: str, code: str, message: str, note: str = "", help: str = ""
    ) -> Problem:
        """Make a problem that stands here in `text`; it never reaches past the end of a line."""
        start = min(max(self.start, 0), len(text))
        before = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", start)
        last = min(self.end + 1, len(text) if stop < 0 else stop)
        return Problem(
            code,
            message,
            line=text.count("\n", 0, start) + 1,
            column=start - before + 1,
            length=max(last - start, 1),
            note=note,
            help=help,
        )


NOWHERE = Place(0, 0)

# Quoted text and comments as a whole, then any other character.
PIECES = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$|/\*|\$\$|.", re.DOTALL
)


def place_in(text: str, word: str, after: int = 0) -> Place:
    """Find where a whole word stands first, outside of quotes and comments and in any case.

    `after` is an offset to look from, which is not inside of a quote or comment.
    """
    wanted = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    for piece in PIECES.finditer(text, after):
        start = piece.start()
        if len(piece.group()) == 1 and wanted.match(text, start):
            return Place(start, start + len(word) - 1)
    return NOWHERE


def place_of(node: exp.Expr) -> Place:
    """Find where a node stands: its own place, else that of the parts it is made of."""
    found = [
        (start, each.meta_get("end"))
        for each in node.walk()
        if (start := each.meta_get("start")) is not None
    ]
    if found:
        return Place(min(start for start, _ in found), max(end for _, end in found))
    return place_of(node.parent) if node.parent is not None else NOWHERE
