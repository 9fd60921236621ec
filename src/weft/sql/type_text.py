"""Take the text of a nested native type apart: a list, a map, or fields with names.

What the types mean is no matter here; see `types.py` and `nested.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEEPEST = 60

_LIST = re.compile(r"\[[0-9]*\]$")
_LISTS_OF_LISTS = re.compile(rf"(?:\[[0-9]*\]){{{_DEEPEST}}}")
_HOLDER = re.compile(r"([A-Za-z]+)\s*[(<](.*)[)>]", re.DOTALL)
_FIELD = re.compile(r'(?:"((?:[^"]|"")+)"|([^\s"(),<>]+))\s+(\S.*)', re.DOTALL)
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[(<\[]|[)>\]]|,|[^'"(<\[)>\],]+""")

_WITH_FIELDS = frozenset(["STRUCT", "ROW", "RECORD", "OBJECT", "UNION"])
_OF_LISTS = frozenset(["ARRAY", "LIST"])


@dataclass(frozen=True)
class NestedText:
    """A type taken apart. `head` is upper-case; of a list it is `[]`, or `[3]` with a length.

    `parts` are names and types; names are "" in lists and maps.
    """

    head: str
    parts: tuple[tuple[str, str], ...]

    @property
    def is_list(self) -> bool:
        """Whether it is a list, and its only part what all items are."""
        return self.head.startswith("[")


def take_apart(text: str) -> NestedText | None:
    """Take the outermost level of a type apart; None for one that has no parts, or no end.

    >>> take_apart('STRUCT(a INTEGER, "b c" DATE[])').parts
    (('a', 'INTEGER'), ('b c', 'DATE[]'))
    >>> take_apart("DECIMAL(10,2)") is None
    True
    """
    text = text.strip()
    found = _LIST.search(text)
    if found:
        item = text[: found.start()]
        whole = bool(item) and _pieces(item) == [item] and not _LISTS_OF_LISTS.search(text)
        return NestedText(found.group(), (("", item),)) if whole else None
    holder = _HOLDER.fullmatch(text)
    if holder is None:
        return None
    head, pieces = holder.group(1).upper(), [each.strip() for each in _pieces(holder.group(2))]
    if head in _OF_LISTS and len(pieces) == 1:
        return NestedText("[]", (("", pieces[0]),))
    if head == "MAP" and len(pieces) == 2:
        return NestedText(head, tuple(("", piece) for piece in pieces))
    fields = [_FIELD.fullmatch(piece) for piece in pieces]
    if head not in _WITH_FIELDS or not fields or None in fields:
        return None
    return NestedText(head, tuple(_named(field) for field in fields if field))


def _named(field: re.Match[str]) -> tuple[str, str]:
    quoted, plain, kind = field.groups()
    return (quoted.replace('""', '"') if quoted else plain), kind


def _pieces(text: str) -> list[str]:
    """Split at the commas outside of brackets and quotes; nothing where the brackets do not fit."""
    pieces, depth = [""], 0
    for token in _TOKEN.findall(text):
        depth += (token in "(<[") - (token in ")>]")
        if not 0 <= depth <= _DEEPEST:
            return []
        if token == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces if depth == 0 else []
