"""Screens as bytes: compare a text with its golden file, or write it with WEFT_GOLDEN=write."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "golden" / "screen"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        path = FOLDER / f"{name}.txt"
        if os.environ.get("WEFT_GOLDEN") == "write":
            path.write_bytes(text.encode())
        assert text.encode() == path.read_bytes(), f"{path} differs; WEFT_GOLDEN=write rewrites it"

    return check
