"""What the server's errors mean to us: a table of SQLSTATE codes, and one error for each class."""

from __future__ import annotations

import re
from typing import Any

from weft.warehouses.messages import one_line
from weft.warehouses.protocol import Stopped, Unmeasurable, WarehouseError

NAME_TOO_LONG = "42622"
STOPPED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
STILL_NEEDED = "2BP01"
LOST = ("08", "57P", "25P03")
ALREADY_THERE = ("42P07", "42710", "42P06", "23505")

_READ_ONLY = "25006"
_DENIED = ("28", "42501", "3D000", "0P")
_FULL = ("53100",)
_MEMORY = ("53200",)
_CORRUPTED = ("XX001", "XX002", "58030", "58P01")
_AGAIN = ("40001", "40P01", LOCK_NOT_AVAILABLE)
_AT_FAULT = ("21", "22", "42", "0A", "44", "54")


# What the server says within what the driver makes of it, and of which value of a copy.
_ERROR = re.compile(r"(?:ERROR|FATAL|PANIC): +([^\n]+)")
_VALUE = re.compile(r"\nCONTEXT: +COPY [^\n]*, line (\d+), column ([^\n:]+)")
_EXTERNAL = "External error: "


class Refused(WarehouseError):
    """The server refused a statement for a reason that we may know what to do about."""

    def __init__(self, message: str, code: str, *, transient: bool = False) -> None:
        super().__init__(message, transient=transient)
        self.code = code


class Corrupted(WarehouseError):
    """What the server has stored cannot be read any more."""


class Interrupted(WarehouseError):
    """The connection was lost: whether the last statement was carried out is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=True, interrupted=True)


def explained(error: Any, place: str) -> WarehouseError:
    """Turn an error of the driver into ours; `place` is the warehouse as weft.yaml names it."""
    text = one_line(error.diag.message_primary or str(error))
    return told(error.sqlstate or "", text, place, one_line(error.diag.message_detail or ""))


def server_words(message: str) -> str:
    """Return what a message of the Arrow driver says beside the names of its own functions.

    >>> server_words("IO: ERROR:  date out of range\\nCONTEXT:  COPY t, line 3, column x")
    'date out of range (column `x`, row 3)'
    """
    if found := _ERROR.search(message):
        value = _VALUE.search(message)
        at = f" (column `{value[2]}`, row {value[1]})" if value else ""
        return one_line(found[1]) + at
    return one_line(message.rpartition(_EXTERNAL)[2])


def told(code: str, text: str, place: str, detail: str = "") -> WarehouseError:
    """Return the error that a code of the server means; `text` and `detail` are its words."""
    if code == STOPPED:
        return Stopped()
    if code.startswith(_FULL):
        return WarehouseError(
            f"the disk of {place} is full: {text}; free some space and apply again",
            interrupted=True,
            unwritable=True,
        )
    if not code or code.startswith(LOST):
        return Interrupted(f"{place}: the connection was lost: {text}")
    if code == _READ_ONLY:
        return WarehouseError(
            f"{place}: {text}; it is a copy or was made read-only: set `host` there to the primary "
            "server",
            denied=True,
        )
    if code.startswith(_DENIED):
        return WarehouseError(
            f"{place}: {text}; give its login this right, then apply again", denied=True
        )
    if code == STILL_NEEDED:
        return Refused(f"{place}: {text}: {detail}; drop that first", code)
    if code.startswith(ALREADY_THERE) or code in _AGAIN:
        return Refused(f"{place}: {text}", code, transient=code in _AGAIN)
    if code.startswith(_AT_FAULT):
        return Unmeasurable(text)
    if code in _CORRUPTED:
        return Corrupted(f"{place}: {text} ({code})", interrupted=True)
    advice = "give the server more memory, or ask for less at a time" if code in _MEMORY else ""
    return WarehouseError(f"{place}: {text} ({code})", interrupted=True, next_step=advice)
