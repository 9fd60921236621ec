"""Damage a file, for tests of who notices."""

from __future__ import annotations

import os
from pathlib import Path


def cut(path: Path) -> None:
    """Take most of a file away."""
    os.truncate(path, 10)
    os.utime(path)


def flip(path: Path) -> None:
    """Damage a file without changing its size."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path)


def rot(path: Path) -> None:
    """Damage a file so that it looks as before."""
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
