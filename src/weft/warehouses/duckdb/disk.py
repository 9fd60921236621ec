"""Every change to files that Weft itself makes, in one place, so that a test can stop each of them.

What the engine writes goes through `session.py`; both name a full disk in the same words.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from weft.warehouses.protocol import WarehouseError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)

FULL_TEXTS = tuple(os.strerror(number) for number in _FULL)
DENIED_TEXTS = tuple(os.strerror(number) for number in _DENIED)


def full_disk(path: str) -> WarehouseError:
    """Return the error for a disk that has no room left."""
    return WarehouseError(
        f"the disk is full: cannot write {path}; free some space and try again",
        interrupted=True,
        unwritable=True,
    )


def not_writable(path: str) -> WarehouseError:
    """Return the error for a place where this user may not write."""
    return WarehouseError(
        f"{path} is not writable; give this user the right to write there and try again",
        denied=True,
        interrupted=True,
        unwritable=True,
    )


def fault(operation: str, path: str, error: OSError) -> WarehouseError:
    """Return the error for an operation that changes files and that the system refused."""
    if error.errno in _FULL:
        return full_disk(path)
    if error.errno in _DENIED:
        return not_writable(path)
    words = operation.replace("_", " ")
    return WarehouseError(f"cannot {words} {path}: {error.strerror}", interrupted=True)


def _find_flush() -> Callable[[int], None] | None:
    """What flushes the whole file system that an open file lies on, where there is such a thing."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return None

    def flush(number: int) -> None:
        if call(number) != 0:
            fault = ctypes.get_errno()
            raise OSError(fault, os.strerror(fault))

    return flush


_MANY = 4
_PART = 1 << 20
_flush_all = _find_flush()


def _nothing(operation: str, path: str) -> None:
    pass


class Disk:
    """File operations, whole or raising WarehouseError; `sync` makes the earlier ones durable.

    `before(operation, path)` is called ahead of each; an OSError it raises counts as the
    operation's own.
    """

    def __init__(self, before: Callable[[str, str], None] = _nothing) -> None:
        self._before = before

    def make_folder(self, path: str, mode: int = 0o777) -> None:
        """Make a folder and those above it, unless it is there."""
        if os.path.isdir(path):
            return
        with self._explained("make_folder", path):
            os.makedirs(path, mode, exist_ok=True)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file."""
        with self._explained("write", path), open(path, "wb") as stream:
            stream.write(data)

    def sync(self, *paths: str) -> None:
        """Make the content of files and the entries of folders survive a power cut.

        They lie on one file system. Many are flushed at once where the system can do that: a
        flush waits for the disk, however little there is to write.
        """
        flush = _flush_all if _flush_all is not None and len(paths) >= _MANY else None
        for path in paths[:1] if flush else paths:
            with self._explained("sync", path):
                number = os.open(path, os.O_RDONLY)
                try:
                    flush(number) if flush else os.fsync(number)
                finally:
                    os.close(number)

    def rename(self, source: str, target: str) -> None:
        """Give a file another name, replacing what has it."""
        with self._explained("rename", target):
            os.replace(source, target)

    def link(self, source: str, target: str) -> bool:
        """Give a file a second name; False when something has that name already."""
        with self._explained("link", target):
            try:
                os.link(source, target)
            except FileExistsError:
                return False
        return True

    def touch(self, path: str) -> None:
        """Make a file look as if it was changed now."""
        with self._explained("touch", path):
            os.utime(path)

    def allow(self, path: str, mode: int) -> None:
        """Change who may use a file or a folder, and how."""
        with self._explained("change the rights of", path):
            os.chmod(path, mode)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with self._explained("remove", path), suppress(FileNotFoundError):
            os.remove(path)

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all it holds, if it is there."""
        with self._explained("remove_folder", path), suppress(FileNotFoundError):
            shutil.rmtree(path)

    def leave_folder(self, path: str) -> None:
        """Remove a folder with all it holds, but for what somebody else puts there meanwhile."""
        with self._explained("remove_folder", path), suppress(FileNotFoundError):
            try:
                shutil.rmtree(path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise

    def open_lock(self, path: str) -> int | None:
        """Open a file to lock it, making it where needed; None when its folder is not there."""
        with self._explained("lock", path):
            try:
                return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                return None

    @contextmanager
    def _explained(self, operation: str, path: str) -> Iterator[None]:
        try:
            self._before(operation, path)
            yield
        except OSError as error:
            raise fault(operation, path, error) from error


def read(path: str) -> bytes | None:
    """Return the content of a file, None when there is none. Raises WarehouseError."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error


def checksum(paths: Iterable[str]) -> int:
    """Return the CRC-32 of files, one after the other. Raises WarehouseError."""
    found = 0
    for path in paths:
        try:
            with open(path, "rb") as stream:
                while part := stream.read(_PART):
                    found = zlib.crc32(part, found)
        except OSError as error:
            raise unreadable(path, error) from error
    return found


def names_in(path: str) -> list[str]:
    """Return the names in a folder, none when there is no such folder. Raises WarehouseError."""
    try:
        return os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: str, error: OSError) -> WarehouseError:
    """Return the error for a file or folder that this user cannot read."""
    advice = "; give this user the right to read it" if error.errno in _DENIED else ""
    return WarehouseError(f"cannot read {path}: {error.strerror}{advice}", denied=True)
