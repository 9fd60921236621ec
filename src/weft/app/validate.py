"""Validate: everything that can be known from files, without any warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weft.app.bootstrap import STATE
from weft.app.cache import Cache
from weft.app.load import Loaded, load
from weft.app.system import System


@dataclass(frozen=True)
class Validation:
    """What the files say, and how long reading them took."""

    loaded: Loaded
    seconds: float


def validate(folder: Path, system: System) -> Validation:
    """Read and compile the mesh in a folder. Raises Invalid when weft.yaml cannot be used."""
    began = system.monotonic()
    cache = Cache(folder / STATE)
    try:
        loaded = load(folder, system, cache)
    finally:
        cache.close()
    return Validation(loaded, system.monotonic() - began)
