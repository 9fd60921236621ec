from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.protocol import WarehouseError

OPERATIONS: dict[str, Callable[[Disk, str], Any]] = {
    "make_folder": lambda disk, path: disk.make_folder(path),
    "write": lambda disk, path: disk.write(path, b""),
    "sync": lambda disk, path: disk.sync(path),
    "rename": lambda disk, path: disk.rename(path, path),
    "link": lambda disk, path: disk.link(path, path),
    "remove": lambda disk, path: disk.remove(path),
    "remove_folder": lambda disk, path: disk.remove_folder(path),
    "leave_folder": lambda disk, path: disk.leave_folder(path),
}


def failing(number: int) -> Disk:
    def before(operation: str, path: str) -> None:
        raise OSError(number, os.strerror(number), path)

    return Disk(before)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("number", "message", "denied"),
    [
        (errno.ENOSPC, "the disk is full: cannot write {}; free some space and try again", False),
        (errno.EDQUOT, "the disk is full: cannot write {}; free some space and try again", False),
        (
            errno.EROFS,
            "{} is not writable; give this user the right to write there and try again",
            True,
        ),
    ],
)
def test_failures_in_words(
    tmp_path: Path, operation: str, number: int, message: str, denied: bool
) -> None:
    path = str(tmp_path / "x")
    with pytest.raises(WarehouseError) as caught:
        OPERATIONS[operation](failing(number), path)
    assert str(caught.value) == message.format(path)
    assert (caught.value.interrupted, caught.value.denied) == (True, denied)


def test_another_failure_keeps_its_cause(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError) as caught:
        failing(errno.EIO).make_folder(str(tmp_path / "x"))
    assert str(caught.value) == f"cannot make folder {tmp_path}/x: Input/output error"
    assert isinstance(caught.value.__cause__, OSError)


def test_a_real_failure_is_told_the_same_way(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=f"cannot write {tmp_path}/no/x: No such file"):
        Disk().write(str(tmp_path / "no" / "x"), b"")


def test_files_are_written_linked_and_removed(tmp_path: Path) -> None:
    disk = Disk()
    first, second = str(tmp_path / "a" / "1"), str(tmp_path / "a" / "2")
    disk.make_folder(str(tmp_path / "a"))
    disk.make_folder(str(tmp_path / "a"))
    disk.write(first, b"x")
    assert (disk.link(first, second), disk.link(first, second)) == (True, False)
    disk.remove(first)
    disk.remove(first)
    disk.rename(second, first)
    disk.sync(str(tmp_path / "a"))
    assert read(first) == b"x"
    assert names_in(str(tmp_path / "a")) == ["1"]
    disk.remove_folder(str(tmp_path / "a"))
    disk.remove_folder(str(tmp_path / "a"))
    assert read(first) is None
    assert names_in(str(tmp_path / "a")) == []
