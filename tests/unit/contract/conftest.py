"""Golden files are written anew when WEFT_GOLDEN=write is set."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def environ_write() -> Callable[[Path, bytes], None]:
    def write(path: Path, content: bytes) -> None:
        if os.environ.get("WEFT_GOLDEN") == "write":
            path.write_bytes(content)

    return write
