"""What SQLite and the disk report, as a StoreError that names the place, the cause and a way on."""

from __future__ import annotations

import errno
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from weft.store.protocol import StoreError

_NO_ROOM = "no room is left on the disk or in this user's quota; make room and try again"
_DAMAGED = "it is damaged; put back a backup, or move it away and run `weft doctor`"
_DENIED = (
    "this user may not read and write it, or its disk is mounted read-only; see to the rights of "
    "the file and of its folder"
)

_CAUSES = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked; wait for that one, then try again",
    sqlite3.SQLITE_READONLY: _DENIED,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_CANTOPEN: _DENIED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "it is no SQLite database; name another store in weft.yaml",
    sqlite3.SQLITE_IOERR: "the disk could not be read or written; see to the disk, then try again",
}

# The low byte of an extended code is the kind of error.
_PRIMARY = 0xFF

# SQLite calls only ENOSPC full; a used-up quota or a file at its size limit is a failed write.
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)
_FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn what goes wrong with a database, or with what it keeps, into a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_database(place, error) from error
    except (zlib.error, msgspec.DecodeError) as error:
        raise StoreError(_sentence(place, _DAMAGED, error), damaged=True) from error


def is_unwritable(error: sqlite3.Error) -> bool:
    """Whether nothing can be written there now, for want of room or of rights."""
    code = _code(error)
    return code in _FULL or code & _PRIMARY in _UNWRITABLE


def of_file(place: str, error: OSError) -> StoreError:
    """Say why the file of a store could not be made."""
    full = error.errno in _FULL_ERRNO
    cause = _NO_ROOM if full else _DENIED
    return StoreError(_sentence(place, cause, error), full=full, interrupted=full)


def _of_database(place: str, error: sqlite3.Error) -> StoreError:
    code = _code(error)
    if code in _FULL:
        return StoreError(_sentence(place, _NO_ROOM, error), full=True)
    cause = _CAUSES.get(code & _PRIMARY, "SQLite refused")
    return StoreError(_sentence(place, cause, error), damaged=cause == _DAMAGED)


def _code(error: sqlite3.Error) -> int:
    # Errors that the Python module finds by itself carry no code.
    return getattr(error, "sqlite_errorcode", 0)


def _sentence(place: str, cause: str, error: Exception) -> str:
    return f"store {place}: {cause} ({error})"
