"""A place for folders that tests write thousands of times, where syncing costs nothing."""

from __future__ import annotations

import os
import tempfile

SHARED_MEMORY = "/dev/shm"


def quick_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder, in memory where the system has such a place."""
    there = os.path.isdir(SHARED_MEMORY) and os.access(SHARED_MEMORY, os.W_OK)
    return tempfile.TemporaryDirectory(dir=SHARED_MEMORY if there else None)
