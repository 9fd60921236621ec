"""What warehouses keep of releases, where they keep any."""

from __future__ import annotations

from collections.abc import Iterator

from weft.app.bootstrap import Opened
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.warehouses.protocol import KeepsReleases


def keeper_of(mesh: Opened, warehouse: str) -> KeepsReleases | None:
    """A warehouse as one that keeps releases; None when it does not."""
    found = mesh.warehouse(warehouse)
    return found if isinstance(found, KeepsReleases) else None


def histories(keeper: KeepsReleases) -> Iterator[tuple[Release, ...]]:
    """The kept releases of every product in every environment, newest first."""
    for environment, products in keeper.released().items():
        for product in products:
            yield keeper.history(environment, product)


def releases_of(mesh: Opened, manifest: ProductManifest) -> tuple[Release, ...]:
    """The releases of a product that its warehouse keeps, newest first."""
    keeper = keeper_of(mesh, manifest.warehouse)
    return keeper.history(mesh.environment, manifest.address) if keeper else ()
