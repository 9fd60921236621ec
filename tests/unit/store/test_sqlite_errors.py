"""What SQLite and the disk report, as people read it."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from weft.store.protocol import StoreError
from weft.store.sqlite.errors import explained, of_file


def database_error(code: int, text: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "full", "text"),
    [
        (
            database_error(sqlite3.SQLITE_FULL, "database or disk is full"),
            True,
            "store /s.db: no room is left on the disk or in this user's quota; make room and try "
            "again (database or disk is full)",
        ),
        (
            database_error(sqlite3.SQLITE_IOERR_READ, "disk I/O error"),
            False,
            "store /s.db: the disk could not be read or written; see to the disk, then try again "
            "(disk I/O error)",
        ),
        (
            database_error(sqlite3.SQLITE_READONLY_DBMOVED, "attempt to write"),
            False,
            "store /s.db: this user may not read and write it, or its disk is mounted read-only; "
            "see to the rights of the file and of its folder (attempt to write)",
        ),
        (
            sqlite3.OperationalError("Could not decode to UTF-8"),
            False,
            "store /s.db: SQLite refused (Could not decode to UTF-8)",
        ),
    ],
    ids=["full", "read", "denied", "no code"],
)
def test_an_error_names_the_place_the_cause_and_a_way_on(
    error: sqlite3.Error, full: bool, text: str
) -> None:
    with pytest.raises(StoreError) as told, explained("/s.db"):
        raise error
    assert (str(told.value), told.value.full) == (text, full)
    assert told.value.__cause__ is error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_recognised_when_a_file_is_made(number: int) -> None:
    assert of_file("/s.db", OSError(number, "no")).full
    assert not of_file("/s.db", PermissionError(errno.EACCES, "no")).full


def test_a_bug_is_not_dressed_up_as_a_store_error() -> None:
    with pytest.raises(ZeroDivisionError), explained("/s.db"):
        raise ZeroDivisionError
