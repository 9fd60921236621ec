"""What warehouses keep of releases, where they keep any."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

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


def current_elsewhere(mesh: Opened, products: Collection[str]) -> Iterator[Release]:
    """What the other environments show of these products, environment by environment."""
    for name in mesh.connected:
        keeper = keeper_of(mesh, name)
        for environment, there in keeper.released().items() if keeper else ():
            if keeper and environment != mesh.environment:
                yield from (
                    keeper.history(environment, each)[0] for each in there if each in products
                )


def releases_of(mesh: Opened, manifest: ProductManifest) -> tuple[Release, ...]:
    """The releases of a product that its warehouse keeps, newest first.

    One whose move there is held back has them where it was.
    """
    keeper = keeper_of(mesh, manifest.warehouse)
    kept = keeper.history(mesh.environment, manifest.address) if keeper else ()
    return kept or releases_of_dropped(mesh, manifest.address)


def releases_of_dropped(mesh: Opened, product: str) -> tuple[Release, ...]:
    """The releases that are kept of a product, on whichever warehouse it is, newest first."""
    keepers = (keeper_of(mesh, name) for name in mesh.settings.warehouses)
    found = [each.history(mesh.environment, product) for each in keepers if each is not None]
    return max(filter(None, found), key=lambda kept: kept[0].place, default=())


def release_before(kept: Sequence[Release]) -> Release | None:
    """The release that a rollback goes back to by itself; None where there is none.

    `kept` are the releases of one product, newest first. A release that restores another one
    stands where that one stood, so going back again and again only ever leads to older ones, and
    never to one that was left by going back. What shows nothing, or the same as now, is passed.
    """
    by_number = {each.number: each for each in kept}
    current = kept[0]
    number = _place(current.number, by_number) - 1
    while number > 0:
        found = by_number.get(number)
        if found is not None and not found.empty and found.content != current.content:
            return found
        number = _place(number, by_number) - 1
    return None


def _place(number: int, kept: Mapping[int, Release]) -> int:
    """The number of the release whose content a release shows, through all that restore."""
    while number in kept and kept[number].restores:
        number = kept[number].restores
    return number
