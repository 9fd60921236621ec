"""Validate: everything that can be known from files, without any warehouse.

Only what other repositories publish is not in them; the store is asked for it where it is there.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from weft.app.bootstrap import STATE
from weft.app.cache import Cache
from weft.app.load import Loaded, load
from weft.app.settings import load_settings
from weft.app.system import System
from weft.mesh.manifest import Descriptor
from weft.store.opening import find_store
from weft.store.protocol import StoreError


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
        loaded = load(folder, system, cache, _published(folder, system))
    finally:
        cache.close()
    return Validation(loaded, system.monotonic() - began)


def _published(folder: Path, system: System) -> tuple[Descriptor, ...] | None:
    """What other roots publish in production; None where they may, and nobody can be asked.

    A repository without a root of its own is the whole mesh for as long as there is no store.
    """
    settings = load_settings(folder, system.variables)
    try:
        store = find_store(settings.store.reveal(), settings.mesh, str(folder))
        if store is None:
            return () if settings.root == settings.mesh else None
        with closing(store):
            found = store.definitions.descriptors(settings.production).values()
    except StoreError:
        return None
    return tuple(each for each in found if each.root != settings.root)
