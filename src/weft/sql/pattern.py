"""Regular expressions that find the same in every warehouse, or none at all."""

from __future__ import annotations

import re

# What may stand in a pattern: sets and groups, letters, and escapes of marks and of classes.
_PIECES = re.compile(
    r"(?P<class>\\[dsw])|(?P<mark>\\[-.+*?^$|(){}\[\]\\/])|(?P<group>\(\?:)|(?P<any>\.)"
    r"|(?P<set>\[\^?(?:[^\\\[\]]|\\[-.dsw\]\[^$/+*])+\])|(?P<plain>[^\\\[\]?*+]|[?*+](?!\+))"
)
_CLASSES = {"\\d": "0-9", "\\s": "\\t\\n\\f\\r ", "\\w": "0-9A-Za-z_"}


def strict_pattern(pattern: str) -> str:
    r"""Write a pattern of RE2 so that engines that know languages and lines find the same.

    Their `.` takes a line's end too, and their classes take the letters of every language.
    Returns "" for a pattern that uses anything that is not certain to mean the same.

    >>> strict_pattern(r"^a.\d+$")
    '^a[^\\n][0-9]+$'
    >>> strict_pattern(r"\bword\b")
    ''
    """
    found = []
    end = 0
    for piece in _PIECES.finditer(pattern):
        if piece.start() != end or (piece.group() == "(" and pattern[piece.end() :][:1] == "?"):
            return ""
        end = piece.end()
        found.append(_strict(piece))
    return "".join(found) if end == len(pattern) else ""


def _strict(piece: re.Match[str]) -> str:
    text = piece.group()
    if piece.group("class"):
        return f"[{_CLASSES[text]}]"
    if piece.group("any"):
        return "[^\\n]"
    if piece.group("set"):
        return re.sub(r"\\[dsw]", lambda each: _CLASSES[each.group()], text)
    return text
