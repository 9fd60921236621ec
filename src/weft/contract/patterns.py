"""Regular expressions as every engine reads them: what is wrong with one, in words."""

from __future__ import annotations

import re
import warnings
from typing import Any

from weft.mesh.diagnostic import as_written

_MOST_REPEATED = 1000

_ESCAPE = r"\\[0-7]{3}|\\."
# An escape, a class of characters, the beginning of a group, repetitions, any other character.
_PIECES = re.compile(
    rf"{_ESCAPE}|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P[<=]|<[=!]|[=!>(#]|[a-zA-Z-]+)?"
    r"|(?:[*+?]|\{[0-9,]+\})\+?|.",
    re.DOTALL,
)
_ESCAPES_IN = re.compile(_ESCAPE, re.DOTALL)
_COUNTS = re.compile("[0-9]+")

# What needs to go back in the text, or is known to some engines only.
_GROUPS = {
    "(?=": "a look-ahead",
    "(?!": "a look-ahead",
    "(?<=": "a look-behind",
    "(?<!": "a look-behind",
    "(?>": "an atomic group",
    "(?(": "a condition",
    "(?#": "a comment",
    "(?P=": "a back-reference",
}
_ESCAPES = {
    **dict.fromkeys((rf"\{digit}" for digit in range(1, 10)), "a back-reference"),
    **dict.fromkeys((r"\Z", r"\N", r"\u", r"\U"), "an escape of few engines"),
}
_FLAGS = frozenset("ims-")


def pattern_problem(value: Any) -> tuple[str, str] | None:
    """Say why a value is no regular expression that can be measured, as message and note."""
    if not isinstance(value, str):
        return ("a pattern must be text", f"it is `{as_written(value)}`")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        return ("this is no regular expression", str(error).partition(" at position")[0])
    for piece in _PIECES.findall(value):
        if construct := _construct(piece):
            return (f"the pattern has {construct}", f"warehouses do not know `{piece}`")
    return None


def _construct(piece: str) -> str:
    """What a piece of a pattern is where not every engine has it, else ""."""
    if piece.startswith("(?"):
        flags = piece[-1].isalpha() and not _FLAGS.issuperset(piece[2:])
        return _GROUPS.get(piece, "a flag of few engines" if flags else "")
    if piece[0] in "\\[":
        return next(filter(None, map(_ESCAPES.get, _ESCAPES_IN.findall(piece))), "")
    if piece[0] in "*+?{" and piece[1:].endswith("+"):
        return "a possessive repetition"
    if piece[0] == "{" and any(int(n) > _MOST_REPEATED for n in _COUNTS.findall(piece)):
        return f"more than {_MOST_REPEATED} repetitions"
    return ""
