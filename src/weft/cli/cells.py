"""Text as a terminal shows it: its width, how it is cut, and nothing that steers the terminal."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

NONE = "(none)"
"""What stands where there is nothing."""

# Definitions and data are not trusted: what moves the cursor or turns the direction of writing
# is shown as a symbol instead.
_STEERING = (
    {code: chr(0x2400 + code) for code in range(0x20)}
    | {0x7F: "␡"}
    | dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029], "\N{REPLACEMENT CHARACTER}")
    | dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}")
)


def visible(text: str) -> str:
    """Return the text on one line, with control characters shown instead of obeyed.

    >>> visible("a\\x1b[2Jb")
    'a␛[2Jb'
    """
    return text if text.isascii() and text.isprintable() else text.translate(_STEERING)


def visible_lines(text: str) -> str:
    """Return the text with its own line ends, and every other control character shown."""
    return "\n".join(map(visible, text.split("\n")))


def cells(text: str) -> int:
    """Count the columns of a terminal that a text takes.

    >>> cells("data"), cells("数据")
    (4, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text
    )


def cut(text: str, room: int) -> str:
    """Shorten a text to `room` columns, ending in … where something is left out.

    >>> cut("departures", 6)
    'depar…'
    """
    if cells(text) <= room:
        return text
    used, kept = 1, []
    for each in text:
        used += cells(each)
        if used > room:
            break
        kept.append(each)
    return "".join(kept) + "…"


def sides(old: str, new: str, room: int = 0, least: int = 10) -> str:
    """Return `old -> new`, with a word for nothing; where the room is too small both are cut.

    Each keeps at least so many columns; a room of 0 is unlimited.

    >>> sides("a", ""), sides("departures_of_today", "departures", 24)
    ('a -> (none)', 'departure… -> departures')
    """
    old, new = visible(old) or NONE, visible(new) or NONE
    whole = f"{old} -> {new}"
    if not room or cells(whole) <= room:
        return whole
    each = max((room - cells(" -> ")) // 2, least)
    return f"{cut(old, each)} -> {cut(new, each)}"


def pad(text: str, room: int, *, right: bool = False) -> str:
    """Fill a text with spaces up to `room` columns, on its left when `right` is asked for."""
    space = " " * (room - cells(text))
    return space + text if right else text + space


def flow(head: str, items: list[str], width: int, joint: str = " · ") -> str:
    """Set items one after the other, with `joint` between, in lines of at most `width` columns.

    An item is never broken; lines after the first are indented under it. 0 means one line.
    """
    lines, line = [], head
    for place, item in enumerate(items):
        # Behind an item that is not the last one stands a joint, on its line or at its end.
        behind = cells(joint.rstrip()) if place < len(items) - 1 else 0
        if place and width and cells(line) + cells(joint) + cells(item) + behind > width:
            lines.append(line + joint.rstrip())
            line = " " * cells(head) + item
        else:
            line += (joint if place else "") + item
    return "\n".join([*lines, line])
